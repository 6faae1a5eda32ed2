"""Which verdict on a phase counts, when several runs of a release looked at it.

The newest run that entered the phase counts. It is complete when it was closed and left the phase GO, HOLD or NO-GO;
then nothing older matters. Otherwise the phase is INCOMPLETE at best, and an older NO-GO still holds: only a complete
run supersedes it. A run that was BLOCKED before the phase says nothing about it, unless no other run entered it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pytest_deploycheck.core.model import (
    CheckResult,
    ExitCode,
    Phase,
    PhaseResult,
    Run,
    Verdict,
    exit_code_of,
    worst,
    worst_exit,
)
from pytest_deploycheck.core.standing import declared_as, lapsed
from pytest_deploycheck.core.verdict import decide_phase, decide_release

#: What an earlier run's result is worth by now: never more than it was.
Judge = Callable[[CheckResult], CheckResult]

_COMPLETE = (Verdict.GO, Verdict.HOLD, Verdict.NO_GO)
#: How a process ends of which no verdict can be told apart from what ended it.
_ENDED_BADLY = (ExitCode.INTERRUPTED, ExitCode.INTERNAL_ERROR, ExitCode.USAGE_ERROR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearance:
    """The verdict on a phase that counts, and the run that reached it."""

    #: With the verdict and the reason as they count, which may be worse than in the run itself.
    phase: PhaseResult
    #: With the results of the phase as they count.
    run: Run
    #: When the verdict was reached, or when the run was last known to be alive.
    since: datetime
    #: Whether an immediate rollback trigger failed in this phase and no later complete run superseded it.
    rollback: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict on the phase."""
        return self.phase.verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """What one run says of the phase."""

    found: Clearance
    complete: bool
    young: bool


def clear_phase(
    runs: Iterable[Run],
    marker: str,
    *,
    not_before: datetime | None = None,
    target: str | None = None,
    judge: Judge | None = None,
) -> Clearance | None:
    """The verdict on a phase that counts; None where no run says anything.

    `runs` are of one release and one checklist, newest first, and are read only as far as they matter. A verdict that
    was reached before `not_before` is as none, and does not let an older run speak in its place. With `target`, only
    what runs found on that one counts; empty stands for runs that name no target. `judge` says what a result is worth
    by now, where people's word on it may have ended since.
    """
    newest: _Look | None = None
    outside: _Look | None = None
    refusals: list[Clearance] = []
    for run in runs:
        look = _look(run if judge is None else _rejudged(run, marker, judge), marker, target, not_before)
        if look is None:
            continue
        if look.found.verdict is Verdict.BLOCKED:
            outside = outside or look
            continue
        newest = newest or look
        if look.found.verdict is Verdict.NO_GO and look.young:
            refusals.append(look.found)
        if look.complete:
            break
    if refusals and newest is not None:
        return _uphold(refusals, newest.found.run)
    counted = newest or outside
    return counted.found if counted is not None and counted.young else None


def _rejudged(run: Run, marker: str, judge: Judge) -> Run:
    """The run with the results of a phase, and the verdict on it, as they count by now."""
    checks = tuple(judge(row) if row.check.phase == marker else row for row in run.checks)
    if all(map(operator.is_, checks, run.checks)):
        return run
    rows = [row for row in checks if row.check.phase == marker]
    phases = tuple(no_better(phase, rows) if phase.phase.marker == marker else phase for phase in run.phases)
    return replace(run, checks=checks, phases=phases)


def no_better(phase: PhaseResult, rows: Sequence[CheckResult]) -> PhaseResult:
    """The verdict on a phase whose results count as these by now: theirs, where that is worse."""
    fresh = decide_phase(phase.phase, rows, narrowed=phase.narrowed, opened=phase.opened, decided=phase.decided)
    return fresh if fresh.verdict.rank > phase.verdict.rank else phase


