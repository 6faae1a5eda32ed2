"""Runs as they end up on release tickets, for the tests that look at the page in a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import sin
from typing import Any

from builders import (
    NOON,
    carried_event,
    decided_event,
    ending,
    finished_event,
    make_check,
    make_phase,
    make_result,
    make_run,
    opened_event,
    start_event,
)

from pytest_deploycheck.core.model import (
    Approvals,
    CheckResult,
    Evidence,
    Flag,
    Kind,
    Measurement,
    Run,
    Signoff,
    Status,
    Waiver,
)
from pytest_deploycheck.core.run import fold
from pytest_deploycheck.core.verdict import decide_phase
from pytest_deploycheck.report.html import Source, render

ENVIRONMENT = {
    "command": "pytest checks --deploycheck-release=2026.11-rc1",
    "options": "--deploycheck-release=2026.11-rc1",
    "folder": "/srv/giflab",
    "user": "release",
    "host": "staging-1",
    "python": "3.11.7",
    "pytest": "9.0",
    "pytest-deploycheck": "0.1.0",
}
PHASES = [
    make_phase("phase1", title="Build stability"),
    make_phase("phase2", title="Architecture stability"),
    make_phase("phase3", title="Memory safety"),
    make_phase("phase4", title="Comprehensive testing"),
]
REASON = "warning threshold = 60 % (min 70) breaks its limit"
BLOCKED = f"phase3 is NO-GO: phase3.thresholds FAIL: {REASON}"
SIGNED = Signoff(
    check="phase1.change-log",
    by="Ann Ode <ann@example.org>",
    at=NOON - timedelta(hours=2),
    release="2026.11-rc1",
    note="read it",
    expires=NOON + timedelta(days=2),
)
WAIVED = Waiver(
    check="phase2.docs",
    by="Bo Lee <bo@example.org>",
    at=NOON - timedelta(days=1),
    reason="the page moves next week",
    expires=NOON + timedelta(days=5),
    ticket="OPS-17",
)
#: As long as evidence gets: it is scrolled in its place, and its table is as wide as the page.
SUITE: dict[str, Any] = {
    "evidence": (
        Evidence(kind="command", name="pytest -q", text="".join(f"tests/test_{n}.py ....\n" for n in range(80))),
    ),
    "measurements": (
        Measurement(
            name="free space at /srv/giflab/.venv/lib/python3.11/site-packages",
            value=83545.2,
            unit="MB",
            min=500.0,
            max=100_000.0,
        ),
    ),
}


def _check(status: str, id: str, title: str, **changes: Any) -> CheckResult:
    line = f"checks/checklist.md:{10 + len(id)}"
    declared = {key: changes.pop(key) for key in ("owner", "remediation", "kind") if key in changes}
    nodeid = "" if "kind" in declared else f"checks/test_{id.replace('.', '.py::test_').replace('-', '_')}"
    return make_result(status, make_check(id, title=title, source=line, nodeid=nodeid, **declared), **changes)


def good() -> list[CheckResult]:
    """Four phases in which everything is as it should be."""
    rss = tuple(round(60 + 8 * sin(number / 15) + number / 100, 3) for number in range(400))
    command = Evidence(kind="command", name="poetry check", text="All set!\n")
    signed = {"signoffs": (SIGNED,), "kind": Kind.MANUAL, "owner": "release manager", "reason": "signed by Ann Ode"}
    return [
        _check("PASS", "phase1.core-imports", "The core imports", evidence=(command,)),
        _check("PASS", "phase1.change-log", "The change log was read", **signed),
        _check("PASS", "phase2.layers", "No module reaches across a layer"),
        _check(
            "FAIL", "phase2.docs", "The manual names the release", reason="404", flags=(Flag.WAIVED,), waiver=WAIVED
        ),
        _check(
            "PASS",
            "phase3.thresholds",
            "The memory thresholds are those agreed on",
            measurements=(Measurement(name="warning threshold", value=70.0, unit="%", min=70.0, max=80.0),),
            owner="sre",
            remediation="set memory.warning to 0.7 in config.py",
        ),
        _check(
            "PASS",
            "phase3.soak",
            "An hour of work keeps within its memory",
            measurements=(Measurement(name="rss", value=max(rss), unit="MB", max=100.0, samples=rss),),
        ),
        _check("PASS", "phase4.suite", "The whole test suite passes", duration_s=61.5, **SUITE),
        _check("PASS", "phase4.coverage", "Every command has a test"),
    ]


def failing() -> list[CheckResult]:
    """The same, but a memory threshold is not the one agreed on, and phase 4 is blocked by that."""
    limits = Measurement(name="warning threshold", value=60.0, unit="%", min=70.0, max=80.0)
    shown = Evidence(kind="text", name="config.py", text="memory:\n  warning: 0.6\n  critical: 0.8\n")
    results = good()
    for number, result in enumerate(results):
        if result.check.id == "phase3.thresholds":
            failed: dict[str, Any] = {
                "status": Status.FAIL,
                "reason": REASON,
                "measurements": (limits,),
                "evidence": (shown,),
            }
            results[number] = replace(result, **failed)
        elif result.check.phase == "phase4":
            results[number] = replace(result, status=Status.BLOCKED, reason=BLOCKED, duration_s=0.0)
    return results


def waiting() -> list[CheckResult]:
    """Nothing failed, and the release manager has not signed."""
    return [
        replace(result, status=Status.PENDING, reason="it waits for a person's word", signoffs=())
        if result.check.kind is Kind.MANUAL
        else result
        for result in good()
    ]


def run_of(results: list[CheckResult], **changes: Any) -> Run:
    """The run in which these results came to be, its phases one after the other."""
    start: dict[str, Any] = {
        "phases": PHASES,
        "release": "2026.11-rc1",
        "environment": ENVIRONMENT,
        "digest": "5d" * 32,
        **changes,
    }
    run = make_run(results, **start)
    phases = [
        replace(
            phase,
            opened=NOON + timedelta(seconds=20 * number),
            decided=NOON + timedelta(seconds=20 * number + (18 if phase.verdict.opens else 2)),
        )
        if phase.phase.selected
        else phase
        for number, phase in enumerate(run.phases)
    ]
    approvals = Approvals(path="deploycheck-approvals.toml", digest="a1" * 32, signoffs=(SIGNED,), waivers=(WAIVED,))
    return replace(run, phases=tuple(phases), approvals=approvals)


def before() -> Run:
    """Yesterday's run of the same release, which was GO."""
    run = run_of(good())
    day = timedelta(days=1)
    assert run.finished is not None
    return replace(run, run_id="20260101T120000.000000Z-abc122", started=run.started - day, finished=run.finished - day)


