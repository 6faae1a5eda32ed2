"""The one shape of stored data: checks, results and runs to and from plain JSON values.

Readers refuse what they do not know: a key that a newer version wrote is an error, never silently dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_deploycheck.core.model import (
    Check,
    CheckResult,
    Evidence,
    Flag,
    Kind,
    Measurement,
    Phase,
    PhaseResult,
    Rollback,
    Run,
    Severity,
    Status,
)

#: The version of the run document; it changes when a reader of the old one would misread the new one.
SCHEMA = "pytest-deploycheck/run/1"

Json = dict[str, Any]

_RESULT_KEYS = {"check", "target", "status", "reason", "flags", "duration_s", "finished", "carried_from"}
_RESULT_KEYS |= {"measurements", "evidence"}


def time_to_wire(moment: datetime | None) -> str | None:
    """ISO 8601 with the zone."""
    return None if moment is None else moment.isoformat()


def time_from_wire(text: str | None) -> datetime | None:
    """The moment; raises ``ValueError`` for one without a zone."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def phase_to_wire(phase: Phase) -> Json:
    """Marker, title and whether the run was asked to decide it."""
    return {"marker": phase.marker, "title": phase.title, "selected": phase.selected}


def phase_from_wire(data: Json) -> Phase:
    """The phase; raises ``TypeError`` for unknown or missing keys."""
    return Phase(marker=data["marker"], title=data["title"], selected=data["selected"], **_beyond(data))


def _beyond(data: Json) -> Json:
    return {key: value for key, value in data.items() if key not in ("marker", "title", "selected")}


def check_to_wire(check: Check) -> Json:
    """Every declared property; absent ones are null or empty."""
    return {
        "id": check.id,
        "phase": check.phase,
        "title": check.title,
        "kind": str(check.kind),
        "severity": str(check.severity),
        "remediation": check.remediation,
        "owner": check.owner,
        "mutating": check.mutating,
        "rollback": None if check.rollback is None else str(check.rollback),
        "valid_s": None if check.valid is None else check.valid.total_seconds(),
        "nodeid": check.nodeid,
        "source": check.source,
        "target": check.target,
        "ticked": check.ticked,
    }


_CHECK_KEYS = frozenset(check_to_wire(Check(id="", phase="", title="")))


def check_from_wire(data: Json) -> Check:
    """The check; raises ``TypeError`` for unknown or missing keys, ``ValueError`` for unknown words."""
    if missing := _CHECK_KEYS - set(data):
        raise TypeError(f"missing keys: {', '.join(sorted(missing))}")
    fields = dict(data)
    rollback, valid = fields.pop("rollback"), fields.pop("valid_s")
    return Check(
        kind=Kind(fields.pop("kind")),
        severity=Severity(fields.pop("severity")),
        rollback=None if rollback is None else Rollback(rollback),
        valid=None if valid is None else timedelta(seconds=valid),
        **fields,
    )


def result_to_wire(result: CheckResult) -> Json:
    """What a run learned of a check; empty parts are left out, since most checks just pass."""
    wire: Json = {
        "check": result.check.id,
        "status": str(result.status),
        "duration_s": round(result.duration_s, 6),
        "finished": time_to_wire(result.finished),
    }
    if result.check.target:
        wire["target"] = result.check.target
    if result.reason:
        wire["reason"] = result.reason
    if result.flags:
        wire["flags"] = [str(flag) for flag in result.flags]
    if result.measurements:
        wire["measurements"] = [measurement_to_wire(item) for item in result.measurements]
    if result.evidence:
        wire["evidence"] = [evidence_to_wire(item) for item in result.evidence]
    if result.carried_from:
        wire["carried_from"] = result.carried_from
    return wire


def result_from_wire(data: Json, checks: Mapping[tuple[str, str], Check]) -> CheckResult:
    """The result of one of `checks`; raises ``KeyError`` for another check, ``ValueError`` for unknown words."""
    if unknown := data.keys() - _RESULT_KEYS:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    return CheckResult(
        check=checks[data["check"], data.get("target", "")],
        status=Status(data["status"]),
        reason=data.get("reason", ""),
        flags=tuple(map(Flag, data.get("flags", ()))),
        duration_s=data["duration_s"],
        finished=time_from_wire(data["finished"]),
        measurements=tuple(map(_measurement_from_wire, data.get("measurements", ()))),
        evidence=tuple(Evidence(**item) for item in data.get("evidence", ())),
        carried_from=data.get("carried_from", ""),
    )


def measurement_to_wire(item: Measurement) -> Json:
    """Name, value, unit and limits; a value that is no number is written as null, which JSON can hold."""
    return {
        "name": item.name,
        "value": _finite(item.value),
        "unit": item.unit,
        "min": _finite(item.min),
        "max": _finite(item.max),
    }


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _measurement_from_wire(data: Json) -> Measurement:
    value = math.nan if data["value"] is None else data["value"]
    return Measurement(**{**data, "value": value})


def evidence_to_wire(item: Evidence) -> Json:
    """Kind, name and text."""
    return {"kind": item.kind, "name": item.name, "text": item.text}


def checks_to_plan(phases: Iterable[Phase], checks: Iterable[Check]) -> Json:
    """What ``deploycheck plan --json`` prints: the keys of a run as far as they are known before one."""
    return {"phases": [phase_to_wire(phase) for phase in phases], "checks": [check_to_wire(check) for check in checks]}


def run_to_wire(run: Run) -> Json:
    """The run document (``--deploycheck-json``); its JSON Schema ships in ``report/schema``."""
    by_status = {str(status): 0 for status in Status}
    for result in run.checks:
        by_status[result.status] += 1
    return {
        "schema": SCHEMA,
        "release": run.release,
        "run_id": run.run_id,
        "started": time_to_wire(run.started),
        "finished": time_to_wire(run.finished),
        "verdict": str(run.verdict),
        "selected_verdict": str(run.selected_verdict),
        "exit_code": run.exit_code,
        "targets": list(run.targets),
        "notes": list(run.notes),
        "digest": run.digest,
        "phases": [_phase_result_to_wire(phase) for phase in run.phases],
        "checks": [_check_row_to_wire(result) for result in run.checks],
        "accounted": {"total": len(run.checks), "by_status": by_status},
        "environment": dict(run.environment),
    }


def _phase_result_to_wire(result: PhaseResult) -> Json:
    return {
        "marker": result.phase.marker,
        "title": result.phase.title,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "counts": {str(status): result.counts.get(status, 0) for status in Status},
        "selected": result.phase.selected,
        "opened": time_to_wire(result.opened),
        "decided": time_to_wire(result.decided),
    }


def _all_flags(result: CheckResult) -> tuple[Flag, ...]:
    advisory = (Flag.ADVISORY,) if result.check.severity is Severity.ADVISORY else ()
    return tuple(dict.fromkeys([*result.flags, *advisory]))


def _check_row_to_wire(result: CheckResult) -> Json:
    return {
        **check_to_wire(result.check),
        "status": str(result.status),
        "flags": [str(flag) for flag in _all_flags(result)],
        "reason": result.reason,
        "duration_s": round(result.duration_s, 6),
        "measurements": [measurement_to_wire(item) for item in result.measurements],
        "evidence": [evidence_to_wire(item) for item in result.evidence],
        "signoff": None,
        "waiver": None,
        "carried_from": result.carried_from,
    }
