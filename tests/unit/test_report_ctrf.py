"""The run in the Common Test Report Format: valid by its published schema, and never greener than the gate."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from builders import make_check, make_phase, make_result, make_run
from hostile import hostile_runs
from hypothesis import given
from jsonschema import Draft7Validator

from pytest_deploycheck.core.model import Evidence, Flag, Measurement, Run, Verdict
from pytest_deploycheck.report.ctrf import render

SCHEMA = Path(__file__).parents[1] / "report" / "ctrf" / "ctrf.schema.json"


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")), format_checker=Draft7Validator.FORMAT_CHECKER)


def document(run: Run) -> dict[str, Any]:
    """What a reader gets; it is valid."""
    data: dict[str, Any] = json.loads(render(run))
    validator().validate(data)
    return data


def checks_in(run: Run) -> list[dict[str, Any]]:
    """The tests that stand for checks."""
    tests: list[dict[str, Any]] = document(run)["results"]["tests"]
    return [test for test in tests if "phase" not in test["tags"]]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PASS", "passed"),
        ("FAIL", "failed"),
        ("ERROR", "failed"),
        ("PENDING", "pending"),
        ("SKIPPED", "skipped"),
        ("NOT_APPLICABLE", "skipped"),
        ("INCONCLUSIVE", "other"),
        ("BLOCKED", "other"),
        ("NOT_RUN", "other"),
    ],
)
def test_every_status_has_a_word_there_and_keeps_its_own(status: str, expected: str) -> None:
    (test,) = checks_in(make_run([make_result(status)]))

    assert (test["status"], test["rawStatus"]) == (expected, status)


def test_a_check_is_told_with_all_that_people_ask_for() -> None:
    check = make_check(owner="sre", remediation="mend it", source="test_it.py:7", target="box")
    (test,) = checks_in(
        make_run(
            [
                make_result(
                    "FAIL",
                    check,
                    reason="too slow",
                    measurements=(Measurement(name="latency", value=3, unit="s", max=2),),
                    evidence=(Evidence(kind="text", name="failure", text="Traceback ..."),),
                )
            ]
        )
    )

    assert test["name"] == "Title of phase1.a"
    assert (test["message"], test["trace"], test["duration"]) == ("too slow", "Traceback ...", 250)
    assert (test["filePath"], test["line"]) == ("test_it.py", 7)
    assert test["labels"] == {
        "id": "phase1.a",
        "phase": "phase1",
        "severity": "blocker",
        "owner": "sre",
        "target": "box",
        "remediation": "mend it",
    }
    assert test["extra"]["pytest-deploycheck/measurements"][0]["max"] == 2
    assert test["stop"] - test["start"] == 250


def test_a_check_on_two_targets_is_two_tests() -> None:
    tests = checks_in(make_run([make_result("PASS", make_check(target=target)) for target in ("a", "b")]))

    assert [test["testId"] for test in tests] == ["phase1.a on a", "phase1.a on b"]


@pytest.mark.parametrize("status", ["PENDING", "SKIPPED", "NOT_RUN", "INCONCLUSIVE", "NOT_APPLICABLE"])
def test_a_reader_of_failures_alone_sees_a_phase_that_is_not_go(status: str) -> None:
    """Pending and skipped are no trouble to most readers."""
    results = document(make_run([make_result(status), make_result("PASS", "phase2.ok")]))["results"]
    faults = [test for test in results["tests"] if test["tags"] == ["phase"]]

    assert [fault["status"] for fault in faults] == ["failed"]
    assert faults[0]["name"].startswith("phase1 is ")
    assert results["environment"]["healthy"] is False


def test_a_run_that_is_go_has_no_failure() -> None:
    results = document(make_run([make_result(), make_result("PASS", "phase1.flaky", flags=(Flag.FLAKY,))]))["results"]

    assert results["summary"] == {
        "tests": 2,
        "passed": 2,
        "failed": 0,
        "skipped": 0,
        "pending": 0,
        "other": 0,
        "flaky": 1,
        "start": 1767355200000,
        "stop": 1767355290000,
        "duration": 90000,
    }
    assert results["environment"]["healthy"] is True


def test_a_waived_failure_stays_one() -> None:
    """With its flag: whether that is good enough is the gate's to say."""
    (test, _) = checks_in(make_run([make_result("FAIL", flags=(Flag.WAIVED,)), make_result("PASS", "phase1.b")]))

    assert (test["status"], test["tags"]) == ("failed", ["waived"])


def test_a_run_that_died_is_red() -> None:
    run = make_run([make_result()], closed=False)

    assert document(run)["results"]["summary"]["failed"] > 0
    assert document(run)["results"]["extra"]["pytest-deploycheck/run"]["closed"] is False


def test_phases_that_were_not_asked_for_are_no_fault() -> None:
    run = make_run([make_result("PASS", "phase2.x")], phases=[make_phase(selected=False), make_phase("phase2")])

    assert run.verdict is Verdict.INCOMPLETE
    assert document(run)["results"]["summary"]["failed"] == 0
    assert document(run)["results"]["environment"]["healthy"] is False


@given(hostile_runs())
def test_any_run_is_valid_and_counts_what_it_holds(run: Run) -> None:
    text = render(run)
    data = document(run)
    summary, tests = data["results"]["summary"], data["results"]["tests"]

    assert text.isascii()
    assert b"\0" not in json.dumps(data, ensure_ascii=False).encode("utf-8")
    assert (
        summary["tests"]
        == len(tests)
        == sum(summary[key] for key in ("passed", "failed", "skipped", "pending", "other"))
    )
    assert len(checks_in(run)) == len(run.checks)
    assert summary["failed"] or run.exit_code == 0
    assert render(run) == text
