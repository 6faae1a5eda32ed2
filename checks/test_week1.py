"""The first week: this week's numbers beside those from before the deployment and from its first day."""

from __future__ import annotations

import pytest

from checks import vitals
from checks.judging import THRESHOLDS
from checks.probes import operations
from checks.probes.logs import read_logs, told
from pytest_deploycheck import inconclusive
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

WEEK = 7 * 24.0
#: Earlier checks that recorded how much memory was in use, and how large a working process was.
MEMORY_RECORD = ("postdeploy.memory-usage", "monitor24h.memory-usage")
#: How much more than on record is growth: of the machine's memory as a share, of a process's size as a factor.
MORE_SHARE, MORE_RESIDENT = 0.10, 1.20
#: Megabytes that 60 metrics runs may leave behind, once 60 others have warmed the process up.
LEAK_MB = 8.0


@pytest.mark.week1
@pytest.mark.check(
    "week1.baseline-comparison", remediation="Profile what is slower; roll back if it is more than 20 %."
)
def test_baseline_comparison(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline) -> None:
    """A metrics run, the import and the start of a command take at most 20 % longer than before the deployment."""
    vitals.speed_holds(target, evidence, baseline, "metrics_run_ms", "import_s", "cli_help_s")


@pytest.mark.week1
@pytest.mark.check(
    "week1.memory-trends", remediation="Look for what keeps growing: run GifLab under tracemalloc for an hour."
)
def test_memory_trends(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline) -> None:
    """Neither the memory in use nor a working process is larger than on record, and work leaves no memory behind."""
    grown = target.call(operations.watch_growth, 1000, 60, fresh=True, timeout=300)
    evidence.measure("growth over 60 metrics runs", grown["metrics"], "MB", max=LEAK_MB)
    evidence.measure("growth over 1,000 memory readings", grown["monitoring"], "MB", max=LEAK_MB)
    shares = [baseline(check, "memory in use").value for check in MEMORY_RECORD]
    sizes = [baseline(check, "resident after work").value for check in MEMORY_RECORD]
    highest = min(max(shares) + MORE_SHARE, THRESHOLDS["warning"])
    vitals.memory_is_calm(target, evidence, below=highest)
    evidence.measure("resident after work", grown["resident"], "MB", max=max(sizes) * MORE_RESIDENT)


@pytest.mark.week1
@pytest.mark.check(
    "week1.error-patterns", remediation="Read the log around the new error named; mend it, or accept it in writing."
)
def test_error_patterns(target: Target, evidence: EvidenceLog) -> None:
    """No kind of error is in this week's logs that was not in those from before."""
    logs = read_logs(target, evidence, hours=WEEK)
    new = [trouble for trouble in logs.recent if not trouble.before]
    if new and not logs.lines_before:
        inconclusive(
            f"{len(new)} kinds of error are logged, but no log is from before to tell which of them are new; "
            "let GIFLAB_LOGS match the older log files too"
        )
    assert not new, f"{len(new)} kinds of error are new, expected none: {told(new)}"
