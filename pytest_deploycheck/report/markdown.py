"""The run as a page of Markdown: for a job's summary, a merge request or a ticket. Worst first, and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from pytest_deploycheck.core.actions import Action, accounted, advisories, next_actions
from pytest_deploycheck.core.model import CheckResult, PhaseResult, Run, Section, Status, Verdict
from pytest_deploycheck.core.verdict import weigh
from pytest_deploycheck.report.faults import beyond_verdict
from pytest_deploycheck.report.inert import one_line

#: Bytes. GitHub drops a summary of 1 MiB without a word, and what stands in it already counts.
LIMIT = 500_000
#: Kept for the lines that say what was left out.
_RESERVE = 2000
#: Characters of one cell; the report has the rest.
_CELL = 400
#: What Markdown, or the HTML in it, would take for more than a character; in a cell nothing stands at a line's start.
_SPECIAL = re.compile(r"[\\`*\[\]<>&#|~!${}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")

_MEANING = {
    Verdict.GO: "everything asked for is cleared",
    Verdict.HOLD: "nothing failed; a person's word or more data is awaited",
    Verdict.BLOCKED: "an earlier phase has not cleared the way",
    Verdict.INCOMPLETE: "checks are missing",
    Verdict.NO_GO: "a check failed",
    Verdict.ROLLBACK: "a rollback trigger fired",
}


def render(run: Run, limit: int = LIMIT) -> str:
    """The page, in at most `limit` bytes of UTF-8, of which at least a few thousand should be there."""
    page = _Page(limit - _RESERVE)
    page.add(_head(run))
    page.table("Notes", ("what people must know",), ((_text(note),) for note in run.notes))
    page.table("Phases", ("phase", "verdict", "passed", "reason"), map(_phase_row, run.phases))
    page.table("Next, worst first", ("what", "who", "step"), map(_action_row, next_actions(run)))
    behind = sorted(_behind(run), key=lambda result: -weigh(result).rank)
    page.table("Checks that have not passed", ("check", "status", "title", "reason"), map(_check_row, behind))
    page.table("Advisory, stopping nothing", ("check", "status", "title", "reason"), map(_check_row, advisories(run)))
    waived = (_waiver_row(result) for result in run.checks if result.waived)
    page.table("Accepted by a waiver", ("check", "status", "by", "until", "why"), waived)
    for section in run.sections:
        page.section(section)
    return page.finish(_foot(run))


class _Page:
    """Lines, as long as there is room; what had none is counted."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: list[str] = []
        self._left_out: list[str] = []

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._room -= len(line.encode()) + 1
            self._lines.append(line)

    def table(self, title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        """A heading and its rows; nothing without rows."""
        lines = [f"| {' | '.join(row)} |" for row in rows]
        if not lines:
            return
        head = ["", f"### {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
        size = sum(len(line.encode()) + 1 for line in head)
        shown = []
        for line in lines:
            size += len(line.encode()) + 1
            if size > self._room:
                break
            shown.append(line)
        if shown:
            self.add([*head, *shown])
        if len(shown) < len(lines):
            # What comes later weighs less: it must not take the place.
            self._room = 0
            self._left_out.append(f"{len(lines) - len(shown)} of {len(lines)} rows of “{title}”")

    def section(self, section: Section) -> None:
        """What somebody else adds: a table of its lines, or of its rows."""
        title = f"{_text(section.title)} (added)"
        if lines := section.text.splitlines():
            self.table(title, ("",), ((_code(line),) for line in lines))
        if section.rows:
            columns = section.columns or ("",) * len(section.rows[0])
            self.table(title, tuple(map(_text, columns)), (tuple(map(_text, row)) for row in section.rows))

    def finish(self, foot: Iterable[str]) -> str:
        if self._left_out:
            self._lines += ["", f"**Left out for want of room:** {'; '.join(self._left_out)}. The report has all."]
        return "\n".join([*self._lines, "", *foot, ""])


def _head(run: Run) -> Iterator[str]:
    yield f"## {run.selected_verdict}: {_code(run.release, 100)}"
    yield ""
    whole = "" if run.verdict is run.selected_verdict else f" The release as a whole: **{run.verdict}**."
    yield f"**{run.selected_verdict}**, {_MEANING[run.selected_verdict]}.{whole} {accounted(run)}."
    if said := beyond_verdict(run):
        yield ""
        yield f"**{said[0].upper()}{said[1:]}.**"
    if not run.closed:
        yield ""
        yield "The run did not come to its end."


def _foot(run: Run) -> Iterator[str]:
    targets = ", ".join(target for target in run.targets if target)
    until = _moment(run.finished) if run.finished else "never finished"
    where = f", on {_code(targets, 100)}" if targets else ""
    yield f"Run {_code(run.run_id, 100)}, {_moment(run.started)} to {until}{where}"


def _phase_row(phase: PhaseResult) -> tuple[str, ...]:
    passed = sum(phase.counts.get(status, 0) for status in (Status.PASS, Status.NOT_APPLICABLE))
    verdict = f"**{phase.verdict}**" if phase.phase.selected else f"({phase.verdict})"
    name = f"{_code(phase.phase.marker)} {_text(phase.phase.title)}"
    return name, verdict, f"{passed}/{sum(phase.counts.values())}", _code(phase.reason)


def _action_row(action: Action) -> tuple[str, ...]:
    command = f"<br>{_code(action.command)}" if action.command else ""
    return f"{action.verdict} {_code(action.subject)}", _code(action.owner), f"{_text(action.what)}{command}"


def _check_row(result: CheckResult) -> tuple[str, ...]:
    check = result.check
    target = f" on {_code(check.target)}" if check.target else ""
    flags = "".join(f", {flag}" for flag in result.flags)
    return f"{_code(check.id)}{target}", f"{result.status}{flags}", _text(check.title), _code(result.reason)


def _waiver_row(result: CheckResult) -> tuple[str, ...]:
    waiver = result.waiver
    said = (
        (_code(waiver.by), _moment(waiver.expires), _text(waiver.reason)) if waiver else ("", "", _code(result.reason))
    )
    return f"{_code(result.check.id)}", str(result.status), *said


def _behind(run: Run) -> Iterator[CheckResult]:
    """What keeps the phases that were asked for from GO; not what is blocked, which stands with its phase."""
    selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
    for result in run.checks:
        if result.check.phase in selected and result.status is not Status.BLOCKED and weigh(result) is not Verdict.GO:
            yield result


def _text(text: str) -> str:
    """Words of the checklist, as text."""
    return _SPECIAL.sub(_entity, one_line(text, _CELL))


def _code(text: str, limit: int = _CELL) -> str:
    """What a machine said: as code, so that names with an at sign and words between colons stay what they are."""
    line = one_line(text, limit)
    return f"<code>{_SPECIAL.sub(_entity, line)}</code>" if line else ""


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
