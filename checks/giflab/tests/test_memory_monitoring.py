"""Readings, levels and alerts, with memory that the test sets."""

import json
import math
import subprocess
import time

import pytest

from giflab import config
from giflab.config import memory_pressure_config
from giflab.dependencies import memory_report
from giflab.errors import ConfigError
from giflab.monitoring import MemoryPressureLevel, MemoryStats, SystemMemoryMonitor
from giflab.monitoring.memory_integration import MemoryPressureIntegration

Level = MemoryPressureLevel


@pytest.fixture(autouse=True)
def default_settings(monkeypatch):
    """These tests are about the code: they hold whether or not operators have rolled monitoring back."""
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": True}})


@pytest.fixture
def received():
    """The alerts that the integration under test has reported so far."""
    return []


@pytest.fixture
def integration(memory, received):
    return MemoryPressureIntegration(SystemMemoryMonitor(reader=memory), on_alert=received.append)


def broken_reader():
    raise PermissionError("no /proc here")


def test_stats_are_in_gib_and_shares(memory):
    memory.percent = 75.0
    stats = SystemMemoryMonitor(reader=memory).get_memory_stats()
    assert isinstance(stats, MemoryStats)
    assert stats.known
    assert stats.total_gb == 16.0
    assert stats.available_gb == pytest.approx(4.0)
    assert stats.percent == pytest.approx(0.75)
    assert stats.process_mb > 1


@pytest.mark.parametrize(
    ("percent", "level"),
    [
        (0.0, Level.NORMAL),
        (69.9, Level.NORMAL),
        (70.0, Level.WARNING),
        (79.9, Level.WARNING),
        (80.0, Level.CRITICAL),
        (94.9, Level.CRITICAL),
        (95.0, Level.EMERGENCY),
        (100.0, Level.EMERGENCY),
    ],
)
def test_level_by_share_in_use(percent, level, memory):
    memory.percent = percent
    assert SystemMemoryMonitor(reader=memory).get_pressure_level() is level


def test_level_of_a_reading_takes_no_other(memory):
    monitor = SystemMemoryMonitor(reader=memory)
    stats = monitor.get_memory_stats()
    memory.percent = 99.0
    assert monitor.get_pressure_level(stats) is Level.NORMAL
    assert memory.calls == 1


def test_thresholds_come_from_the_settings(memory, monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"thresholds": {"warning": 0.2}}})
    assert SystemMemoryMonitor(reader=memory).get_pressure_level() is Level.WARNING


def test_default_thresholds_are_conservative():
    assert memory_pressure_config().thresholds == {"warning": 0.70, "critical": 0.80, "emergency": 0.95}


def test_psutil_is_asked_at_call_time(machine_memory):
    monitor = SystemMemoryMonitor()
    machine_memory.percent = 85.0
    assert monitor.get_pressure_level() is Level.CRITICAL
    machine_memory.percent = 10.0
    assert monitor.get_pressure_level() is Level.NORMAL


def test_the_real_machine_can_be_read():
    stats = SystemMemoryMonitor().get_memory_stats()
    assert stats.known
    assert 0 < stats.available_gb <= stats.total_gb
    assert 0 <= stats.percent <= 1
    assert SystemMemoryMonitor().get_pressure_level(stats) is not Level.UNKNOWN


def test_without_psutil_the_level_is_unknown(no_psutil):
    monitor = SystemMemoryMonitor()
    stats = monitor.get_memory_stats()
    assert monitor.get_pressure_level() is Level.UNKNOWN
    assert not stats.known
    assert math.isnan(stats.available_gb)
    assert math.isnan(stats.percent)
    assert "psutil" in stats.error


def test_a_failing_reader_is_unknown_and_does_not_raise():
    monitor = SystemMemoryMonitor(reader=broken_reader)
    assert monitor.get_memory_stats().error == "PermissionError: no /proc here"
    assert monitor.get_pressure_level() is Level.UNKNOWN


@pytest.mark.parametrize("percent", [-1.0, 101.0, math.nan])
def test_an_implausible_reading_is_unknown(percent, memory):
    reading = memory()
    monitor = SystemMemoryMonitor(reader=lambda: type(reading)(reading.total, reading.available, percent))
    assert monitor.get_pressure_level() is Level.UNKNOWN


def test_stats_for_json_have_no_nan():
    unknown = SystemMemoryMonitor(reader=broken_reader).get_memory_stats()
    assert json.loads(json.dumps(unknown.as_dict(), allow_nan=False))["percent"] is None


def test_a_reading_is_cheap():
    monitor = SystemMemoryMonitor()
    times = []
    for _ in range(20):
        started = time.perf_counter()
        monitor.get_memory_stats()
        times.append(time.perf_counter() - started)
    # The fastest, as the others measure what else the machine is doing.
    assert min(times) < 0.010


