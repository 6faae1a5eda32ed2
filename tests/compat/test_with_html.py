"""pytest-html: its rows tell a blocked check from a skipped one, and our board stands on top."""

from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser
from typing import Any

from befriending import Friend, Outcome, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-html",
    plugins=("metadata", "html", "html_fixtures"),
    works="Its report has the board on top, columns for phase, check and status where phases are declared, and one row for "
    "each check, also for one that no report tells of; its counts are the gate's.",
    know="Its own result of a blocked or pending check is Skipped; the reason stands in the row's log.",
)
ARGUMENTS = ("--html=report.html", "--self-contained-html")
INI = "deploycheck_phases =\n    phase1: One\n    phase2: Two\n    phase3: Three\n"


class _Blob(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        blob = dict(attrs).get("data-jsonblob")
        if blob:
            self.data = json.loads(blob)


def rows_of(table: Table) -> dict[str, dict[str, Any]]:
    """Name of a test -> its row in the report."""
    parser = _Blob()
    parser.feed((table.path / "report.html").read_text("utf-8"))
    return {nodeid.rpartition("::")[2]: rows[-1] for nodeid, rows in parser.data["tests"].items()}


def run(table: Table, fails: str) -> Outcome:
    return table(three_phases(fails), *ARGUMENTS, ini=INI)


def test_the_gate_holds_and_the_report_tells_the_truth(table: Table) -> None:
    """The blocked check has a row, which is no pass and says why."""
    outcome = run(table, "assert 1 == 2, 'no space'")
    assert_gated(outcome)

    rows = rows_of(table)
    assert {name: row["result"] for name, row in rows.items()} == {
        "test_first": "Passed",
        "test_second": "Failed",
        "test_third": "Skipped",
    }
    assert "phase2 is NO-GO: phase2.test_second FAIL: no space" in unescape(rows["test_third"]["log"])
    assert "<td>BLOCKED</td>" in rows["test_third"]["resultsTableRow"]
    assert "NO-GO" in (table.path / "report.html").read_text("utf-8").partition("data-container")[0]


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(run(table, "pass"))
    assert {row["result"] for row in rows_of(table).values()} == {"Passed"}
