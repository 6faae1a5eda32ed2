"""Beside pytest-html: the board on top of its report, and columns for phase and status.

pytest-html puts what it is given into its page as it is, so everything here is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.core.model import Run, Status
from pytest_deploycheck.keys import GATE
from pytest_deploycheck.report.text import next_lines, summary_line

if TYPE_CHECKING:
    from pytest_deploycheck.session import GateSession


class Bridge:
    """Registered when pytest-html writes a report.

    pytest-html asks for the columns before anything is collected, so they are there when phases are configured; the
    board is there whenever the gate was active.
    """

    def __init__(self, config: pytest.Config, *, columns: bool) -> None:
        self._config = config
        self._columns = columns

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Static HTML, so that it shows where a policy forbids scripts."""
        gate = self._gate
        if gate is not None and gate.run is not None:
            prefix.append(board_html(gate.run))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Two columns after pytest-html's own result."""
        if self._columns:
            cells[1:1] = ["<th>Phase</th>", "<th>Status</th>"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """The result cell stays pytest-html's, which drops a row whose result it does not know."""
        if not self._columns:
            return
        gate = self._gate
        phase = gate.phase_of(report.nodeid) if gate is not None else ""
        status = getattr(report, "deploycheck_status", None) or _plain_status(report)
        cells[1:1] = [f"<td>{escape(phase)}</td>", f"<td>{escape(status) if phase else ''}</td>"]

    @property
    def _gate(self) -> GateSession | None:
        gate: GateSession | None = self._config.pluginmanager.get_plugin(GATE)
        return gate


def _plain_status(report: pytest.TestReport) -> str:
    match report.outcome:
        case "passed":
            return str(Status.PASS)
        case "failed":
            return str(Status.FAIL if report.when == "call" else Status.ERROR)
        case _:
            return str(Status.SKIPPED)


def board_html(run: Run) -> str:
    """The board as a table, the verdict above it and the next steps below."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(phase.phase.marker)}</th><td><strong>{escape(phase.verdict)}</strong></td>"
        f"<td>{escape(phase.reason)}</td></tr>"
        for phase in run.phases
    )
    steps = "".join(f"<li>{escape(line.strip())}</li>" for line in next_lines(run))
    return (
        f"<section><h2>Deployment checklist: {escape(run.release)}</h2>"
        f"<p><strong>{escape(summary_line(run))}</strong></p><table><thead><tr>"
        "<th scope='col'>Phase</th><th scope='col'>Verdict</th><th scope='col'>Reason</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{f'<ul>{steps}</ul>' if steps else ''}</section>"
    )