def _uphold(refusals: Sequence[Clearance], newest: Run) -> Clearance:
    """The newest NO-GO, which no complete run superseded."""
    first = refusals[0]
    reason = first.phase.reason
    if first.run is not newest:
        reason += f" (the run {newest.run_id} since then was not complete)"
    return replace(
        first, phase=replace(first.phase, reason=reason), rollback=any(refusal.rollback for refusal in refusals)
    )


def _look(run: Run, marker: str, target: str | None, not_before: datetime | None) -> _Look | None:
    """What a run says of a phase; None where it was not asked to decide it, or not on that target."""
    result = next((phase for phase in run.phases if phase.phase.marker == marker), None)
    if result is None or not result.phase.selected or (target is not None and target not in targets_of(run)):
        return None
    rows = [row for row in run.checks if row.check.phase == marker]
    if target is not None and len(run.targets) > 1:
        result, rows = on_target(run, result, rows, target)
    since = result.decided or run.finished or run.started
    doubt = _doubt(run)
    if doubt and result.verdict in (Verdict.GO, Verdict.HOLD):
        result = replace(result, verdict=Verdict.INCOMPLETE, reason=doubt, cause=None)
    return _Look(
        found=Clearance(
            phase=result,
            run=run,
            since=since,
            rollback=decide_release([result], rows) is Verdict.ROLLBACK,
        ),
        complete=not doubt and result.verdict in _COMPLETE,
        young=not_before is None or since >= not_before,
    )


def _doubt(run: Run) -> str:
    """Why a run's verdicts are not the last word; empty where they are."""
    if not run.closed:
        return f"the run {run.run_id} never finished"
    if run.exit_code == ExitCode.INTERNAL_ERROR:
        return f"the run {run.run_id} ended in an internal error"
    if run.exit_code == ExitCode.INVALID:
        return f"evidence in the run {run.run_id} is not what was signed"
    return ""


def targets_of(run: Run) -> tuple[str, ...]:
    """The targets of a run; one without a name where it names none."""
    return run.targets or ("",)


def on_target(
    run: Run, result: PhaseResult, rows: Sequence[CheckResult], target: str
) -> tuple[PhaseResult, list[CheckResult]]:
    """The verdict on a phase as far as one of several targets goes, and the checks it rests on."""

    def decide(on: str) -> PhaseResult:
        return decide_phase(
            result.phase,
            _of_target(rows, on),
            narrowed=result.narrowed,
            opened=result.opened,
            decided=result.decided,
        )

    # What the checks do not explain may concern every target.
    explained = worst(decide(on).verdict for on in run.targets) is result.verdict
    if not explained or run.exit_code in _ENDED_BADLY:
        return result, list(rows)
    return decide(target), _of_target(rows, target)


def _of_target(rows: Iterable[CheckResult], target: str) -> list[CheckResult]:
    # A check that asks for no target judges for all of them.
    return [row for row in rows if row.check.target in (target, "")]


