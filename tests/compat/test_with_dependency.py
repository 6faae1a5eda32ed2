"""pytest-dependency: a check that it skips is no evidence, so its phase is INCOMPLETE."""

from __future__ import annotations

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-dependency",
    plugins=("dependency",),
    works="A check whose dependency failed is SKIPPED with that reason; dependencies may cross phases.",
    know="SKIPPED is no evidence: the phase is INCOMPLETE. A dependency with a misspelt name skips for ever.",
)
DEPENDS = "@pytest.mark.dependency(depends=['{name}'])\n@pytest.mark.phase2"


def test_a_dependency_that_failed_in_the_same_phase(table: Table) -> None:
    """The phase is NO-GO for the one, and the other is not shown as passed."""
    source = three_phases("pass").replace("@pytest.mark.phase2", DEPENDS.format(name="test_base"))
    # pytest-dependency judges in the order of the run.
    base = "@pytest.mark.phase2\n@pytest.mark.dependency\ndef test_base(): assert 0\n\n"
    outcome = table(base + source)

    assert outcome.ret == 1
    assert outcome.verdicts() == {"phase1": "GO", "phase2": "NO-GO", "phase3": "BLOCKED"}
    assert outcome.statuses()["phase2.test_second"] == "SKIPPED"
    assert "test_second depends on test_base" in outcome.reason("phase2.test_second")
    assert outcome.seen == ("first",)


@pytest.mark.parametrize("name", ["test_fisrt", "test_third"])
def test_a_dependency_that_did_not_run(name: str, table: Table) -> None:
    """Its name is misspelt, or it stands in a later phase."""
    source = three_phases("pass").replace("@pytest.mark.phase2", DEPENDS.format(name=name))
    outcome = table(source)

    assert_gated(outcome, status="SKIPPED", verdict="INCOMPLETE", ret=11)
    assert outcome.seen == ("first",)


def test_a_dependency_on_a_blocked_check_stays_blocked(table: Table) -> None:
    """BLOCKED comes before the dependency's own skip: the reason names the phase."""
    source = three_phases("assert 0").replace("@pytest.mark.phase2", "@pytest.mark.dependency\n@pytest.mark.phase2")
    source = source.replace(
        "@pytest.mark.phase3", "@pytest.mark.dependency(depends=['test_second'])\n@pytest.mark.phase3"
    )

    assert_gated(table(source))


def test_all_green(table: Table) -> None:
    """Each phase depends on the one before."""
    source = three_phases("pass").replace("@pytest.mark.phase2", DEPENDS.format(name="test_first"))
    source = source.replace("@pytest.mark.phase1", "@pytest.mark.dependency\n@pytest.mark.phase1")

    assert_green(
        table(
            source.replace(
                "@pytest.mark.phase3", "@pytest.mark.dependency(depends=['test_second'])\n@pytest.mark.phase3"
            )
        )
    )
