"""``deploycheck gate --approvals``: people's word as it is today, not only as the run found it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from gating import HEAD, Gate
from signing import LINES, NAME, TESTED, approve, signoff

SHIPPED = signoff("phase2.shipped")
Cli = Callable[..., Result]


@pytest.fixture
def cleared(gate: Gate) -> Gate:
    """A release whose manual checks were signed, and whose run was GO."""
    ini = "deploycheck_checklist = list.md"
    gate.write({"list.md": LINES, "test_it.py": HEAD + TESTED}, ini=ini)
    approve(gate, signoff(), SHIPPED)
    assert gate.run().ret == 0
    return gate


def test_a_word_that_still_stands(cleared: Gate, deploycheck: Cli) -> None:
    answer = deploycheck("gate", "--release", "r1", "--approvals", NAME)

    assert answer.exit_code == 0, answer.output


def test_a_rejection_after_the_run(cleared: Gate, deploycheck: Cli) -> None:
    """The record alone cannot know of it."""
    approve(cleared, signoff(), signoff(hours=0, more='decision = "reject"\nnote = "they are gone"'), SHIPPED)

    assert deploycheck("gate", "--release", "r1").exit_code == 0
    answer = deploycheck("gate", "--release", "r1", "--approvals", NAME)

    assert answer.exit_code == 1, answer.output
    assert "they are gone" in answer.output


def test_a_sign_off_that_was_taken_out(cleared: Gate, deploycheck: Cli) -> None:
    approve(cleared, SHIPPED)

    answer = deploycheck("gate", "--release", "r1", "--approvals", NAME)

    assert answer.exit_code == 10, answer.output
    assert "phase1.backups PENDING" in answer.output


@pytest.mark.parametrize(("text", "said"), [("[[signoff]]\n", "check"), (None, "does not exist")])
def test_a_file_that_is_none(text: str | None, said: str, cleared: Gate, deploycheck: Cli) -> None:
    """It is a wrong call, not a release without sign-offs."""
    if text is not None:
        approve(cleared, text, name="other.toml")

    answer = deploycheck("gate", "--release", "r1", "--approvals", "other.toml")

    assert answer.exit_code == 4
    assert said in answer.output
