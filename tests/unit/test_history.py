"""Earlier runs for the report: the right ones, newest first, few enough, and never in the way of the report."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOON, closing_event, make_events, make_result

from pytest_deploycheck.core.model import CheckResult, Run
from pytest_deploycheck.core.run import SEAL
from pytest_deploycheck.record import history
from pytest_deploycheck.record.history import earlier_runs
from pytest_deploycheck.record.journal import Journal
from pytest_deploycheck.record.store import journal_path, read_run


def record(folder: Path, hours: int, *results: CheckResult, release: str = "v1.0", **start: Any) -> Run:
    """Put a run on record that began so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    run_id = f"{at:%Y%m%dT%H%M%S.%fZ}-aaaaaa"
    given = list(results) or [make_result()]
    first, *events = make_events(given, run_id=run_id, release=release, at=at.isoformat(), **start)
    ends = {"at": (at + timedelta(minutes=1)).isoformat()}
    code = next(event["exit_code"] for event in events if event["event"] == "run_finished")
    middle = [
        event | ends if "at" in event else event for event in events if event["event"] not in ("run_finished", "sealed")
    ]
    journal = Journal(journal_path(folder, release, run_id), lambda text: text)
    for event in [first, *middle, closing_event(code) | ends, SEAL]:
        journal.append(event)
    journal.close()
    return read_run(journal.path)


def ids(runs: tuple[Run, ...]) -> list[str]:
    return [run.run_id[9:11] for run in runs]


def test_earlier_runs_of_the_release_come_newest_first_and_later_ones_not(tmp_path: Path) -> None:
    runs = [record(tmp_path, hours) for hours in (0, 2, 1, 3)]
    assert ids(earlier_runs(tmp_path, runs[1])) == ["13", "12"]
    assert earlier_runs(tmp_path, runs[0]) == ()


def test_runs_on_other_targets_are_no_history(tmp_path: Path) -> None:
    record(tmp_path, 0, targets=["popen"])
    assert earlier_runs(tmp_path, record(tmp_path, 1)) == ()


def test_the_last_go_comes_from_another_release_where_this_one_has_none(tmp_path: Path) -> None:
    record(tmp_path, 0, release="v0.8")
    record(tmp_path, 1, release="v0.9")
    record(tmp_path, 2, make_result("FAIL"), release="v0.9")
    record(tmp_path, 3, make_result("FAIL"))
    found = earlier_runs(tmp_path, record(tmp_path, 4))
    assert [(run.release, run.verdict) for run in found] == [("v1.0", "NO-GO"), ("v0.9", "GO")]


def test_a_go_of_the_same_release_is_enough(tmp_path: Path) -> None:
    record(tmp_path, 0, release="v0.9")
    record(tmp_path, 1)
    assert ids(earlier_runs(tmp_path, record(tmp_path, 2))) == ["13"]


def test_what_does_not_verify_is_left_out(tmp_path: Path) -> None:
    broken, kept, run = record(tmp_path, 1), record(tmp_path, 0), record(tmp_path, 2)
    path = journal_path(tmp_path, "v1.0", broken.run_id)
    path.write_bytes(path.read_bytes().replace(b"PASS", b"FAIL"))
    (tmp_path / "v1.0" / "torn.jsonl").write_text("{")
    (tmp_path / "v0.9").mkdir()
    (tmp_path / "v0.9" / "empty.jsonl").touch()
    assert earlier_runs(tmp_path, run) == (kept,)


def test_reading_is_bounded_and_the_last_run_is_always_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for hours in range(4):
        record(tmp_path, hours)
    run = record(tmp_path, 5)
    monkeypatch.setattr(history, "MOST_RUNS", 3)
    assert ids(earlier_runs(tmp_path, run)) == ["15", "14", "13"]
    monkeypatch.setattr(history, "MOST_BYTES", 10)
    assert ids(earlier_runs(tmp_path, run)) == ["15"]


def test_what_is_no_journal_is_not_in_the_way(tmp_path: Path) -> None:
    first, second = record(tmp_path, 0), record(tmp_path, 1, make_result("FAIL"))
    for release in ("v0.9", "v1.0"):
        folder = journal_path(tmp_path, release, "x").parent
        folder.mkdir(exist_ok=True)
        os.mkfifo(folder / "pipe.jsonl")
        (folder / "nowhere.jsonl").symlink_to("nowhere")
        (folder / "folder.jsonl").mkdir()
    assert [run.run_id for run in earlier_runs(tmp_path, second)] == [first.run_id]
    assert earlier_runs(tmp_path, first) == ()
