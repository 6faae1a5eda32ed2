"""allure-pytest: one result file for each check, and the blocked one is skipped, with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="allure-pytest",
    plugins=("allure_pytest",),
    works="A result for each check; steps and attachments as always; BLOCKED is `skipped` with its reason.",
    know="Allure has no word for the verdict: gate on the exit code.",
)
ARGUMENTS = ("--alluredir=results",)


def results_of(table: Table) -> dict[str, dict[str, Any]]:
    """Name of a test -> its result."""
    files = sorted((table.path / "results").glob("*-result.json"))
    results = [json.loads(file.read_text("utf-8")) for file in files]
    assert len({result["name"] for result in results}) == len(results)
    return {result["name"]: result for result in results}


def test_the_gate_holds_and_the_report_tells_the_truth(table: Table) -> None:
    """A step of the second check failed; the third has no step and was not executed."""
    fails = "with allure.step('look at the disk'): assert 1 == 2, 'no space'"
    assert_gated(table(three_phases(fails, before="import allure\n"), *ARGUMENTS))

    results = results_of(table)
    assert {name: result["status"] for name, result in results.items()} == {
        "test_first": "passed",
        "test_second": "failed",
        "test_third": "skipped",
    }
    [step] = results["test_second"]["steps"]
    assert (step["name"], step["status"]) == ("look at the disk", "failed")
    assert "phase2 is NO-GO: phase2.test_second FAIL: no space" in results["test_third"]["statusDetails"]["message"]
    assert "steps" not in results["test_third"]


@pytest.mark.parametrize("status", ["ERROR", "SKIPPED"])
def test_what_is_no_pass_here_is_none_there(status: str, table: Table) -> None:
    """A crash is broken, a skip is skipped."""
    fails, verdict, ret, there = {
        "ERROR": ("1 / 0", "NO-GO", 1, "broken"),
        "SKIPPED": ("pytest.skip('not today')", "INCOMPLETE", 11, "skipped"),
    }[status]
    assert_gated(table(three_phases(fails), *ARGUMENTS), status=status, verdict=verdict, ret=ret)

    assert results_of(table)["test_second"]["status"] == there


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(table(three_phases("pass"), *ARGUMENTS))
    assert {result["status"] for result in results_of(table).values()} == {"passed"}
