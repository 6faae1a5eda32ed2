"""pytest-rerunfailures: a pass after a failure is a pass that says so; a failure in every attempt stays one."""

from __future__ import annotations

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-rerunfailures",
    plugins=("rerunfailures",),
    works="A check that passed after a retry is PASS with the flag `flaky`; one that failed in each attempt is FAIL.",
    know="A blocked, skipped or inconclusive check is not tried again. The last attempt decides, never an earlier one.",
)
SECOND_TIME = "import pathlib\nassert len(pathlib.Path('seen.txt').read_text().split()) > 2, 'not yet'"


def test_a_failure_in_every_attempt(table: Table) -> None:
    """All attempts are one check, which failed; the phase behind it is not tried at all."""
    outcome = table(three_phases("assert 0, 'never'"), "--reruns=2")

    assert_gated(outcome)
    assert outcome.seen == ("first", "second", "second", "second")
    assert "1 failed, 1 passed, 2 rerun, 1 blocked" in outcome.stdout


@pytest.mark.parametrize("how", ["mark", "option"])
def test_a_pass_after_a_failure_is_flaky(how: str, table: Table) -> None:
    """It opens the next phase, and is told apart from one that passed at once."""
    arguments = ("--reruns=1",) if how == "option" else ()
    source = three_phases(SECOND_TIME)
    if how == "mark":
        source = source.replace("@pytest.mark.phase2", "@pytest.mark.flaky(reruns=1)\n@pytest.mark.phase2")
    outcome = table(source, *arguments)

    assert outcome.ret == 0
    assert outcome.seen == ("first", "second", "second", "third")
    assert outcome.statuses()["phase2.test_second"] == "PASS"
    assert outcome.check("phase2.test_second")["flags"] == ["flaky"]
    assert outcome.check("phase1.test_first")["flags"] == []
    assert "1 rerun" in outcome.stdout


def test_a_pass_before_a_failing_teardown_is_no_pass(table: Table) -> None:
    """Each attempt passes its call and fails in its teardown."""
    source = three_phases("pass").replace("test_second():", "test_second(torn):")
    outcome = table(source + "\n@pytest.fixture\ndef torn():\n    yield\n    1 / 0\n", "--reruns=1")

    assert_gated(outcome, status="ERROR")


def test_a_skip_after_a_failure_is_a_skip(table: Table) -> None:
    """The last attempt decides: nothing positively passed."""
    fails = "import pathlib\nif len(pathlib.Path('seen.txt').read_text().split()) > 2: pytest.skip('gave up')\nassert 0"
    outcome = table(three_phases(fails), "--reruns=1")

    assert_gated(outcome, status="SKIPPED", verdict="INCOMPLETE", ret=11)


def test_all_green(table: Table) -> None:
    """Nothing is tried twice."""
    assert_green(table(three_phases("pass"), "--reruns=3"))
