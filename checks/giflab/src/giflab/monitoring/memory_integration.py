"""Turns memory readings into alerts: one for each change of level, none for a level that lasts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..config import memory_pressure_config
from .memory import MemoryPressureLevel, MemoryStats, SystemMemoryMonitor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAlert:
    """The level changed, and in one line how much memory is in use."""

    level: MemoryPressureLevel
    previous: MemoryPressureLevel
    message: str


class MemoryPressureIntegration:
    """Checks memory between pieces of work and reports changes to `on_alert` and the log.

    A level rises at once and falls only when usage is `hysteresis` below the threshold, so that usage
    swinging around a threshold makes one alert. `level` is that of the last check, NORMAL before the first.
    While ``MONITORING["memory_pressure"]["enabled"]`` is off, every method is a no-op.
    """

    def __init__(
        self,
        monitor: SystemMemoryMonitor | None = None,
        on_alert: Callable[[MemoryAlert], None] | None = None,
    ) -> None:
        self.level = MemoryPressureLevel.NORMAL
        self._monitor = monitor or SystemMemoryMonitor()
        self._on_alert = on_alert

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
        level, previous = self._settled_level(stats), self.level
        if level is previous:
            return None
        detail = f"{stats.percent:.0%} in use, {stats.available_gb:.1f} GiB available"
        if not stats.known:
            detail = f"memory can't be read ({stats.error})"
        message = f"Memory pressure {previous.name} -> {level.name}: {detail}"
        alert = MemoryAlert(level=level, previous=previous, message=message)
        self.level = level
        self._publish(alert)
        return alert

    def _settled_level(self, stats: MemoryStats) -> MemoryPressureLevel:
        """Return the level of `stats`, held up for as long as usage is only just below a threshold."""
        level = self._monitor.get_pressure_level(stats)
        if level.severity >= self.level.severity or MemoryPressureLevel.UNKNOWN in (level, self.level):
            return level
        margin = memory_pressure_config().hysteresis
        # What the level would be if a little more were in use: still the old one means not yet settled.
        return self._monitor.get_pressure_level(replace(stats, percent=stats.percent + margin))

    def _publish(self, alert: MemoryAlert) -> None:
        worse = alert.level.severity > alert.previous.severity
        _log.log(logging.WARNING if worse else logging.INFO, alert.message)
        if self._on_alert is None:
            return
        try:
            self._on_alert(alert)
        except Exception:  # noqa: BLE001 - the receiver's fault must not stop the work being watched
            _log.exception("the receiver of a memory alert failed")
