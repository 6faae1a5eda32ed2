"""pytest-check: a soft assertion that fails makes its check FAIL, though the check went on to its end."""

from __future__ import annotations

import pytest
from befriending import Friend, Outcome, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-check",
    plugins=("check",),
    works="Soft assertions: one that fails in a check or in its threads makes it FAIL, in its fixtures ERROR.",
    know="A soft assertion with `xfail=` makes its check SKIPPED, and the phase INCOMPLETE.",
)


def run(table: Table, fails: str, *arguments: str, more: str = "") -> Outcome:
    return table(three_phases(fails, before="from pytest_check import check\n") + more, *arguments)


@pytest.mark.parametrize(
    "fails",
    [
        "check.equal(1, 2, 'no space')\nsay('went-on')",
        "with check: assert 1 == 2, 'no space'\nsay('went-on')",
        "check.equal(1, 2, 'no space')\ncheck.equal(1, 1)\nsay('went-on')",
        "import threading\nthread = threading.Thread(target=lambda: check.equal(1, 2, 'no space'))\n"
        "thread.start()\nthread.join()\nsay('went-on')",
    ],
)
def test_a_soft_assertion_that_fails(fails: str, table: Table) -> None:
    """The check runs to its end, and its phase is NO-GO."""
    outcome = run(table, fails)

    assert_gated(outcome)
    assert outcome.seen == ("first", "second", "went-on")
    assert "no space" in outcome.reason("phase2.test_second")
    assert "1 failed, 1 passed, 1 blocked" in outcome.stdout


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_a_soft_assertion_in_a_fixture(when: str, table: Table) -> None:
    """Before the check or after it."""
    body = "check.equal(1, 2)\n    yield" if when == "setup" else "yield\n    check.equal(1, 2)"
    more = f"\n@pytest.fixture\ndef disk():\n    {body}\n"
    source = three_phases("pass", before="from pytest_check import check\n").replace(
        "test_second():", "test_second(disk):"
    )

    assert_gated(table(source + more), status="ERROR")


def test_the_fixture_of_that_name_and_the_mark_of_that_name(table: Table) -> None:
    """The fixture `check` is pytest-check's, the mark `check` is ours."""
    source = three_phases("check.is_true(False)").replace("test_second():", "test_second(check):")
    source = source.replace("@pytest.mark.phase2", "@pytest.mark.check(title='Twofold')\n@pytest.mark.phase2")
    outcome = table(source)

    assert_gated(outcome)
    assert outcome.check("phase2.test_second")["title"] == "Twofold"


def test_an_expected_failure_is_no_evidence(table: Table) -> None:
    """A soft assertion that was expected to fail leaves nothing that passed."""
    outcome = run(table, "check.equal(1, 2, xfail='known')")

    assert_gated(outcome, status="SKIPPED", verdict="INCOMPLETE", ret=11)


def test_a_skip_after_a_soft_failure_hides_nothing(table: Table) -> None:
    """The check fails, then skips itself."""
    assert_gated(run(table, "check.equal(1, 2)\npytest.skip('not today')"))


def test_not_applicable_after_a_soft_failure_hides_nothing(table: Table) -> None:
    """The check fails, then declares that it does not apply."""
    fails = "from pytest_deploycheck import not_applicable\ncheck.equal(1, 2)\nnot_applicable('no disk here')"

    assert_gated(run(table, fails))


def test_all_green(table: Table) -> None:
    """Soft assertions that hold."""
    assert_green(run(table, "check.equal(1, 1)"))
