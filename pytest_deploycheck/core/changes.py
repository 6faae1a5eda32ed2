"""What changed between two runs: what broke, what was mended, and where the bar itself was moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from pytest_deploycheck.core.model import Check, CheckResult, Measurement, Run, Severity, Status, Verdict
from pytest_deploycheck.core.verdict import weigh

#: A check has slowed down when it takes so many times as long, and so many seconds longer: 1 ms to 3 ms is no news.
SLOWER_FACTOR = 2.0
SLOWER_FLOOR_S = 0.5

_BROKEN = (Status.FAIL, Status.ERROR)
_FINE = (Status.PASS, Status.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A check that both runs know, as each of them saw it."""

    before: CheckResult
    after: CheckResult

    @property
    def check(self) -> Check:
        """The check as the later run declares it."""
        return self.after.check


@dataclass(frozen=True, kw_only=True, slots=True)
class Weakened:
    """A limit that lets more pass than it did, or is gone."""

    check: Check
    #: The measurement's name.
    name: str
    #: ``min`` or ``max``.
    limit: str
    before: float
    #: None where the limit is gone, or the measurement with it.
    after: float | None
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseChange:
    """The verdict on a phase in both runs; None where a run does not have the phase."""

    marker: str
    title: str
    before: Verdict | None
    after: Verdict | None

    @property
    def changed(self) -> bool:
        """Whether the two runs say different things of it."""
        return self.before is not self.after


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What a later run says that an earlier one did not; each part in the order of the checklist.

    A check is known by its id and its target. One check may stand in several parts.
    """

    #: FAIL or ERROR now, and not so before.
    failing: tuple[Pair, ...] = ()
    #: FAIL or ERROR before, and PASS or NOT_APPLICABLE now.
    fixed: tuple[Pair, ...] = ()
    #: No failure, and weighs more against its phase than it did: PASS is PENDING now, or SKIPPED, or NOT_RUN.
    worse: tuple[Pair, ...] = ()
    #: No failure before, and weighs less against its phase now: signed, or looked at at last.
    settled: tuple[Pair, ...] = ()
    #: Under a waiver now, and not before.
    waived: tuple[Pair, ...] = ()
    slower: tuple[Pair, ...] = ()
    weakened: tuple[Weakened, ...] = ()
    #: A blocker before, advisory now.
    lowered: tuple[Pair, ...] = ()
    added: tuple[Check, ...] = ()
    removed: tuple[Check, ...] = ()
    #: Every phase of either run, also those that stayed as they were.
    phases: tuple[PhaseChange, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        parts = (getattr(self, part.name) for part in fields(self) if part.name != "phases")
        return not any(parts) and not any(phase.changed for phase in self.phases)


def changes(before: Run, after: Run) -> Changes:
    """What changed from one run to a later one."""
    old = {result.check.key: result for result in before.checks}
    pairs = [Pair(before=old[result.check.key], after=result) for result in after.checks if result.check.key in old]
    new = {result.check.key for result in after.checks}
    return Changes(
        failing=tuple(pair for pair in pairs if _is_broken(pair.after) and not _is_broken(pair.before)),
        fixed=tuple(pair for pair in pairs if _is_broken(pair.before) and pair.after.status in _FINE),
        worse=tuple(
            pair for pair in pairs if _weighs_more(pair.before, pair.after) and _is_looked_at(pair.after, after)
        ),
        settled=tuple(
            pair for pair in pairs if _weighs_more(pair.after, pair.before) and _is_looked_at(pair.before, before)
        ),
        waived=tuple(pair for pair in pairs if pair.after.waived and not pair.before.waived),
        slower=tuple(filter(_slowed_down, pairs)),
        weakened=tuple(found for pair in pairs for found in _weakened(pair)),
        lowered=tuple(pair for pair in pairs if _is_advisory(pair.after) and not _is_advisory(pair.before)),
        added=tuple(result.check for result in after.checks if result.check.key not in old),
        removed=tuple(result.check for result in before.checks if result.check.key not in new),
        phases=tuple(_phase_changes(before, after)),
    )


def _is_broken(result: CheckResult) -> bool:
    return result.status in _BROKEN


def _is_advisory(result: CheckResult) -> bool:
    return result.check.severity is Severity.ADVISORY


def _weighs_more(one: CheckResult, other: CheckResult) -> bool:
    """Whether the other is no failure, and weighs more against its phase all the same."""
    return not _is_broken(other) and weigh(other).rank > weigh(one).rank


def _is_looked_at(result: CheckResult, run: Run) -> bool:
    """Whether the run was asked for the check, or took it from the record: otherwise its silence is no news."""
    selected = any(phase.phase.selected and phase.phase.marker == result.check.phase for phase in run.phases)
    return selected or result.status is not Status.NOT_RUN


def _slowed_down(pair: Pair) -> bool:
    if pair.before.status is not Status.PASS or pair.after.status is not Status.PASS or pair.after.carried_from:
        return False
    was, now = pair.before.duration_s, pair.after.duration_s
    return now > SLOWER_FACTOR * was and now - was >= SLOWER_FLOOR_S


def _weakened(pair: Pair) -> Iterator[Weakened]:
    # What did not come to measure has moved no limit.
    if not pair.before.measurements or pair.after.status not in (Status.PASS, *_BROKEN):
        return
    now = _by_name(pair.after.measurements)
    for name, was in _by_name(pair.before.measurements).items():
        found = now.get(name)
        if found is None and pair.after.status is not Status.PASS:
            continue  # it failed before it measured this
        for limit, direction in (("min", 1), ("max", -1)):
            old = getattr(was, limit)
            new = getattr(found, limit, None)
            if old is not None and (new is None or (new - old) * direction < 0):
                yield Weakened(check=pair.check, name=name, limit=limit, before=old, after=new, unit=was.unit)


def _by_name(measurements: Sequence[Measurement]) -> dict[str, Measurement]:
    """The first measurement of each name."""
    return {item.name: item for item in reversed(measurements)}


def _phase_changes(before: Run, after: Run) -> Iterator[PhaseChange]:
    old = {phase.phase.marker: phase for phase in before.phases}
    new = {phase.phase.marker: phase for phase in after.phases}
    for marker, phase in (new | {marker: old[marker] for marker in old if marker not in new}).items():
        was, is_now = old.get(marker), new.get(marker)
        yield PhaseChange(
            marker=marker,
            title=phase.phase.title,
            before=was.verdict if was else None,
            after=is_now.verdict if is_now else None,
        )


def last_go(runs: Iterable[Run], *, release: bool = True) -> Run | None:
    """The first of `runs` (newest first) that came to its end as GO; None where there is none.

    `release` asks for a GO of the whole release; without it, one of the phases that the run was asked for is enough.
    """
    for run in runs:
        if run.closed and (run.verdict if release else run.selected_verdict) is Verdict.GO:
            return run
    return None
