"""pytest-cov: it measures what ran, and too little coverage is a failure beside the gate's verdict."""

from __future__ import annotations

import json

from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-cov",
    plugins=("pytest_cov",),
    works="Coverage is measured over the checks that ran; a blocked check's lines are not covered.",
    know="`--cov-fail-under` fails the session: the exit code is 1 though every phase may be GO.",
)
APP = {"app.py": "def built():\n    return 1\n\ndef later():\n    return 2\n"}
ARGUMENTS = ("--cov=app", "--cov-report=json:coverage.json")


def source(fails: str) -> str:
    """The first check runs the second line of app.py, the third its fifth."""
    first, third = 'say("first")', 'say("third")'
    checks = three_phases(fails, before="import app\n")
    return checks.replace(first, f"{first}; app.built()").replace(third, f"{third}; app.later()")


def covered(table: Table) -> set[int]:
    """The lines of app.py that ran, in a report of this run."""
    document = json.loads((table.path / "coverage.json").read_text("utf-8"))
    return set(document["files"]["app.py"]["executed_lines"])


def test_the_gate_holds_and_the_report_tells_the_truth(table: Table) -> None:
    """The line that only the blocked check would have run is not covered."""
    assert_gated(table(source("assert 0"), *ARGUMENTS, files=APP))
    assert covered(table) == {1, 2, 4}


def test_all_green(table: Table) -> None:
    """With every check executed, all of it is."""
    assert_green(table(source("pass"), *ARGUMENTS, "--cov-fail-under=100", files=APP))
    assert covered(table) == {1, 2, 4, 5}


def test_too_little_coverage_is_not_success(table: Table) -> None:
    """The checks passed, and the session failed all the same."""
    outcome = table(source("pass").replace("app.later()", "pass"), *ARGUMENTS, "--cov-fail-under=100", files=APP)

    assert set(outcome.verdicts().values()) == {"GO"}
    assert outcome.ret == outcome.json["exit_code"] == 1


def test_too_little_coverage_does_not_hide_a_hold(table: Table) -> None:
    """Nor the other way round: the worse of the two is the exit code."""
    outcome = table(source("pytest.skip('not today')"), *ARGUMENTS, "--cov-fail-under=100", files=APP)

    assert outcome.verdicts()["phase2"] == "INCOMPLETE"
    assert outcome.ret == 1
