"""Ways to make a GIF smaller: each reads one file and writes another, most by a change to the frames."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from .errors import GifLabError, one_line
from .frames import GifFrames, extract_gif_frames
from .lazy_imports import LazyModule
from .metrics import resize_frame_cached

#: A pipeline: reads the first path, writes the second.
Compress = Callable[[Path, Path], None]

_image = LazyModule("PIL.Image", "pillow")

_GIFSICLE_TIMEOUT_S = 120


def drop_frames(gif: GifFrames, keep_every: int = 2) -> GifFrames:
    """Keep every `keep_every`-th frame for as long as it and those dropped after it were on show."""
    starts = range(0, len(gif.frames), keep_every)
    return GifFrames(
        frames=[gif.frames[start] for start in starts],
        durations_ms=tuple(sum(gif.durations_ms[start : start + keep_every]) for start in starts),
        frame_count=len(starts),
    )


def shrink(gif: GifFrames, factor: float = 0.5) -> GifFrames:
    """Scale both sides by `factor`, to 1 pixel at least."""
    width, height = (max(1, round(side * factor)) for side in gif.dimensions)
    return replace(gif, frames=[resize_frame_cached(frame, (width, height)) for frame in gif.frames])


def smooth(gif: GifFrames) -> GifFrames:
    """Take out single-pixel detail with a 3x3 median, which GIF's run-based coding repays."""
    return replace(gif, frames=[np.asarray(cv2.medianBlur(frame, 3), np.uint8) for frame in gif.frames])


def encode(gif: GifFrames, path: Path, colors: int = 256) -> None:
    """Write a GIF with one palette of `colors` for all frames; raises OSError."""
    # One palette for all, taken from all: palettes of their own would make still areas flicker.
    palette = _image.fromarray(np.concatenate(gif.frames)).quantize(colors=colors)
    first, *others = (_image.fromarray(frame).quantize(palette=palette, dither=0) for frame in gif.frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    delays = list(gif.durations_ms)
    first.save(path, save_all=True, append_images=others, duration=delays, loop=0, optimize=True)


def _with_pillow(
    source: Path, target: Path, *, change: Callable[[GifFrames], GifFrames] | None = None, colors: int = 256
) -> None:
    gif = extract_gif_frames(source)
    encode(change(gif) if change else gif, target, colors)


def _with_gifsicle(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["gifsicle", "-O3", "--lossy=80", "--output", str(target), "--", str(source)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_GIFSICLE_TIMEOUT_S, text=True)
    except subprocess.CalledProcessError as error:
        raise GifLabError(f"gifsicle: {one_line(error.stderr) or error}") from error
    except subprocess.TimeoutExpired as error:
        raise GifLabError(f"gifsicle took longer than {_GIFSICLE_TIMEOUT_S} s") from error


def available_pipelines() -> dict[str, Compress]:
    """Return every pipeline that can run here by name; the one by gifsicle only where that is installed."""
    pipelines: dict[str, Compress] = {
        "colors-64": partial(_with_pillow, colors=64),
        "colors-16": partial(_with_pillow, colors=16),
        "half-frames": partial(_with_pillow, change=drop_frames),
        "half-size": partial(_with_pillow, change=shrink),
        "smooth-32": partial(_with_pillow, change=smooth, colors=32),
    }
    if shutil.which("gifsicle"):
        pipelines["gifsicle-lossy-80"] = _with_gifsicle
    return pipelines


def pipelines_named(names: Sequence[str]) -> dict[str, Compress]:
    """Return the pipelines of these names, all for an empty list; raises GifLabError for an unknown one."""
    known = available_pipelines()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise GifLabError(f"no pipeline named {', '.join(unknown)}; there are {', '.join(known)}")
    return {name: known[name] for name in names or known}
