"""What the record lends a later run, and what it keeps when two runs write to it at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from gating import HEAD, QUIET, Gate

from pytest_deploycheck.core.model import Verdict
from pytest_deploycheck.record.journal import Journal, read_events
from pytest_deploycheck.record.store import read_run, runs_of

SOURCE = """
from pathlib import Path
@pytest.mark.phase1
def test_first(): exec(Path("end.txt").read_text())
@pytest.mark.phase2
def test_second(): say("second")
"""
#: Each check waits until two runs are in it.
MEETING = """
import os, time
from pathlib import Path
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(20))
def test_one(n):
    Path(f"in-{n}-{os.getpid()}").touch()
    end = time.monotonic() + 20
    while len(list(Path().glob(f"in-{n}-*"))) < 2:
        assert time.monotonic() < end, "the other run is not here"
        time.sleep(0.005)
"""
ENDS = {
    "GO": "pass",
    "NO-GO": "assert 0",
    "HOLD": "import pytest_deploycheck; pytest_deploycheck.inconclusive('x')",
    "INCOMPLETE": "pytest.skip('x')",
    "killed": "import os; os._exit(0)",
}


@pytest.fixture
def phases(gate: Gate) -> Gate:
    """Two phases, the first of which ends as ``end.txt`` says."""
    gate.write({"test_it.py": HEAD + SOURCE, "end.txt": "pass"})
    return gate


def journals(gate: Gate) -> list[Path]:
    """The journals of all runs, oldest first."""
    return sorted(gate.path.glob(".deploycheck/*/*.jsonl"))


@pytest.mark.parametrize(
    ("ends", "carried"),
    [
        (["NO-GO", "GO"], "GO"),
        (["GO", "INCOMPLETE"], "INCOMPLETE"),
        (["NO-GO", "INCOMPLETE"], "NO-GO"),
        (["NO-GO", "INCOMPLETE", "GO"], "GO"),
        (["NO-GO", "HOLD"], "HOLD"),
        (["GO", "killed"], "INCOMPLETE"),
        (["NO-GO", "killed"], "NO-GO"),
        (["killed", "GO"], "GO"),
    ],
)
def test_the_newest_complete_run_lends_its_verdict(ends: list[str], carried: str, phases: Gate) -> None:
    """A run that was not complete takes back a GO, and hides no NO-GO."""
    for end in ends:
        phases.write({"end.txt": ENDS[end]})
        phases.run("-m", "phase1", process=end == "killed")

    seen = phases.run("-m", "phase2")

    assert seen.verdict("phase1") == carried
    assert phases.seen() == (["second"] if carried in ("GO", "HOLD") else [])


def test_a_journal_without_a_whole_first_line_lends_nothing_and_hides_nothing(phases: Gate) -> None:
    """Its run never began."""
    phases.run("-m", "phase1")
    journals(phases)[0].with_name("20991231T000000.000000Z-aaaaaa.jsonl").write_bytes(b'{"seq":0')

    assert phases.run("-m", "phase2").verdict("phase1") == "GO"


def test_a_newer_run_with_an_id_of_its_own_counts_as_the_newer(phases: Gate) -> None:
    """By the moment it began, and not by its name."""
    phases.run("-m", "phase1", "--deploycheck-run-id=zzz")
    phases.write({"end.txt": ENDS["NO-GO"]})
    phases.run("-m", "phase1", "--deploycheck-run-id=0")

    seen = phases.run("-m", "phase2")

    assert seen.verdict("phase1") == "NO-GO"
    assert "(run 0, " in seen.phase("phase1")["reason"]
    assert phases.seen() == []


def test_a_journal_that_was_copied_under_another_name_is_invalid(phases: Gate) -> None:
    """The same GO twice, or in another release."""
    phases.run("-m", "phase1")
    journal = journals(phases)[0]
    (phases.path / ".deploycheck" / "r2").mkdir()
    (phases.path / ".deploycheck" / "r2" / journal.name).write_bytes(journal.read_bytes())

    seen = phases.run("-m", "phase2", release="r2")

    assert seen.ret == 14
    assert "stands under another name" in seen.stdout + seen.stderr
    assert phases.seen() == []


def test_a_journal_whose_seal_was_taken_off_lends_no_go(phases: Gate) -> None:
    """Cut off at the end of a line, it reads as a run that was killed."""
    phases.run("-m", "phase1")
    [journal] = journals(phases)
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))

    seen = phases.run("-m", "phase2")

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 12
    assert phases.seen() == []


def test_a_forged_end_with_a_valid_chain_cannot_make_a_failure_go(phases: Gate) -> None:
    """The verdict is read from the results: what the journal says of itself can only make it worse."""
    phases.write({"end.txt": ENDS["NO-GO"]})
    phases.run("-m", "phase1")
    [journal] = journals(phases)
    events = list(read_events(journal))
    journal.unlink()
    forged = Journal(journal, redact=str)
    for event in events:
        changes: dict[str, dict[str, object]] = {"phase_decided": {"verdict": "GO"}, "run_finished": {"exit_code": 0}}
        forged.append({**event, **changes.get(event["event"], {})})
    forged.close()

    assert phases.run("-m", "phase2").verdict("phase1") == "NO-GO"


def test_two_runs_at_once_keep_a_journal_each(gate: Gate) -> None:
    """Both in one record, both whole; each check waits until both runs are in it."""
    gate.write({"test_it.py": HEAD + MEETING})
    command = [sys.executable, "-m", "pytest", "-q", "--deploycheck-release=r1", "--deploycheck-report="]
    command += [word for name in QUIET for word in ("-p", f"no:{name}")]
    runs = [subprocess.Popen(command, cwd=gate.path, stdout=subprocess.PIPE) for _ in range(2)]
    for run in runs:
        out, _ = run.communicate(timeout=60)
        assert run.returncode == 0, out.decode()

    first, second = (read_run(path) for path in journals(gate))
    assert first.verdict is second.verdict is Verdict.GO
    assert first.run_id != second.run_id
    assert len(first.checks) == len(second.checks) == 20
    assert len(list(runs_of(gate.path / ".deploycheck", "r1"))) == 2


def test_a_run_beside_one_that_is_still_running_takes_nothing_from_it(phases: Gate) -> None:
    """What is not closed is INCOMPLETE, though it may yet become GO."""
    phases.write(
        {"end.txt": "from time import sleep\nopen('up', 'w').close()\nwhile not Path('go').exists(): sleep(0.01)"}
    )
    command = [sys.executable, "-m", "pytest", "-m", "phase1", "--deploycheck-release=r1", "--deploycheck-report="]
    other = subprocess.Popen(command, cwd=phases.path, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not (phases.path / "up").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    seen = phases.run("-m", "phase2")
    (phases.path / "go").touch()
    other.communicate(timeout=30)

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert other.returncode == 0
    assert phases.run("-m", "phase2").verdict("phase1") == "GO"
