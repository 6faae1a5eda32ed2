"""The report for the release ticket: one file of plain tables, readable without styles and without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from markupsafe import Markup

from pytest_deploycheck.core.actions import accounted, advisories, next_actions
from pytest_deploycheck.core.model import CheckResult, PhaseResult, Run, Status
from pytest_deploycheck.core.naming import name_of, several
from pytest_deploycheck.core.standing import broken_evidence
from pytest_deploycheck.report.html import evidence, people, sections, words
from pytest_deploycheck.report.html.parts import MOST_ROWS, Section, Table, in_brief, moment, seconds
from pytest_deploycheck.report.html.rows import rows
from pytest_deploycheck.report.inert import inert

if TYPE_CHECKING:
    from jinja2 import Template

_FAILED = (Status.FAIL, Status.ERROR)
_WAITING = (Status.PENDING, Status.INCONCLUSIVE)
_MISSING = (Status.NOT_RUN, Status.SKIPPED, Status.BLOCKED)
#: Statuses that somebody can do something about: what was not run or was blocked has done nothing wrong.
_MENDABLE = (*_FAILED, *_WAITING, Status.SKIPPED)
_PASSED = (Status.PASS, Status.NOT_APPLICABLE)
#: Next steps that are seen at once; the others are folded.
_UNFOLDED = 10
#: Checks; fewer are found without a search.
_LEAST_TO_SEARCH = 20
#: Control characters, which no page may hold.
_CONTROLS = bytes(sorted({*range(32), 127} - set(b"\t\n")))


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The journal that a report is rendered from, for the auditor."""

    #: As people find it: relative to where they look from.
    path: str
    #: Of the file's bytes, hexadecimal; empty while it is being written.
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _BoardRow:
    """One phase as the template shows it."""

    marker: str
    title: str
    verdict: str
    selected: bool
    reason: str
    #: The reason, but for what the row above says already.
    in_brief: str
    passed: int
    failed: int
    waiting: int
    missing: int
    total: int
    is_folded: bool
    rows: Iterator[tuple[Markup, CheckResult | None]]


def render(run: Run, *, history: Sequence[Run] = (), stylesheet: str = "", source: Source | None = None) -> str:
    """The whole report; the same values give the same bytes. Every value is escaped.

    `history` are earlier runs, newest first: what the run is compared with. `stylesheet` is the address of the styles
    (see `styles`) where a site forbids them inside the page.
    """
    by_phase: dict[str, list[CheckResult]] = {phase.phase.marker: [] for phase in run.phases}
    for result in run.checks:
        by_phase[result.check.phase].append(result)
    actions, lenient, anchors = next_actions(run), advisories(run), _anchors(run)
    page = _template().render(
        run=run,
        stylesheet=stylesheet,
        style="" if stylesheet else Markup(styles()),  # noqa: S704  # our own
        # A site that forbids the one forbids the other.
        script="" if stylesheet or len(run.checks) < _LEAST_TO_SEARCH else Markup(_resource("report.js")),  # noqa: S704  # our own
        answer=words.answer(run),
        acting=words.who_must_act(actions),
        asked=words.asked(run),
        took=seconds((run.finished - run.started).total_seconds()) if run.finished else "",
        accounted=accounted(run),
        board=[
            _board_row(phase, by_phase[phase.phase.marker], anchors, in_brief=brief, targets=several(run))
            for phase, brief in zip(run.phases, in_brief(run.phases), strict=True)
        ],
        actions=actions[:MOST_ROWS],
        unfolded=_UNFOLDED,
        more_actions=max(len(actions) - MOST_ROWS, 0),
        advisories=[(name_of(row.check, targets=several(run)), row) for row in lenient[:MOST_ROWS]],
        more_advisories=max(len(lenient) - MOST_ROWS, 0),
        before=[*sections.by_target(run), *sections.outstanding(run), *sections.timeline(run)],
        after=list(_after(run, history, source)),
        anchors=anchors,
        pieces=evidence.pieces(run.checks, PurePosixPath(source.path).parent.as_posix() if source else "."),
        broken=", ".join(broken_evidence(run)),
        provenance=words.provenance(run, source.path if source else "", source.sha256 if source else ""),
        mendable=_MENDABLE,
        short=evidence.shortener(run.checks),
        scrolls=evidence.scrolls,
        environment=lambda name: run.environment.get(name, "unknown"),
    )
    return _fit(page)


def styles() -> str:
    """The style sheet, for the page or for a file beside it."""
    return _resource("report.css")


def _after(run: Run, history: Sequence[Run], source: Source | None) -> Iterator[Section]:
    """The sections behind the phases; the auditor's comes last."""
    yield from people.approvals(run)
    yield from sections.measurements(run, history)
    yield from sections.changed(run, history)
    yield from sections.added(run)
    yield from sections.traceability(run, history)
    environment = Table(caption="Where and with what it ran", head=(), rows=list(run.environment.items()))
    yield Section(anchor="environment", title="Environment", tables=(environment,))
    rows = [("run", run.run_id), ("exit status", words.exit_status(run.exit_code))]
    if run.digest:
        rows.append(("checklist sha256", run.digest))
    if source is not None:
        rows.append(("journal", source.path))
        rows.append(("journal sha256", source.sha256 or "not yet: the run was still on when this was written"))
    record = Table(caption="What this page was rendered from", head=(), rows=rows)
    yield Section(anchor="record", title="Record", tables=(record,))


def _board_row(
    phase: PhaseResult,
    results: list[CheckResult],
    anchors: Mapping[tuple[str, str], str],
    *,
    in_brief: str,
    targets: bool,
) -> _BoardRow:
    def count(*statuses: Status) -> int:
        return sum(phase.counts.get(status, 0) for status in statuses)

    return _BoardRow(
        marker=phase.phase.marker,
        title=phase.phase.title,
        verdict=str(phase.verdict),
        selected=phase.phase.selected,
        reason=phase.reason,
        in_brief=in_brief,
        passed=count(*_PASSED),
        failed=count(*_FAILED),
        waiting=count(*_WAITING),
        missing=count(*_MISSING),
        total=len(results),
        rows=rows(results, anchors, targets=targets),
        # Nothing was to be seen there: a page of that would only hide what was.
        is_folded=not phase.phase.selected and phase.counts.get(Status.NOT_RUN, 0) == len(results),
    )


def _anchors(run: Run) -> dict[tuple[str, str], str]:
    """Check key -> the anchor of its row, for the checks that something may point to."""
    noted = (result.check.key for result in run.checks if result.status not in _PASSED)
    return {key: f"check-{number}" for number, key in enumerate(noted, start=1)}


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["slug"] = lambda word: str(word).lower().replace("_", "-")
    environment.filters["moment"] = moment
    return environment.from_string(_resource("report.html.j2"))


def _resource(name: str) -> str:
    return files("pytest_deploycheck.report").joinpath("templates", name).read_text(encoding="utf-8")


def _fit(page: str) -> str:
    """The page, inert; the long look is only taken where a quick one finds cause."""
    if page.isascii():
        data = page.encode("ascii")
        if len(data.translate(None, _CONTROLS)) == len(data):
            return page
    return inert(page)
