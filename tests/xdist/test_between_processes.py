"""What crosses the border between the processes: results, measurements, secrets; and what becomes of it on record."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from crossing import DISTS, across, alone, assert_same
from gating import HEAD, Gate

from pytest_deploycheck.cli import main

SECRET = "hunter2-and-more"
TALKATIVE = """
import os, sys
@pytest.mark.phase1
def test_talks(evidence):
    print(os.environ["APP_PASSWORD"])
    evidence.text("login", f"as {os.environ['APP_PASSWORD']}")
    assert 0, f"refused {os.environ['APP_PASSWORD']}"
@pytest.fixture(scope="session")
def held():
    yield
    raise OSError(os.environ["APP_PASSWORD"])
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(3))
def test_holds(held, n): pass
"""
MEASURED = """
@pytest.mark.phase1
def test_first(evidence): evidence.measure("size", 4.0, "MB")
@pytest.mark.phase2
def test_same(baseline, evidence):
    evidence.measure("was", baseline("phase1.test_first", "size").value, "MB")
@pytest.mark.phase2
def test_none(baseline): baseline("phase1.test_first", "weight")
"""
SHUFFLED = """
@pytest.mark.phase2
@pytest.mark.parametrize("n", range(5))
def test_second(n): assert n != 3
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(5))
def test_first(n): pass
@pytest.mark.phase3
def test_third(): say("third")
"""


def test_a_secret_reaches_no_file(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed, put into evidence, in a reason, and in the words of a fixture that fails in the end."""
    monkeypatch.setenv("APP_PASSWORD", SECRET)
    gate.write({"test_it.py": HEAD + TALKATIVE})
    seen = across(gate)

    assert seen.status("phase1.test_talks") == "FAIL"
    assert "refused" in seen.check("phase1.test_talks")["reason"]
    written = [path for path in gate.path.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl", ".html")]
    assert {path.suffix for path in written} == {".json", ".jsonl", ".html"}
    assert [path.name for path in written if SECRET in path.read_text("utf-8")] == []


def test_a_baseline_comes_from_another_process(gate: Gate) -> None:
    """What a check of an earlier phase measured on one worker is known on all; what nobody measured is INCONCLUSIVE."""
    gate.write({"test_it.py": HEAD + MEASURED})
    seen = assert_same(gate, "load")

    assert [row["value"] for row in seen.check("phase2.test_same")["measurements"]] == [4.0]
    assert seen.status("phase2.test_none") == "INCONCLUSIVE"


def test_a_record_that_cannot_be_read_for_a_baseline(gate: Gate) -> None:
    """The check that asks hears of it, and nobody waits for an answer."""
    gate.write({"test_it.py": HEAD + MEASURED})
    alone(gate, "-m", "phase1")
    [journal] = gate.path.glob(".deploycheck/r1/*.jsonl")
    source = MEASURED.replace("def test_none(baseline):", "def test_none(baseline): spoil();")
    spoil = f"def spoil(): open({str(journal)!r}, 'w').write('no journal\\n' * 2)\n"
    gate.write({"test_it.py": HEAD + spoil + source})
    seen = across(gate)

    assert seen.status("phase2.test_none") == "ERROR"
    assert "RecordError" in seen.check("phase2.test_none")["reason"]
    assert seen.ret != 0


@pytest.mark.parametrize("dist", DISTS)
def test_the_journal_tells_the_same(gate: Gate, dist: str) -> None:
    """It verifies, and what ``deploycheck status`` reads there is what the run said of itself."""
    gate.write({"test_it.py": HEAD + SHUFFLED})
    seen = across(gate, dist=dist)
    answer = CliRunner().invoke(main, ["status", "--record", str(gate.path / ".deploycheck"), "--json"])

    assert answer.exit_code == seen.ret == 1
    assert json.loads(answer.output) == seen.json


def test_a_check_that_runs_stands_in_the_journal(gate: Gate) -> None:
    """While it does, not only when it has ended: whoever resumes a run that was killed must know of it."""
    source = """
import json, pathlib, time
@pytest.mark.phase1
def test_long():
    [journal] = pathlib.Path(".deploycheck/r1").glob("*.jsonl")
    end = time.monotonic() + 10
    while '"check_started"' not in journal.read_text():
        assert time.monotonic() < end, "not in the journal"
        time.sleep(0.01)
"""
    gate.write({"test_it.py": HEAD + source})

    assert across(gate).ret == 0


def test_an_order_by_chance_is_the_same_for_all(gate: Gate) -> None:
    """pytest-randomly shuffles on every worker alike; the phases stay in order."""
    gate.write({"test_it.py": HEAD + SHUFFLED})
    seen = assert_same(gate, "load", "-p", "randomly", "--randomly-seed=7")

    assert [seen.verdict(f"phase{number}") for number in (1, 2, 3)] == ["GO", "NO-GO", "BLOCKED"]
    assert gate.seen() == []


def test_an_edited_record_is_invalid(gate: Gate) -> None:
    """The controller reads what earlier phases came to, and refuses what does not verify."""
    source = "@pytest.mark.phase1\ndef test_a(): assert 0\n@pytest.mark.phase2\ndef test_b(): say('b')\n"
    gate.write({"test_it.py": HEAD + source})
    alone(gate, "-m", "phase1")
    [journal] = gate.path.glob(".deploycheck/r1/*.jsonl")
    journal.write_text(journal.read_text().replace('"FAIL"', '"PASS"'))
    seen = across(gate, "-m", "phase2")

    assert (seen.ret, gate.seen()) == (14, [])
    assert f"{journal.name}:" in seen.stdout + seen.stderr
