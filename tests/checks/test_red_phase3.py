"""Each check of phase 3 turns red on a copy of the sample that is broken as reality breaks things."""

import pytest
from looking import Sample

PSUTIL_MISSING = "raise ModuleNotFoundError(\"No module named 'psutil'\", name='psutil')\n"
MADE_UP = """
from types import SimpleNamespace as Answer


def virtual_memory():
    return Answer(total=9 * 2**40, available=6 * 2**40, percent=33.3)


def Process():
    return Answer(memory_info=lambda: Answer(rss=2**27))
"""
BROKEN_MONITOR = """

def _read(self, _really=SystemMemoryMonitor.get_memory_stats):
    import dataclasses, time
    time.sleep(0.012)
    stats = _really(self)
    return dataclasses.replace(stats, available_gb=stats.available_gb / 2)


SystemMemoryMonitor.get_memory_stats = _read
"""
OWN_LEVELS = """

def _levels_of_its_own(self, stats=None):
    share = (stats or self.get_memory_stats()).percent
    return MemoryPressureLevel.WARNING if share >= 0.75 else MemoryPressureLevel.NORMAL


SystemMemoryMonitor.get_pressure_level = _levels_of_its_own
"""
SWALLOWED = """

MemoryPressureIntegration._publish = lambda self, alert: None
"""
ALARMED = """

MemoryPressureIntegration._settled_level = lambda self, stats: MemoryPressureLevel.CRITICAL
"""
RELEASED_NAMES = '''
"""A monitor with the names of the release."""

from enum import Enum
from types import SimpleNamespace


class MemoryPressureLevel(Enum):
    NORMAL = "normal"
    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


class SystemMemoryMonitor:
    def {name}(self):
        import psutil

        memory = psutil.virtual_memory()
        reached = [level for level, least in zip(MemoryPressureLevel, (0, 70, 80, 95)) if memory.percent >= least]
        return SimpleNamespace(
            system_available_mb=memory.available / 2**20,
            total_system_mb=memory.total / 2**20,
            system_memory_percent=memory.percent / 100,
            process_memory_mb=psutil.Process().memory_info().rss / 2**20,
            pressure_level=reached[-1],
        )
'''


def test_everything_at_once(sample: Sample) -> None:
    """Half the memory, slowly; other thresholds; an alert that nobody gets; a report that says nothing."""
    sample.append("src/giflab/monitoring/memory.py", BROKEN_MONITOR)
    sample.append("src/giflab/config.py", '\nMONITORING["memory_pressure"]["thresholds"]["warning"] = 0.75\n')
    sample.append("src/giflab/monitoring/memory_integration.py", SWALLOWED)
    sample.append(
        "src/giflab/cli/diagnosing.py", '\n\ndef memory_line(report: dict[str, Any]) -> str:\n    return "fine"\n'
    )

    seen = sample.look("phase3 or phase4")

    seen.must_be("phase3.monitor-start", "FAIL", "available, off by")
    seen.must_be("phase3.thresholds", "FAIL", "configured thresholds are {'warning': 0.75}")
    seen.must_be("phase3.overhead", "FAIL", "one reading, mean of 200", "max 10")
    seen.must_be("phase3.cli-integration", "FAIL", "shows neither level nor share of memory", "Memory monitoring: fine")
    seen.must_be("phase3.alert-integration", "FAIL", "96 % in use raised no alert")
    assert seen.phase("phase3")["verdict"] == "NO-GO"
    assert seen.phase("phase4")["verdict"] == "BLOCKED"
    seen.must_be("phase4.full-suite", "BLOCKED", "phase3.monitor-start")
    assert seen.exit_code == 1


def test_levels_of_its_own_though_the_thresholds_are_right_and_false_alarms(sample: Sample) -> None:
    sample.append("src/giflab/monitoring/memory.py", OWN_LEVELS)
    sample.append("src/giflab/monitoring/memory_integration.py", ALARMED)
    seen = sample.look("phase3", "-k", "thresholds or alert")
    reason = "NORMAL at 71 %, expected WARNING; WARNING at 81 %, expected CRITICAL; WARNING at 96 %, expected EMERGENCY"
    seen.must_be("phase3.thresholds", "FAIL", reason)
    seen.must_be("phase3.alert-integration", "FAIL", "50 % in use raised an alert")


def test_without_psutil_memory_is_unknown_and_nothing_passes(sample: Sample) -> None:
    shim = sample.place / "shim"
    shim.mkdir()
    (shim / "psutil.py").write_text(PSUTIL_MISSING, "utf-8")
    sample.python_path = f"{shim}:src"
    seen = sample.look("phase3", "-k", "not thresholds")
    seen.must_be("phase3.monitor-start", "FAIL", "it cannot read the memory")
    seen.must_be("phase3.overhead", "FAIL", "a reading that fails has no cost worth knowing")
    seen.must_be("phase3.cli-integration", "FAIL", "memory monitoring is available: False")
    seen.must_be("phase3.alert-integration", "ERROR", "psutil")


def test_a_psutil_that_makes_its_numbers_up(sample: Sample) -> None:
    """Monitor and psutil agree then, and are both wrong."""
    shim = sample.place / "shim"
    shim.mkdir()
    (shim / "psutil.py").write_text(MADE_UP, "utf-8")
    sample.python_path = f"{shim}:src"
    seen = sample.look("phase3", "-k", "monitor_start")
    seen.must_be("phase3.monitor-start", "FAIL", "psutil's total, off by the kernel's")


def test_monitoring_switched_off(sample: Sample) -> None:
    """What the partial rollback writes: not in effect, so not GO, and no KeyError either."""
    sample.append("src/giflab/config.py", '\nMONITORING = {"memory_pressure": {"enabled": False}}\n')
    seen = sample.look("phase3", "-k", "thresholds or cli or alert")
    seen.must_be("phase3.thresholds", "FAIL", 'MONITORING["memory_pressure"] has no thresholds')
    seen.must_be("phase3.cli-integration", "FAIL", "memory monitoring is enabled: False")
    seen.must_be("phase3.alert-integration", "FAIL", "initialize() returned False, expected True")


@pytest.mark.parametrize(("name", "status"), [("collect_memory_stats", "PASS"), ("read_it_all", "ERROR")])
def test_the_released_names_serve_and_unknown_ones_cannot_be_judged(sample: Sample, name: str, status: str) -> None:
    sample.module("monitoring/__init__.py").write_text(RELEASED_NAMES.format(name=name), "utf-8")
    seen = sample.look("phase3", "-k", "monitor_start or thresholds or overhead")
    for check in ("monitor-start", "thresholds", "overhead"):
        words = ("get_memory_stats() with get_pressure_level()", "collect_memory_stats()") if status == "ERROR" else ()
        seen.must_be(f"phase3.{check}", status, *words)
        said = [item["text"] for item in seen.check(f"phase3.{check}")["evidence"] if item["name"] == "asked by"]
        assert said == (["collect_memory_stats()"] if status == "PASS" else [])
