"""How much of the machine's memory is in use, and whether that is a worry."""

import importlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..config import MemoryPressureConfig, memory_pressure_config

_GIB = 1024**3
_MIB = 1024**2
_log = logging.getLogger(__name__)


class VirtualMemory(Protocol):
    """What a reader returns; ``psutil.virtual_memory()`` fits."""

    @property
    def total(self) -> int:
        """Bytes installed."""

    @property
    def available(self) -> int:
        """Bytes that can be had without swapping."""

    @property
    def percent(self) -> float:
        """Share in use, 0-100."""


Reader = Callable[[], VirtualMemory]


class MemoryPressureLevel(Enum):
    """How tight memory is. UNKNOWN means nobody can tell, which is not the same as NORMAL."""

    NORMAL = "normal"
    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStats:
    """One reading. Where a value can't be had it is NaN, which no threshold ever calls low.

    `available_gb` and `total_gb` are GiB, `percent` is the share in use 0-1, `process_mb` this process's
    resident size in MiB, `error` why the reading failed.
    """

    available_gb: float
    total_gb: float
    percent: float
    process_mb: float
    error: str | None = None

    @property
    def known(self) -> bool:
        """Whether the machine's memory could be read."""
        return self.error is None

    def as_dict(self) -> dict[str, float | None]:
        """Return the numbers with None in place of NaN, as JSON needs it."""
        values = {
            "available_gb": self.available_gb,
            "total_gb": self.total_gb,
            "percent": self.percent,
            "process_mb": self.process_mb,
        }
        return {name: None if math.isnan(value) else round(value, 4) for name, value in values.items()}


def read_virtual_memory() -> VirtualMemory:
    """Ask psutil, looked up at every call so that its coming, going and replacement are noticed."""
    memory: VirtualMemory = importlib.import_module("psutil").virtual_memory()
    return memory


def _process_mb() -> float:
    try:
        return float(importlib.import_module("psutil").Process().memory_info().rss) / _MIB
    except Exception:  # noqa: BLE001 - a number nobody decides on is not worth an error
        return math.nan


class SystemMemoryMonitor:
    """Reads memory on demand; it has no thread and keeps nothing between calls.

    `reader` replaces psutil, for tests and for containers whose limit the host doesn't show. `config`
    fixes the thresholds; without it `giflab.config` is read at each call.
    """

    def __init__(self, reader: Reader | None = None, config: MemoryPressureConfig | None = None) -> None:
        self._reader = reader or read_virtual_memory
        self._config = config

    def get_memory_stats(self) -> MemoryStats:
        """Take a reading. Never raises: a failed one has `error` set and NaN for numbers."""
        try:
            memory = self._reader()
            total, available, percent = float(memory.total), float(memory.available), float(memory.percent)
            if not (total > 0 and 0 <= available <= total and 0 <= percent <= 100):
                raise ValueError(f"implausible reading: {percent} % of {total} bytes, {available} available")
        except Exception as error:  # noqa: BLE001 - monitoring must not bring down what it watches
            _log.debug("memory can't be read", exc_info=True)
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return MemoryStats(
                available_gb=math.nan,
                total_gb=math.nan,
                percent=math.nan,
                process_mb=_process_mb(),
                error=reason,
            )
        return MemoryStats(
            available_gb=available / _GIB,
            total_gb=total / _GIB,
            percent=percent / 100,
            process_mb=_process_mb(),
        )

    def get_pressure_level(self, stats: MemoryStats | None = None) -> MemoryPressureLevel:
        """Return the level of `stats`, or of a fresh reading. A threshold belongs to the level it opens.

        Raises ConfigError when the configured thresholds make no sense.
        """
        config = self._config or memory_pressure_config()
        reading = stats or self.get_memory_stats()
        if not reading.known or math.isnan(reading.percent):
            return MemoryPressureLevel.UNKNOWN
        if reading.percent >= config.emergency:
            return MemoryPressureLevel.EMERGENCY
        if reading.percent >= config.critical:
            return MemoryPressureLevel.CRITICAL
        if reading.percent >= config.warning:
            return MemoryPressureLevel.WARNING
        return MemoryPressureLevel.NORMAL
