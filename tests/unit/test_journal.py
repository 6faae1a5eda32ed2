"""The journal: a line on disk before the next check, chained by hash, refused by number where it was touched."""

from __future__ import annotations

import hashlib
import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from builders import make_check, make_events, make_result
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Verdict
from pytest_deploycheck.core.redact import redact_data, redactor
from pytest_deploycheck.core.run import fold
from pytest_deploycheck.record.journal import ORIGIN, Journal, is_being_written, read_events
from pytest_deploycheck.record.store import read_run

EVENTS: list[dict[str, Any]] = [{"event": "a", "n": 1}, {"event": "b", "text": "naïve\nlines"}, {"event": "c"}]


def keep(text: str) -> str:
    return text


def write(path: Path, events: list[dict[str, Any]], redact: Callable[[str], str] = keep) -> list[bytes]:
    """Write a journal; its lines with their ends."""
    journal = Journal(path, redact)
    for event in events:
        journal.append(event)
    journal.close()
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "v1" / "run.jsonl"


# -- writing -----------------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_in_its_order(path: Path) -> None:
    write(path, EVENTS)
    assert list(read_events(path)) == EVENTS


def test_a_line_is_json_ascii_numbered_and_carries_the_hash_of_the_line_before(path: Path) -> None:
    lines = write(path, EVENTS)
    assert len(lines) == 3
    prev = ORIGIN
    for number, line in enumerate(lines):
        assert line.isascii()
        assert line.endswith(b"\n")
        data = json.loads(line)
        assert (data["seq"], data["prev"]) == (number, prev)
        prev = hashlib.sha256(line).hexdigest()


def test_a_line_is_on_disk_before_append_returns(path: Path) -> None:
    journal = Journal(path, keep)
    for count, event in enumerate(EVENTS, start=1):
        journal.append(event)
        assert len(list(read_events(path))) == count
    journal.close()


def test_append_gives_back_what_it_stored(path: Path) -> None:
    journal = Journal(path, redactor({"hunter2": "T"}))
    stored = journal.append({"event": "a", "text": "it is hunter2", "list": ["hunter2"]})
    journal.close()
    assert stored == {"event": "a", "text": "it is [redacted:T]", "list": ["[redacted:T]"]}
    assert list(read_events(path)) == [stored]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('0123456789"\\\n/ü:@ ', max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=6,
)
secrets = st.dictionaries(st.text('0123456789"\\ü', min_size=6, max_size=7), st.just("T"), max_size=2)


@given(value=values, hidden=secrets, place=st.integers(0, 2))
def test_nothing_is_stored_that_redaction_would_have_taken_out(
    tmp_path_factory: pytest.TempPathFactory, value: object, hidden: dict[str, str], place: int
) -> None:
    whole = [value, *(f"x{secret}y" for secret in hidden), "https://ann:pa55@host"]
    event = {"event": "a", "value": whole[place:] + whole[:place]}
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    redact = redactor(hidden)
    journal = Journal(path, redact)
    stored = journal.append(event)
    journal.close()
    assert stored == redact_data(event, redact)
    assert list(read_events(path)) == [json.loads(json.dumps(stored))]


def test_a_secret_that_is_also_a_word_of_the_journal_does_not_break_it(tmp_path: Path) -> None:
    path = tmp_path / "v1.0" / "20260102T120000.000000Z-abc123.jsonl"
    # A test system's password may well be "deploy" or "finished"; the record must stay a record.
    events = make_events([make_result("PASS", make_check("deploy.a", title="the secret is hunter2"))])
    words = {"deploy": "DB_PASSWORD", "finished": "TOKEN", "status": "API_KEY", "phase_decided": "AUTH"}
    write(path, events, redactor({**words, "hunter2": "SECRET"}))
    run = read_run(path)
    assert run.verdict is Verdict.GO
    assert "hunter2" not in path.read_text("ascii")


def test_a_number_that_json_cannot_hold_is_refused_and_leaves_no_line(path: Path) -> None:
    journal = Journal(path, keep)
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append({"event": "a", "value": float("nan")})
    journal.append({"event": "b"})
    journal.close()
    assert list(read_events(path)) == [{"event": "b"}]


def test_a_journal_is_never_written_over(path: Path) -> None:
    write(path, EVENTS)
    with pytest.raises(RecordError, match="cannot be written"):
        Journal(path, keep)
    assert list(read_events(path)) == EVENTS


