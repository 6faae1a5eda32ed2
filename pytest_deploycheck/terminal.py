"""What the terminal shows: phases as they open and close, and the board at the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_deploycheck.core.model import Phase, PhaseResult, Run, Verdict
from pytest_deploycheck.redaction import redactor_of
from pytest_deploycheck.report.approvals import approval_lines
from pytest_deploycheck.report.text import board_lines, next_lines, summary_line, verdict_style

#: Status -> (category in pytest's last line, letter, word with --verbose).
_LETTERS = {
    "BLOCKED": ("blocked", "B", "BLOCKED"),
    "PENDING": ("pending", "P", "PENDING"),
    "INCONCLUSIVE": ("inconclusive", "I", "INCONCLUSIVE"),
    "NOT_APPLICABLE": ("not applicable", "-", "NOT APPLICABLE"),
}


class Board:
    """Writes through pytest's own terminal reporter; silent where there is none."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")

    def letter(self, status: str) -> tuple[str, str, str] | None:
        """Category, letter and word of a status that pytest knows as skipped."""
        return _LETTERS.get(status)

    def note(self, text: str) -> None:
        """Something people must know before the first check."""
        self._line(f"deploycheck: {text}", yellow=True, bold=True)

    def phase_opened(self, phase: Phase, count: int) -> None:
        """The header of a phase."""
        if self._talks:
            self._line(f"{phase.marker}: {phase.title} ({count} check{'s' * (count != 1)})", bold=True)

    def phase_decided(self, result: PhaseResult) -> None:
        """The verdict on a phase."""
        if self._talks:
            said = f"{result.phase.marker}: {result.verdict}"
            self._line(f"{said}  {result.reason}", **verdict_style(result.verdict))

    def summary(self, run: Run, report: Path | None, *, problem: str) -> None:
        """The board: phase, verdict, counts, reason; what to do next; where the report lies."""
        reporter = self._reporter
        if reporter is None:
            return
        reporter.write_sep("=", f"deployment checklist: {run.release}", bold=True)
        for line, verdict in board_lines(run):
            reporter.write_line(line, **(verdict_style(verdict) if verdict else {"bold": True}))
        for note in run.notes:
            reporter.write_line(f"note: {note}", yellow=True)
        for line in approval_lines(run):
            reporter.write_line(line, yellow=True)
        for line in next_lines(run):
            reporter.write_line(line)
        reporter.write_line(summary_line(run), bold=True, **_colour(run.selected_verdict))
        if problem:
            self.problem(problem)
        elif report is not None:
            reporter.write_line(f"report: {os.path.relpath(report, self._config.invocation_params.dir)}")

    def problem(self, text: str) -> None:
        """Why the record or a report is not what it should be."""
        self._line(f"deploycheck: {text}", red=True, bold=True)

    @property
    def _talks(self) -> bool:
        return self._reporter is not None and self._config.get_verbosity() >= 0

    def _line(self, text: str, **style: bool) -> None:
        if self._reporter is not None:
            self._reporter.ensure_newline()
            if self._reporter._width_of_current_line:  # letters of pytest-xdist's workers, which are of no file
                self._reporter.line("")
            self._reporter.write_line(redactor_of(self._config)(text), **style)


def _colour(verdict: Verdict) -> dict[str, bool]:
    return {name: value for name, value in verdict_style(verdict).items() if name != "bold"}
