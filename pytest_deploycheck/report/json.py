"""The run as a JSON document; its schema is ``schema/run-1.schema.json`` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.model import Check, CheckResult, Flag, Phase, PhaseResult, Run, Severity, Status


def render(run: Run) -> str:
    """The run document, indented, ASCII, ended by a newline."""
    return _dump(_run_document(run))


def plan_to_json(phases: Iterable[Phase], checks: Iterable[Check], strays: Iterable[str] = ()) -> str:
    """The checklist before a run: ``{"phases": [...], "checks": [...]}``.

    `strays`, where given, are ``file:line`` of task lines that stand under no phase.
    """
    listed = list(strays)
    return _dump(_plan_document(phases, checks) | ({"strays": listed} if listed else {}))


def run_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the run document."""
    text = files(__package__).joinpath("schema", "run-1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def _plan_document(phases: Iterable[Phase], checks: Iterable[Check]) -> dict[str, Any]:
    """What ``deploycheck plan --json`` prints: the keys of a run as far as they are known before one."""
    return {
        "phases": [wire.phase_to_wire(phase) for phase in phases],
        "checks": [wire.check_to_wire(check) for check in checks],
    }


def _run_document(run: Run) -> dict[str, Any]:
    """The run document (``--deploycheck-json``); its JSON Schema ships in ``report/schema``."""
    by_status = {str(status): 0 for status in Status}
    for result in run.checks:
        by_status[result.status] += 1
    return {
        "schema": wire.SCHEMA,
        "release": run.release,
        "run_id": run.run_id,
        "started": wire.time_to_wire(run.started),
        "finished": wire.time_to_wire(run.finished),
        "verdict": str(run.verdict),
        "selected_verdict": str(run.selected_verdict),
        "exit_code": run.exit_code,
        "targets": list(run.targets),
        "notes": list(run.notes),
        "digest": run.digest,
        "phases": [_phase_row(phase) for phase in run.phases],
        "checks": [_check_row(result) for result in run.checks],
        "accounted": {"total": len(run.checks), "by_status": by_status},
        "environment": dict(run.environment),
    }


def _phase_row(result: PhaseResult) -> dict[str, Any]:
    return {
        "marker": result.phase.marker,
        "title": result.phase.title,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "counts": {str(status): result.counts.get(status, 0) for status in Status},
        "selected": result.phase.selected,
        "opened": wire.time_to_wire(result.opened),
        "decided": wire.time_to_wire(result.decided),
    }


def _all_flags(result: CheckResult) -> tuple[Flag, ...]:
    advisory = (Flag.ADVISORY,) if result.check.severity is Severity.ADVISORY else ()
    return tuple(dict.fromkeys([*result.flags, *advisory]))


def _check_row(result: CheckResult) -> dict[str, Any]:
    return {
        **wire.check_to_wire(result.check),
        "status": str(result.status),
        "flags": [str(flag) for flag in _all_flags(result)],
        "reason": result.reason,
        "duration_s": round(result.duration_s, 6),
        "measurements": [wire.measurement_to_wire(item) for item in result.measurements],
        "evidence": [wire.evidence_to_wire(item) for item in result.evidence],
        "signoff": None,
        "waiver": None,
        "carried_from": result.carried_from,
    }
