"""The one shape of stored data: checks, results and runs to and from plain JSON values.

Readers refuse what they do not know: a key that a newer version wrote is an error, never silently dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    CheckResult,
    Evidence,
    Flag,
    Kind,
    Measurement,
    Phase,
    Policy,
    Rollback,
    Severity,
    Status,
    Verdict,
)
from pytest_deploycheck.core.wire_approvals import (
    approvals_from_wire,
    approvals_to_wire,
    signoff_from_wire,
    signoff_to_wire,
    waiver_from_wire,
    waiver_to_wire,
)

#: The version of the run document; it changes when a reader of the old one would misread the new one.
SCHEMA = "pytest-deploycheck/run/1"

Json = dict[str, Any]

_RESULT_KEYS = {"check", "target", "status", "reason", "flags", "duration_s", "finished", "carried_from"}
_RESULT_KEYS |= {"measurements", "evidence", "signoffs", "waiver"}


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


def moment_from_wire(text: object) -> datetime:
    """The moment; raises ``TypeError`` where there is none, ``ValueError`` for one without a zone."""
    moment = time_from_wire(_text(text))
    assert moment is not None  # only null stands for no moment
    return moment


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> float:
    """A finite number; JSON's true is none, and neither is 1e400, which reads as infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError(f"{value!r} is no number of people")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _rows(value: object) -> Sequence[Any]:
    # The writer folds an event before it went through JSON, which knows no tuples.
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is no list")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _rows(value)))


def _table(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no table")
    return value


def phase_to_wire(phase: Phase) -> Json:
    """Marker, title and whether the run was asked to decide it."""
    return {"marker": phase.marker, "title": phase.title, "selected": phase.selected}


def phase_from_wire(data: Json) -> Phase:
    """The phase; raises ``TypeError`` for unknown keys and wrong types, ``KeyError`` for missing ones."""
    return Phase(
        marker=_text(data["marker"]), title=_text(data["title"]), selected=_flag(data["selected"]), **_beyond(data)
    )


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
        "text": check.text,
        "signers": check.signers,
        "waivable": check.waivable,
    }


_CHECK_KEYS = frozenset(check_to_wire(Check(id="", phase="", title="")))


def check_from_wire(data: Json) -> Check:
    """The check; raises ``TypeError`` for unknown or missing keys and wrong types, ``ValueError`` for unknown words."""
    if missing := _CHECK_KEYS - set(data):
        raise TypeError(f"missing keys: {', '.join(sorted(missing))}")
    fields = dict(data)
    rollback, valid = fields.pop("rollback"), fields.pop("valid_s")
    kind, severity = Kind(fields.pop("kind")), Severity(fields.pop("severity"))
    mutating, ticked, waivable = (_flag(fields.pop(key)) for key in ("mutating", "ticked", "waivable"))
    signers = _count(fields.pop("signers"))
    for value in fields.values():
        if type(value) is not str:
            raise TypeError(f"{value!r} is no text")
    return Check(
        kind=kind,
        severity=severity,
        rollback=None if rollback is None else Rollback(rollback),
        valid=None if valid is None else timedelta(seconds=_number(valid)),
        mutating=mutating,
        ticked=ticked,
        waivable=waivable,
        signers=signers,
        **fields,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """What a run says of itself before its first check."""

    run_id: str
    release: str
    started: datetime
    targets: tuple[str, ...]
    digest: str
    phases: tuple[Phase, ...]
    checks: tuple[Check, ...]
    #: Key of a check that has no item -> why.
    absent: Mapping[tuple[str, str], str]
    #: Phase -> why checks of it may be missing that nobody can list.
    narrowed: Mapping[str, str]
    environment: Mapping[str, str]
    notes: tuple[str, ...]
    #: The approvals as they were found, and the rules for them.
    approvals: Approvals = field(default_factory=Approvals)
    policy: Policy = field(default_factory=Policy)


_START_KEYS = frozenset(
    {"at", "run_id", "release", "targets", "digest", "phases", "checks", "absent", "narrowed", "environment", "notes"}
)


def start_to_wire(start: Start) -> Json:
    """What `start_from_wire` reads; the moment stands first, where a reader finds it without the rest."""
    absent: dict[str, list[tuple[str, str]]] = {}
    for key, reason in start.absent.items():
        absent.setdefault(reason, []).append(key)
    return {
        "at": time_to_wire(start.started),
        "schema": SCHEMA,
        "run_id": start.run_id,
        "release": start.release,
        "targets": list(start.targets),
        "digest": start.digest,
        "phases": [phase_to_wire(phase) for phase in start.phases],
        "checks": [check_to_wire(check) for check in start.checks],
        "absent": absent,
        "narrowed": dict(start.narrowed),
        "environment": dict(start.environment),
        "notes": list(start.notes),
        "approvals": approvals_to_wire(start.approvals, start.policy),
    }


def start_from_wire(data: Json) -> Start:
    """The beginning of a run.

    Raises ``KeyError`` for missing keys, ``TypeError`` for wrong types, ``ValueError`` for unknown keys and words, for
    a phase or a check that stands there twice, and for another version's run.
    """
    if missing := _START_KEYS - set(data):
        raise KeyError(*sorted(missing))
    if unknown := set(data) - _START_KEYS - {"schema", "approvals"}:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    if data.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"it is written as {data['schema']!r}, and this version reads {SCHEMA!r}")
    # A record of before there were any has none.
    approvals, policy = approvals_from_wire(data["approvals"]) if "approvals" in data else (Approvals(), Policy())
    phases = tuple(map(phase_from_wire, _rows(data["phases"])))
    checks = tuple(map(check_from_wire, _rows(data["checks"])))
    _refuse_twice("the phase", (phase.marker for phase in phases))
    _refuse_twice("the check", (check.key for check in checks))
    return Start(
        run_id=_text(data["run_id"]),
        release=_text(data["release"]),
        started=moment_from_wire(data["at"]),
        targets=_texts(data["targets"]),
        digest=_text(data["digest"]),
        phases=phases,
        checks=checks,
        absent={_key(pair): reason for reason, pairs in _table(data["absent"]).items() for pair in _rows(pairs)},
        narrowed={marker: _text(why) for marker, why in _table(data["narrowed"]).items()},
        environment={name: _text(value) for name, value in _table(data["environment"]).items()},
        notes=_texts(data["notes"]),
        approvals=approvals,
        policy=policy,
    )


