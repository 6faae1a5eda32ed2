"""pytest-reportlog: one line for each report; the blocked check is skipped there, with its reason."""

from __future__ import annotations

import json
from typing import Any

from befriending import Friend, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-reportlog",
    plugins=("pytest_reportlog",),
    works="Every report, with `deploycheck_status` on those that pytest calls skipped and the gate does not.",
    know="`exitstatus` on its last line is pytest's own, before the gate's verdict: 0 for a skip that exits with 11.",
)
ARGUMENTS = ("--report-log=log.jsonl",)


def lines_of(table: Table) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (table.path / "log.jsonl").read_text("utf-8").splitlines()]


def outcomes_of(table: Table) -> dict[str, dict[str, str]]:
    """Name of a test -> stage -> outcome."""
    found: dict[str, dict[str, str]] = {}
    for line in lines_of(table):
        if line["$report_type"] == "TestReport":
            found.setdefault(line["nodeid"].rpartition("::")[2], {})[line["when"]] = line["outcome"]
    return found


def test_the_gate_holds_and_the_report_tells_the_truth(table: Table) -> None:
    """The blocked check has no call, and its setup is no pass."""
    assert_gated(table(three_phases("assert 1 == 2, 'no space'"), *ARGUMENTS))

    assert outcomes_of(table) == {
        "test_first": {"setup": "passed", "call": "passed", "teardown": "passed"},
        "test_second": {"setup": "passed", "call": "failed", "teardown": "passed"},
        "test_third": {"setup": "skipped", "teardown": "passed"},
    }
    [blocked] = [line for line in lines_of(table) if line.get("deploycheck_status")]
    assert blocked["deploycheck_status"] == "BLOCKED"
    assert "phase2 is NO-GO: phase2.test_second FAIL: no space" in str(blocked["longrepr"])


def test_its_last_line_has_pytests_own_status(table: Table) -> None:
    """As the page on compatibility says: the exit code of the process is the gate's."""
    outcome = table(three_phases("pytest.skip('not today')"), *ARGUMENTS)

    assert_gated(outcome, status="SKIPPED", verdict="INCOMPLETE", ret=11)
    assert lines_of(table)[-1] == {"$report_type": "SessionFinish", "exitstatus": 0}


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(table(three_phases("pass"), *ARGUMENTS))
    assert {outcome for stages in outcomes_of(table).values() for outcome in stages.values()} == {"passed"}
