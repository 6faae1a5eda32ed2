"""pytest-xdist: checks of one phase beside each other, a barrier between phases, one verdict."""

from __future__ import annotations

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-xdist",
    plugins=("xdist",),
    works="`-n` with `--dist load` or `worksteal`: phases stay apart, statuses and verdicts are those of one process; "
    "`mutating` and `serial` checks run alone; a worker that dies is an ERROR of the check it ran.",
    know="Other `--dist` modes are refused where there are checks. A worker that is silent for "
    "`deploycheck_worker_timeout` (60s) is ended. A baseline must come from an earlier phase.",
)
DISTS = ("load", "worksteal")


@pytest.mark.parametrize("dist", DISTS)
def test_the_gate_holds(dist: str, table: Table) -> None:
    """Workers say what they saw; the process that started them decides."""
    assert_gated(table(three_phases("assert 0"), "-n2", f"--dist={dist}"))


def test_a_worker_that_dies(table: Table) -> None:
    """The check it ran is an ERROR, and pytest's own summary shows it as failed."""
    outcome = table(three_phases("import os; os._exit(0)"), "-n2")

    assert_gated(outcome, status="ERROR")
    assert "FAILED test_it.py::test_second" in outcome.stdout
    assert "died while it ran this check" in outcome.reason("phase2.test_second")


def test_modes_that_cannot_be_gated_are_refused(table: Table) -> None:
    """Nothing is executed, and the reason says what serves."""
    with pytest.raises(AssertionError, match="use --dist load or --dist worksteal"):
        table(three_phases("pass"), "-n2", "--dist=loadfile")


def test_all_green(table: Table) -> None:
    """One after the other, though two workers wait for them."""
    assert_green(table(three_phases("pass"), "-n2"))
