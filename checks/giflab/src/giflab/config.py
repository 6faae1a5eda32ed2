"""The settings, plain data on purpose: operators edit this file to roll a feature back.

Read a setting through the functions at the end where there is one. They fill in what an edited
dictionary leaves out, so that ``MONITORING = {"memory_pressure": {"enabled": False}}`` is a complete
configuration and no reader meets a KeyError.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ConfigError

#: Master switch of the caching module. While it is off, `giflab.caching` isn't even imported.
ENABLE_EXPERIMENTAL_CACHING = False

#: Decoded frames kept on disk. Has an effect only while the master switch is on as well.
FRAME_CACHE: dict[str, Any] = {
    "enabled": False,
    #: None: $GIFLAB_CACHE_DIR, else the user's cache folder.
    "directory": None,
}

#: What the decoded frames on disk, and the resized frames in memory, may take up at most.
FRAME_CACHE_BYTES, RESIZE_CACHE_BYTES = 256 * 1024**2, 64 * 1024**2

#: Shares of the machine's memory in use, 0-1.
DEFAULT_THRESHOLDS: Mapping[str, float] = {"warning": 0.70, "critical": 0.80, "emergency": 0.95}

MONITORING: dict[str, dict[str, Any]] = {
    "memory_pressure": {
        "enabled": True,
        "thresholds": {**DEFAULT_THRESHOLDS},
        #: How far below a threshold usage must fall before the level is lowered again.
        "hysteresis": 0.02,
    },
}

METRICS: dict[str, Any] = {
    #: Frames compared per GIF at most, evenly spread; None compares all of them.
    "max_frames": 120,
    #: The PSNR that counts as perfect in the composite, dB.
    "psnr_ceiling_db": 50.0,
    #: Shares of the composite; they add up to 1.
    "weights": {
        "ssim": 0.20,
        "ms_ssim": 0.25,
        "psnr": 0.15,
        "gmsd": 0.15,
        "edge_similarity": 0.10,
        "color_histogram_correlation": 0.05,
        "temporal_consistency": 0.10,
    },
}

#: Upper bounds of the size classes of an original, bytes; anything above the last is "large".
SIZE_CLASSES: Mapping[str, int] = {"small": 50_000, "medium": 500_000}

#: A GIF with more decoded pixels than this (over all frames kept) is refused instead of filling memory.
MAX_PIXELS = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """What `calculate_comprehensive_metrics` needs to know; see `METRICS` for the meaning."""

    max_frames: int | None = None
    psnr_ceiling_db: float = 50.0
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.max_frames is not None and self.max_frames < 1:
            raise ConfigError(f"METRICS: max_frames is {self.max_frames}, needs to be at least 1")
        if not self.psnr_ceiling_db > 0:
            raise ConfigError(f"METRICS: psnr_ceiling_db is {self.psnr_ceiling_db}, needs to be positive")
        total = math.fsum(self.weights.values())
        if not math.isclose(total, 1.0, abs_tol=1e-9) or min(self.weights.values()) < 0:
            raise ConfigError(f"METRICS: the weights add up to {total:g}, not to 1, or one is negative")

    @classmethod
    def from_settings(cls) -> "MetricsConfig":
        """Build it from `METRICS` as it is now; raises ConfigError."""
        try:
            return cls(**METRICS)
        except TypeError as error:  # a key that is misspelled, or no weights
            raise ConfigError(f"METRICS: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPressureConfig:
    """`MONITORING["memory_pressure"]` with its gaps filled; shares are 0-1, thresholds from low to high."""

    enabled: bool
    thresholds: Mapping[str, float]
    hysteresis: float


def memory_pressure_config() -> MemoryPressureConfig:
    """Read `MONITORING["memory_pressure"]` as it is now; raises ConfigError."""
    section = MONITORING.get("memory_pressure", {})
    given = section.get("thresholds", {})
    thresholds = {name: given.get(name, share) for name, share in DEFAULT_THRESHOLDS.items()}
    warning, critical, emergency = thresholds.values()
    if not 0 < warning < critical < emergency <= 1:
        raise ConfigError(
            "MONITORING: the memory thresholds have to rise from warning to emergency within 0-1, "
            f"got {warning}, {critical}, {emergency}"
        )
    return MemoryPressureConfig(
        enabled=bool(section.get("enabled", True)),
        thresholds=thresholds,
        hysteresis=section.get("hysteresis", 0.02),
    )


def size_class(size_bytes: int) -> str:
    """Return the size class of a file of `size_bytes`: small, medium or large."""
    return next((name for name, limit in SIZE_CLASSES.items() if size_bytes < limit), "large")
