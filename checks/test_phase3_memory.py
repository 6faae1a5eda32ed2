"""Phase 3, memory safety: memory is watched, early enough and almost for free."""

from __future__ import annotations

import math
import re
from statistics import fmean, median

import pytest

from checks.errands import CALM, TIGHT, Errands
from checks.judging import LEVELS, THRESHOLDS, read_report
from checks.probes import environment, memory
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

#: How far two readings of the same memory, taken one after the other, may lie apart: a share of the machine's memory.
DRIFT = 0.05


@pytest.mark.phase3
@pytest.mark.check(
    "phase3.monitor-start", remediation="Install psutil where GifLab runs; without it memory is not watched."
)
def test_monitor_start(target: Target, evidence: EvidenceLog) -> None:
    """The monitor starts and reports what psutil reports: memory in all, available, in use, and this process's own."""
    found = target.call(memory.read_memory, [], 1)
    reading, reference = found["reading"], target.call(memory.read_reference)
    evidence.text("asked by", found["api"])
    for name in ("available_mb", "total_mb", "share", "process_mb"):
        assert math.isfinite(reading[name]), f"the monitor's {name} is {reading[name]}: it cannot read the memory"
    assert reference is not None, "psutil is missing on the target, so the monitor's numbers cannot come from it"
    expected_level = level_at(reference["share"])
    evidence.table("readings", [{"of": "monitor", **reading}, {"of": "psutil", **reference, "level": expected_level}])
    total, kernel = reference["total_mb"], reference["kernel_mb"]
    evidence.measure("psutil's total, off by the kernel's", abs(total - kernel) / kernel, max=0.001)
    evidence.measure("total memory, off by", abs(reading["total_mb"] - total) / total, max=0.001)
    evidence.measure("available, off by", abs(reading["available_mb"] - reference["available_mb"]) / total, max=DRIFT)
    evidence.measure("share in use, off by", abs(reading["share"] - reference["share"]), max=DRIFT)
    evidence.measure("this process", reading["process_mb"], "MB", min=1, max=total)
    drifted = {level_at(reference["share"] - DRIFT), expected_level, level_at(reference["share"] + DRIFT)}
    assert reading["level"] in drifted, (
        f"the level is {reading['level']} at {reading['share']:.0%}, expected {expected_level}"
    )


def level_at(share: float) -> str:
    """The level that a share of memory in use must have."""
    reached = [name.upper() for name, threshold in THRESHOLDS.items() if share >= threshold]
    return reached[-1] if reached else "NORMAL"


@pytest.mark.phase3
@pytest.mark.check(
    "phase3.thresholds",
    remediation='Set MONITORING["memory_pressure"]["thresholds"] to 0.70, 0.80, 0.95; see that the monitor reads them.',
)
def test_thresholds(evidence: EvidenceLog, errands: Errands) -> None:
    """70, 80 and 95 % are configured, and in the levels that the monitor returns just below and above each."""
    answers = errands.ask("phase3")
    configured = answers["thresholds"].value
    evidence.table("configured", [configured])
    assert configured, 'MONITORING["memory_pressure"] has no thresholds, expected ' + str(THRESHOLDS)
    wrong = {
        name: configured.get(name) for name, value in THRESHOLDS.items() if configured.get(name) != pytest.approx(value)
    }
    assert not wrong, f"configured thresholds are {wrong}, expected {THRESHOLDS}"
    found = answers["levels"].value
    evidence.text("asked by", found["api"])
    levels = {percent: found["levels"][str(percent)] for percent in LEVELS}
    evidence.table("levels", [{"in use": f"{percent:g} %", "level": level} for percent, level in levels.items()])
    off = [
        f"{levels[percent]} at {percent:g} %, expected {level}"
        for percent, level in LEVELS.items()
        if levels[percent] != level
    ]
    assert not off, f"the monitor's level is {'; '.join(off)}"


@pytest.mark.phase3
@pytest.mark.check(
    "phase3.overhead", remediation="Profile one reading of SystemMemoryMonitor; read less, or less often."
)
def test_overhead(target: Target, evidence: EvidenceLog) -> None:
    """A reading takes less than 10 ms, and less than 1 % of the metrics run that it accompanies."""
    found = target.call(memory.read_memory, [], 200)
    evidence.text("asked by", found["api"])
    available = found["reading"]["available_mb"]
    assert math.isfinite(available), f"available memory is {available}: a reading that fails has no cost worth knowing"
    reading = fmean(found["spent_ms"])
    evidence.measure("one reading, mean of 200", reading, "ms", max=10)
    run = median(target.call(environment.time_metrics, 3, timeout=600))
    evidence.measure("one metrics run, median of 3", run, "ms", min=0)
    evidence.measure("overhead of one reading in a metrics run", 100 * reading / run, "%", max=1)


@pytest.mark.phase3
@pytest.mark.check(
    "phase3.cli-integration", remediation="Run giflab deps check --verbose by hand; enable memory monitoring."
)
def test_cli_integration(target: Target, evidence: EvidenceLog, errands: Errands) -> None:
    """With --verbose, deps check shows memory monitoring at work, with a level and a share that are true."""
    answers = errands.ask("phase3")
    monitoring = read_report(answers["report"].stdout).get("system", {}).get("memory_monitoring")
    assert monitoring, "deps check --json says nothing of memory monitoring in its system section"
    for key in ("available", "enabled"):
        assert monitoring.get(key) is True, f"deps check says that memory monitoring is {key}: {monitoring.get(key)}"
    shown = answers["verbose"]
    lines = [line.strip() for line in shown.stdout.splitlines() if re.search("memory|pressure", line, re.IGNORECASE)]
    evidence.text("shown", str(shown))
    said = re.search(
        r"\b(normal|warning|critical|emergency)\b[^\n]*?(\d+(?:\.\d+)?) ?%", "\n".join(lines), re.IGNORECASE
    )
    assert said, f"deps check --verbose shows neither level nor share of memory; it says {lines or 'nothing of memory'}"
    reference = target.call(memory.read_reference)
    assert reference is not None, "psutil is missing on the target, so what deps check shows cannot be true"
    apart = abs(float(said[2]) / 100 - reference["share"])
    evidence.measure("share shown, off by", apart, max=2 * DRIFT)


@pytest.mark.phase3
@pytest.mark.check(
    "phase3.alert-integration", remediation="See giflab.monitoring.memory_integration: who receives its alerts?"
)
def test_alert_integration(evidence: EvidenceLog, errands: Errands) -> None:
    """The integration initialises; simulated pressure raises an alert, and calm memory none."""
    found = errands.ask("phase3")["pressure"].value
    evidence.text("asked by", found["api"])
    assert found["initialised"] is True, f"initialize() returned {found['initialised']}, expected True"
    alerts = found["alerts"]
    assert not alerts["calm"], f"{CALM:g} % in use raised an alert: {alerts['calm']}"
    assert alerts["tight"], f"{TIGHT:g} % in use raised no alert"
