"""After the deployment: the functions and the health of what is installed now, and of what surrounds it.

Nothing here is taken over from an earlier phase: what was true before the deployment may not be true any more.
"""

from __future__ import annotations

from typing import Any

import pytest

from checks import health, vitals
from checks.judging import LEVELS, THRESHOLDS
from checks.probes import architecture, environment, memory, operations
from checks.probes.logs import explains, read_logs, told
from pytest_deploycheck import not_applicable
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

#: Hours; how far back the logs are read where GIFLAB_DEPLOYED_AT does not say when the deployment was.
DAY = 24.0
#: Shares of memory: how far below the warning threshold the usual load has to stay, to raise no alert all day long.
HEADROOM = 0.05
TIGHT = 96.0


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.metrics-calculation",
    rollback="immediate",
    remediation="Roll back: GifLab computes wrong values. Then compare giflab.metrics with the release before.",
)
def test_metrics_calculation(target: Target, evidence: EvidenceLog) -> None:
    """A known pair has the values that arithmetic gives it; the project's GIFs are read as they are and measured."""
    health.metrics_are_right(target, evidence)
    paths = health.samples_are_read(target, evidence)
    health.sample_is_measured(target, evidence, paths[0])


@pytest.mark.postdeploy
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            "entry",
            marks=pytest.mark.check(
                "postdeploy.cli-commands",
                rollback="immediate",
                remediation="Roll back: the command line is lost. Then run python -m giflab --help by hand.",
            ),
        ),
        pytest.param(
            "all",
            marks=pytest.mark.check(
                "postdeploy.cli-commands", remediation="Run the command named by hand, read its error, mend its module."
            ),
        ),
    ],
)
def test_cli_commands(target: Target, evidence: EvidenceLog, part: str) -> None:
    """The command line is there (entry); all nine commands answer in time (all): nine, where the source counts 8."""
    if part == "entry":
        health.command_line_is_there(target, evidence)
    else:
        health.commands_answer(target, evidence)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.error-handling", remediation="Give the case named a message of one line and a failing exit status."
)
def test_error_handling(target: Target, evidence: EvidenceLog) -> None:
    """Bad input to each command, and the renamed command, get one line that explains and a failure, no traceback."""
    health.errors_are_helpful(target, evidence)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.memory-monitoring", remediation='Install psutil, and enable MONITORING["memory_pressure"].'
)
def test_memory_monitoring(target: Target, evidence: EvidenceLog) -> None:
    """Memory is read, and the reading is the operating system's; the dependency report says that monitoring is on."""
    vitals.memory_is_read_right(target, evidence, vitals.memory_levels(target, evidence, readings=1)[0])
    reported = health.read_dependencies(target, evidence).memory
    for key in ("available", "enabled"):
        assert reported.get(key) is True, (
            f"deps check says of memory monitoring {key}: {reported.get(key)}, expected True"
        )


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.dependency-checking", remediation="Run the deps command named by hand and read what it says."
)
def test_dependency_checking(target: Target, evidence: EvidenceLog) -> None:
    """The three deps commands work, and nothing that is required is missing."""
    health.deps_commands_work(target, evidence)
    health.dependencies_are_there(target, evidence)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.memory-usage", remediation="Find what uses the memory (ps aux --sort=-rss) before going on."
)
def test_memory_usage(target: Target, evidence: EvidenceLog) -> None:
    """The pressure level is NORMAL in every one of several readings; the size of a working process is recorded."""
    vitals.memory_is_calm(target, evidence, below=THRESHOLDS["warning"])
    grown = target.call(operations.watch_growth, 200, 10, fresh=True, timeout=300)
    evidence.measure("resident after work", grown["resident"], "MB", min=1)


