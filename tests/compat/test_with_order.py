"""pytest-order: its marks order the checks within a phase, never the phases."""

from __future__ import annotations

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-order",
    plugins=("pytest_order",),
    works="`@pytest.mark.order` orders the checks within a phase.",
    know="A mark that would put a later phase first is without effect across phases.",
)


def test_a_mark_cannot_put_a_later_phase_first(table: Table) -> None:
    """The third phase asks to be the very first."""
    source = three_phases("assert 0").replace("@pytest.mark.phase3", "@pytest.mark.order('first')\n@pytest.mark.phase3")

    assert_gated(table(source))


@pytest.mark.parametrize("scope", ["session", "module", "class"])
def test_within_a_phase_the_marks_decide(scope: str, table: Table) -> None:
    """Phases first, then the marks, then the source."""
    source = "".join(
        f"@pytest.mark.order({order})\n@pytest.mark.phase{phase}\ndef test_{phase}{letter}(): say('{phase}{letter}')\n"
        for phase, letter, order in [(2, "b", 2), (2, "a", 1), (1, "b", 4), (1, "a", 3), (3, "a", 0)]
    )
    outcome = table(source, f"--order-scope={scope}")

    assert outcome.seen == ("1a", "1b", "2a", "2b", "3a")
    assert outcome.ret == 0


def test_relative_marks_do_not_cross_phases(table: Table) -> None:
    """Phase 3 asks to run before phase 1."""
    source = three_phases("assert 0").replace(
        "@pytest.mark.phase3", "@pytest.mark.order(before='test_first')\n@pytest.mark.phase3"
    )

    assert_gated(table(source))


def test_all_green(table: Table) -> None:
    """Every phase is GO, in its order."""
    marked = three_phases("pass").replace("@pytest.mark.phase3", "@pytest.mark.order(1)\n@pytest.mark.phase3")

    assert_green(table(marked, "--indulgent-ordering"))
