"""What the unit tests share: makers with telling defaults, and strategies for the laws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.model import (
    Check,
    CheckResult,
    Evidence,
    Flag,
    Kind,
    Measurement,
    Phase,
    Rollback,
    Run,
    Severity,
    Status,
    exit_code_of,
)
from pytest_deploycheck.core.run import SEAL, Event, fold
from pytest_deploycheck.core.verdict import decide_phase, decide_release

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=90)
ENVIRONMENT = {"command": "pytest", "folder": "/srv/app", "user": "ann", "host": "box", "python": "3.11.7"}


def make_phase(marker: str = "phase1", *, title: str = "", selected: bool = True) -> Phase:
    """A phase that was asked for."""
    return Phase(marker=marker, title=title or f"Title of {marker}", selected=selected)


def make_check(id: str = "phase1.a", **changes: Any) -> Check:
    """An automated blocker; its phase is the first word of its id."""
    fields: dict[str, Any] = {
        "phase": id.partition(".")[0],
        "title": f"Title of {id}",
        "nodeid": f"test_it.py::test_{id.partition('.')[2]}",
        "source": "test_it.py:1",
    }
    return Check(id=id, **{**fields, **changes})


def make_result(status: Status | str = Status.PASS, check: Check | str = "phase1.a", **changes: Any) -> CheckResult:
    """The result of a check, by default of a blocker."""
    found = check if isinstance(check, Check) else make_check(check)
    return CheckResult(check=found, **{"status": Status(status), "duration_s": 0.25, "finished": NOON, **changes})


def start_event(checks: Iterable[Check], *, phases: Sequence[Phase] = (), **changes: Any) -> Event:
    """The first line of a journal; the phases are those of the checks unless they are given."""
    listed = list(checks)
    known = list(phases) or [make_phase(marker) for marker in dict.fromkeys(check.phase for check in listed)]
    return {
        "event": "run_started",
        "at": wire.time_to_wire(NOON),
        "schema": wire.SCHEMA,
        "run_id": "20260102T120000.000000Z-abc123",
        "release": "v1.0",
        "targets": [],
        "digest": "",
        "phases": [wire.phase_to_wire(phase) for phase in known],
        "checks": [wire.check_to_wire(check) for check in listed],
        "absent": {},
        "narrowed": {},
        "environment": dict(ENVIRONMENT),
        "notes": [],
        **changes,
    }


def finished_event(result: CheckResult) -> Event:
    """What is written when a check has ended."""
    return {"event": "check_finished", **wire.result_to_wire(result)}


def decided_event(marker: str, verdict: str, reason: str = "as stored") -> Event:
    """What is written when a phase has its verdict."""
    return {"event": "phase_decided", "phase": marker, "verdict": verdict, "reason": reason, "at": NOON.isoformat()}


def opened_event(marker: str) -> Event:
    """What is written when a phase begins."""
    return {"event": "phase_opened", "phase": marker, "at": NOON.isoformat()}


def closing_event(exit_code: int = 0) -> Event:
    """A journal's last line but one; the seal follows."""
    return {"event": "run_finished", "exit_code": exit_code, "at": LATER.isoformat()}


def ending(exit_code: int = 0) -> list[Event]:
    """The end of a run and its seal."""
    return [closing_event(exit_code), SEAL]


def started_event(check: Check) -> Event:
    """What is written as a check begins."""
    return {"event": "check_started", "check": check.id, "target": check.target, "at": NOON.isoformat()}


#: The phases of a run that was asked for the second alone.
EARLIER, OWN = make_phase("phase1", selected=False), make_phase("phase2")


def carried_event(verdict: str, results: list[CheckResult], **changes: Any) -> Event:
    """What is written of phase 1 when an earlier run decided it."""
    return {
        "event": "phase_carried",
        "phase": "phase1",
        "run_id": "20260101T000000.000000Z-000000",
        "verdict": verdict,
        "reason": "1 passed (run x, 2 h ago)",
        "results": [wire.result_to_wire(result) for result in results],
        "at": NOON.isoformat(),
        **changes,
    }


