"""The sections beside the phases: when, who, how close to the limits, what changed, on which machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from markupsafe import Markup

from pytest_deploycheck.core.changes import Pair, changes, last_go
from pytest_deploycheck.core.clearance import on_target
from pytest_deploycheck.core.model import Check, CheckResult, Kind, Measurement, Run, Status, Verdict
from pytest_deploycheck.core.naming import name_of, several
from pytest_deploycheck.core.trace import trace
from pytest_deploycheck.report import svg
from pytest_deploycheck.report.html.parts import (
    MOST_ROWS,
    Section,
    bounded,
    in_brief,
    moment,
    seconds,
)
from pytest_deploycheck.report.html.words import asked

_STOPPED = (Verdict.NO_GO, Verdict.BLOCKED, Verdict.ROLLBACK)


def timeline(run: Run) -> Iterator[Section]:
    """When each phase ran, how long it took and what kept it from running; none where nothing was opened."""
    opened = [phase for phase in run.phases if phase.opened]
    if not opened:
        return
    moments = [found for phase in opened for found in (phase.opened, phase.decided) if found]
    begin, end = min([run.started, *moments]), max([run.finished or run.started, *moments])
    whole = (end - begin).total_seconds() or 1.0

    def place(at: datetime) -> float:
        return (at - begin).total_seconds() / whole

    rows = []
    for phase, reason in zip(run.phases, in_brief(run.phases), strict=True):
        if phase.opened is None:
            continue
        if phase.verdict is Verdict.BLOCKED:
            # It took no time of its own; what blocked it is worth more than a bar.
            rows.append((phase.phase.marker, str(phase.verdict), moment(phase.opened), "", reason))
            continue
        decided = phase.decided or end
        took = seconds((decided - phase.opened).total_seconds())
        picture = svg.span(
            place(phase.opened),
            place(decided),
            title=f"{phase.phase.marker}: {took} of {seconds(whole)}",
            bad=phase.verdict in _STOPPED,
        )
        cell = Markup(picture)  # noqa: S704  # svg escapes
        rows.append((phase.phase.marker, str(phase.verdict), moment(phase.opened), took, cell))
    never = ", ".join(phase.phase.marker for phase in run.phases if phase.opened is None)
    says = (f"From {moment(begin)} to {moment(end)}: {seconds(whole)}.", f"Not opened: {never}.")
    yield Section(
        anchor="timeline",
        title="Timeline",
        says=says if never else says[:1],
        tables=(bounded("When each phase ran", ("Phase", "Verdict", "Opened", "Took", "Within the run"), rows),),
    )


def measurements(run: Run, history: Sequence[Run]) -> Iterator[Section]:
    """Numbers against their limits, the closest calls first, with their course over the runs before."""
    found = [(result, item) for result in run.checks for item in result.measurements]
    if not found:
        return
    found.sort(key=lambda pair: _headroom(pair[1]))
    shown = found[:MOST_ROWS]
    wanted = {(result.check.key, item.name) for result, item in shown}
    before = _values_before(history, wanted)
    rows = []
    for result, item in shown:
        course = [*before.get((result.check.key, item.name), ()), item.value]
        rows.append((name_of(result.check, targets=several(run)), *_measured(item, course)))
    outside = sum(not item.within for _, item in found)
    yield Section(
        anchor="measurements",
        title="Measurements against their limits",
        says=(f"{len(found)} taken, {outside} out of limits. The closest to a limit stand first.",),
        tables=(
            bounded(
                "Measurements",
                ("Check", "Measurement", "Value", "Limits", "Picture", "Earlier runs, oldest first"),
                rows,
                total=len(found),
            ),
        ),
        figures=tuple(_soaked(shown, targets=several(run))),
    )


def _measured(item: Measurement, course: Sequence[float]) -> tuple[str, ...]:
    said = f"{item.value:g} {item.unit}".strip()
    limits = _limits(item)
    kept = "within" if item.within else "out of limits"
    limited = f"{limits}: {kept}" if limits else "none"
    title = f"{item.name} = {said}, {limited}"
    picture = svg.bullet(item.value, low=item.min, high=item.max, title=title) if limits else ""
    past = ", ".join(f"{value:g}" for value in course[:-1])
    spark = svg.sparkline(course, title=f"{item.name}: {past}, now {item.value:g}") if past else ""
    cell = Markup("{} {}").format(Markup(spark), past) if spark else past  # noqa: S704  # svg escapes
    return (item.name, said, limited, Markup(picture), cell)  # noqa: S704  # svg escapes


def _limits(item: Measurement) -> str:
    given = (("min", item.min), ("max", item.max))
    return ", ".join(f"{name} {limit:g}" for name, limit in given if limit is not None)


def _headroom(item: Measurement) -> float:
    """How far a value is from its nearest limit, from 0 to 2, as a share of the larger of the two.

    What is out of limits comes first, what has none last.
    """
    if not item.within:
        return -1.0
    limits = [limit for limit in (item.min, item.max) if limit is not None]
    return min(
        # Each divided before they are compared: the largest numbers there are must not run over.
        (abs(item.value / size - limit / size) for limit in limits if (size := max(abs(item.value), abs(limit)))),
        default=0.0 if limits else 3.0,
    )


def _values_before(
    history: Sequence[Run], wanted: set[tuple[tuple[str, str], str]]
) -> dict[tuple[tuple[str, str], str], list[float]]:
    """What earlier runs measured, oldest first."""
    values: dict[tuple[tuple[str, str], str], list[float]] = {}
    for run in reversed(history):
        for result in run.checks:
            if result.carried_from:
                continue  # it stands with the run that measured it
            for item in result.measurements:
                if (result.check.key, item.name) in wanted:
                    values.setdefault((result.check.key, item.name), []).append(item.value)
    return values


def _soaked(shown: Sequence[tuple[CheckResult, Measurement]], *, targets: bool) -> Iterator[Markup]:
    for result, item in shown:
        samples = item.samples
        if len(samples) < 2:
            continue
        said = (
            f"{len(samples)} samples: the least {min(samples):g}, the most {max(samples):g}, the last {samples[-1]:g}"
            f" {item.unit}"
        ).strip()
        if limits := _limits(item):
            said = f"{said}; limits, dashed: {limits}"
        title = f"{name_of(result.check, targets=targets)}: {item.name}"
        picture = svg.soak(samples, low=item.min, high=item.max, title=title, desc=said)
        caption = Markup("<figcaption>{}: {}</figcaption>").format(title, said)
        yield Markup("<figure>{}{}</figure>").format(Markup(picture), caption)  # noqa: S704  # svg escapes


def changed(run: Run, history: Sequence[Run]) -> Iterator[Section]:
    """What changed since the run before, and since the last that was GO; without earlier runs, that there are none."""
    if not history:
        if run.closed:  # of one that is on, earlier runs are not read
            none = "Nothing to compare with: no earlier run on these targets is on record."
            yield Section(anchor="changes", title="What changed", says=(none,))
        return
    last, good = history[0], last_go(history) or last_go(history, release=False)
    about = "It is the last GO as well." if good is last else "" if good else "No earlier run at hand was GO."
    yield _since("changes", f"What changed since the last run ({_named(last)})", last, run, about=about)
    if good is not None and good is not last:
        yield _since("changes-go", f"What changed since the last GO ({_named(good)})", good, run)


def _named(run: Run) -> str:
    own = run.selected_verdict is not run.verdict
    verdict = f"{run.selected_verdict} for {asked(run)}, {run.verdict} as a whole" if own else str(run.verdict)
    return f"release {run.release}, {moment(run.started)}, {verdict}"


def _since(anchor: str, title: str, before: Run, run: Run, *, about: str = "") -> Section:
    found, name = changes(before, run), partial(name_of, targets=several(run))
    rows = [
        *(
            (phase.marker, "verdict", _was(phase.before or "not there", phase.after or "not there"))
            for phase in found.phases
            if phase.changed
        ),
        *_pairs(name, "newly failing", found.failing),
        *_pairs(name, "worse", found.worse),
        *(
            (name(item.check), "limit weakened", _moved(item.name, item.limit, item.before, item.after))
            for item in found.weakened
        ),
        *((name(check), "removed from the checklist", check.title) for check in found.removed),
        *((name(pair.check), "now advisory", "it was a blocker") for pair in found.lowered),
        *_pairs(name, "newly waived", found.waived),
        *(
            (name(pair.check), "slower", _was(seconds(pair.before.duration_s), seconds(pair.after.duration_s)))
            for pair in found.slower
        ),
        *_pairs(name, "fixed", found.fixed),
        *_pairs(name, "settled", found.settled),
        *((name(check), "new on the checklist", check.title) for check in found.added),
    ]
    says = tuple(filter(None, (about, "" if rows else "Nothing changed.")))
    tables = (bounded("Changes, the worst first", ("What", "Change", "In detail"), rows, where="in the record"),)
    return Section(anchor=anchor, title=title, says=says, tables=tables if rows else ())


def _pairs(name: Callable[[Check], str], word: str, pairs: Sequence[Pair]) -> Iterator[tuple[str, str, str]]:
    for pair in pairs:
        reason = f": {pair.after.reason.partition(chr(10))[0]}" if pair.after.reason else ""
        yield name(pair.check), word, _was(pair.before.status, pair.after.status) + reason


def _moved(name: str, limit: str, before: float, after: float | None) -> str:
    return f"{limit} of {name}: {_was(f'{before:g}', 'none' if after is None else f'{after:g}')}"


def _was(before: str, after: str) -> str:
    return f"was {before}, is {after}"


def outstanding(run: Run) -> Iterator[Section]:
    """The words that are still awaited, by owner; none where nobody is waited for."""
    waiting: dict[str, list[Check]] = {}
    for result in run.checks:
        if result.check.kind is Kind.MANUAL and result.status is Status.PENDING and not result.waived:
            waiting.setdefault(result.check.owner or "no owner named", []).append(result.check)
    if not waiting:
        return
    rows = [(owner, str(len(own)), _some([check.id for check in own])) for owner, own in waiting.items()]
    yield Section(
        anchor="signoffs",
        title="Sign-offs outstanding",
        tables=(bounded("Who is waited for", ("Owner", "Sign-offs", "Checks"), rows),),
    )


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:MOST_ROWS])
    return shown if len(ids) <= MOST_ROWS else f"{shown} and {len(ids) - MOST_ROWS} more"


def by_target(run: Run) -> Iterator[Section]:
    """How each phase that was opened stands on each of several targets; the worst of them decided it."""
    if not several(run):
        return
    rows = []
    for phase in run.phases:
        if phase.phase.selected and phase.verdict is not Verdict.BLOCKED:
            own = [result for result in run.checks if result.check.phase == phase.phase.marker]
            for target in run.targets:
                found, _ = on_target(run, phase, own, target)
                rows.append((phase.phase.marker, target, str(found.verdict), found.reason))
    head = ("Phase", "Target", "Verdict", "Reason")
    table = bounded("The worst of its targets decides a phase", head, rows, where="with its phase below")
    yield Section(anchor="targets", title="Targets", tables=(table,) if rows else ())


def added(run: Run) -> Iterator[Section]:
    """What other plugins have to say of the run."""
    for number, other in enumerate(run.sections, start=1):
        table = bounded(other.title, other.columns, [row for row in other.rows if row], where="in the record")
        yield Section(
            anchor=f"added-{number}",
            title=other.title,
            says=(Markup("<br>").join(other.text.strip("\n").split("\n")),) if other.text.strip() else (),
            tables=(table,) if other.rows else (),
        )


def traceability(run: Run, history: Sequence[Run]) -> Iterator[Section]:
    """How many checks a test judges, and which lines have changed since; each check names its own line and test."""
    people = sum(result.check.kind is Kind.MANUAL for result in run.checks)
    says = (
        f"{len(run.checks) - people} of {len(run.checks)} checks are judged by a test, {people} by a person. "
        "Each names, above, the line that asks for it and the test that judges it."
    )
    rows: list[tuple[str, str, str]] = []
    if history:
        found = trace((result.check for result in history[0].checks), (result.check for result in run.checks))
        rows += [(line.id, "other words", f"they were: {line.was}") for line in found.lines if line.was]
        rows += [(line.id, "another id; to keep its history", line.proposal) for line in found.lines if line.proposal]
    table = bounded(
        "Lines that changed since the last run", ("Line", "Change", "In detail"), rows, where="in the record"
    )
    yield Section(anchor="traceability", title="Traceability", says=(says,), tables=(table,) if rows else ())
