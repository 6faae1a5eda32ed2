"""The board as plain lines, for pytest's terminal and for ``deploycheck status``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_deploycheck.core.actions import accounted, advisories, next_actions
from pytest_deploycheck.core.model import ExitCode, PhaseResult, Run, Verdict, exit_code_of
from pytest_deploycheck.core.naming import name_of, several

_STYLES = {
    Verdict.GO: {"green": True},
    Verdict.HOLD: {"yellow": True},
    Verdict.BLOCKED: {"yellow": True},
    Verdict.INCOMPLETE: {"yellow": True, "bold": True},
    Verdict.NO_GO: {"red": True, "bold": True},
    Verdict.ROLLBACK: {"red": True, "bold": True},
}
_MOST_NEXT_LINES = 10


def verdict_style(verdict: Verdict) -> dict[str, bool]:
    """The terminal markup of a verdict; the word always stands beside it."""
    return _STYLES[verdict]


def board_lines(run: Run) -> Iterator[tuple[str, Verdict | None]]:
    """The table of phases, line by line, each with the verdict it shows (None for the head)."""
    rows = [("phase", "verdict", "passed", "reason")]
    rows += [_row(phase) for phase in run.phases]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    verdicts: list[Verdict | None] = [None, *(phase.verdict for phase in run.phases)]
    for row, verdict in zip(rows, verdicts, strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield "  ".join([*cells, row[3]]).rstrip(), verdict


def _row(phase: PhaseResult) -> tuple[str, str, str, str]:
    total = sum(phase.counts.values())
    passed = sum(count for status, count in phase.counts.items() if status in ("PASS", "NOT_APPLICABLE"))
    verdict = str(phase.verdict) if phase.phase.selected else f"({phase.verdict})"
    return phase.phase.marker, verdict, f"{passed}/{total}", phase.reason


def next_lines(run: Run) -> Iterator[str]:
    """What to do next, worst first: the step, its owner, the command that re-runs just that."""
    actions = next_actions(run)
    for action in actions[:_MOST_NEXT_LINES]:
        owner = f" [{action.owner}]" if action.owner else ""
        yield f"next: {action.subject}{owner}: {action.what}"
        if action.command:
            yield f"      {action.command}"
    if len(actions) > _MOST_NEXT_LINES:
        yield f"      ... and {len(actions) - _MOST_NEXT_LINES} more in the report"
    for result in advisories(run):
        name = name_of(result.check, targets=several(run))
        yield f"advisory: {name} {result.status}: {result.reason.partition(chr(10))[0]}"


def steps(lines: Iterable[str]) -> list[tuple[str, ...]]:
    """`next_lines` step by step: each with the lines that are indented under it."""
    found: list[tuple[str, ...]] = []
    for line in lines:
        if line.startswith(" ") and found:
            found[-1] += (line,)
        else:
            found.append((line,))
    return found


def summary_line(run: Run) -> str:
    """Verdict of what was selected, of the release, and the count of what is accounted for."""
    whole = "" if run.verdict is run.selected_verdict else f" (the release: {run.verdict})"
    code = next((code for code in ExitCode if code == run.exit_code), exit_code_of(run.selected_verdict))
    said = "" if code is exit_code_of(run.selected_verdict) else f", but exit {code:d}: {code.meaning}"
    return f"{run.selected_verdict}{whole}{said}  {accounted(run)}"