# -- a release -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a phase stands on one target."""

    target: str
    verdict: Verdict
    reason: str
    #: None where no run says anything.
    clearance: Clearance | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseStanding:
    """How a phase stands: the worst of its targets decides."""

    phase: Phase
    required: bool
    on: tuple[Standing, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its targets."""
        return worst(standing.verdict for standing in self.on)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseStanding:
    """How a release stands by its record."""

    phases: tuple[PhaseStanding, ...]
    #: How many runs do not count, because the checklist was changed since, or they had none.
    outdated: int = 0
    #: What was to be looked at and is not there; with any, the release is INCOMPLETE at best.
    gaps: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of the required phases; ROLLBACK when a trigger fired in any phase and nothing superseded it."""
        counted = [standing.clearance for phase in self.phases for standing in phase.on]
        if any(clearance is not None and clearance.rollback for clearance in counted):
            return Verdict.ROLLBACK
        floor = [Verdict.INCOMPLETE] if self.gaps else []
        return worst([*(phase.verdict for phase in self.phases if phase.required), *floor])

    @property
    def exit_code(self) -> ExitCode:
        """The exit status that says the verdict; INVALID where the run of a required phase did not verify."""
        counted = [on.clearance for phase in self.phases if phase.required for on in phase.on]
        broken = any(found is not None and found.run.exit_code == ExitCode.INVALID for found in counted)
        own = exit_code_of(self.verdict)
        return ExitCode.INVALID if broken and worst_exit([own, ExitCode.INVALID]) != own else own


def clear_release(
    runs: Sequence[Run],
    *,
    required: Sequence[str] | None,
    now: datetime,
    max_age: timedelta,
    judge: Judge | None = None,
) -> ReleaseStanding:
    """How a release stands by its runs, newest first.

    Runs of another checklist than the newest do not count, and where any run has one, those that have none: what they
    do not know, nobody has taken off the list. `required` are the phases that decide, by default
    all that any counting run knows. `judge` says what a result is worth by now, by default what its own sign-offs and
    waiver say of their end. A phase must have a verdict on every target on which a counting run looked at it.
    """
    by_now = judge or partial(lapsed, now=now)
    counting = of_checklist(runs)
    declared = {row.check.key: row.check for row in counting[0].checks} if counting else {}

    def judge_declared(row: CheckResult) -> CheckResult:
        return by_now(declared_as(row, declared.get(row.check.key)))

    known = _phases_of(counting)
    unknown = [marker for marker in required or () if marker not in known]
    titles = {**known, **dict.fromkeys(unknown, "")}
    phases = []
    for marker, title in titles.items():
        phase = Phase(marker=marker, title=title)
        needed = required is None or marker in required
        if marker in unknown:
            on = [Standing(target="", verdict=Verdict.INCOMPLETE, reason=_unknown(known))]
        else:
            on = [
                _stand(counting, marker, target, now - max_age, judge_declared)
                for target in _targets_of(counting, marker)
            ]
        phases.append(PhaseStanding(phase=phase, required=needed, on=tuple(on)))
    return ReleaseStanding(phases=tuple(phases), outdated=len(runs) - len(counting))


def of_checklist(runs: Sequence[Run]) -> list[Run]:
    """Those of the runs, newest first, that are of the newest checklist; where none has one, all."""
    digest = next((run.digest for run in runs if run.digest), "")
    return [run for run in runs if run.digest == digest]


def _unknown(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"no run on record knows this phase (they know {names})" if names else "no run is on record"


def _stand(runs: Sequence[Run], marker: str, target: str, not_before: datetime, judge: Judge) -> Standing:
    found = clear_phase(runs, marker, not_before=not_before, target=target, judge=judge)
    if found is not None:
        return Standing(target=target, verdict=found.verdict, reason=found.phase.reason, clearance=found)
    ever = clear_phase(runs, marker, target=target)
    reason = "no run looked at it" if ever is None else f"{ever.verdict} in run {ever.run.run_id} is too old to count"
    return Standing(target=target, verdict=Verdict.INCOMPLETE, reason=reason)


def _targets_of(runs: Iterable[Run], marker: str) -> list[str]:
    """The targets on which any run was asked to decide the phase, in the order of the newest."""
    asked = [run for run in runs if any(one.phase.marker == marker and one.phase.selected for one in run.phases)]
    return list(dict.fromkeys(target for run in asked for target in targets_of(run))) or [""]


def _phases_of(runs: Iterable[Run]) -> dict[str, str]:
    """Marker -> title of every phase that a run knows, in order.

    Without a document, a run knows only the phases of the tests that it collected.
    """
    order: list[str] = []
    titles: dict[str, str] = {}
    for run in runs:
        place = len(order)
        for phase in reversed([result.phase for result in run.phases]):
            if phase.marker in titles:
                place = order.index(phase.marker)
            else:
                order.insert(place, phase.marker)
                titles[phase.marker] = phase.title
    return {marker: titles[marker] for marker in order}
