"""pytest-json-report: its outcome of a blocked check is `blocked`, its exit code the gate's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-json-report",
    plugins=("metadata", "pytest_jsonreport"),
    works="Outcomes `blocked`, `pending`, `inconclusive` and `not applicable` with their reasons; the gate's exit code.",
    know="It has no row for a phase: gate on the exit code, which it carries as `exitcode`.",
)
ARGUMENTS = ("--json-report", "--json-report-file=report.json")


def report_of(table: Table) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((table.path / "report.json").read_text("utf-8"))
    return document


def outcomes_of(report: dict[str, Any]) -> dict[str, str]:
    """Name of a test -> its outcome there."""
    return {row["nodeid"].rpartition("::")[2]: row["outcome"] for row in report["tests"]}


def test_the_gate_holds_and_the_report_tells_the_truth(table: Table) -> None:
    """The blocked check was set up, or rather was not, and never called."""
    assert_gated(table(three_phases("assert 1 == 2, 'no space'"), *ARGUMENTS))

    report = report_of(table)
    assert report["exitcode"] == 1
    assert outcomes_of(report) == {"test_first": "passed", "test_second": "failed", "test_third": "blocked"}
    [third] = [row for row in report["tests"] if row["nodeid"].endswith("test_third")]
    assert "call" not in third
    assert "phase2 is NO-GO: phase2.test_second FAIL: no space" in third["setup"]["longrepr"]
    assert report["summary"]["passed"] == 1


ENDS = {
    "inconclusive": ("from pytest_deploycheck import inconclusive\ninconclusive('too few')", 10),
    "skipped": ("pytest.skip('not today')", 11),
}


@pytest.mark.parametrize("end", ENDS)
def test_its_exit_code_is_the_gates(end: str, table: Table) -> None:
    """pytest's own would be 0."""
    body, ret = ENDS[end]
    outcome = table(three_phases(body), *ARGUMENTS)

    assert outcome.ret == report_of(table)["exitcode"] == ret
    assert outcomes_of(report_of(table))["test_second"] == end


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(table(three_phases("pass"), *ARGUMENTS))
    assert set(outcomes_of(report_of(table)).values()) == {"passed"}
    assert report_of(table)["exitcode"] == 0