def make_events(results: Sequence[CheckResult], *, phases: Sequence[Phase] = (), **start: Any) -> list[Event]:
    """The whole journal of a run in which these results came to be, decided as the results say."""
    first = start_event((result.check for result in results), phases=phases, **start)
    events, decided = [first], []
    chosen = [result for result in results if _is_selected(first, result.check.phase)]
    for phase in map(wire.phase_from_wire, first["phases"]):
        if not phase.selected:
            continue
        own = [result for result in chosen if result.check.phase == phase.marker]
        verdict = decide_phase(phase, own, narrowed=first["narrowed"].get(phase.marker, ""))
        decided.append(verdict)
        events += [opened_event(phase.marker), *map(finished_event, own)]
        events.append(decided_event(phase.marker, verdict.verdict, verdict.reason))
    return [*events, *ending(exit_code_of(decide_release(decided, chosen)))]


def _is_selected(start: Event, marker: str) -> bool:
    return any(phase["marker"] == marker and phase["selected"] for phase in start["phases"])


def make_run(results: Sequence[CheckResult], *, closed: bool = True, **start: Any) -> Run:
    """The run that `make_events` tells of, with or without its end."""
    events = make_events(results, **start)
    return fold(events if closed else events[:-2])


# -- strategies --------------------------------------------------------------------------------------------------------

#: Text that UTF-8 can hold, with everything that is awkward on a page.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
words = st.text("abcdefghijklmnop-", min_size=1, max_size=8)
moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is given beside it
finite = st.floats(allow_nan=False, allow_infinity=False)

checks = st.builds(
    Check,
    id=words.map(lambda word: f"phase1.{word}"),
    phase=st.just("phase1"),
    title=texts,
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    remediation=texts,
    owner=texts,
    mutating=st.booleans(),
    rollback=st.none() | st.sampled_from(Rollback),
    valid=st.none() | st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3650)),
    nodeid=texts,
    source=texts,
    target=texts,
    ticked=st.booleans(),
)
measurements = st.builds(
    Measurement, name=texts, value=finite, unit=texts, min=st.none() | finite, max=st.none() | finite
)
evidence = st.builds(Evidence, kind=words, name=texts, text=texts)


#: Most results are passes: a verdict worth losing is what the laws are about.
_statuses = st.one_of(st.just(Status.PASS), st.just(Status.PASS), st.sampled_from(Status))
_flags = st.sampled_from([(), (), (Flag.WAIVED,), (Flag.FLAKY,)])


@st.composite
def outcomes(
    draw: st.DrawFn, phase: str = "phase1", max_size: int = 5, statuses: st.SearchStrategy[Status] = _statuses
) -> list[CheckResult]:
    """The results of one phase: any status and severity, some waived, some rollback triggers; no id twice."""
    results: list[CheckResult] = []
    for number in range(draw(st.integers(0, max_size))):
        check = make_check(
            f"{phase}.c{number}",
            severity=draw(st.sampled_from(Severity)),
            rollback=draw(st.none() | st.sampled_from(Rollback)),
        )
        results.append(make_result(draw(statuses), check, flags=draw(_flags)))
    return results


@st.composite
def green_outcomes(draw: st.DrawFn, phase: str = "phase1") -> list[CheckResult]:
    """The results of a phase that is GO: a pass, and others that do not count against it."""
    others = [
        result
        for result in draw(outcomes(phase))
        if result.status not in (Status.NOT_RUN, Status.BLOCKED)
        and (
            result.status in (Status.PASS, Status.NOT_APPLICABLE)
            or result.waived
            or result.check.severity is Severity.ADVISORY
        )
    ]
    return [make_result("PASS", f"{phase}.passed"), *others]


def rename(results: Sequence[CheckResult], phase: str) -> list[CheckResult]:
    """The same results as those of another phase."""
    return [
        replace(result, check=replace(result.check, id=f"{phase}.{result.check.id.partition('.')[2]}", phase=phase))
        for result in results
    ]
