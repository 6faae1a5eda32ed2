"""Where the HTML report has its styles, and what it says beyond its own run."""

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from gating import Gate

from pytest_deploycheck.cli import main
from pytest_deploycheck.report.html import styles

SOURCE = """
    @pytest.mark.phase1
    @pytest.mark.check("phase1.a")
    def test_a(evidence):
        evidence.measure("latency", {latency}, unit="s", max=1)
"""
REPORT, STYLESHEET = "deploycheck-report.html", "deploycheck-report.css"


def report(gate: Gate, name: str = REPORT) -> str:
    return (gate.path / name).read_text("utf-8")


def test_the_styles_are_inside_unless_asked_otherwise(gate: Gate) -> None:
    gate(SOURCE.format(latency=0.5))
    assert styles() in report(gate)
    assert not (gate.path / STYLESHEET).exists()


@pytest.mark.parametrize("place", ["command line", "environment", "ini"])
def test_linked_styles_stand_beside_the_report(gate: Gate, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    if place == "environment":
        monkeypatch.setenv("DEPLOYCHECK_CSS", "link")
    ini = "deploycheck_css = link" if place == "ini" else ""
    words = ["--deploycheck-css=link"] if place == "command line" else []
    gate(SOURCE.format(latency=0.5), "--deploycheck-report=out/ticket.html", *words, ini=ini)
    assert f'<link rel="stylesheet" href="{STYLESHEET}">' in report(gate, "out/ticket.html")
    assert "<style>" not in report(gate, "out/ticket.html")
    assert (gate.path / "out" / STYLESHEET).read_text("utf-8") == styles()


def test_another_word_is_refused(gate: Gate) -> None:
    seen = gate(SOURCE.format(latency=0.5), ini="deploycheck_css = none")
    assert seen.ret == 4
    assert "ini key deploycheck_css: 'none' is neither inline nor link" in seen.stdout + seen.stderr


def test_a_second_run_is_compared_with_the_first(gate: Gate) -> None:
    gate(SOURCE.format(latency=0.5))
    assert "Nothing to compare with: no earlier run on these targets is on record." in report(gate)
    gate(SOURCE.format(latency=1.5))
    page = report(gate)
    assert "What changed since the last run (release r1, " in page
    assert ">newly failing</td>" in page
    assert "<title>latency: 0.5, now 1.5</title>" in page


def test_a_run_that_is_still_on_is_compared_with_nothing(gate: Gate) -> None:
    gate(SOURCE.format(latency=0.5))
    copying = """
    def pytest_runtest_setup(item):
        import shutil
        shutil.copy("deploycheck-report.html", "meanwhile.html")
    """
    gate.write({"conftest.py": copying})
    gate(SOURCE.format(latency=0.5))
    assert "INCOMPLETE" in report(gate, "meanwhile.html")
    assert "What changed" not in report(gate, "meanwhile.html")
    assert "What changed" in report(gate)


def test_the_report_names_the_journal_with_its_hash(gate: Gate) -> None:
    gate(SOURCE.format(latency=0.5))
    (journal,) = (gate.path / ".deploycheck").rglob("*.jsonl")
    assert hashlib.sha256(journal.read_bytes()).hexdigest() in report(gate)
    assert str(Path(".deploycheck", "r1", journal.name)) in report(gate)


def test_a_report_made_again_later_has_the_same_bytes(gate: Gate) -> None:
    gate(SOURCE.format(latency=0.4), "--deploycheck-run-id=zero")
    gate(SOURCE.format(latency=0.5), "--deploycheck-run-id=first")
    written = report(gate)
    gate(SOURCE.format(latency=0.6), "--deploycheck-run-id=second")
    again = CliRunner().invoke(main, ["report", "--run", "first", "--output", "again.html"])
    assert again.exit_code == 0, again.output
    assert report(gate, "again.html") == written
    assert "<title>latency: 0.4, now 0.5</title>" in written
