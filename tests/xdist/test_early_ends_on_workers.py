"""A run across workers that ends before its time, by whatever hand: never a GO, and never without an end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from crossing import DISTS, across, alone
from gating import HEAD, Gate, Outcome

from pytest_deploycheck.cli import main

CHECKS = """
import sys, time
@pytest.mark.phase1
def test_trap({1}):
    {0}
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(4))
def test_beside(n): pass
@pytest.mark.phase2
def test_later(): say("later")
@pytest.fixture(scope="session")
def held():
    yield
    raise OSError("not given back")
"""


def on_record(gate: Gate) -> dict[str, Any]:
    """The run as ``deploycheck status`` reads it from its journal."""
    answer = CliRunner().invoke(main, ["status", "--record", str(gate.path / ".deploycheck"), "--json"])
    document: dict[str, Any] = json.loads(answer.output)
    assert answer.exit_code != 0
    return document


def assert_stopped(gate: Gate, seen: Outcome, *exit_codes: int) -> None:
    """Not GO, on the screen and on record; nothing of the later phase ran."""
    assert seen.ret in exit_codes, seen.stdout
    assert gate.seen() == []
    assert on_record(gate)["verdict"] != "GO"


ENDS = {
    "pytest.exit(returncode=0)": ("pytest.exit('enough', returncode=0)", 1),
    "pytest.exit": ("pytest.exit('enough')", 2),
    "sys.exit(0)": ("sys.exit(0)", 1),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 2),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_check_that_ends_the_session(gate: Gate, how: str) -> None:
    """It is an ERROR, wherever its worker goes from there."""
    statement, exit_code = ENDS[how]
    gate.write({"test_it.py": HEAD + CHECKS.format(statement, "")})
    seen = across(gate, dist=DISTS[list(ENDS).index(how) % 2])

    assert_stopped(gate, seen, exit_code)
    assert seen.status("phase1.test_trap") == "ERROR"
    assert seen.verdict("phase1") == "NO-GO"


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_the_first_failure_ends_it(gate: Gate, option: str) -> None:
    """With the status of one process, where that is no interruption, and not with pytest-xdist's own."""
    gate.write({"test_it.py": HEAD + CHECKS.format("assert 0", "")})
    seen = across(gate, option)

    assert_stopped(gate, seen, 1)
    assert (seen.json["exit_code"], seen.verdict("phase1"), seen.verdict("phase2")) == (1, "NO-GO", "BLOCKED")
    assert "stopping after 1 failures" in seen.stdout
    assert alone(gate, option).ret == seen.ret


def test_an_interruption_is_none_of_those(gate: Gate) -> None:
    """What a failure count did not ask for stays pytest's 2, whatever failed before it."""
    gate.write({"test_it.py": HEAD + CHECKS.format("raise KeyboardInterrupt", "")})

    assert_stopped(gate, across(gate, "--maxfail=9"), 2)


@pytest.mark.parametrize("dist", DISTS)
def test_a_session_fixture_that_fails_in_the_end(gate: Gate, dist: str) -> None:
    """On a worker whose last check it followed, or on one that had nothing to do any more: the last phase is NO-GO."""
    gate.write({"test_it.py": HEAD + CHECKS.format("time.sleep(0.3)", "held")})
    seen = across(gate, dist=dist)

    assert (seen.verdict("phase1"), seen.verdict("phase2"), seen.ret) == ("GO", "NO-GO", 1), seen.stdout
    assert "not given back" in seen.phase("phase2")["reason"]
    assert on_record(gate)["verdict"] == "NO-GO"


def test_a_session_fixture_that_calls_its_teardown_a_failure(gate: Gate) -> None:
    """``pytest.fail`` is no exception like others; the run is not an internal error for it."""
    source = CHECKS.format("time.sleep(0.3)", "held").replace('raise OSError("not given back")', 'pytest.fail("kept")')
    gate.write({"test_it.py": HEAD + source})
    seen = across(gate, workers=3)

    assert (seen.verdict("phase2"), seen.ret) == ("NO-GO", 1), seen.stdout
    assert "INTERNALERROR" not in seen.stdout


#: Conftests that break the gate, in one process or the other.
FAULTS = {
    "the result of a check": "xdist.Controller._end = broken",
    "the opening of a phase": "xdist.Controller.open = broken",
    "the end of a worker": "xdist.Controller.pytest_testnodedown = lambda self, node, error: broken()",
    "what the worker sends": "worker.Worker.end_check = broken",
    "what the worker asks": "worker.Worker.begin_check = broken",
}
BREAKS = """
from pytest_deploycheck import worker, xdist

def broken(*args, **kwargs):
    raise RuntimeError("out of order")

{0}
"""


@pytest.mark.parametrize("what", FAULTS)
def test_an_exception_in_the_gate_itself(gate: Gate, what: str) -> None:
    """pytest calls it an internal error; the journal is left open, or closed with something other than GO."""
    gate.write({"test_it.py": HEAD + CHECKS.format("pass", ""), "conftest.py": BREAKS.format(FAULTS[what])})
    seen = across(gate, process=True)

    assert seen.ret not in (0, 10)
    assert "out of order" in seen.stdout + seen.stderr
    if what != "the end of a worker":
        assert gate.seen() == []
    assert on_record(gate)["verdict"] != "GO"


def test_an_end_that_breaks_after_the_last_check(gate: Gate) -> None:
    """Every check passed and every worker is down: what broke then still speaks against the run."""
    broken = """
from pytest_deploycheck import xdist

down = []
stock = xdist.Controller.pytest_testnodedown

def breaking(self, node, error):
    stock(self, node, error)
    down.append(node)
    if len(down) == 2:
        raise RuntimeError("out of order")

xdist.Controller.pytest_testnodedown = breaking
"""
    gate.write({"test_it.py": HEAD + CHECKS.format("pass", ""), "conftest.py": broken})
    seen = across(gate, process=True)

    assert seen.ret == 3
    assert gate.seen() == ["later"]
    found = on_record(gate)
    assert (found["verdict"], found["exit_code"]) == ("INCOMPLETE", 3)
    assert "internal error" in found["phases"][1]["reason"]


def test_a_disk_that_is_full_in_mid_run(gate: Gate) -> None:
    """The controller alone writes, so it ends the session for all."""
    conftest = """
import os
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.record.journal import Journal

stock = Journal.write
count = 0

def write(self, text):
    global count
    count += 1
    if count > 4:
        raise RecordError("the journal cannot be written: no space left")
    stock(self, text)

Journal.write = write
"""
    gate.write({"test_it.py": HEAD + CHECKS.format("pass", ""), "conftest.py": conftest})
    seen = across(gate, process=True)

    assert seen.ret == 3
    assert "no space left" in seen.stdout + seen.stderr
    assert on_record(gate)["verdict"] == "INCOMPLETE"
    assert gate.seen() == []
