"""Simple features of what a GIF shows, to tell which kind of content a pipeline suits."""

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from .frames import Frame, extract_gif_frames
from .quality import CANNY_HIGH, CANNY_LOW, luma, temporal_information

#: Frames looked at per GIF at most.
_SAMPLED = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Means over the frames sampled: `entropy` in bits 0-8, `edge_density` as a share of pixels 0-1,
    `color_count` distinct colours per frame, `motion` 0 upwards (0 for a single frame).
    """

    entropy: float
    edge_density: float
    color_count: float
    motion: float


def entropy(frame: Frame) -> float:
    """Shannon's entropy (1948) of the luma histogram of an HxWx3 frame, bits 0-8."""
    counts = np.bincount(np.rint(luma(frame)).astype(np.intp).ravel(), minlength=256)
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))


def edge_density(frame: Frame) -> float:
    """Share of pixels that are edges after Canny 1986, 0-1."""
    edges = cv2.Canny(np.rint(luma(frame)).astype(np.uint8), CANNY_LOW, CANNY_HIGH)
    return float(np.count_nonzero(edges)) / edges.size


def color_count(frame: Frame) -> int:
    """Number of distinct colours of an HxWx3 frame."""
    packed = frame.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    return int(np.unique(packed).size)


def content_features(gif_path: Path) -> Features:
    """Compute the features of a GIF; raises GifReadError."""
    frames = extract_gif_frames(gif_path, _SAMPLED).frames
    changes = [temporal_information(before, after) for before, after in pairwise(frames)]
    return Features(
        entropy=math.fsum(map(entropy, frames)) / len(frames),
        edge_density=math.fsum(map(edge_density, frames)) / len(frames),
        color_count=math.fsum(map(color_count, frames)) / len(frames),
        motion=math.fsum(changes) / len(changes) if changes else 0.0,
    )
