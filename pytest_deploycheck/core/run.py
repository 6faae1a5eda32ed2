"""Fold the events of a journal into the run they tell of.

The live session and every reader of a journal use this one fold, so a report rebuilt after a crash is the report the
session would have written. Events are plain dicts:

=================  =====================================================================================
``event``          what it carries besides ``at``
=================  =====================================================================================
``run_started``    run_id, release, targets, digest, phases, checks (the denominator), absent, narrowed,
                   environment, notes, approvals
``phase_carried``  phase, run_id, verdict, reason, results: an earlier phase, taken from the record
``phase_opened``   phase
``check_started``  check, target: it is about to run
``check_finished`` the result of one check (``wire.result_to_wire``)
``phase_decided``  phase, verdict, reason
``noted``          text: what people must know beside the verdicts, and was not known at the start
``section_added``  title, text, columns, rows: what somebody else adds to the reports
``run_finished``   exit_code
``sealed``         nothing, not even its moment: the run's last line, without which the run never ended. The line
                   before it is the last that says anything, and the seal carries its hash.
=================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

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
    Section,
    Verdict,
    exit_code_of,
    worst,
    worst_exit,
)
from pytest_deploycheck.core.sections import read_section
from pytest_deploycheck.core.verdict import decide_phase, decide_release
from pytest_deploycheck.core.wire import Start

Event = dict[str, Any]
#: What pytest exits with when something beside a test ended it.
BROKEN_OFF = (ExitCode.INTERRUPTED, ExitCode.INTERNAL_ERROR, ExitCode.USAGE_ERROR)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decided:
    """What the journal says was decided of a phase."""

    verdict: Verdict
    reason: str
    at: datetime

    @classmethod
    def read(cls, event: Event) -> Self:
        reason = event["reason"]
        _refuse("the reason is no text", when=not isinstance(reason, str))
        return cls(
            verdict=wire.verdict_from_wire(event["verdict"]), reason=reason, at=wire.moment_from_wire(event["at"])
        )


NOT_ON_RECORD = "not selected, and nothing on record"
#: Event -> what it must carry, and nothing else beside ``event``; the others are read as a whole.
_KEYS = {
    "phase_opened": {"phase", "at"},
    "phase_carried": {"phase", "run_id", "verdict", "reason", "results", "at"},
    "phase_decided": {"phase", "verdict", "reason", "at"},
    "check_started": {"check", "target", "at"},
    "noted": {"text", "at"},
    "section_added": {"title", "text", "columns", "rows", "at"},
    "run_finished": {"exit_code", "at"},
    "sealed": set(),
}
SEAL: Event = {"event": "sealed"}
ENDED_BEFORE = "the run ended before it"
UNDECIDED = "the run ended before this phase was decided"


class RunBuilder:
    """Takes events in their order and knows, at any moment, the run so far."""

    def __init__(self) -> None:
        self._start: Start | None = None
        self._checks: dict[tuple[str, str], Check] = {}
        self._absent: Mapping[tuple[str, str], str] = {}
        self._results: dict[tuple[str, str], CheckResult] = {}
        #: Started, not finished; in the order of their starts.
        self._in_flight: dict[tuple[str, str], Check] = {}
        self._opened: dict[str, datetime] = {}
        self._decided: dict[str, _Decided] = {}
        self._carried: dict[str, _Decided] = {}
        #: When the run ended, and with which exit status.
        self._end: tuple[datetime, int] | None = None
        self._sealed = False
        #: What came to be known on the way.
        self._noted: list[str] = []
        self._sections: list[Section] = []
        self._phases: dict[str, Phase] = {}
        self._by_phase: dict[str, list[Check]] = {}
        #: Phase -> its verdict as of the last event about it.
        self._verdicts: dict[str, PhaseResult] = {}

    def apply(self, event: Event) -> None:
        """Take the next event.

        Raises ``RecordError`` for one that does not fit: unknown, out of order, of a wrong shape, or about an unknown
        check.
        """
        kind = event.get("event")
        ended = self._end is not None
        if (kind == "run_started") == (self._start is not None) or ended != (kind == "sealed") or self._sealed:
            raise RecordError(f"the event {kind!r} stands out of order")
        try:
            self._take(kind, event)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RecordError(f"the event {kind!r} cannot be read: {type(error).__name__}: {error}") from error

    def _take(self, kind: object, event: Event) -> None:
        if kind in _KEYS and (odd := event.keys() ^ _KEYS[kind] ^ {"event"}):
            raise ValueError(f"missing or unknown keys: {', '.join(sorted(odd))}")
        match kind:
            case "run_started":
                self.begin(wire.start_from_wire(_body(event)))
            case "check_started":
                wire.moment_from_wire(event["at"])
                self.start_check(self._checks[event["check"], event["target"]])
            case "check_finished":
                body = {key: value for key, value in event.items() if key not in ("event", "at")}
                self.end_check(wire.result_from_wire(body, self._checks))
            case "phase_opened":
                marker = self._concerning(event)
                _refuse(f"{marker} was opened before", when=marker in self._opened)
                self._opened[marker] = wire.moment_from_wire(event["at"])
            case "phase_decided":
                marker = self._concerning(event)
                _refuse(f"{marker} was not this run's to decide", when=not self._phases[marker].selected)
                _refuse(f"{marker} was decided before", when=marker in self._decided)
                self._decided[marker] = _Decided.read(event)
            case "phase_carried":
                self._take_carried(event)
            case "noted" | "section_added":
                self._take_addition(event)
            case "run_finished" | "sealed":
                self._take_end(event)
            case _:
                raise RecordError(f"the event {kind!r} is unknown")

    def _take_addition(self, event: Event) -> None:
        """What came to be known on the way, and what others add to the reports."""
        wire.moment_from_wire(event["at"])
        if event["event"] == "noted":
            _refuse("the text is none", when=not isinstance(event["text"], str))
            self._noted.append(event["text"])
        else:
            body = {key: value for key, value in event.items() if key not in ("event", "at")}
            self._sections.append(read_section(body))

    def _take_end(self, event: Event) -> None:
        if event["event"] == "sealed":
            self._sealed = True
        else:
            self._end = (wire.moment_from_wire(event["at"]), wire.exit_code_from_wire(event["exit_code"]))

    def _concerning(self, event: Event) -> str:
        """The phase an event is about; what was concluded of it so far is concluded anew."""
        marker = self._phases[event["phase"]].marker
        self._verdicts.pop(marker, None)
        return marker

    def start_check(self, check: Check) -> None:
        """A check is about to run; raises ``RecordError`` where it has its end, or was started before."""
        key = check.key
        if key in self._in_flight or key in self._results or check.phase in self._decided:
            raise RecordError(f"{check.id!r} was started before, or has its end")
        self._in_flight[key] = check

    def end_check(self, result: CheckResult) -> None:
        """A check has ended; raises ``RecordError`` where it has its end, or its phase was decided."""
        key, marker = result.check.key, result.check.phase
        if key in self._results:
            raise RecordError(f"a second result of {result.check.id!r}")
        if marker in self._decided:
            raise RecordError(f"a result of {result.check.id!r}, whose phase was decided before")
        self._results[key] = result
        self._in_flight.pop(key, None)
        self._verdicts.pop(marker, None)

    def begin(self, start: Start) -> None:
        """The run begins, with its denominator."""
        for phase in start.phases:
            self._phases[phase.marker] = phase
            self._by_phase[phase.marker] = []
        for check in start.checks:
            self._checks[check.key] = check
            self._by_phase[check.phase].append(check)
        self._absent = start.absent
        # What is kept otherwise would be kept twice, as long as the run lasts.
        self._start = replace(start, checks=(), absent={})

    def _take_carried(self, event: Event) -> None:
        marker = self._concerning(event)
        _refuse(f"{marker} was this run's own to decide", when=self._phases[marker].selected)
        _refuse(f"{marker} was carried before", when=marker in self._carried)
        self._carried[marker] = _Decided.read(event)
        run_id = event["run_id"]
        _refuse("the run has no id", when=not isinstance(run_id, str))
        for data in event["results"]:
            # A check that left the checklist since has no place here; one that came since stays NOT_RUN.
            check = self._checks.get((data["check"], data.get("target", "")))
            if check is None:
                continue
            _refuse(f"{check.id!r} is not of {marker}", when=check.phase != marker)
            result = wire.result_from_wire(data, self._checks)
            flags = (*(flag for flag in result.flags if flag is not Flag.CARRIED), Flag.CARRIED)
            self.end_check(replace(result, flags=flags, carried_from=result.carried_from or run_id))

    def result_of(self, check: Check) -> CheckResult:
        """The result of a check, NOT_RUN with its reason where there is none."""
        found = self._results.get(check.key)
        if found is not None:
            return found
        return CheckResult(check=check, reason=self._absent.get(check.key, ENDED_BEFORE))

    def results(self) -> Iterable[CheckResult]:
        """Every check of the denominator, in its order."""
        return map(self.result_of, self._checks.values())

    def results_in(self, marker: str) -> Iterable[CheckResult]:
        """Every check of a phase, in its order."""
        return map(self.result_of, self._by_phase[marker])

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
            narrowed=self._begun.narrowed.get(marker, ""),
            opened=self._opened.get(marker),
            decided=decided.at if decided else None,
        )

    def _reconcile(self, fresh: PhaseResult) -> PhaseResult:
        """What the results say against what the journal says was decided: where they differ, the worse holds."""
        marker = fresh.phase.marker
        decided, carried = self._decided.get(marker), self._carried.get(marker)
        if carried:
            agreed = worst([fresh.verdict, carried.verdict])
            return replace(fresh, verdict=agreed, reason=carried.reason if agreed is carried.verdict else fresh.reason)
        if not fresh.phase.selected:
            return replace(fresh, verdict=Verdict.INCOMPLETE, reason=NOT_ON_RECORD, cause=None)
        if decided:
            worse = decided.verdict.rank > fresh.verdict.rank
            # What made it worse is no check of the phase: only the writer knew.
            return replace(fresh, verdict=decided.verdict, reason=decided.reason, cause=None) if worse else fresh
        if fresh.verdict.rank < Verdict.INCOMPLETE.rank:
            return replace(fresh, verdict=Verdict.INCOMPLETE, reason=UNDECIDED)
        return fresh

    def selected_verdict(self) -> Verdict:
        """The worst of the phases that the run was asked to decide."""
        phases = [phase for phase in self.phase_results() if phase.phase.selected]
        checks = (check for phase in phases for check in self._by_phase[phase.phase.marker])
        return decide_release(phases, map(self.result_of, checks))

    def build(self, *, closing: tuple[datetime, int] | None = None) -> Run:
        """The run so far. Without its seal, or when pytest was broken off, it is INCOMPLETE at best.

        `closing` are the moment and the exit code of an end that is about to be written. Raises ``RecordError``
        before ``run_started``.
        """
        start = self._begun
        phases, results = self.phase_results(), tuple(self.results())
        closed = self._sealed or closing is not None
        ended, said = self._end or closing or (None, ExitCode.INCOMPLETE)
        floor = [Verdict.INCOMPLETE] if not closed or said in BROKEN_OFF else []
        selected_verdict = worst([self.selected_verdict(), *floor])
        return Run(
            run_id=start.run_id,
            release=start.release,
            targets=start.targets,
            started=start.started,
            finished=ended if closed else None,
            verdict=worst([decide_release(phases, results), *floor]),
            selected_verdict=selected_verdict,
            exit_code=worst_exit([said, exit_code_of(selected_verdict)]),
            phases=phases,
            checks=results,
            environment=start.environment,
            notes=(*start.notes, *self._noted),
            digest=start.digest,
            in_flight=tuple(self._in_flight.values()),
            approvals=start.approvals,
            policy=start.policy,
            sections=tuple(self._sections),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What people must know beside the verdicts, as the run's start says; raises ``RecordError`` before it."""
        return self._begun.notes

    @property
    def _begun(self) -> Start:
        if self._start is None:
            raise RecordError("the journal does not begin with 'run_started'")
        return self._start


def fold(events: Iterable[Event]) -> Run:
    """The run that a journal's events tell of; raises ``RecordError`` where they make no sense."""
    builder = RunBuilder()
    for event in events:
        builder.apply(event)
    return builder.build()


def _body(event: Event) -> Event:
    return {key: value for key, value in event.items() if key != "event"}


def _refuse(why: str, *, when: bool) -> None:
    if when:
        raise ValueError(why)
