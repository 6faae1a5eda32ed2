"""Measuring a compressed GIF against its original.

The public surface is re-exported here: `extract_gif_frames`, `resize_frame_cached`,
`calculate_comprehensive_metrics`, `get_caching_status`, and the flag `CACHING_ENABLED`.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from . import cache_files, quality
from . import config as settings
from .composite import composite_quality
from .config import MetricsConfig
from .frames import AlignedPair, Frame, GifFrames, align_timeline, extract_gif_frames

__all__ = [
    "CACHING_ENABLED",
    "GifFrames",
    "calculate_comprehensive_metrics",
    "extract_gif_frames",
    "get_caching_status",
    "resize_frame_cached",
]

#: Whether caching was switched on when this module was imported. A later change of the setting has no effect.
CACHING_ENABLED: bool = bool(settings.ENABLE_EXPERIMENTAL_CACHING)

#: Metrics of a pair of frames, averaged over the time the pair is on show.
_PER_PAIR: dict[str, Callable[[Frame, Frame], float]] = {
    "mse": quality.mse,
    "ssim": quality.ssim,
    "ms_ssim": quality.ms_ssim,
    "gmsd": quality.gmsd,
    "edge_similarity": quality.edge_similarity,
    "color_histogram_correlation": quality.color_histogram_correlation,
}


def _resize(frame: Frame, size: tuple[int, int], interpolation: int) -> Frame:
    return np.asarray(cv2.resize(frame, size, interpolation=interpolation), dtype=np.uint8)


_resize_frame: Callable[[Frame, tuple[int, int], int], Frame] = _resize
_resize_stats: Callable[[], dict[str, int] | None] = lambda: None
_read_frames: Callable[[str | Path, int | None], GifFrames] = extract_gif_frames

# Experimental code must not even be loaded while its flag is off: a fault in it could then break everybody.
if CACHING_ENABLED:
    from . import caching

    _resize_cache = caching.ResizeCache(_resize, settings.RESIZE_CACHE_BYTES)
    _resize_frame, _resize_stats = _resize_cache.resize, _resize_cache.stats
    if settings.FRAME_CACHE.get("enabled", False):
        _read_frames = caching.FrameStore(extract_gif_frames, settings.FRAME_CACHE_BYTES).extract


def resize_frame_cached(frame: Frame, size: tuple[int, int], interpolation: int = cv2.INTER_AREA) -> Frame:
    """Resize an HxWx3 uint8 frame to `size`, which is (width, height) in pixels.

    The result is the caller's to change. With caching off this is a plain resize. Raises ValueError for a
    size below 1x1 or an empty frame.
    """
    if min(size) < 1 or frame.size == 0:
        raise ValueError(f"a frame of shape {frame.shape} can't be resized to {size[0]}x{size[1]}")
    return _resize_frame(frame, size, interpolation)


def get_caching_status() -> dict[str, Any]:
    """Say what is cached, as opposed to what the settings ask for.

    Keys: `enabled` (in effect), `implementation` (cached or fallback), `frame_cache_active`, `note` (empty,
    or what doesn't add up), `resize_stats` (None while off).
    """
    notes = [cache_files.flags_at_odds()]
    if bool(settings.ENABLE_EXPERIMENTAL_CACHING) != CACHING_ENABLED:
        notes.append("ENABLE_EXPERIMENTAL_CACHING was changed after import; restart to apply it")
    return {
        "enabled": CACHING_ENABLED,
        "implementation": "cached" if CACHING_ENABLED else "fallback",
        "frame_cache_active": _read_frames is not extract_gif_frames,
        "note": "; ".join(filter(None, notes)),
        "resize_stats": _resize_stats(),
    }


def _match_size(frame: Frame, size: tuple[int, int]) -> Frame:
    """Bring `frame` to `size` (width, height); area averaging shrinks, cubic interpolation enlarges."""
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame
    shrinks = width >= size[0] and height >= size[1]
    return resize_frame_cached(frame, size, cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _temporal_consistency(
    original: Sequence[Frame], compressed: Sequence[Frame], pairs: Sequence[AlignedPair]
) -> float:
    """Mean likeness of the change between consecutive pairs, 0 to 1; 1 when nothing could change.

    Measures whether motion survives: a frame dropped or a flicker added lowers it, an even loss of detail
    doesn't. Change is TI of ITU-T P.910, likeness SSIM's contrast form (Wang et al. 2004).
    """
    scores = [
        quality.change_similarity(
            quality.temporal_information(original[before.original], original[after.original]),
            quality.temporal_information(compressed[before.compressed], compressed[after.compressed]),
        )
        for before, after in pairwise(pairs)
    ]
    return float(np.mean(scores)) if scores else 1.0


def calculate_comprehensive_metrics(
    original_path: str | Path, compressed_path: str | Path, config: MetricsConfig | None = None
) -> dict[str, float]:
    """Measure a compressed GIF against its original.

    Frames are paired by what is on show at the same time, so the two may differ in frame count and delays;
    a compressed GIF of another size is brought to the original's. Returns `mse`, `psnr` (dB, of the pooled
    MSE), `ssim`, `ms_ssim`, `gmsd`, `edge_similarity`, `color_histogram_correlation` (each a mean weighted
    by time on show; formulas in `giflab.quality`), `temporal_consistency`, `compression_ratio` (original
    bytes by compressed bytes), `composite_quality` (0-1, `giflab.composite`) and `render_ms`, the time the
    measurement took.

    Raises GifReadError for a file that can't be read as a GIF, ConfigError for settings without sense.
    """
    started = time.perf_counter()
    config = config or MetricsConfig.from_settings()
    original_path, compressed_path = Path(original_path), Path(compressed_path)
    original = _read_frames(original_path, config.max_frames)
    compressed = _read_frames(compressed_path, config.max_frames)
    second = [_match_size(frame, original.dimensions) for frame in compressed.frames]
    pairs = align_timeline(original.durations_ms, compressed.durations_ms)

    weights = [pair.duration_ms for pair in pairs]
    result = {
        name: float(
            np.average(
                [measure(original.frames[p.original], second[p.compressed]) for p in pairs], weights=weights
            )
        )
        for name, measure in _PER_PAIR.items()
    }
    result["psnr"] = quality.psnr_from_mse(result["mse"])
    result["temporal_consistency"] = _temporal_consistency(original.frames, second, pairs)
    result["compression_ratio"] = original_path.stat().st_size / compressed_path.stat().st_size
    result["composite_quality"] = composite_quality(result, config)
    result["render_ms"] = (time.perf_counter() - started) * 1000
    return result
