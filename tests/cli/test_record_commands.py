"""``deploycheck status`` and ``deploycheck report``: what the record says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., int]
Cli = Callable[..., Result]


def test_status_shows_the_board_and_exits_as_the_run_did(run_checklist: Run, deploycheck: Cli) -> None:
    """HOLD, since a person's word is awaited."""
    assert run_checklist("--deploycheck-release=r1") == 10

    result = deploycheck("status")

    assert result.exit_code == 10
    assert "release r1" in result.output
    assert "phase1  GO" in result.output
    assert "HOLD  2/2 checks accounted for" in result.output


def test_a_run_that_died_with_0_is_incomplete(
    run_checklist: Run, deploycheck: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody in the process could say so: the record does."""
    monkeypatch.setenv("DIE", "1")
    assert run_checklist() == 0

    result = deploycheck("status")

    assert result.exit_code == 11
    assert "never finished" in result.output


def test_report_rebuilds_the_report_of_a_run_that_died(
    run_checklist: Run, deploycheck: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From its journal, to a file."""
    monkeypatch.setenv("DIE", "1")
    run_checklist()

    result = deploycheck("report", "--output", str(tmp_path / "again.html"))

    assert result.exit_code == 0
    page = (tmp_path / "again.html").read_text(encoding="utf-8")
    assert "<title>INCOMPLETE" in page
    assert "did not come to its end" in page


def test_report_again_is_the_report_of_the_run(run_checklist: Run, deploycheck: Cli, pytester: pytest.Pytester) -> None:
    """Byte for byte: both are rendered from the journal."""
    run_checklist("--deploycheck-json=run.json")

    assert deploycheck("report").output == (pytester.path / "deploycheck-report.html").read_text(encoding="utf-8")
    assert deploycheck("report", "--format=json").output == (pytester.path / "run.json").read_text(encoding="utf-8")


def test_a_release_and_a_run_can_be_named(
    run_checklist: Run, deploycheck: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the newest."""
    run_checklist("--deploycheck-release=old/1")
    monkeypatch.setenv("RED", "1")
    run_checklist("--deploycheck-release=new")

    assert deploycheck("status").exit_code == 1
    old = deploycheck("status", "--release", "old/1", "--json")
    assert json.loads(old.output)["release"] == "old/1"
    assert deploycheck("status", "--run", json.loads(old.output)["run_id"]).exit_code == 10


def test_an_empty_record_is_a_plain_error(pytester: pytest.Pytester, deploycheck: Cli) -> None:
    """With the way out."""
    result = deploycheck("status")

    assert result.exit_code == 4
    assert "no run is on record in .deploycheck; run pytest first" in result.output


def test_an_edited_journal_is_invalid(run_checklist: Run, deploycheck: Cli, pytester: pytest.Pytester) -> None:
    """Exit 14, naming the edited line."""
    run_checklist()
    journal = next(pytester.path.glob(".deploycheck/*/*.jsonl"))
    lines = journal.read_text().splitlines()
    number = next(place for place, line in enumerate(lines, start=1) if '"PENDING"' in line)
    journal.write_text(journal.read_text().replace('"PENDING"', '"PASS"'))

    result = deploycheck("status")

    assert result.exit_code == 14
    assert f"{journal.name}:{number}: " in result.output
    assert "the chain breaks here" in result.output
