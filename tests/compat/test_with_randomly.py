"""pytest-randomly: it shuffles within the phases, whatever its seed."""

from __future__ import annotations

from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-randomly",
    plugins=("randomly",),
    works="Phases stay in order under every seed; the checks within a phase are shuffled.",
    know="`--randomly-seed=N` repeats an order; it stands in the head of the run, and the command line in the record.",
)
MANY = "".join(
    f"@pytest.mark.phase{phase}\ndef test_{phase}{letter}(): say('{phase}{letter}')\n"
    for phase in (3, 1, 2)
    for letter in "abcdef"
)


def test_the_gate_holds(table: Table) -> None:
    """A failure blocks the phase behind it, wherever the seed puts that one."""
    assert_gated(table(three_phases("assert 0"), "--randomly-seed=3"))


def test_phases_stay_in_order_under_every_seed(table: Table) -> None:
    """The checks of a phase do change places, or the shuffling would not have been looked at."""
    orders = set()
    for seed in (1, 2, 3):
        outcome = table(MANY, f"--randomly-seed={seed}")
        assert outcome.ret == 0
        assert [word[0] for word in outcome.seen] == ["1"] * 6 + ["2"] * 6 + ["3"] * 6
        orders.add(outcome.seen)

    assert len(orders) > 1


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(table(three_phases("pass"), "--randomly-seed=3"))
