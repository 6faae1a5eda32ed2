"""Checks that take too long, and checks that are tried again: pytest-timeout and pytest-rerunfailures."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate, Outcome
from trapping import BESIDE, FAILS, LATER, Trap, assert_not_go, assert_on_record, erring, missing, skipped, spring, way

SLOW = """
import time
@pytest.mark.phase1
{mark}
def test_trap({fixture}): {body}
"""
SLEEP = "time.sleep(60)"
TIMEOUT = ("-p", "timeout")
#: Fails until it was tried so many times; the count outlives the module.
MENDS = """
import pathlib
def tried():
    path = pathlib.Path("tries.txt")
    path.write_text((path.read_text() if path.exists() else "") + "x")
    return len(path.read_text())
@pytest.mark.phase1
def test_trap({fixture}): {body}
"""
RERUNS = ("-p", "rerunfailures", "--reruns", "2")


def slow(method: str, body: str = SLEEP, fixture: str = "") -> str:
    """A check that may take a fifth of a second."""
    return SLOW.format(mark=f'@pytest.mark.timeout(0.2, method="{method}")', body=body, fixture=fixture)


TRAPS: dict[str, Trap] = {
    "the check runs out of its time": erring(slow("signal"), arguments=TIMEOUT, reason=r"Timeout \("),
    "the check runs out of a time given on the command line": erring(
        SLOW.format(mark="", body=SLEEP, fixture=""), arguments=(*TIMEOUT, "--timeout=0.2"), reason=r"Timeout \("
    ),
    "a fixture runs out of the check's time": erring(
        "import time\n@pytest.fixture\ndef database(): time.sleep(60)" + slow("signal", "pass", "database"),
        arguments=TIMEOUT,
    ),
    "a teardown runs out of the check's time": erring(
        "import time\n@pytest.fixture\ndef database():\n    yield\n    time.sleep(60)"
        + slow("signal", "pass", "database"),
        arguments=TIMEOUT,
    ),
    "the session runs out of its time in the check": missing(
        SLOW.format(mark="", body="time.sleep(0.1)", fixture=""),
        arguments=(*TIMEOUT, "--session-timeout=0.05"),
        exit_code=1,
    ),
    "the check fails each time it is tried": Trap(source=FAILS, arguments=RERUNS, process=True),
    "the check crashes each time it is tried": erring(
        MENDS.format(fixture="", body="{}[0]"), arguments=RERUNS, process=True
    ),
    "the check is skipped when it is tried again": skipped(
        MENDS.format(fixture="", body="assert tried() > 1; pytest.skip('enough')"), arguments=RERUNS, process=True
    ),
    "the check ends pytest with 0 when it is tried again": erring(
        MENDS.format(fixture="", body="assert tried() > 1; pytest.exit('enough', returncode=0)"),
        arguments=RERUNS,
        process=True,
    ),
    "the check passes when it is tried again, and its teardown fails": erring(
        "@pytest.fixture\ndef database():\n    yield\n    assert 0\n"
        + MENDS.format(fixture="database", body="assert tried() > 1"),
        arguments=RERUNS,
        process=True,
    ),
    "the check returns its verdict when it is tried again": erring(
        MENDS.format(fixture="", body="assert tried() > 1; return False"), arguments=RERUNS, process=True
    ),
    "the check passes when it is tried again, but not another": Trap(
        source=MENDS.format(fixture="", body="assert tried() > 1") + FAILS.replace("test_trap", "test_trap_too"),
        arguments=RERUNS,
        process=True,
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_late_or_again_is_no_pass(told: str, gate: Gate) -> None:
    """ERROR where time ran out; the last try is the one that counts where there were several."""
    spring(TRAPS[told], gate)


@pytest.mark.parametrize("body", [SLEEP, "[time.sleep(0.01) for _ in range(6000)]"], ids=["in one sleep", "in many"])
@way(
    "the process is ended because the check ran out of its time (method `thread`)",
    says="the record reads INCOMPLETE; the exit is not 0",
)
def test_a_timeout_that_ends_the_process(body: str, gate: Gate) -> None:
    """The process dies in the middle of the check: nobody can close the record."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + slow("thread", body)})

    seen = gate.run(*TIMEOUT, process=True)

    assert seen.ret not in (0, 10)
    assert gate.seen() == []
    assert (seen.verdict("phase1"), seen.json["exit_code"]) == ("INCOMPLETE", 11)
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


@way(
    "Python's own watchdog ends the process (`faulthandler_exit_on_timeout`)",
    says="the record reads INCOMPLETE; the exit is 1",
)
def test_a_watchdog_that_ends_the_process(gate: Gate) -> None:
    """pytest can be told to give up on a check that hangs."""
    ini = "faulthandler_timeout = 0.2\nfaulthandler_exit_on_timeout = true"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + slow("signal")}, ini=ini)

    seen = gate.run(process=True)

    assert seen.ret == 1
    assert gate.seen() == []
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


def flaky(gate: Gate, *arguments: str) -> Outcome:
    """Run a check that passes at its second try, beside the usual ones."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + MENDS.format(fixture="", body="assert tried() > 1")})
    return gate.run(*RERUNS, *arguments, process=True)


@way("the check passes when it is tried again", says="PASS with the flag `flaky`: GO, and everybody can see it")
def test_a_pass_after_a_retry_is_told_apart(gate: Gate) -> None:
    """The one way in this catalogue that is meant to be GO: whoever asked for reruns accepts their passes."""
    seen = flaky(gate)

    assert (seen.ret, seen.verdict("phase1")) == (0, "GO")
    assert (seen.status("phase1.test_trap"), seen.check("phase1.test_trap")["flags"]) == ("PASS", ["flaky"])
    assert seen.check("phase1.test_fine")["flags"] == []
    assert gate.seen() == ["later", "deployed"]


@way(
    "the check passes when it is tried again, and flaky checks are to fail (`--fail-on-flaky`)",
    says="the exit is 7, pytest-rerunfailures' own",
)
def test_a_flaky_check_that_is_to_fail(gate: Gate) -> None:
    """The status of the other plugin is not masked, neither for the process nor for whoever asks later."""
    seen = flaky(gate, "--fail-on-flaky")

    assert (seen.ret, seen.json["exit_code"]) == (7, 7)
    assert seen.check("phase1.test_trap")["flags"] == ["flaky"]


@way("a check dies when it is tried again", says="the record reads INCOMPLETE; `deploycheck status` exits with 11")
def test_a_check_that_dies_when_it_is_tried_again(gate: Gate) -> None:
    """The first try is forgotten, and the second never ended."""
    body = "assert tried() > 1; import os; os._exit(0)"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + MENDS.format(fixture="", body=body)})

    seen = gate.run(*RERUNS, process=True)

    assert seen.ret == 0
    assert not LATER & set(gate.seen())
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


@way("only some failures are tried again (`--only-rerun`)", says="FAIL: the others are not")
def test_a_failure_that_is_not_tried_again(gate: Gate) -> None:
    """A pass that nobody asked for again does not happen."""
    seen = flaky(gate, "--only-rerun", "OSError")

    assert_not_go(gate, seen, exit_code=1, verdict="NO-GO")
