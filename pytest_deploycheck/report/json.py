"""The run as a JSON document; its schema is ``schema/run-1.schema.json`` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.model import Check, CheckResult, Flag, Phase, PhaseResult, Run, Severity, Signoff, Status
from pytest_deploycheck.core.sections import section_to_wire
from pytest_deploycheck.core.standing import Standing, standing
from pytest_deploycheck.core.wire_approvals import signoff_to_wire, waiver_to_wire


def render(run: Run) -> str:
    """The run document, indented, ASCII, ended by a newline."""
    return _dump(_run_document(run))


def plan_to_json(phases: Iterable[Phase], checks: Iterable[Check], **beside: Any) -> str:
    """The checklist before a run: ``{"phases": [...], "checks": [...]}``, and what else is to stand beside them."""
    return _dump(_plan_document(phases, checks) | beside)


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
        "approvals": _approvals(run),
        "accounted": {"total": len(run.checks), "by_status": by_status},
        "environment": dict(run.environment),
        "sections": list(map(section_to_wire, run.sections)),
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
        "signoff": _signoff(result),
        "waiver": None if result.waiver is None else _without_place(waiver_to_wire(result.waiver)),
        "carried_from": result.carried_from,
    }


def _signoff(result: CheckResult) -> dict[str, Any] | None:
    """The newest of the sign-offs that count, with the others in it."""
    rows = [_without_place(signoff_to_wire(signoff)) for signoff in result.signoffs]
    return {**rows[0], "others": rows[1:]} if rows else None


def _without_place(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("check", "source")}


def _approvals(run: Run) -> dict[str, Any]:
    """The file as the run found it, the rules, and what each entry was worth."""
    return {
        "path": run.approvals.path,
        "digest": run.approvals.digest,
        "four_eyes": run.policy.four_eyes,
        "runner": run.policy.runner,
        "standing": list(map(_standing, standing(run))),
    }


def _standing(found: Standing) -> dict[str, Any]:
    entry = found.entry
    return {
        "kind": "signoff" if isinstance(entry, Signoff) else "waiver",
        **(signoff_to_wire(entry) if isinstance(entry, Signoff) else waiver_to_wire(entry)),
        "worth": str(found.worth),
        "why": found.why,
        # With the limit that the check sets, where that comes first.
        "expires": wire.time_to_wire(found.expires),
        "expires_soon": found.expires_soon,
    }