@pytest.mark.parametrize(
    "thresholds",
    [{"warning": 0.9}, {"emergency": 1.2}, {"warning": 0.0}, {"critical": 0.7}, {"warning": math.nan}],
)
def test_thresholds_without_sense_are_refused(thresholds, memory, monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"thresholds": thresholds}})
    with pytest.raises(ConfigError, match="rise"):
        SystemMemoryMonitor(reader=memory).get_pressure_level()


def test_integration_starts_quietly(integration):
    assert integration.initialize() is True
    assert integration.check() is None
    assert integration.level is Level.NORMAL


def test_pressure_at_the_start_is_reported_by_the_first_check(integration, memory):
    memory.percent = 85.0
    assert integration.initialize() is True
    assert integration.check().level is Level.CRITICAL


def test_one_alert_for_each_change(integration, memory, received):
    levels = []
    for percent in (50, 75, 76, 85, 85, 97, 99):
        memory.percent = float(percent)
        alert = integration.check()
        levels.append(alert and alert.level)
    assert levels == [None, Level.WARNING, None, Level.CRITICAL, None, Level.EMERGENCY, None]
    assert [alert.level for alert in received] == [Level.WARNING, Level.CRITICAL, Level.EMERGENCY]


def test_an_alert_says_what_and_how_much(integration, memory):
    memory.percent = 82.0
    alert = integration.check()
    assert (alert.previous, alert.level) == (Level.NORMAL, Level.CRITICAL)
    assert alert.message == "Memory pressure NORMAL -> CRITICAL: 82% in use, 2.9 GiB available"


def test_swinging_around_a_threshold_makes_one_alert(integration, memory, received):
    for percent in (71.0, 69.5, 70.5, 69.0, 71.0):
        memory.percent = percent
        integration.check()
    assert [alert.level for alert in received] == [Level.WARNING]


def test_recovery_is_reported_once_it_is_clear(integration, memory):
    memory.percent = 71.0
    integration.check()
    memory.percent = 67.0
    assert integration.check().level is Level.NORMAL
    assert integration.level is Level.NORMAL


def test_a_steep_fall_goes_all_the_way(integration, memory):
    memory.percent = 97.0
    integration.check()
    memory.percent = 20.0
    alert = integration.check()
    assert (alert.previous, alert.level) == (Level.EMERGENCY, Level.NORMAL)


def test_losing_sight_of_memory_is_an_alert(memory):
    readers = [memory, broken_reader]
    integration = MemoryPressureIntegration(SystemMemoryMonitor(reader=lambda: readers[0]()))
    assert integration.check() is None
    readers.reverse()
    assert integration.check().level is Level.UNKNOWN
    assert integration.check() is None
    readers.reverse()
    assert integration.check().level is Level.NORMAL


def test_integration_without_psutil_is_not_initialised(no_psutil):
    integration = MemoryPressureIntegration()
    assert integration.initialize() is False
    assert integration.check().level is Level.UNKNOWN


def test_receiver_gets_each_alert(integration, memory, received):
    memory.percent = 96.0
    assert received == [integration.check()]
    assert integration.check() is None
    assert len(received) == 1


def test_a_failing_receiver_costs_neither_the_alert_nor_the_work(memory, caplog):
    def fail(alert):
        raise RuntimeError("pager is down")

    integration = MemoryPressureIntegration(SystemMemoryMonitor(reader=memory), on_alert=fail)
    memory.percent = 96.0
    assert integration.check().level is Level.EMERGENCY
    assert "pager is down" in caplog.text


def test_a_rising_level_is_logged_as_a_warning(integration, memory, caplog):
    caplog.set_level("INFO")
    for percent in (96.0, math.nan, 20.0, math.nan):
        memory.percent = percent
        integration.check()
    assert [(record.levelname, record.message.partition(":")[0]) for record in caplog.records] == [
        ("WARNING", "Memory pressure NORMAL -> EMERGENCY"),
        ("INFO", "Memory pressure EMERGENCY -> UNKNOWN"),
        ("INFO", "Memory pressure UNKNOWN -> NORMAL"),
        ("WARNING", "Memory pressure NORMAL -> UNKNOWN"),
    ]


def test_disabled_monitoring_does_nothing(integration, memory, monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": False}})
    memory.percent = 99.0
    assert integration.initialize() is False
    assert integration.check() is None
    assert memory.calls == 0


def test_the_documented_partial_rollback_leaves_no_gap(machine_memory, monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": False}})
    report = memory_report()
    assert report["enabled"] is False
    assert report["thresholds"] == {"warning": 0.70, "critical": 0.80, "emergency": 0.95}
    assert report["current"]["level"] == "NORMAL"


def test_the_report_without_psutil(no_psutil):
    report = memory_report()
    assert report["available"] is False
    assert report["current"]["level"] == "UNKNOWN"
    assert report["current"]["available_gb"] is None


def test_monitoring_imports_neither_numpy_nor_psutil(python):
    done: subprocess.CompletedProcess[str] = python(
        "-c",
        "import sys, giflab.monitoring.memory_integration\n"
        "print({'numpy', 'cv2', 'psutil'} & set(sys.modules))",
    )
    assert done.stdout.strip() == "set()", done.stderr
