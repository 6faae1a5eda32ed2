"""``--deploycheck-resume`` after a crash: what passed is kept, what was running runs once more, and never a third time."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from gating import HEAD, Gate

SOURCE = """
import os
from pathlib import Path
@pytest.mark.phase1
def test_one(): say("one")
@pytest.mark.phase1
def test_two():
    say("two")
    if Path("deadly").exists():
        os._exit(0)
@pytest.mark.phase1
def test_three(): say("three")
@pytest.mark.phase2
def test_four(): say("four")
"""
#: Dies outside every check, when the second was blocked.
BLOCKING = """
import os
from pathlib import Path
@pytest.mark.phase1
def test_one(): assert Path("mended").exists()
@pytest.mark.phase2
def test_two(): say("two")
def test_unit():
    if not Path("mended").exists(): os._exit(0)
"""
RESUME = "--deploycheck-resume"


@pytest.fixture
def crashing(gate: Gate) -> Gate:
    """Three checks and one of a later phase; the process dies in the second while ``deadly`` is there."""
    gate.write({"test_it.py": HEAD + SOURCE, "deadly": ""})
    return gate


def mend(gate: Gate) -> None:
    (gate.path / "deadly").unlink()


def test_after_a_crash_the_passes_are_kept_and_the_rest_runs(crashing: Gate) -> None:
    """The check in flight too."""
    crashing.run(process=True)
    mend(crashing)

    seen = crashing.run(RESUME)

    assert seen.ret == 0
    assert crashing.seen() == ["one", "two", "two", "three", "four"]
    assert [(row["id"][-4:], row["flags"]) for row in seen.json["checks"]] == [
        ("_one", ["carried"]),
        ("_two", []),
        ("hree", []),
        ("four", []),
    ]


def test_a_check_in_which_two_runs_died_is_an_error_and_not_run_again(crashing: Gate) -> None:
    """The reason names both runs and the way on; the rest of the phase runs, the next is blocked."""
    crashing.run(process=True)
    crashing.run(RESUME, process=True)
    assert crashing.seen() == ["one", "two", "two"]

    seen = crashing.run(RESUME)

    assert seen.ret == 1
    assert crashing.seen() == ["one", "two", "two", "three"]
    assert seen.status("phase1.test_two") == "ERROR"
    reason = seen.check("phase1.test_two")["reason"]
    journals = sorted(crashing.path.glob(".deploycheck/r1/*.jsonl"))
    assert all(journal.stem in reason for journal in journals[:2])
    assert "without --deploycheck-resume" in reason
    assert (seen.status("phase1.test_three"), seen.status("phase2.test_four")) == ("PASS", "BLOCKED")


def test_it_stays_an_error_until_a_run_without_the_option(crashing: Gate) -> None:
    """Mending alone does not show: a person says that it may run."""
    for arguments in ((), (RESUME,), (RESUME,)):
        crashing.run(*arguments, process=True)
    mend(crashing)
    assert crashing.run(RESUME).status("phase1.test_two") == "ERROR"
    assert crashing.seen().count("two") == 2

    assert crashing.run().ret == 0
    assert crashing.seen().count("two") == 3
    again = crashing.run(RESUME)
    assert again.ret == 0
    assert crashing.seen().count("two") == 3


def test_a_check_that_a_run_died_in_is_not_kept_though_it_passed_before(crashing: Gate) -> None:
    """What happened last counts."""
    mend(crashing)
    assert crashing.run().ret == 0
    crashing.write({"deadly": ""})
    crashing.run(process=True)
    mend(crashing)

    seen = crashing.run(RESUME)

    assert seen.ret == 0
    assert seen.check("phase1.test_two")["flags"] == []
    assert seen.check("phase1.test_three")["flags"] == ["carried"]


def test_an_end_between_two_deaths_starts_the_count_again(crashing: Gate) -> None:
    """Two deaths since the last end: not two ever."""
    crashing.run(process=True)
    mend(crashing)
    assert crashing.run(RESUME).ret == 0
    crashing.write({"deadly": ""})
    crashing.run(process=True)
    mend(crashing)

    assert crashing.run(RESUME).ret == 0


def test_a_blocked_check_was_never_in_flight(gate: Gate) -> None:
    """It was not executed, so no run can have died in it."""
    gate.write({"test_it.py": HEAD + BLOCKING})
    gate.run(process=True)
    gate.run(RESUME, process=True)
    gate.write({"mended": ""})

    assert gate.run(RESUME).ret == 0
    assert gate.seen() == ["two"]


@pytest.mark.parametrize("change", ["checklist", "target"])
def test_deaths_on_another_checklist_or_target_do_not_count(change: str, crashing: Gate) -> None:
    """They are another check's."""
    other = ("--deploycheck-target=popen",) if change == "target" else ()
    crashing.run(*other, process=True)
    if change == "checklist":
        lines = "".join(
            f"- [ ] test_{name}: x <!-- deploycheck: id=phase1.test_{name} -->\n" for name in ("one", "two", "three")
        )
        text = f"# A <!-- deploycheck: phase=phase1 -->\n{lines}# B <!-- deploycheck: phase=phase2 -->\n"
        text += "- [ ] test_four: x <!-- deploycheck: id=phase2.test_four -->\n"
        Path(crashing.path, "checklist.md").write_text(text, encoding="utf-8")
        Path(crashing.path, "pytest.ini").write_text("[pytest]\ndeploycheck_checklist = checklist.md\n")
    crashing.run(RESUME, process=True)
    mend(crashing)

    seen = crashing.run(RESUME)

    assert seen.ret == 0, seen.stdout


def test_a_run_that_is_still_on_is_no_crash(crashing: Gate) -> None:
    """Its check in flight would be run beside it; what a dead process left is resumed as ever."""
    crashing.run(process=True)
    mend(crashing)
    (journal,) = crashing.path.glob(".deploycheck/*/*.jsonl")

    with open(journal, "rb") as still_written:
        fcntl.flock(still_written, fcntl.LOCK_EX)
        refused = crashing.run(RESUME)
    resumed = crashing.run(RESUME)

    assert refused.ret == 4
    assert f"the run {journal.stem} of the release" in refused.stderr
    assert "still on" in refused.stderr
    assert resumed.ret == 0


def test_a_check_that_resumes_its_own_run_is_refused(gate: Gate) -> None:
    """While a run writes its journal, every other process sees that it does."""
    gate.write(
        {
            "test_it.py": HEAD
            + """
import os, subprocess, sys
@pytest.mark.phase1
def test_one():
    environment = {name: word for name, word in os.environ.items() if name != "DEPLOYCHECK_RUNNING"}
    command = [sys.executable, "-m", "pytest", "--deploycheck-resume", "--deploycheck-release=1.0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    say(f"{ended.returncode} {'still on' in ended.stdout + ended.stderr}")
"""
        }
    )
    gate.run("--deploycheck-release=1.0", process=True)

    assert gate.seen() == ["4 True"]