def test_a_folder_that_refuses_is_a_mistake_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RecordError, match="--deploycheck-record"):
        Journal(tmp_path / "file" / "run.jsonl", keep)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what a full disk is like."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_texts_are_written_as_any_event_is(path: Path) -> None:
    journal = Journal(path, redactor({"hunter2": "T"}))
    event = {"event": "a", "check": 'it "is" naïve\n', "target": "ssh=hunter2"}
    assert journal.prepare_flat(event) == journal.prepare(event)
    for number in (0.0, 1e-06, 0.25, 1e22, 3):
        assert journal.prepare_flat({"event": "a", "n": number}) == journal.prepare({"event": "a", "n": number})
    assert journal.prepare_flat({"event": "a"}) == journal.prepare({"event": "a"})
    journal.close()


# -- reading -----------------------------------------------------------------------------------------------------------


def refused_line(path: Path, lines: list[bytes]) -> int | None:
    """The number of the line at which reading stops."""
    path.write_bytes(b"".join(lines))
    with pytest.raises(RecordError) as caught:
        list(read_events(path))
    assert caught.value.line is None or f":{caught.value.line}: " in str(caught.value)
    return caught.value.line


@pytest.mark.parametrize("number", [1, 2])
def test_an_edited_line_breaks_the_chain_at_the_next(path: Path, number: int) -> None:
    lines = write(path, EVENTS)
    lines[number - 1] = lines[number - 1].replace(b'"event":"', b'"event":"x')
    assert refused_line(path, lines) == number


def test_an_edited_hash_or_number_is_refused_on_its_own_line(path: Path) -> None:
    lines = write(path, EVENTS)
    for old, new in ((b'"seq":2', b'"seq":3'), (b'"prev":"', b'"prev":"0')):
        assert refused_line(path, [*lines[:2], lines[2].replace(old, new)]) == 3


@pytest.mark.parametrize("removed", [1, 2])
def test_a_removed_line_is_missed(path: Path, removed: int) -> None:
    lines = write(path, EVENTS)
    assert refused_line(path, [line for number, line in enumerate(lines, start=1) if number != removed]) == removed


def test_reordered_lines_are_refused(path: Path) -> None:
    one, two, three = write(path, EVENTS)
    assert refused_line(path, [one, three, two]) == 2
    assert refused_line(path, [two, one, three]) == 1


def test_a_line_twice_is_refused(path: Path) -> None:
    one, two, three = write(path, EVENTS)
    assert refused_line(path, [one, two, two, three]) == 3


def test_a_line_of_another_journal_is_refused(path: Path) -> None:
    lines = write(path, EVENTS)
    others = write(path.with_name("other.jsonl"), [{"event": "x"}, {"event": "y"}])
    assert refused_line(path, [lines[0], others[1], lines[2]]) == 2
    assert refused_line(path, [*lines, others[1]]) == 4


def test_a_torn_last_line_is_what_a_killed_run_was_writing(path: Path) -> None:
    lines = write(path, EVENTS)
    for length in range(len(lines[2])):
        path.write_bytes(lines[0] + lines[1] + lines[2][:length])
        assert list(read_events(path)) == EVENTS[:2]