@pytest.mark.postdeploy
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            "speed",
            marks=pytest.mark.check(
                "postdeploy.performance",
                rollback="immediate",
                remediation="Roll back: GifLab is more than 20 % slower than before. Then profile a metrics run.",
            ),
        ),
        pytest.param(
            "overhead",
            marks=pytest.mark.check(
                "postdeploy.performance", remediation="Read memory less often, or find what makes a reading slow."
            ),
        ),
        pytest.param(
            "heavy-overhead",
            marks=pytest.mark.check(
                "postdeploy.performance",
                rollback="planned",
                remediation="Plan a rollback; until then switch monitoring off, as in the partial rollback.",
            ),
        ),
    ],
)
def test_performance(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline, part: str) -> None:
    """At most 20 % slower than the baseline (speed); monitoring costs 1 % at most, never 5 % (heavy-overhead)."""
    if part == "speed":
        vitals.speed_holds(target, evidence, baseline, "metrics_run_ms")
    else:
        vitals.overhead_is_low(target, evidence, percent=1 if part == "overhead" else 5)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.error-logs", remediation="Read the log around the errors named; roll back if they touch users' files."
)
def test_error_logs(target: Target, evidence: EvidenceLog) -> None:
    """Since the deployment the logs hold no entry above ERROR, no traceback and no failed import."""
    critical = [
        trouble for trouble in read_logs(target, evidence, hours=DAY).recent if trouble.is_critical or trouble.is_import
    ]
    assert not critical, f"{len(critical)} kinds of critical error are in the logs, expected none: {told(critical)}"


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.import-health",
    rollback="immediate",
    remediation="Roll back: GifLab does not start. Then install what the error names.",
)
def test_import_health(target: Target, evidence: EvidenceLog) -> None:
    """In a new interpreter, what everything else needs can be imported."""
    health.imports_resolve(target, evidence)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.cli-integration", remediation="Compare deps status with deps check --json: which of them is wrong?"
)
def test_cli_integration(target: Target, evidence: EvidenceLog) -> None:
    """A command does its work on real GIFs, and the diagnostics, asked afterwards, still agree with each other."""
    health.batch_is_processed(target, evidence)
    health.deps_commands_work(target, evidence)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.monitoring-integration",
    remediation="See that deps check --json has current memory numbers, and that alerts are written to the log.",
)
def test_monitoring_integration(target: Target, evidence: EvidenceLog) -> None:
    """Readings are handed over where monitoring systems fetch them: true numbers in JSON, alerts in the log."""
    current = health.read_dependencies(target, evidence).memory.get("current") or {}
    assert current, "deps check --json has no current memory reading for a monitoring system to fetch"
    share = current.get("percent", current.get("system_memory_percent"))
    reference = target.call(memory.read_reference)
    assert reference is not None, "psutil is missing on the target, so there is no memory reading to hand over"
    assert share is not None, f"the current memory reading has no share in use; it has {', '.join(current)}"
    evidence.measure("share in the JSON, off by", abs(share - reference["share"]), max=0.1)
    heard = target.call(operations.hear_alert, TIGHT, fresh=True, timeout=90)
    assert heard["heard"], f"memory at {TIGHT:g} % wrote nothing of level WARNING or above to the log"
    evidence.text("heard in the log", "\n".join(heard["heard"]))


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.alert-integration", remediation="See giflab.monitoring.memory_integration: who receives its alerts?"
)
def test_alert_integration(target: Target, evidence: EvidenceLog) -> None:
    """The integration starts, simulated pressure raises an alert, and calm memory raises none."""
    found = target.call(memory.simulate_pressure, 50.0, TIGHT, fresh=True, timeout=90)
    evidence.text("asked by", found["api"])
    assert found["initialised"] is True, f"initialize() returned {found['initialised']}, expected True"
    assert not found["alerts"]["calm"], f"50 % in use raised an alert: {found['alerts']['calm']}"
    assert found["alerts"]["tight"], f"{TIGHT:g} % in use raised no alert"


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.dependency-integration", remediation="Mend the function named in src/giflab/lazy_imports.py."
)
def test_dependency_integration(target: Target, evidence: EvidenceLog) -> None:
    """What the dependency report and the lazy imports say of optional packages is what importing them shows."""
    optional = health.read_dependencies(target, evidence).optional
    assert optional, "deps check --json names no optional dependency, expected some"
    health.report_is_true(target, evidence, optional)
    asked = target.call(architecture.compare_lazy_imports, "", fresh=True)
    evidence.table("lazy imports", [{"function": name, **entry} for name, entry in asked.items()])
    wrong = {name: entry for name, entry in asked.items() if entry["said"] is not entry["true"]}
    assert not wrong, f"{len(wrong)} of {len(asked)} lazy imports are wrong: {wrong}"


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.system-metrics", remediation="See which number is missing, and where it should come from."
)
def test_system_metrics(target: Target, evidence: EvidenceLog) -> None:
    """Every expected number is there and finite: of memory, of a measured pair, of the time that measuring takes."""
    reading = vitals.memory_levels(target, evidence, readings=1)[0]
    for name in ("available_mb", "total_mb", "process_mb"):
        evidence.measure(f"memory: {name}", reading[name], "MB", min=1)
    evidence.measure("memory: share in use", reading["share"], min=0, max=1)
    health.sample_is_measured(target, evidence, health.sample_paths(target)[0])
    for number, spent in enumerate(target.call(environment.time_metrics, 2, timeout=600), 1):
        evidence.measure(f"metrics run {number}", spent, "ms", min=0.001)


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.alert-thresholds",
    remediation="Free memory on the host, or give it more; change the thresholds only with the people on call.",
)
def test_alert_thresholds(target: Target, evidence: EvidenceLog) -> None:
    """The levels change at 70, 80 and 95 %; today's load keeps clear of them; critical leaves room to work."""
    found: dict[str, Any] = target.call(memory.read_memory, list(LEVELS), 1, fresh=True)
    levels = {percent: found["levels"][str(percent)] for percent in LEVELS}
    evidence.table("levels", [{"in use": f"{percent:g} %", "level": level} for percent, level in levels.items()])
    assert levels == LEVELS, f"the levels in effect are {levels}, expected {LEVELS}"
    reading = found["reading"]
    evidence.measure("memory in use", reading["share"], min=0, max=THRESHOLDS["warning"] - HEADROOM)
    grown = target.call(operations.watch_growth, 200, 10, fresh=True, timeout=300)
    left = (1 - THRESHOLDS["critical"]) * reading["total_mb"]
    evidence.measure("memory left when critical is reached", left, "MB", min=grown["resident"])


@pytest.mark.postdeploy
@pytest.mark.check(
    "postdeploy.log-quality", remediation="Give the log entry named words that say what failed and on what."
)
def test_log_quality(target: Target, evidence: EvidenceLog) -> None:
    """Every error logged since the deployment says in words what is wrong; it is no bare traceback."""
    recent = read_logs(target, evidence, hours=DAY).recent
    if not recent:
        not_applicable("no error has been logged since the deployment, so there is no message to look at")
    mute = [trouble for trouble in recent if not explains(trouble)]
    assert not mute, f"{len(mute)} kinds of error are logged without an explanation, expected none: {told(mute)}"
