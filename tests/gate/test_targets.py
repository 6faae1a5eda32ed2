"""Answers from the installation under check that are none: lost, late, killed, or from the wrong place."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate
from trapping import Trap, erring, refused, spring, way

ASKS = """
def probe():
    {body}
@pytest.mark.phase1
def test_trap(target): target.call(probe{rest})
"""
RUNS = "@pytest.mark.phase1\ndef test_trap(target): target.run({command})"
TWO = "deploycheck_target =\n    popen\n    popen//chdir={folder}"


def asks(body: str, rest: str = "") -> str:
    """A check that has a function called over there."""
    return ASKS.format(body=body, rest=rest)


TRAPS: dict[str, Trap] = {
    "a probe's assertion fails on the target": Trap(source=asks("assert 1 == 2")),
    "Python over there leaves assertions out": Trap(
        source=asks("assert 1 == 2"), arguments=("--deploycheck-target=popen//env:PYTHONOPTIMIZE=1",)
    ),
    "a probe exits with 0": erring(asks("raise SystemExit(0)"), reason="SystemExit"),
    "a probe ends its interpreter with 0": erring(asks("import os; os._exit(0)"), reason="lost"),
    "a probe is killed": erring(asks("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), reason="lost"),
    "a probe does not answer in time": erring(
        asks("import time; time.sleep(60)", ", timeout=0.2"), reason="did not answer"
    ),
    "a probe answers what cannot be sent": erring(asks("return object()")),
    "a probe answers with a coroutine": erring(
        "async def probe(): assert 0\n@pytest.mark.phase1\ndef test_trap(target): target.call(probe)"
    ),
    "a probe cannot be sent": erring("@pytest.mark.phase1\ndef test_trap(target): target.call(lambda: None)"),
    "a command is not there": erring(RUNS.format(command="'no-such-command'"), reason="no-such-command"),
    "a command does not end in time": erring(RUNS.format(command="'sleep', '60', timeout=0.2"), reason="did not end"),
    "the interpreter of the target is not there": erring(
        asks("pass"), arguments=("--deploycheck-target=popen//python=/no/such/python",), reason="cannot be reached"
    ),
    "the specification of the target cannot be read": refused(
        asks("pass"), arguments=("--deploycheck-target=carrier-pigeon",), reason="carrier-pigeon"
    ),
    "the folder of the target is not there": refused(
        asks("pass"), arguments=("--deploycheck-target=popen//chdir=nowhere",), reason="nowhere"
    ),
    "one of two targets fails": Trap(
        source="@pytest.mark.phase1\ndef test_trap(target): assert 'other' not in target.folder",
        files={"other/file.txt": ""},
        ini=TWO.format(folder="other"),
    ),
    "one of two targets is lost": erring(
        asks("import os; 'other' in os.getcwd() and os._exit(0)"),
        files={"other/file.txt": ""},
        ini=TWO.format(folder="other"),
    ),
    "the check asks for the first of two targets alone": erring(
        "@pytest.mark.phase1\ndef test_trap(request): request.getfixturevalue('target')",
        files={"other/file.txt": ""},
        ini=TWO.format(folder="other"),
        reason="several targets",
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_target_that_did_not_answer_is_not_fine(told: str, gate: Gate) -> None:
    """ERROR where the target said nothing, FAIL where it said no."""
    spring(TRAPS[told], gate)


@way("the command of a check that was broken off answers the next check", says="ERROR for the one, FAIL for the other")
def test_an_answer_that_comes_too_late_is_nobodys(gate: Gate) -> None:
    """``--timeout`` raises in the check while it waits; what comes then must not be taken for the next answer."""
    gate.write(
        {
            "test_it.py": HEAD
            + """
@pytest.mark.phase1
def test_slow(target): target.run("sleep", "1.2")
@pytest.mark.phase1
def test_trap(target): assert target.run("false").returncode == 0
"""
        }
    )
    seen = gate.run("-p", "timeout", "--timeout=0.4")

    assert (seen.ret, seen.verdict("phase1")) == (1, "NO-GO")
    assert seen.status("phase1.test_trap") == "FAIL"


@way("two threads of a check ask the target at once", says="each gets its own answer")
def test_each_thread_gets_its_own_answer(gate: Gate) -> None:
    """They wait for each other."""
    gate.write(
        {
            "test_it.py": HEAD
            + """
from concurrent.futures import ThreadPoolExecutor
@pytest.mark.phase1
def test_trap(target):
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda number: target.run("echo", str(number)).stdout.strip(), range(24)))
    assert said == [str(number) for number in range(24)]
"""
        }
    )
    assert gate.run().ret == 0