def test_a_torn_line_with_more_behind_it_is_refused(path: Path) -> None:
    lines = write(path, EVENTS)
    assert refused_line(path, [lines[0], lines[1][:-5], b"\n", lines[2]]) == 2
    assert refused_line(path, [lines[0], lines[1][:-1], lines[2]]) == 2


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unseen_but_in_the_last_line(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    lines = write(path, EVENTS)
    data = bytearray(b"".join(lines))
    end = len(data) - len(lines[2])
    data[place % end] ^= 1 << bit
    path.write_bytes(bytes(data))
    with pytest.raises(RecordError) as caught:
        list(read_events(path))
    assert caught.value.line is not None


def sealed_run(path: Path) -> bytes:
    """The bytes of a closed journal."""
    events = make_events([make_result(), make_result("FAIL", "phase1.b"), make_result("PASS", "phase2.a")])
    return b"".join(write(path, events))


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_no_changed_byte_changes_what_a_closed_journal_says(
    tmp_path_factory: pytest.TempPathFactory, place: float, byte: int
) -> None:
    """It does not verify any more, or, where only the seal's own end is lost, the run is not closed."""
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    data = bytearray(sealed_run(path))
    at = int(place * len(data))
    if data[at] == byte:
        return
    data[at] = byte
    path.write_bytes(bytes(data))
    try:
        run = fold(read_events(path))
    except RecordError:
        return
    assert at == len(data) - 1
    assert not run.closed
    assert run.verdict is Verdict.NO_GO


def test_every_byte_of_the_last_two_lines_is_guarded(path: Path) -> None:
    """The end of the run and the seal, the two that a hash chain alone does not reach."""
    whole = sealed_run(path)
    begin = whole.rindex(b"\n", 0, whole.rindex(b"\n", 0, -1)) + 1
    for at in range(begin, len(whole) - 1):
        for byte in {ord(" "), ord("\n"), ord("0"), ord("1"), ord('"'), whole[at] ^ 1, whole[at] ^ 32} - {whole[at]}:
            path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
            with pytest.raises(RecordError) as caught:
                fold(read_events(path))
            assert caught.value.line is not None or "event" in str(caught.value)


@pytest.mark.parametrize("tail", [b"x", b"\n", b" ", b"{}", b"{}\n", b"\0", b'{"seq":99}'])
def test_nothing_stands_behind_the_seal(path: Path, tail: bytes) -> None:
    whole = sealed_run(path)
    count = whole.count(b"\n")
    path.write_bytes(whole + tail)
    with pytest.raises(RecordError, match="behind the journal's end") as caught:
        list(read_events(path))
    assert caught.value.line == count + 1


def test_a_journal_that_lost_its_seal_is_readable_and_not_closed(path: Path) -> None:
    whole = sealed_run(path)
    seal = whole.rindex(b"\n", 0, -1) + 1
    for length in range(seal, len(whole)):
        path.write_bytes(whole[:length])
        assert not fold(read_events(path)).closed


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_edited_line_of_a_closed_journal_is_named(path: Path, number: int) -> None:
    """The first too, and the last that says something."""
    lines = write(path, [*EVENTS, {"event": "d"}, {"event": "sealed"}])
    edited = lines[number - 1].replace(b'"event":"', b'"event":"x')
    assert refused_line(path, [*lines[: number - 1], edited, *lines[number:]]) == number


ODD_LINES = {
    "not ASCII": '{"seq":%d,"prev":"%s","event":"ü"}\n'.encode(),
    "a BOM": b'\xef\xbb\xbf{"seq":%d,"prev":"%s","event":"x"}\n',
    "UTF-16": '{"seq":0,"event":"x"}\n'.encode("utf-16-be"),
    "NaN": b'{"seq":%d,"prev":"%s","event":"x","n":NaN}\n',
    "Infinity": b'{"seq":%d,"prev":"%s","event":"x","n":[-Infinity]}\n',
    "a key twice": b'{"seq":%d,"prev":"%s","event":"x","event":"y"}\n',
    "a key twice within": b'{"seq":%d,"prev":"%s","event":"x","n":{"a":1,"a":2}}\n',
    "a list": b"[1]\n",
    "a number": b"1\n",
    "null": b"null\n",
    "a text": b'"x"\n',
    "nothing": b"\n",
    "too deep": b"[" * 100_000 + b"\n",
    "true as a number": b'{"seq":true,"prev":"%s","event":"x"}\n',
    "a float as a number": b'{"seq":%d.0,"prev":"%s","event":"x"}\n',
    "no hash": b'{"seq":%d,"event":"x"}\n',
    "a hash that is none": b'{"seq":%d,"prev":null,"event":"x"}\n',
    "more than one object": b'{"seq":%d,"prev":"%s","event":"x"}{}\n',
}


@pytest.mark.parametrize("line", ODD_LINES.values(), ids=ODD_LINES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_line_that_is_no_event_is_refused_on_its_own_line(path: Path, number: int, line: bytes) -> None:
    """Also where the chain would hold."""
    lines = write(path, EVENTS)[: number - 1]
    prev = hashlib.sha256(lines[-1]).hexdigest() if lines else ORIGIN
    fields = {b"%d": str(number - 1).encode(), b"%s": prev.encode()}
    for mark, value in fields.items():
        line = line.replace(mark, value)
    assert refused_line(path, [*lines, line]) == number


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for read in (lambda path: [*read_events(path)], is_being_written):
        with pytest.raises(RecordError, match=r"cannot be read \(it is no file\)"):
            read(tmp_path / "pipe.jsonl")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        list(read_events(tmp_path / "no.jsonl"))