def blocked() -> Run:
    """Phase 4 alone was asked for, and phase 3 is NO-GO on record."""
    results = failing()
    checks = [result.check for result in results]
    events = [
        start_event(
            checks,
            phases=[replace(phase, selected=phase.marker == "phase4") for phase in PHASES],
            release="2026.11-rc1",
            environment=ENVIRONMENT,
        )
    ]
    for phase in PHASES[:3]:
        own = [result for result in results if result.check.phase == phase.marker]
        found = decide_phase(phase, own)
        events.append(carried_event(found.verdict, own, phase=phase.marker, reason=f"{found.reason} (run x, 1 h ago)"))
    events += [opened_event("phase4"), *(finished_event(row) for row in results if row.check.phase == "phase4")]
    return fold([*events, decided_event("phase4", "BLOCKED", BLOCKED), *ending(12)])


#: What a release can be -> the run that is so.
SCENES = {
    "GO": lambda: run_of(good()),
    "NO-GO": lambda: run_of(failing()),
    "HOLD": lambda: run_of(waiting()),
    "BLOCKED": blocked,
}


def page_of(name: str, *, stylesheet: str = "") -> str:
    """The report of a scene, as it would be written at the end of the run."""
    source = Source(path=f".deploycheck/2026.11-rc1/{before().run_id}.jsonl", sha256="0f" * 32)
    return render(SCENES[name](), history=[before()], stylesheet=stylesheet, source=source)


def large(checks: int = 10_000) -> Run:
    """Ten phases of checks, of which some failed and some measured something."""
    results = []
    for number in range(checks):
        id = f"phase{number * 10 // checks + 1}.check-number-{number}"
        if number % 100 == 7:
            text = "E   assert 9 == 7\n" * 20
            changes: dict[str, Any] = {
                "reason": "assert 9 == 7",
                "evidence": (Evidence(kind="text", name="failure", text=text),),
            }
            results.append(_check("FAIL", id, f"Number {number} is right", **changes))
        elif number % 10 == 3:
            latency = Measurement(name="latency", value=0.3 + number / checks, unit="s", max=1.5)
            results.append(_check("PASS", id, f"Number {number} is fast", measurements=(latency,)))
        else:
            results.append(_check("PASS", id, f"Number {number} is there"))
    return run_of(results, phases=())
