"""Simple features of what a GIF shows, to tell which kind of content a pipeline suits."""

from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np

from .frames import Frame, extract_gif_frames
from .quality import edges, luma, temporal_information

#: Frames looked at per GIF at most.
_SAMPLED = 24


def entropy(frame: Frame) -> float:
    """Shannon's entropy (1948) of the luma histogram of an HxWx3 frame, bits 0-8."""
    counts = np.bincount(np.rint(luma(frame)).astype(np.intp).ravel())
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))


def edge_density(frame: Frame) -> float:
    """Share of pixels that are edges, 0-1."""
    return float(edges(frame).mean())


def color_count(frame: Frame) -> int:
    """Number of distinct colours of an HxWx3 frame."""
    packed = frame.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    return int(np.unique(packed).size)


def content_features(gif_path: Path) -> dict[str, float]:
    """Return a GIF's `entropy`, `edge_density` and `color_count`, means over its frames, and its `motion`.

    Motion is the mean change from frame to frame, 0 upwards, 0 for a single one. Raises GifReadError.
    """
    frames = extract_gif_frames(gif_path, _SAMPLED).frames
    changes = [temporal_information(before, after) for before, after in pairwise(frames)]
    return {
        "entropy": fmean(map(entropy, frames)),
        "edge_density": fmean(map(edge_density, frames)),
        "color_count": fmean(map(color_count, frames)),
        "motion": fmean(changes or [0.0]),
    }