def _key(pair: object) -> tuple[str, str]:
    check, target = _texts(pair)
    return check, target


def _refuse_twice(what: str, names: Iterable[object]) -> None:
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} stands there twice")
        seen.add(name)


def verdict_from_wire(text: object) -> Verdict:
    """The verdict on a phase; raises ``ValueError`` for an unknown one, and for ROLLBACK, which is a release's."""
    verdict = Verdict(_text(text))
    if verdict is Verdict.ROLLBACK:
        raise ValueError("a phase is never ROLLBACK")
    return verdict


def exit_code_from_wire(code: object) -> int:
    """The exit status; raises ``TypeError`` for what no process can end with."""
    if isinstance(code, bool) or not isinstance(code, int) or not -_INT_LIMIT <= code < _INT_LIMIT:
        raise TypeError(f"{code!r} is no exit status")
    return int(code)


_INT_LIMIT = 2**31


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
    if result.signoffs:
        wire["signoffs"] = [signoff_to_wire(signoff) for signoff in result.signoffs]
    if result.waiver:
        wire["waiver"] = waiver_to_wire(result.waiver)
    return wire


def result_from_wire(data: Json, checks: Mapping[tuple[str, str], Check]) -> CheckResult:
    """The result of one of `checks`.

    Raises ``KeyError`` for another check, ``TypeError`` for wrong types, ``ValueError`` for unknown keys and words.
    """
    if unknown := data.keys() - _RESULT_KEYS:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    # Most results have none of these.
    few = data.keys() & _FEW_HAVE
    return CheckResult(
        check=checks[data["check"], data.get("target", "")],
        status=Status(data["status"]),
        reason=_text(data.get("reason", "")),
        flags=tuple(map(Flag, _rows(data["flags"]))) if "flags" in few else (),
        duration_s=_number(data["duration_s"]),
        finished=time_from_wire(data["finished"]),
        measurements=tuple(map(measurement_from_wire, _rows(data["measurements"]))) if "measurements" in few else (),
        evidence=tuple(map(evidence_from_wire, _rows(data["evidence"]))) if "evidence" in few else (),
        carried_from=_text(data["carried_from"]) if "carried_from" in few else "",
        signoffs=tuple(map(signoff_from_wire, _rows(data["signoffs"]))) if "signoffs" in few else (),
        waiver=waiver_from_wire(data["waiver"]) if "waiver" in few else None,
    )


_FEW_HAVE = frozenset({"flags", "measurements", "evidence", "carried_from", "signoffs", "waiver"})


def measurement_to_wire(item: Measurement) -> Json:
    """Name, value, unit, limits, samples if any; a value that is no number is null, which JSON can hold."""
    wire: Json = {
        "name": item.name,
        "value": _finite(item.value),
        "unit": item.unit,
        "min": _finite(item.min),
        "max": _finite(item.max),
    }
    if item.samples:
        wire["samples"] = list(map(_finite, item.samples))
    return wire


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def measurement_from_wire(data: Json) -> Measurement:
    fields = dict(_table(data))
    value, low, high = fields.pop("value"), fields.pop("min"), fields.pop("max")
    return Measurement(
        value=_value(value),
        samples=tuple(map(_value, _rows(fields.pop("samples", ())))),
        min=None if low is None else _number(low),
        max=None if high is None else _number(high),
        **{key: _text(word) for key, word in fields.items()},
    )


def _value(number: object) -> float:
    return math.nan if number is None else _number(number)


def evidence_from_wire(data: Json) -> Evidence:
    """The evidence; raises ``TypeError`` for unknown or missing keys and wrong types."""
    fields = dict(_table(data))
    size = fields.pop("size", 0)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise TypeError(f"{size!r} is no number of bytes")
    return Evidence(size=size, **{key: _text(word) for key, word in fields.items()})


def evidence_to_wire(item: Evidence) -> Json:
    """Kind, name and text; digest and size of the whole where that is another."""
    wire: Json = {"kind": item.kind, "name": item.name, "text": item.text}
    if item.sha256:
        wire |= {"sha256": item.sha256, "size": item.size}
    return wire
