"""Turns memory readings into alerts: one for each change of level, none for a level that lasts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..config import memory_pressure_config
from .memory import MemoryPressureLevel, MemoryStats, SystemMemoryMonitor

_log = logging.getLogger(__name__)

_RANK = {
    MemoryPressureLevel.NORMAL: 0,
    MemoryPressureLevel.WARNING: 1,
    MemoryPressureLevel.CRITICAL: 2,
    MemoryPressureLevel.EMERGENCY: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAlert:
    """The level changed. `percent` is the share in use 0-1 (NaN when unknown), `at` an aware UTC time."""

    level: MemoryPressureLevel
    previous: MemoryPressureLevel
    percent: float
    available_gb: float
    message: str
    at: datetime


class MemoryPressureIntegration:
    """Checks memory between pieces of work and reports changes to `on_alert` and the log.

    A level rises at once and falls only when usage is `hysteresis` below the threshold, so that usage
    swinging around a threshold makes one alert. While ``MONITORING["memory_pressure"]["enabled"]`` is off,
    every method is a no-op.
    """

    def __init__(
        self,
        monitor: SystemMemoryMonitor | None = None,
        on_alert: Callable[[MemoryAlert], None] | None = None,
    ) -> None:
        self._monitor = monitor or SystemMemoryMonitor()
        self._on_alert = on_alert
        self._level = MemoryPressureLevel.NORMAL
        self._alerts: list[MemoryAlert] = []

    @property
    def alerts(self) -> tuple[MemoryAlert, ...]:
        """Every alert so far, oldest first."""
        return tuple(self._alerts)

    @property
    def level(self) -> MemoryPressureLevel:
        """The level of the last check; NORMAL before the first."""
        return self._level

    def initialize(self) -> bool:
        """Return whether memory is watched: monitoring is on and a first reading works.

        The reading raises no alert; a machine already under pressure is reported by the first `check`.
        Raises ConfigError when the thresholds make no sense.
        """
        return memory_pressure_config().enabled and self._monitor.get_memory_stats().known

    def check(self) -> MemoryAlert | None:
        """Take a reading and return an alert if the level changed since the last check."""
        if not memory_pressure_config().enabled:
            return None
        stats = self._monitor.get_memory_stats()
        level = self._settled_level(stats)
        if level is self._level:
            return None
        alert = _describe(level, self._level, stats)
        self._level = level
        self._publish(alert)
        return alert

    def _settled_level(self, stats: MemoryStats) -> MemoryPressureLevel:
        """Return the level of `stats`, held up for as long as usage is only just below a threshold."""
        level = self._monitor.get_pressure_level(stats)
        if level not in _RANK or self._level not in _RANK or _RANK[level] >= _RANK[self._level]:
            return level
        margin = memory_pressure_config().hysteresis
        # What the level would be if a little more were in use: still the old one means not yet settled.
        return self._monitor.get_pressure_level(replace(stats, percent=stats.percent + margin))

    def _publish(self, alert: MemoryAlert) -> None:
        self._alerts.append(alert)
        severe = _RANK.get(alert.level, 1) > _RANK.get(alert.previous, 0)
        _log.log(logging.WARNING if severe else logging.INFO, alert.message)
        if self._on_alert is None:
            return
        try:
            self._on_alert(alert)
        except Exception:  # noqa: BLE001 - the receiver's fault must not stop the work being watched
            _log.exception("the receiver of a memory alert failed")


def _describe(level: MemoryPressureLevel, previous: MemoryPressureLevel, stats: MemoryStats) -> MemoryAlert:
    if level is MemoryPressureLevel.UNKNOWN:
        detail = f"memory can't be read ({stats.error})"
    else:
        detail = f"{stats.percent:.0%} in use, {stats.available_gb:.1f} GiB available"
    return MemoryAlert(
        level=level,
        previous=previous,
        percent=stats.percent,
        available_gb=stats.available_gb,
        message=f"Memory pressure {previous.name} -> {level.name}: {detail}",
        at=datetime.now(UTC),
    )
