"""The run in the Common Test Report Format (https://ctrf.io), for the readers of that.

A reader of CTRF takes anything but ``failed`` for no trouble. So a phase that is not GO is a failed test of its own, as
in JUnit; a check that was accepted by a waiver stays what it was.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from pytest_deploycheck.core.model import CheckResult, Flag, Run, Severity, Status, Verdict
from pytest_deploycheck.core.wire import measurement_to_wire
from pytest_deploycheck.report.faults import Fault, faults
from pytest_deploycheck.report.inert import inert, one_line, place_of

#: The version of the format that is written; it is still a draft.
SPEC_VERSION = "0.0.0"
#: What our own words stand under where the format leaves room for others'.
_OURS = "pytest-deploycheck/{}".format
_STATUSES = dict.fromkeys(Status, "other") | {
    Status.PASS: "passed",
    Status.FAIL: "failed",
    Status.ERROR: "failed",
    Status.PENDING: "pending",
    Status.SKIPPED: "skipped",
    Status.NOT_APPLICABLE: "skipped",
}


def render(run: Run) -> str:
    """The document, indented, ASCII, ended by a newline."""
    titles = {phase.phase.marker: phase.phase.title for phase in run.phases}
    tests = [_test(result, titles[result.check.phase]) for result in run.checks]
    tests += [_fault(fault) for fault in faults(run)]
    version = inert(run.environment.get("pytest-deploycheck", ""))
    tool = {"name": "pytest-deploycheck"} | ({"version": version} if version else {})
    document = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, _OURS(inert(run.run_id)))),
        "runId": inert(run.run_id) or "-",
        "generatedBy": " ".join(tool.values()),
        "results": {
            "tool": tool,
            "summary": _summary(run, tests),
            "tests": tests,
            "environment": _environment(run),
            "extra": {
                _OURS("run"): {
                    "release": inert(run.release),
                    "verdict": str(run.verdict),
                    "selected_verdict": str(run.selected_verdict),
                    "exit_code": run.exit_code,
                    "closed": run.closed,
                }
            },
        },
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _summary(run: Run, tests: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(test["status"] for test in tests)
    ends = [run.finished] if run.finished else [result.finished for result in run.checks]
    start, stop = _ms(run.started), max([_ms(end) for end in ends if end], default=0)
    return {
        "tests": len(tests),
        **{status: counts[status] for status in ("passed", "failed", "skipped", "pending", "other")},
        "flaky": sum(test.get("flaky", False) for test in tests),
        "start": start,
        "stop": max(start, stop),
        "duration": max(0, stop - start),
    }


def _environment(run: Run) -> dict[str, Any]:
    known = {
        "reportName": one_line(f"deployment checklist {run.release}"),
        "appVersion": inert(run.release),
        "testEnvironment": inert(", ".join(target for target in run.targets if target)),
        "osPlatform": inert(run.environment.get("platform", "")),
    }
    return {**{key: value for key, value in known.items() if value}, "healthy": run.verdict is Verdict.GO}


def _test(result: CheckResult, phase: str) -> dict[str, Any]:
    check = result.check
    advisory = check.severity is Severity.ADVISORY and Flag.ADVISORY not in result.flags
    test: dict[str, Any] = {
        "testId": inert(f"{check.id} on {check.target}" if check.target else check.id),
        "name": one_line(check.title) or inert(check.id),
        "status": _STATUSES[result.status],
        "duration": round(result.duration_s * 1000),
        "suite": [one_line(phase) or inert(check.phase)],
        "type": str(check.kind),
        "rawStatus": str(result.status),
        "tags": [*map(str, result.flags), *(["advisory"] if advisory else [])],
        "labels": _labels(result),
    }
    if result.reason:
        test["message"] = inert(result.reason)
    if trace := next((item.text for item in result.evidence if item.name == "failure"), ""):
        test["trace"] = inert(trace)
    if result.finished:
        test["stop"] = _ms(result.finished)
        test["start"] = test["stop"] - test["duration"]
    if Flag.FLAKY in result.flags and result.status is Status.PASS:
        test["flaky"] = True
    if place := place_of(check.source):
        test["filePath"], test["line"] = inert(place[0]), place[1]
    if result.measurements:
        test["extra"] = {_OURS("measurements"): [_measured(measurement_to_wire(item)) for item in result.measurements]}
    return test


def _measured(data: dict[str, Any]) -> dict[str, Any]:
    return {key: inert(value) if isinstance(value, str) else value for key, value in data.items()}


def _labels(result: CheckResult) -> dict[str, str]:
    check = result.check
    said = {
        "id": check.id,
        "phase": check.phase,
        "severity": str(check.severity),
        "owner": check.owner,
        "target": check.target,
        "remediation": check.remediation,
        "carried_from": result.carried_from,
        "waived_by": result.waiver.by if result.waiver else "",
        "waived_until": result.waiver.expires.isoformat() if result.waiver else "",
        "signed_by": ", ".join(signoff.by for signoff in result.signoffs),
    }
    return {name: inert(value) for name, value in said.items() if value}


def _fault(fault: Fault) -> dict[str, Any]:
    test = {
        "testId": _OURS(inert(fault.name)),
        "name": inert(f"{fault.name} is {fault.verdict}"),
        "status": "failed",
        "duration": 0,
        "suite": ["pytest-deploycheck"],
        "rawStatus": str(fault.verdict),
        "tags": ["phase"],
        "message": inert(fault.reason),
    }
    return test | ({"trace": inert(fault.details)} if fault.details else {})


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
