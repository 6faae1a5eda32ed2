"""Beside pytest-html: the board on top of its report, columns for phase, check and status, and rows that agree.

pytest-html puts what it is given into its page as it is, so everything here is escaped. Its table needs a script, which
Jenkins forbids; what must be seen stands above it as plain tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.core.model import CheckResult, Run, Status
from pytest_deploycheck.core.verdict import weigh
from pytest_deploycheck.keys import GATE
from pytest_deploycheck.report.inert import inert
from pytest_deploycheck.report.text import next_lines, steps, summary_line

if TYPE_CHECKING:
    from pytest_html.basereport import BaseReport

    from pytest_deploycheck.session import GateSession

#: pytest-html's word for a check that ended so; it knows no others.
_RESULTS = dict.fromkeys(Status, "Skipped") | {Status.PASS: "Passed", Status.FAIL: "Failed", Status.ERROR: "Error"}
#: Rows of attempts, which are no end of a check.
_ATTEMPTS = ("Rerun", "Retried")
#: Rows of the plain table of what has not passed.
_MOST = 500


class Bridge:
    """Registered when pytest-html writes a report.

    pytest-html asks for the columns before anything is collected, so they are there when phases are configured; the
    board is there whenever the gate was active.
    """

    def __init__(self, config: pytest.Config, *, columns: bool) -> None:
        self._config = config
        self._columns = columns
        #: Node id -> our cells as they were put into its last row.
        self._cells: dict[str, list[str]] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Static HTML, so that it shows where a policy forbids scripts; and the rows as the gate knows them by now."""
        gate = self._gate
        if gate is not None and gate.run is not None:
            prefix.append(board_html(gate.run))
            self._settle(gate.run)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Three columns after pytest-html's own result."""
        if self._columns:
            cells[1:1] = ["<th>Phase</th>", "<th>Check</th>", "<th>Status</th>"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """What the gate makes of a check is put in when the run is over."""
        if self._columns:
            gate = self._gate
            check = gate.check_at(report.nodeid) if gate is not None else None
            words = (check.phase, check.id, "") if check else ("", "", "")
            cells[1:1] = self._cells[report.nodeid] = _cells(words)

    @property
    def _gate(self) -> GateSession | None:
        gate: GateSession | None = self._config.pluginmanager.get_plugin(GATE)
        return gate

    def _settle(self, run: Run) -> None:
        """One row for each check of a selected phase, with the end that the gate knows; and the counts of the rows."""
        page = self._page()
        if page is None:
            return
        tests: dict[str, list[dict[str, Any]]] = page._report.data["tests"]
        selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
        for result in run.checks:
            nodeid = result.check.nodeid or result.check.id
            if nodeid not in tests and result.check.phase in selected:
                # Its worker died, or the session ended before it: nobody has reported it.
                page._process_report(_stand_in(nodeid, result), 0, [])
            if rows := tests.get(nodeid):
                tests[nodeid] = self._settled(rows, nodeid, result)
        counts = Counter(str(row.get("result", "")).lower() for rows in tests.values() for row in rows)
        for word, outcome in page._report.outcomes.items():
            outcome["value"] = counts[word]

    def _page(self) -> BaseReport | None:
        from pytest_html.basereport import BaseReport

        return next(
            (plugin for plugin in self._config.pluginmanager.get_plugins() if isinstance(plugin, BaseReport)), None
        )

    def _settled(self, rows: list[dict[str, Any]], nodeid: str, result: CheckResult) -> list[dict[str, Any]]:
        """The rows of a check: those of its attempts, and one for its end."""
        attempts = [row for row in rows if row.get("result") in _ATTEMPTS]
        ends = [row for row in rows if row.get("result") not in _ATTEMPTS] or attempts[-1:]
        end, word = dict(ends[0]), _RESULTS[result.status]
        end["log"] = "\n".join(str(row["log"]) for row in ends)
        if "result" in end:
            end["result"] = word
        before = self._cells.get(nodeid, [])
        status = ", ".join([result.status, *result.flags])
        cells = _replaced(end["resultsTableRow"], before, [*before[:2], *_cells([status])])
        end["resultsTableRow"] = [_plain_cell(cell, word, nodeid) for cell in cells]
        return [*attempts, end]


def _cells(words: Iterable[str]) -> list[str]:
    return [f"<td>{escape(inert(word))}</td>" for word in words]


def _replaced(cells: Sequence[str], old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The cells with one run of them in the place of another, wherever other plugins have moved it."""
    listed, length = list(cells), len(old)
    for place in range(len(listed) - length + 1 if length else 0):
        if listed[place : place + length] == list(old):
            listed[place : place + length] = new
            break
    return listed


def _plain_cell(cell: str, word: str, nodeid: str) -> str:
    """pytest-html's own cells: its result is ours, and its node id is text."""
    if cell.startswith('<td class="col-result">'):
        return f'<td class="col-result">{word}</td>'
    if cell.startswith('<td class="col-testId">'):
        return f'<td class="col-testId">{escape(inert(nodeid))}</td>'
    return cell


def _stand_in(nodeid: str, result: CheckResult) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=nodeid,
        location=(nodeid.partition("::")[0], None, nodeid),
        keywords={},
        outcome="failed" if result.status in (Status.FAIL, Status.ERROR) else "skipped",
        longrepr=f"{result.status}: {result.reason}",
        when="call",
    )


# -- the board ---------------------------------------------------------------------------------------------------------


def board_html(run: Run) -> str:
    """The verdict, the board, the next steps, the counts, and every check that has not passed, as plain tables."""
    phases = ((phase.phase.marker, phase.verdict, _passed(phase.counts), phase.reason) for phase in run.phases)
    counts = Counter(result.status for result in run.checks)
    counted = ((status, str(counts[status])) for status in Status if counts[status])
    asked = "".join(f"<li>{_step(*step)}</li>" for step in steps(next_lines(run)))
    return (
        f"<section><h2>Deployment checklist: {_text(run.release)}</h2>"
        f"<p><strong>{_text(summary_line(run))}</strong></p>"
        f"{_table('Phases', ('Phase', 'Verdict', 'Passed', 'Reason'), phases)}"
        f"{f'<ul>{asked}</ul>' if asked else ''}"
        f"{_table('Checks', ('Status', 'Count'), counted)}"
        f"{_table('Not passed', ('Check', 'Phase', 'Status', 'Reason'), _not_passed(run))}</section>"
    )


def _step(what: str, *commands: str) -> str:
    return _text(what) + "".join(f"<br><code>{_text(command.strip())}</code>" for command in commands)


def _passed(counts: Mapping[Status, int]) -> str:
    return f"{counts.get(Status.PASS, 0) + counts.get(Status.NOT_APPLICABLE, 0)}/{sum(counts.values())}"


def _not_passed(run: Run) -> Iterator[tuple[str, ...]]:
    """Worst first, of the phases that were asked for."""
    selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
    rows = [row for row in run.checks if row.check.phase in selected and row.status is not Status.PASS]
    rows.sort(key=lambda row: -weigh(row).rank)
    for row in rows[:_MOST]:
        name = f"{row.check.id} on {row.check.target}" if row.check.target else row.check.id
        yield name, row.check.phase, ", ".join([row.status, *row.flags]), row.reason
    if len(rows) > _MOST:
        yield f"and {len(rows) - _MOST} more", "", "", "the report of pytest-deploycheck has them"


def _table(title: str, columns: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose rows are headed by their first cell; nothing without rows."""
    body = "".join(
        f"<tr><th scope='row'>{_text(first)}</th>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"
        for first, *cells in rows
    )
    head = "".join(f"<th scope='col'>{_text(column)}</th>" for column in columns)
    return (
        f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    )


def _text(text: str) -> str:
    return escape(inert(text))
