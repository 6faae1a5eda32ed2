"""The folder of journals: any release's name, newest first, merged by copying, and nothing read past a broken one."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, closing_event, make_events, make_result, outcomes
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import CheckResult, Verdict
from pytest_deploycheck.record.journal import Journal
from pytest_deploycheck.record.store import find_run, journal_path, read_run, runs_of

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
    events = make_events(list(results) or [make_result()], release=release, run_id=name)
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
    cut = tmp_path / "cut.jsonl"
    first = whole.index(b"\n") + 1
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        if length < first:
            with pytest.raises(RecordError, match="does not begin"):
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
