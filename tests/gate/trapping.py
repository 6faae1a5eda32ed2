"""Traps: the ways in which a run can look green though a check did not positively pass.

Beside every trap stand a check of phase 1 that passes and checks of two later phases that leave a trace as they run,
one of them mutating. Whatever the trap does, three things must hold: the exit status, the verdict on phase 1 (of the
report, and of the record for whoever asks later), and no trace of a later phase.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any, TypeVar
from unittest.mock import patch

from click.testing import CliRunner
from gating import HEAD, Gate, Outcome

from pytest_deploycheck.cli import main
from pytest_deploycheck.core.model import ExitCode

Test = TypeVar("Test", bound=Callable[..., None])

BESIDE = f"""{HEAD}
@pytest.mark.phase1
def test_fine(): pass

@pytest.mark.phase2
def test_later(): say("later")

@pytest.mark.phase3
@pytest.mark.check(mutating=True)
def test_deploy(): say("deployed")
"""
#: What only the checks of later phases say.
LATER = {"later", "deployed"}

FAILS = """
@pytest.mark.phase1
def test_trap(): assert 0
"""
PASSES = """
@pytest.mark.phase1
def test_trap(): pass
"""
PHASES = """
deploycheck_phases =
    phase1: one
    phase2: two
    phase3: three
"""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """One attempt at a green run, and what it must come to."""

    #: ``test_it.py``; its dangerous check is ``phase1.test_trap``.
    source: str = ""
    #: Other files by name.
    files: Mapping[str, str] = field(default_factory=dict)
    conftest: str = ""
    ini: str = ""
    checklist: str = ""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    #: The status of every check whose id begins with ``phase1.test_trap``, the worst of them named; empty: none is known.
    status: str = "FAIL"
    verdict: str = "NO-GO"
    exit_code: int = ExitCode.NO_GO
    #: The phase that the verdict is of.
    phase: str = "phase1"
    #: A pattern that the reason of that phase, or a usage error, must match.
    reason: str = ""
    #: Whether pytest needs a process of its own.
    process: bool = False

    @property
    def says(self) -> str:
        """What the gate says of it, in the words of the page of all ways."""
        if not self.verdict:
            return f"nothing runs; exit {self.exit_code:d}"
        known = f"{self.status}; " if self.status else ""
        return f"{known}{self.phase} {self.verdict}; exit {self.exit_code:d}"


def skipped(source: str = "", **rest: Any) -> Trap:
    """A trap whose check ends SKIPPED: no evidence either way."""
    return Trap(
        source=source, **{"status": "SKIPPED", "verdict": "INCOMPLETE", "exit_code": ExitCode.INCOMPLETE, **rest}
    )


def missing(source: str = "", **rest: Any) -> Trap:
    """A trap whose check nobody runs."""
    return Trap(source=source, **{"status": "", "verdict": "INCOMPLETE", "exit_code": ExitCode.INCOMPLETE, **rest})


def erring(source: str = "", **rest: Any) -> Trap:
    """A trap whose check ends ERROR: it was not judged."""
    return Trap(source=source, **{"status": "ERROR", **rest})


def refused(source: str = "", **rest: Any) -> Trap:
    """A trap that is told as a usage error, before any check runs."""
    return Trap(source=source, **{"status": "", "verdict": "", "exit_code": ExitCode.USAGE_ERROR, **rest})


def spring(trap: Trap, gate: Gate) -> Outcome:
    """Set the trap, run pytest into it, and assert all that must hold."""
    files = {"test_beside.py": BESIDE, **trap.files}
    if trap.source:
        files["test_it.py"] = HEAD + dedent(trap.source)
    if trap.conftest:
        files["conftest.py"] = trap.conftest
    gate.write(files, ini=trap.ini, checklist=trap.checklist)

    with patch.dict(os.environ, trap.environment):
        seen = gate.run(*trap.arguments, process=trap.process)

    assert_not_go(gate, seen, exit_code=trap.exit_code, verdict=trap.verdict, reason=trap.reason, phase=trap.phase)
    if trap.status:
        found = [row["status"] for row in seen.json["checks"] if row["id"].startswith("phase1.test_trap")]
        assert trap.status in found, found
    return seen


def assert_not_go(
    gate: Gate,
    seen: Outcome,
    *,
    exit_code: int,
    verdict: str,
    reason: str = "",
    phase: str = "phase1",
) -> None:
    """The run ended with `exit_code` and `verdict` on the phase, in its report and on record, and opened no later one.

    An empty `verdict` says that no gate was opened: nothing ran, and nothing is on record. `reason` is a pattern.
    """
    said = f"{seen.stdout}\n{seen.stderr}"
    assert seen.ret == exit_code, f"exit {seen.ret}, not {exit_code}\n{said}"
    assert not LATER & set(gate.seen()), said
    if not verdict:
        assert gate.seen() == []
        assert seen.document is None
        assert list(gate.path.glob(".deploycheck/*/*.jsonl")) == []
        assert re.search(reason, said), f"no {reason!r} in {said}"
        return
    row = seen.phase(phase)
    # A run that broke off could not write its end down: what is on record is INCOMPLETE.
    recorded = {exit_code, ExitCode.INCOMPLETE} if exit_code == ExitCode.INTERNAL_ERROR else {exit_code}
    assert row["verdict"] == verdict, said
    assert seen.json["exit_code"] in recorded, said
    assert seen.json["verdict"] != "GO"
    assert re.search(reason, row["reason"]), row["reason"]
    assert_on_record(gate, verdict=verdict, exit_code=seen.json["exit_code"], phase=phase)


def assert_on_record(gate: Gate, *, verdict: str = "", exit_code: int | set[int], phase: str = "phase1") -> None:
    """Whoever asks later hears the same: ``deploycheck status`` says `verdict` of the phase and exits with `exit_code`.

    Without a `verdict` it is the run's alone that is looked at.
    """
    told = CliRunner().invoke(main, ["status", "--record", str(gate.path / ".deploycheck"), "--json"])
    assert told.exit_code in (exit_code if isinstance(exit_code, set) else {exit_code}), told.output
    run = json.loads(told.output)
    assert run["verdict"] != "GO"
    assert verdict in ("", {row["marker"]: row["verdict"] for row in run["phases"]}[phase]), told.output


def way(told: str, *, says: str) -> Callable[[Test], Test]:
    """Name the way that a test of its own is about, and what the gate says of it, for the page of all ways."""

    def name(test: Test) -> Test:
        test.told, test.says = told, says  # type: ignore[attr-defined] # functions carry attributes
        return test

    return name
