"""pytest-timeout: a check that hangs is ERROR, or ends the process, whose record then says INCOMPLETE."""

from __future__ import annotations

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-timeout",
    plugins=("timeout",),
    works="A check over its time is ERROR; a fixture over its time likewise.",
    know="The thread method ends the process with 1 in mid-check: the journal stays open and reads as INCOMPLETE.",
)
HANGS = "import time\ntime.sleep(60)"


@pytest.mark.parametrize("how", ["mark", "option"])
def test_a_check_over_its_time_is_an_error(how: str, table: Table) -> None:
    """By the signal method: the run goes on to its verdict."""
    arguments = ("--timeout=0.3",) if how == "option" else ()
    source = three_phases(HANGS)
    if how == "mark":
        source = source.replace("@pytest.mark.phase2", "@pytest.mark.timeout(0.3)\n@pytest.mark.phase2")
    outcome = table(source, "--timeout-method=signal", *arguments)

    assert_gated(outcome, status="ERROR")
    assert "Timeout" in outcome.reason("phase2.test_second")
    assert "1 blocked" in outcome.stdout


def test_a_fixture_over_its_time_is_an_error(table: Table) -> None:
    """The check itself was not executed."""
    source = three_phases("pass").replace("test_second():", "test_second(slow):")
    source += "\n@pytest.fixture\ndef slow():\n    import time\n    say('slow')\n    time.sleep(60)\n"
    outcome = table(source, "--timeout=0.3", "--timeout-method=signal")

    assert_gated(outcome, status="ERROR")
    assert outcome.seen == ("first", "slow")


def test_a_process_that_is_ended_leaves_an_incomplete_run(table: Table) -> None:
    """By the thread method: what the reports said as the run began is what they still say."""
    outcome = table(three_phases(HANGS), "--timeout=0.3", "--timeout-method=thread")

    assert outcome.ret == 1
    assert outcome.seen == ("first", "second")
    assert outcome.json["verdict"] == "INCOMPLETE"
    assert "GO" not in outcome.verdicts().values()
    assert "Timeout" in outcome.stdout + outcome.stderr


def test_all_green(table: Table) -> None:
    """With time to spare, every phase is GO."""
    assert_green(table(three_phases("pass"), "--timeout=60"))
