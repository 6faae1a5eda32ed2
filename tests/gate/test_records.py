"""Verdicts of other runs that are taken for this one's: older, other, torn, or forged."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate
from trapping import BESIDE, FAILS, PASSES, PHASES, assert_not_go, way

from pytest_deploycheck.cli import main

DIES = "@pytest.mark.phase1\ndef test_trap(): import os; os._exit(0)"
SKIPS = "@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')"
HOLDS = "from pytest_deploycheck import inconclusive\n@pytest.mark.phase1\ndef test_trap(): inconclusive('too few')"


@dataclass(frozen=True, kw_only=True)
class Past:
    """What ran before a mutating check is asked for alone, and what that must come to."""

    #: One run of phase 1 for each of these sources.
    runs: tuple[str, ...] = ()
    #: Whether phase 2 was GO too.
    between: bool = True
    says: str = "phase3 BLOCKED; exit 12"


TRAPS = {
    "a later phase is asked for alone, and nothing is on record": Past(),
    "an earlier phase is NO-GO on record": Past(runs=(FAILS,)),
    "an earlier phase is INCOMPLETE on record": Past(runs=(SKIPS,)),
    "an earlier phase is HOLD on record": Past(runs=(HOLDS,)),
    "the run of an earlier phase died": Past(runs=(DIES,)),
    "an earlier phase is GO on record, the one between never ran": Past(runs=(PASSES,), between=False),
    "an earlier phase was GO, and a newer run of it is NO-GO": Past(runs=(PASSES, FAILS)),
    "an earlier phase was GO, and a newer run of it is INCOMPLETE": Past(runs=(PASSES, SKIPS)),
    "an earlier phase was GO, and a newer run of it died": Past(runs=(PASSES, DIES)),
}


def prepare(gate: Gate, past: Past, *arguments: str) -> None:
    """Put the past on record."""
    for source in past.runs:
        gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + source}, ini=PHASES)
        gate.run("-m", "phase1", *arguments, process="_exit" in source)
    gate.write({"test_beside.py": BESIDE.replace('say("later")', "pass"), "test_it.py": HEAD + PASSES}, ini=PHASES)
    if past.between:
        gate.run("-m", "phase2", "--deploycheck-prerequisites=ignore", *arguments)


GO = Past(runs=(PASSES,))


@pytest.mark.parametrize("told", TRAPS)
def test_a_mutating_check_needs_the_record(told: str, gate: Gate) -> None:
    """`-m phase3` alone: its check is BLOCKED, and the release is not GO."""
    prepare(gate, TRAPS[told])

    seen = gate.run("-m", "phase3")

    assert (seen.ret, seen.verdict("phase3")) == (12, "BLOCKED"), seen.stdout
    assert seen.json["verdict"] != "GO"
    assert gate.seen() == []


def test_control_of_the_record(gate: Gate) -> None:
    """With every earlier phase GO on record the check runs: the other tests here are about what differs from this."""
    prepare(gate, GO)

    seen = gate.run("-m", "phase3")

    assert (seen.ret, seen.json["verdict"], gate.seen()) == (0, "GO", ["deployed"])


@pytest.mark.parametrize("what", ["release", "target", "record"])
@way("the record is of another release, target or folder", says="phase3 BLOCKED; exit 12")
def test_the_record_of_something_else(what: str, gate: Gate) -> None:
    """A GO is a GO of this release on this target."""
    (gate.path / "other").mkdir()
    prepare(gate, GO)
    value = "popen//chdir=other" if what == "target" else "other"

    seen = gate.run("-m", "phase3", f"--deploycheck-{what}={value}")

    assert (seen.ret, seen.verdict("phase3"), gate.seen()) == (12, "BLOCKED", [])


@way("the record is too old", says="phase3 BLOCKED; exit 12")
def test_the_record_is_too_old(gate: Gate) -> None:
    """A verdict is good for as long as `deploycheck_max_age` says."""
    prepare(gate, GO)
    gate.write({}, ini=f"{PHASES}\ndeploycheck_max_age = 0.000001s")

    seen = gate.run("-m", "phase3")

    assert (seen.ret, seen.verdict("phase3"), gate.seen()) == (12, "BLOCKED", [])


@way("the record's failure was written over by hand", says="INVALID; exit 14, the line is named")
def test_the_record_was_edited(gate: Gate) -> None:
    """Each line carries the hash of the line before."""
    prepare(gate, Past(runs=(FAILS,)))
    path = min(gate.path.glob(".deploycheck/r1/*.jsonl"))
    path.write_text(path.read_text("utf-8").replace('"FAIL"', '"PASS"').replace("NO-GO", "GO"), "utf-8")

    seen = gate.run("-m", "phase3")

    assert seen.ret == 14
    assert gate.seen() == []
    assert re.search(rf"{path.name}:\d+", seen.stdout + seen.stderr)


@pytest.mark.parametrize("how", ["carried", "resumed"])
@way("evidence of what is taken from the record was changed since", says="INVALID; exit 14, the file is named")
def test_the_evidence_on_record_was_changed(how: str, gate: Gate) -> None:
    """Whoever asks what the verdict rests on would be shown something else than the check saw."""
    long = "@pytest.mark.phase1\ndef test_trap(evidence): evidence.text('log', 'line\\n' * 100_000)"
    prepare(gate, Past(runs=(long,)))
    [path] = gate.path.glob(".deploycheck/r1/evidence/*")
    was = path.read_bytes()
    path.write_bytes(was.replace(b"line", b"liar", 1))
    arguments = ("-m", "phase3") if how == "carried" else ("-m", "phase1", "--deploycheck-resume")

    seen = gate.run(*arguments)

    assert seen.ret == 14
    assert gate.seen() == []
    assert path.name in seen.stdout + seen.stderr
    path.write_bytes(was)
    if how == "carried":
        assert gate.run("-m", "phase3").ret == 0
    else:
        assert gate.run(*arguments).phase("phase1")["verdict"] == "GO"


@way("the folder of a record may not be looked into", says="usage error: the exit is 4; `deploycheck gate`: 14")
def test_a_record_that_may_not_be_listed(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's ways to list a folder pass over one that may not be listed, as if it were empty."""
    prepare(gate, Past(runs=(FAILS,), between=False))
    folder, listdir = gate.path / ".deploycheck" / "r1", os.listdir

    def refuse(path: Any = ".") -> list[str]:
        if Path(path).absolute() == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))  # in every version of Python

    seen = gate.run("-m", "phase2")
    told = CliRunner().invoke(main, ["gate", "--release", "r1", str(folder.parent)])

    assert (seen.ret, gate.seen(), seen.document) == (4, [], None), seen.stdout
    assert "cannot be read (Permission denied)" in seen.stderr
    assert told.exit_code == 14, told.output


@way(
    "a resumed run keeps what was no pass: a skip, a check that was not reached",
    says="it runs again; phase1 NO-GO; exit 1",
)
def test_a_resumed_run_keeps_passes_alone(gate: Gate) -> None:
    """What the last run did not show this one must."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + SKIPS}, ini=PHASES)
    gate.run()
    gate.write({"test_it.py": HEAD + FAILS})

    seen = gate.run("--deploycheck-resume")

    assert (seen.status("phase1.test_fine"), seen.check("phase1.test_fine")["flags"]) == ("PASS", ["carried"])
    assert_not_go(gate, seen, exit_code=1, verdict="NO-GO")
