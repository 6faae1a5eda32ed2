"""The folder of journals: any release's name, newest first, merged by copying, and nothing read past a broken one."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import NOON, closing_event, make_events, make_result, outcomes
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import RecordError, SettingsError
from pytest_deploycheck.core.model import CheckResult, Verdict
from pytest_deploycheck.record.journal import Journal
from pytest_deploycheck.record.store import (
    NeverBegunError,
    find_run,
    journal_path,
    journals,
    merged_runs,
    new_run_id,
    read_run,
    refuse_known_run,
    refuse_running,
    require_run_id,
    runs_of,
)

RELEASES = [
    "v1.0",
    "release/2026-01",
    "..",
    ".",
    "../../etc",
    "a b",
    "größe",
    "-rf",
    "x" * 80,
    "a%2Fb",
    "*",
    "[a]",
    "~",
]


def run_id(hours: int = 0, machine: str = "aaaaaa") -> str:
    return f"{NOON + timedelta(hours=hours):%Y%m%dT%H%M%S.%fZ}-{machine}"


def record(
    folder: Path,
    release: str = "v1.0",
    *,
    hours: int = 0,
    machine: str = "aaaaaa",
    results: tuple[CheckResult, ...] = (),
) -> Path:
    """Put a run on record, a pass unless its results are given; its path."""
    name = run_id(hours, machine)
    began = (NOON + timedelta(hours=hours)).isoformat()
    events = make_events(list(results) or [make_result()], release=release, run_id=name, at=began)
    return write(journal_path(folder, release, name), events)


def write(path: Path, events: list[dict[str, object]]) -> Path:
    journal = Journal(path, lambda text: text)
    for event in events:
        journal.append(event)
    journal.close()
    return path


# -- reading one run ---------------------------------------------------------------------------------------------------


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = read_run(record(tmp_path))
    assert (run.run_id, run.release, run.verdict, run.closed) == (run_id(), "v1.0", Verdict.GO, True)


def test_a_run_cut_off_at_any_byte_is_never_go(tmp_path: Path) -> None:
    whole = record(tmp_path, results=(make_result(), make_result("PASS", "phase1.b"))).read_bytes()
    cut = journal_path(tmp_path, "v1.0", run_id())
    first = whole.index(b"\n") + 1
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        if length < first:
            with pytest.raises(NeverBegunError, match="does not begin"):
                read_run(cut)
            continue
        run = read_run(cut)
        assert not run.closed
        assert (run.verdict, run.selected_verdict, run.exit_code) == (Verdict.INCOMPLETE, Verdict.INCOMPLETE, 11)


@given(results=outcomes(), data=st.data())
def test_a_run_that_lost_its_end_is_never_go(
    tmp_path_factory: pytest.TempPathFactory, results: list[CheckResult], data: st.DataObject
) -> None:
    path = record(tmp_path_factory.mktemp("record"), results=tuple(results))
    whole = path.read_bytes()
    length = data.draw(st.integers(whole.index(b"\n") + 1, len(whole) - 1))
    path.write_bytes(whole[:length])
    run = read_run(path)
    assert Verdict.GO not in (run.verdict, run.selected_verdict)
    assert run.exit_code != 0


def test_an_event_that_makes_no_sense_is_refused_by_file_and_line(tmp_path: Path) -> None:
    events = make_events([make_result()])
    path = write(tmp_path / "run.jsonl", [*events[:2], {"event": "phase_forgiven"}, *events[2:]])
    with pytest.raises(RecordError) as caught:
        read_run(path)
    assert caught.value.line == 3
    assert str(caught.value) == f"{path}:3: the event 'phase_forgiven' is unknown"


def test_a_second_end_with_a_valid_chain_is_refused_all_the_same(tmp_path: Path) -> None:
    events = make_events([make_result("FAIL")])
    path = write(tmp_path / "run.jsonl", [*events, closing_event(0)])
    with pytest.raises(RecordError) as caught:
        read_run(path)
    assert caught.value.line == len(events) + 1


def test_an_empty_journal_is_no_run(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"")
    with pytest.raises(RecordError, match=r"run\.jsonl: the journal does not begin"):
        read_run(path)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_any_releases_runs_are_found_again(tmp_path: Path, release: str) -> None:
    folder = tmp_path / "record"
    path = record(folder, release)
    assert path.parent.parent == folder
    assert path.parent.resolve().parent == folder.resolve()
    assert [run.release for run in runs_of(folder, release)] == [release]
    assert find_run(folder, release=release).release == release
    assert find_run(folder).release == release


def test_a_release_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the release 'v1\\udcff' is no text in UTF-8"):
        journal_path(tmp_path, "v1\udcff", run_id())


def test_no_release_is_taken_for_another(tmp_path: Path) -> None:
    for release in RELEASES:
        record(tmp_path, release)
    for release in RELEASES:
        assert [run.release for run in runs_of(tmp_path, release)] == [release]


@given(st.text(min_size=1, max_size=20))
def test_any_release_is_a_folder_of_its_own_right_in_the_record(release: str) -> None:
    path = journal_path(Path("/record"), release, "run")
    assert path.parts[:2] == ("/", "record")
    assert len(path.parts) == 4
    assert path.parts[2] not in ("", ".", "..")
    assert path.name == "run.jsonl"
    assert "\x00" not in str(path)


@given(st.text(".%/2EFe", min_size=1, max_size=4), st.text(".%/2EFe", min_size=1, max_size=4))
def test_two_releases_never_share_a_folder(one: str, other: str) -> None:
    same = journal_path(Path("r"), one, "x") == journal_path(Path("r"), other, "x")
    assert same is (one == other)


# -- several runs ------------------------------------------------------------------------------------------------------


def test_runs_come_newest_first(tmp_path: Path) -> None:
    for hours in (1, 30, 2, 0):
        record(tmp_path, hours=hours)
    assert [run.run_id for run in runs_of(tmp_path, "v1.0")] == [run_id(hours) for hours in (30, 2, 1, 0)]
    assert find_run(tmp_path, release="v1.0").run_id == run_id(30)


def test_the_newest_of_all_releases_is_found(tmp_path: Path) -> None:
    record(tmp_path, "z-old", hours=0)
    record(tmp_path, "a-new", hours=5)
    assert find_run(tmp_path).release == "a-new"
    assert find_run(tmp_path, release="z-old").release == "z-old"


def test_a_run_is_found_by_its_id_in_any_release(tmp_path: Path) -> None:
    record(tmp_path, "v1.0", hours=0)
    record(tmp_path, "v2.0", hours=1)
    assert find_run(tmp_path, run_id=run_id(0)).release == "v1.0"
    assert find_run(tmp_path, run_id=run_id(1), release="v2.0").run_id == run_id(1)
    for wrong in ({"run_id": run_id(0), "release": "v2.0"}, {"run_id": "*"}, {"run_id": "2026"}):
        with pytest.raises(RecordError, match="is on record in"):
            find_run(tmp_path, **wrong)


def test_two_machines_records_merge_by_copying(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    record(here, hours=0, machine="aaaaaa")
    record(there, hours=1, machine="bbbbbb", results=(make_result("FAIL"),))
    record(there, "v2.0", hours=2, machine="bbbbbb")
    shutil.copytree(there, here, dirs_exist_ok=True)
    assert [(run.run_id, str(run.verdict)) for run in runs_of(here, "v1.0")] == [
        (run_id(1, "bbbbbb"), "NO-GO"),
        (run_id(0, "aaaaaa"), "GO"),
    ]
    assert find_run(here).release == "v2.0"


def test_a_record_without_a_run_of_the_release_says_so(tmp_path: Path) -> None:
    record(tmp_path, "v1.0")
    assert list(runs_of(tmp_path, "v9")) == []
    with pytest.raises(RecordError, match=r"no run of the release 'v9' is on record in .*--record"):
        find_run(tmp_path, release="v9")
    with pytest.raises(RecordError, match="no run is on record"):
        find_run(tmp_path / "nowhere")


def test_other_files_in_the_record_do_not_matter(tmp_path: Path) -> None:
    path = record(tmp_path)
    (path.parent / "notes.txt").write_text("hello")
    (tmp_path / "README.md").write_text("hello")
    assert len(list(runs_of(tmp_path, "v1.0"))) == 1
    assert find_run(tmp_path).run_id == run_id()


def test_no_verdict_is_read_past_a_journal_that_was_touched(tmp_path: Path) -> None:
    record(tmp_path, hours=0)
    broken = record(tmp_path, hours=1, results=(make_result("FAIL"),))
    broken.write_bytes(broken.read_bytes().replace(b'"FAIL"', b'"PASS"'))
    with pytest.raises(RecordError) as caught:
        list(runs_of(tmp_path, "v1.0"))
    assert caught.value.line is not None
    assert str(broken) in str(caught.value)
    with pytest.raises(RecordError):
        find_run(tmp_path)


# -- where a journal lies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["v1.0/other.jsonl", "v2.0/{name}", "{name}", "v1%2E0/{name}"])
def test_a_journal_under_another_name_is_refused(tmp_path: Path, place: str) -> None:
    """A run of one release must not pass for one of another by copying its file."""
    path = record(tmp_path)
    copy = tmp_path / place.format(name=path.name)
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    with pytest.raises(RecordError, match="stands under another name") as caught:
        read_run(copy)
    assert caught.value.line == 1


def test_runs_are_ordered_by_when_they_began_and_not_by_name(tmp_path: Path) -> None:
    for name, hours in (("a-newest", 3), ("zz", 1), ("build.7", 2)):
        events = make_events([make_result()], run_id=name, at=(NOON + timedelta(hours=hours)).isoformat())
        write(journal_path(tmp_path, "v1.0", name), events)
    record(tmp_path, hours=0)
    assert [run.run_id for run in runs_of(tmp_path, "v1.0")] == ["a-newest", "build.7", "zz", run_id()]
    assert find_run(tmp_path).run_id == "a-newest"


def test_an_odd_but_valid_beginning_is_read_as_a_whole(tmp_path: Path) -> None:
    """Another writer may put the keys in another order; the moment counts all the same."""
    record(tmp_path, hours=1)
    first, *rest = make_events([make_result()], run_id="other", at=(NOON + timedelta(hours=2)).isoformat())
    write(journal_path(tmp_path, "v1.0", "other"), [{**dict(reversed(first.items()))}, *rest])
    assert [run.run_id for run in runs_of(tmp_path, "v1.0")] == ["other", run_id(1)]


@pytest.mark.parametrize("content", [b"", b'{"seq":0,"prev":"', b'{"seq":0' + b" " * 3_000_000])
def test_a_journal_that_never_began_is_left_out_and_told_where_it_is_the_newest(tmp_path: Path, content: bytes) -> None:
    record(tmp_path, hours=1)
    dead = journal_path(tmp_path, "v1.0", run_id(2))
    dead.write_bytes(content)
    assert [run.run_id for run in runs_of(tmp_path, "v1.0")] == [run_id(1)]
    with pytest.raises(NeverBegunError, match="died before it began"):
        find_run(tmp_path)
    record(tmp_path, hours=3)
    assert find_run(tmp_path).run_id == run_id(3)


def test_a_first_line_that_is_no_event_is_never_passed_over(tmp_path: Path) -> None:
    record(tmp_path, hours=1)
    journal_path(tmp_path, "v1.0", run_id(-5)).write_bytes(b"hello\n")
    with pytest.raises(RecordError) as caught:
        list(runs_of(tmp_path, "v1.0"))
    assert caught.value.line == 1


@pytest.mark.parametrize(("ahead", "fine"), [(timedelta(minutes=4), True), (timedelta(minutes=6), False)])
def test_a_run_of_the_future_is_refused_and_the_clocks_are_named(
    tmp_path: Path, ahead: timedelta, *, fine: bool
) -> None:
    path = record(tmp_path)
    last = NOON + timedelta(seconds=90)  # the end that the makers write
    if fine:
        assert read_run(path, now=last - ahead).closed
        return
    with pytest.raises(RecordError, match="set the clocks") as caught:
        read_run(path, now=last - ahead)
    assert caught.value.line == 1


def test_the_clock_of_a_reader_is_this_moment(tmp_path: Path) -> None:
    began = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    path = write(journal_path(tmp_path, "v1.0", "x"), make_events([make_result()], run_id="x", at=began))
    with pytest.raises(RecordError, match="set the clocks"):
        read_run(path)


# -- ids ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["7", "build-7", "a.b_c", "x" * 100, "-x", "_"])
def test_an_id_that_can_name_a_file_is_taken(text: str) -> None:
    assert require_run_id(text, where="here") == text


@pytest.mark.parametrize("text", ["", ".", "..", ".x", "a/b", "a b", "x" * 101, "ü", "a\n", "*", "a\0"])
def test_an_id_that_cannot_name_a_file_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="here: .* cannot be the id of a run"):
        require_run_id(text, where="here")


def test_a_made_id_is_one_and_no_two_are_alike() -> None:
    ids = {new_run_id(NOON) for _ in range(50)}
    assert len(ids) == 50
    for one in ids:
        assert require_run_id(one, where="here") == one


def test_an_id_on_record_is_refused_in_any_release(tmp_path: Path) -> None:
    record(tmp_path, "v2.0")
    refuse_known_run(tmp_path, "other")
    with pytest.raises(RecordError, match="on record already") as caught:
        refuse_known_run(tmp_path, run_id())
    assert caught.value.line is None


# -- several folders ---------------------------------------------------------------------------------------------------


def test_folders_merge_and_the_same_journal_counts_once(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    record(here, hours=0)
    shutil.copytree(here, there)
    record(there, hours=1, machine="bbbbbb")
    record(there, "v2.0", hours=2)
    runs = merged_runs([here, there, tmp_path / "nowhere"], "v1.0", now=NOON + timedelta(days=1))
    assert [run.run_id for run in runs] == [run_id(1, "bbbbbb"), run_id(0)]
    assert merged_runs([here, here], "v1.0", now=NOON + timedelta(days=1)) == [runs[1]]


@pytest.mark.parametrize("kept", [-1, -2, 1])
def test_two_journals_of_one_run_that_differ_are_refused_by_line(tmp_path: Path, kept: int) -> None:
    """Also where one is the beginning of the other: nobody knows which of them was meant."""
    here, there = tmp_path / "here", tmp_path / "there"
    lines = record(here).read_bytes().splitlines(keepends=True)
    copy = journal_path(there, "v1.0", run_id())
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"".join(lines[:kept]))
    with pytest.raises(RecordError, match="differs from the one of the same run") as caught:
        merged_runs([here, there], "v1.0", now=NOON + timedelta(days=1))
    assert caught.value.line == len(lines[:kept]) + 1


def test_a_folder_in_which_nobody_may_look_is_not_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path)

    def refuse(path: Path) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", refuse)
    for look in (
        lambda: [*runs_of(tmp_path, "v1.0")],
        lambda: merged_runs([tmp_path], "v1.0", now=NOON),
        lambda: refuse_running(tmp_path, "v1.0"),
        lambda: find_run(tmp_path),
        lambda: journals(tmp_path),
    ):
        with pytest.raises(RecordError, match=r"the record in .* cannot be read \(Permission denied\)"):
            look()


def test_no_release_is_not_any_release(tmp_path: Path) -> None:
    record(tmp_path)
    assert merged_runs([tmp_path], "", now=NOON + timedelta(hours=1)) == []
    assert [*runs_of(tmp_path, "")] == []
