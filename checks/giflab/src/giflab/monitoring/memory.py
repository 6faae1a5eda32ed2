"""How much of the machine's memory is in use, and whether that is a worry."""

import importlib
import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from ..config import memory_pressure_config
from ..errors import describe

_GIB = 1024**3
_MIB = 1024**2
_log = logging.getLogger(__name__)


class MemoryPressureLevel(Enum):
    """How tight memory is, from good to bad. UNKNOWN means nobody can tell, which is worse than NORMAL."""

    NORMAL = "normal"
    UNKNOWN = "unknown"
    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"

    @property
    def severity(self) -> int:
        """A number that is higher for a worse level."""
        return list(MemoryPressureLevel).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStats:
    """One reading. Where a value can't be had it is NaN, which no threshold ever calls low.

    `available_gb` and `total_gb` are GiB, `percent` is the share in use 0-1, `process_mb` this process's
    resident size in MiB, `error` why the reading failed.
    """

    available_gb: float = math.nan
    total_gb: float = math.nan
    percent: float = math.nan
    process_mb: float = math.nan
    error: str | None = None

    @property
    def known(self) -> bool:
        """Whether the machine's memory could be read."""
        return self.error is None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields with None in place of NaN, as JSON needs it."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def read_virtual_memory() -> Any:
    """Ask psutil, looked up at every call so that its coming, going and replacement are noticed."""
    return importlib.import_module("psutil").virtual_memory()


def _process_mb() -> float:
    try:
        return float(importlib.import_module("psutil").Process().memory_info().rss) / _MIB
    except Exception:  # noqa: BLE001 - a number nobody decides on is not worth an error
        return math.nan


class SystemMemoryMonitor:
    """Reads memory on demand; it has no thread and keeps nothing between calls.

    `reader` replaces psutil, for tests and for containers whose limit the host doesn't show: what it returns
    has `total` and `available` in bytes and `percent` in use, 0-100, as ``psutil.virtual_memory()`` has.
    """

    def __init__(self, reader: Callable[[], Any] = read_virtual_memory) -> None:
        self._reader = reader

    def get_memory_stats(self) -> MemoryStats:
        """Take a reading. Never raises: a failed one has `error` set and NaN for numbers."""
        try:
            memory = self._reader()
            total, available, percent = float(memory.total), float(memory.available), float(memory.percent)
            if not (total > 0 and 0 <= available <= total and 0 <= percent <= 100):
                raise ValueError(f"implausible reading: {percent} % of {total} bytes, {available} available")
        except Exception as error:  # noqa: BLE001 - monitoring must not bring down what it watches
            _log.debug("memory can't be read", exc_info=True)
            return MemoryStats(process_mb=_process_mb(), error=describe(error))
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
        thresholds = memory_pressure_config().thresholds
        share = (stats or self.get_memory_stats()).percent
        if math.isnan(share):
            return MemoryPressureLevel.UNKNOWN
        reached = [name for name, threshold in thresholds.items() if share >= threshold]
        return MemoryPressureLevel(reached[-1] if reached else "normal")
