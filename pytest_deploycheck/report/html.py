"""The report for the release ticket: one file of plain tables, readable without styles and without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pytest_deploycheck.core.actions import accounted, advisories, next_actions
from pytest_deploycheck.core.model import CheckResult, PhaseResult, Run, Status

if TYPE_CHECKING:
    from jinja2 import Template

_FAILED = (Status.FAIL, Status.ERROR)
_WAITING = (Status.PENDING, Status.INCONCLUSIVE)
_MISSING = (Status.NOT_RUN, Status.SKIPPED, Status.BLOCKED)
_PASSED = (Status.PASS, Status.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _BoardRow:
    """One phase as the template shows it."""

    marker: str
    title: str
    verdict: str
    selected: bool
    reason: str
    passed: int
    failed: int
    waiting: int
    missing: int
    total: int
    rows: tuple[CheckResult, ...]


def render(run: Run) -> str:
    """The whole report; the same run gives the same bytes. Every value is escaped."""
    by_phase: dict[str, list[CheckResult]] = {phase.phase.marker: [] for phase in run.phases}
    for result in run.checks:
        by_phase[result.check.phase].append(result)
    return _template().render(
        run=run,
        style=_resource("report.css"),
        accounted=accounted(run),
        selected=[phase.phase.marker for phase in run.phases if phase.phase.selected],
        board=[_board_row(phase, by_phase[phase.phase.marker]) for phase in run.phases],
        actions=next_actions(run),
        advisories=advisories(run),
        quiet=_PASSED,
    )


def _board_row(phase: PhaseResult, results: list[CheckResult]) -> _BoardRow:
    def count(*statuses: Status) -> int:
        return sum(phase.counts.get(status, 0) for status in statuses)

    return _BoardRow(
        marker=phase.phase.marker,
        title=phase.phase.title,
        verdict=str(phase.verdict),
        selected=phase.phase.selected,
        reason=phase.reason,
        passed=count(*_PASSED),
        failed=count(*_FAILED),
        waiting=count(*_WAITING),
        missing=count(*_MISSING),
        total=len(results),
        rows=tuple(results),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["slug"] = lambda word: str(word).lower().replace("_", "-")
    environment.filters["moment"] = _moment
    return environment.from_string(_resource("report.html.j2"))


def _resource(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
