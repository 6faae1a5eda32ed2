"""How GifLab is doing, in numbers: memory and time, beside their limits and beside the baseline.

As in `health`, a function records what it saw and raises ``AssertionError`` where GifLab fails.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from checks.judging import BASELINE, COMMAND_TIMEOUT_S
from checks.probes.environment import time_import, time_metrics
from checks.probes.memory import read_memory, read_reference
from checks.probes.rollback import must

if TYPE_CHECKING:
    from pytest_deploycheck.core.model import Measurement
    from pytest_deploycheck.fixtures import EvidenceLog
    from pytest_deploycheck.target import Target

    Baseline = Callable[[str, str], Measurement]

#: How much slower than the baseline is a reason to roll back.
SLOWER = 1.20


def memory_levels(
    target: Target, evidence: EvidenceLog, *, readings: int = 5, pause: float = 0.2
) -> list[dict[str, Any]]:
    """Some readings of the monitor one after the other; each has ``level``, ``share`` and ``available_mb``."""
    __tracebackhide__ = True
    taken = []
    for number in range(readings):
        if number:
            time.sleep(pause)
        answer = target.call(read_memory, [], 1)
        taken.append({"api": answer["api"], **answer["reading"]})
    evidence.table("memory readings", taken)
    unknown = [reading for reading in taken if reading["level"] == "UNKNOWN" or not 0 <= reading["share"] <= 1]
    assert not unknown, f"memory cannot be read: {unknown[0]}"
    return taken


def memory_is_calm(target: Target, evidence: EvidenceLog, *, below: float) -> None:
    """The monitor reports the level NORMAL throughout, and a share in use under `below`."""
    __tracebackhide__ = True
    taken = memory_levels(target, evidence)
    levels = sorted({reading["level"] for reading in taken})
    evidence.measure("memory in use", median(reading["share"] for reading in taken), "of 1", max=below)
    assert levels == ["NORMAL"], f"the pressure levels seen are {', '.join(levels)}, expected NORMAL throughout"


def memory_is_read_right(target: Target, evidence: EvidenceLog, reading: Mapping[str, Any]) -> None:
    """A reading of the monitor is, within 5 % of the machine's memory, what psutil reports."""
    __tracebackhide__ = True
    reference = target.call(read_reference)
    assert reference is not None, "psutil is missing on the target, so memory is not watched"
    total, kernel = reference["total_mb"], reference["kernel_mb"]
    evidence.measure("psutil's total, off by the kernel's", abs(total - kernel) / kernel, max=0.001)
    evidence.measure("total memory, off by", abs(reading["total_mb"] - total) / total, max=0.001)
    evidence.measure("available, off by", abs(reading["available_mb"] - reference["available_mb"]) / total, max=0.05)
    evidence.measure("share in use, off by", abs(reading["share"] - reference["share"]), max=0.05)


def overhead_is_low(target: Target, evidence: EvidenceLog, *, percent: float) -> None:
    """One memory reading costs at most `percent` of the metrics run that it accompanies."""
    __tracebackhide__ = True

    def take() -> float:
        reading = fmean(target.call(read_memory, [], 100)["spent_ms"])
        return 100 * reading / float(median(target.call(time_metrics, 3, timeout=600)))

    evidence.measure("monitoring overhead", best_of(3, take, percent), "%", min=0, max=percent)


def speed_holds(target: Target, evidence: EvidenceLog, baseline: Baseline, *names: str) -> None:
    """Each of the baseline's numbers named is at most 20 % higher now than before the deployment."""
    __tracebackhide__ = True

    def start() -> float:
        said = target.run(target.python, "-m", "giflab", "--help", timeout=COMMAND_TIMEOUT_S)
        return must(said, "giflab --help").duration_s

    takes: dict[str, Callable[[], float]] = {
        "metrics_run_ms": lambda: float(median(target.call(time_metrics, 5, timeout=600))),
        "import_s": lambda: median(target.call(time_import, "giflab.metrics", fresh=True) for _ in range(3)),
        "cli_help_s": lambda: median(start() for _ in range(3)),
        "memory_reading_ms": lambda: float(median(target.call(read_memory, [], 100)["spent_ms"])),
    }
    for name in names:
        before = baseline(BASELINE, name)
        now = best_of(5, takes[name], before.value * SLOWER)
        evidence.measure(f"{name} before", before.value, before.unit)
        evidence.measure(name, now, before.unit)
        evidence.measure(f"{name}, share of the baseline", now / before.value, max=SLOWER)


def best_of(rounds: int, take: Callable[[], float], good_enough: float) -> float:
    """The smallest of at most `rounds` numbers; the first that is good enough ends it.

    Load from elsewhere only ever adds time, so the smallest is the truest.
    """
    best = math.inf
    for _ in range(rounds):
        best = min(best, take())
        if best <= good_enough:
            break
    return best
