"""Fold the events of a journal into the run they tell of.

The live session and every reader of a journal use this one fold, so a report rebuilt after a crash is the report the
session would have written. Events are plain dicts:

=================  =====================================================================================
``event``          what it carries besides ``at``
=================  =====================================================================================
``run_started``    run_id, release, targets, digest, phases, checks (the denominator), absent, narrowed,
                   environment, notes
``phase_carried``  phase, run_id, verdict, reason, results: an earlier phase, taken from the record
``phase_opened``   phase
``check_finished`` the result of one check (``wire.result_to_wire``)
``phase_decided``  phase, verdict, reason
``run_finished``   exit_code
=================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import (
    Check,
    CheckResult,
    ExitCode,
    Flag,
    Phase,
    PhaseResult,
    Run,
    Verdict,
    exit_code_of,
    worst,
    worst_exit,
)
from pytest_deploycheck.core.verdict import decide_phase, decide_release

Event = dict[str, Any]

NOT_ON_RECORD = "not selected, and nothing on record"
_START_KEYS = frozenset(
    {"at", "run_id", "release", "targets", "digest", "phases", "checks", "absent", "narrowed", "environment", "notes"}
)
ENDED_BEFORE = "the run ended before it"
UNDECIDED = "the run ended before this phase was decided"


class RunBuilder:
    """Takes events in their order and knows, at any moment, the run so far."""

    def __init__(self) -> None:
        self._start: Event = {}
        self._checks: dict[tuple[str, str], Check] = {}
        self._absent: dict[tuple[str, str], str] = {}
        self._results: dict[tuple[str, str], CheckResult] = {}
        self._opened: dict[str, datetime | None] = {}
        self._decided: dict[str, Event] = {}
        self._carried: dict[str, Event] = {}
        self._end: Event = {}
        self._phases: dict[str, Phase] = {}
        self._by_phase: dict[str, list[Check]] = {}
        #: Phase -> its verdict as of the last event about it.
        self._verdicts: dict[str, PhaseResult] = {}

    def apply(self, event: Event) -> None:
        """Take the next event.

        Raises ``RecordError`` for one that does not fit: unknown, out of order, or about an unknown check.
        """
        kind = event.get("event")
        if (kind == "run_started") == bool(self._start) or self._end:
            raise RecordError(f"the event {kind!r} stands out of order")
        try:
            match kind:
                case "run_started":
                    self._take_start(event)
                case "check_finished":
                    self._take_result(wire.result_from_wire(_body(event), self._checks))
                case "phase_opened":
                    self._opened[self._known(event)] = wire.time_from_wire(event["at"])
                case "phase_decided":
                    Verdict(event["verdict"])
                    self._decided[self._known(event)] = event
                case "phase_carried":
                    self._take_carried(event)
                case "run_finished":
                    self._end = {"at": event["at"], "exit_code": int(event["exit_code"])}
                case _:
                    raise RecordError(f"the event {kind!r} is unknown")
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(f"the event {kind!r} cannot be read: {type(error).__name__}: {error}") from error

    def _known(self, event: Event) -> str:
        """The phase an event is about; what was concluded of it so far is concluded anew."""
        marker: str = event["phase"]
        self._verdicts.pop(self._phases[marker].marker, None)
        return marker

    def _take_result(self, result: CheckResult) -> None:
        if result.check.key in self._results:
            raise RecordError(f"a second result of {result.check.id!r}")
        self._results[result.check.key] = result
        self._verdicts.pop(result.check.phase, None)

    def _take_start(self, event: Event) -> None:
        if missing := _START_KEYS - set(event):
            raise KeyError(*sorted(missing))
        self._start = event
        for data in event["phases"]:
            self._phases[data["marker"]] = wire.phase_from_wire(data)
            self._by_phase[data["marker"]] = []
        for data in event["checks"]:
            check = wire.check_from_wire(data)
            self._checks[check.key] = check
            self._by_phase[check.phase].append(check)
        self._absent = {(key[0], key[1]): reason for reason, keys in event["absent"].items() for key in keys}

    def _take_carried(self, event: Event) -> None:
        Verdict(event["verdict"])
        self._carried[self._known(event)] = event
        for data in event["results"]:
            # A check that left the checklist since has no place here; one that came since stays NOT_RUN.
            if (data["check"], data.get("target", "")) not in self._checks:
                continue
            result = wire.result_from_wire(data, self._checks)
            flags = (*(flag for flag in result.flags if flag is not Flag.CARRIED), Flag.CARRIED)
            self._take_result(replace(result, flags=flags, carried_from=result.carried_from or event["run_id"]))

    def result_of(self, check: Check) -> CheckResult:
        """The result of a check, NOT_RUN with its reason where there is none."""
        found = self._results.get(check.key)
        if found is not None:
            return found
        return CheckResult(check=check, reason=self._absent.get(check.key, ENDED_BEFORE))

    def results(self) -> Iterable[CheckResult]:
        """Every check of the denominator, in its order."""
        return map(self.result_of, self._checks.values())

    def unfinished(self, marker: str) -> list[Check]:
        """The checks of a phase that have no result, and no reason yet for having none."""
        own = self._by_phase[marker]
        return [check for check in own if check.key not in self._results and check.key not in self._absent]

    def is_decided(self, marker: str) -> bool:
        """Whether the phase has its verdict."""
        return marker in self._decided

    def phase_results(self) -> tuple[PhaseResult, ...]:
        """The verdict on every phase, in order, as the events stand."""
        return tuple(map(self.phase_result, self._phases))

    def phase_result(self, marker: str) -> PhaseResult:
        """The verdict on one phase; INCOMPLETE at best until the journal says that it was decided."""
        if marker not in self._verdicts:
            self._verdicts[marker] = self._reconcile(self.decide(marker))
        return self._verdicts[marker]

    def decide(self, marker: str) -> PhaseResult:
        """What the results of a phase amount to, whether or not they are all there."""
        decided = self._decided.get(marker)
        return decide_phase(
            self._phases[marker],
            map(self.result_of, self._by_phase[marker]),
            narrowed=self._start["narrowed"].get(marker, ""),
            opened=self._opened.get(marker),
            decided=wire.time_from_wire(decided["at"]) if decided else None,
        )

    def _reconcile(self, fresh: PhaseResult) -> PhaseResult:
        """What the results say against what the journal says was decided: where they differ, the worse holds."""
        marker = fresh.phase.marker
        decided, carried = self._decided.get(marker), self._carried.get(marker)
        if carried:
            agreed = worst([fresh.verdict, Verdict(carried["verdict"])])
            return replace(
                fresh, verdict=agreed, reason=carried["reason"] if agreed == carried["verdict"] else fresh.reason
            )
        if not fresh.phase.selected:
            return replace(fresh, verdict=Verdict.INCOMPLETE, reason=NOT_ON_RECORD, cause=None)
        if decided:
            return replace(fresh, verdict=worst([fresh.verdict, Verdict(decided["verdict"])]))
        if fresh.verdict.rank < Verdict.INCOMPLETE.rank:
            return replace(fresh, verdict=Verdict.INCOMPLETE, reason=UNDECIDED)
        return fresh

    def selected_verdict(self) -> Verdict:
        """The worst of the phases that the run was asked to decide."""
        phases = [phase for phase in self.phase_results() if phase.phase.selected]
        checks = (check for phase in phases for check in self._by_phase[phase.phase.marker])
        return decide_release(phases, map(self.result_of, checks))

    def build(self) -> Run:
        """The run so far. Without its closing event it is INCOMPLETE at best.

        Raises ``RecordError`` before ``run_started``.
        """
        start = self._start
        if not start:
            raise RecordError("the journal does not begin with 'run_started'")
        phases, results = self.phase_results(), tuple(self.results())
        floor = [] if self._end else [Verdict.INCOMPLETE]
        selected_verdict = worst([self.selected_verdict(), *floor])
        started = wire.time_from_wire(start["at"])
        assert started is not None  # a journal's first line always has its moment
        said = self._end["exit_code"] if self._end else ExitCode.INCOMPLETE
        return Run(
            run_id=start["run_id"],
            release=start["release"],
            targets=tuple(start["targets"]),
            started=started,
            finished=wire.time_from_wire(self._end["at"]) if self._end else None,
            verdict=worst([decide_release(phases, results), *floor]),
            selected_verdict=selected_verdict,
            exit_code=worst_exit([said, exit_code_of(selected_verdict)]),
            phases=phases,
            checks=results,
            environment=start["environment"],
            notes=tuple(start["notes"]),
            digest=start["digest"],
        )


def fold(events: Iterable[Event]) -> Run:
    """The run that a journal's events tell of; raises ``RecordError`` where they make no sense."""
    builder = RunBuilder()
    for event in events:
        builder.apply(event)
    return builder.build()


def _body(event: Event) -> Event:
    return {key: value for key, value in event.items() if key not in ("event", "at", "seq", "prev")}
