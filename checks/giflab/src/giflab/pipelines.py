"""Ways to make a GIF smaller, each a pure function from frames to fewer, smaller or plainer frames."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .errors import GifLabError
from .frames import Frame, GifFrames, extract_gif_frames
from .lazy_imports import LazyModule

_image = LazyModule("PIL.Image", "pillow")

_GIFSICLE_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a pipeline hands to the encoder: frames, the delay of each in ms, and the palette's size."""

    frames: tuple[Frame, ...]
    delays_ms: tuple[int, ...]
    colors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A named way to compress; `compress` reads the first path, writes the second."""

    name: str
    summary: str
    compress: Callable[[Path, Path], None]


def reduce_colors(gif: GifFrames, colors: int) -> Drawing:
    """Keep the frames, limit the palette."""
    return Drawing(frames=tuple(gif.frames), delays_ms=gif.durations_ms, colors=colors)


def drop_frames(gif: GifFrames, keep_every: int = 2) -> Drawing:
    """Keep every `keep_every`-th frame for as long as it and those dropped after it were on show."""
    starts = range(0, len(gif.frames), keep_every)
    return Drawing(
        frames=tuple(gif.frames[start] for start in starts),
        delays_ms=tuple(sum(gif.durations_ms[start : start + keep_every]) for start in starts),
        colors=256,
    )


def shrink(gif: GifFrames, factor: float = 0.5) -> Drawing:
    """Scale both sides by `factor`, to 1 pixel at least."""
    size = tuple(max(1, round(side * factor)) for side in gif.dimensions)
    frames = tuple(
        np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        for frame in gif.frames
    )
    return Drawing(frames=frames, delays_ms=gif.durations_ms, colors=256)


def smooth(gif: GifFrames, colors: int = 32) -> Drawing:
    """Take out single-pixel detail with a 3x3 median, which GIF's run-based coding repays."""
    frames = tuple(np.asarray(cv2.medianBlur(frame, 3), dtype=np.uint8) for frame in gif.frames)
    return Drawing(frames=frames, delays_ms=gif.durations_ms, colors=colors)


def encode(drawing: Drawing, path: Path) -> None:
    """Write a drawing as a GIF with one palette for all frames; raises OSError."""
    # One palette for all, taken from all: palettes of their own would make still areas flicker.
    montage = _image.fromarray(np.concatenate(drawing.frames))
    palette = montage.quantize(colors=drawing.colors)
    images = [_image.fromarray(frame).quantize(palette=palette, dither=0) for frame in drawing.frames]
    path.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=list(drawing.delays_ms), loop=0, optimize=True
    )


def _with_pillow(draw: Callable[[GifFrames], Drawing]) -> Callable[[Path, Path], None]:
    def compress(source: Path, target: Path) -> None:
        encode(draw(extract_gif_frames(source)), target)

    return compress


def _with_gifsicle(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["gifsicle", "-O3", "--lossy=80", "--output", str(target), "--", str(source)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_GIFSICLE_TIMEOUT_S, text=True)
    except subprocess.CalledProcessError as error:
        raise GifLabError(f"gifsicle: {' '.join(error.stderr.split()) or error}") from error
    except subprocess.TimeoutExpired as error:
        raise GifLabError(f"gifsicle took longer than {_GIFSICLE_TIMEOUT_S} s") from error


def available_pipelines() -> tuple[Pipeline, ...]:
    """Return every pipeline that can run here; the one by gifsicle only where that is installed."""
    pipelines = [
        Pipeline(
            name="colors-64", summary="64 colours", compress=_with_pillow(lambda gif: reduce_colors(gif, 64))
        ),
        Pipeline(
            name="colors-16", summary="16 colours", compress=_with_pillow(lambda gif: reduce_colors(gif, 16))
        ),
        Pipeline(name="half-frames", summary="every second frame", compress=_with_pillow(drop_frames)),
        Pipeline(name="half-size", summary="half the width and height", compress=_with_pillow(shrink)),
        Pipeline(name="smooth-32", summary="3x3 median, 32 colours", compress=_with_pillow(smooth)),
    ]
    if shutil.which("gifsicle"):
        pipelines.append(
            Pipeline(name="gifsicle-lossy-80", summary="gifsicle -O3 --lossy=80", compress=_with_gifsicle)
        )
    return tuple(pipelines)


def pipelines_named(names: Sequence[str]) -> tuple[Pipeline, ...]:
    """Return the pipelines of these names, all for an empty list; raises GifLabError for an unknown one."""
    known = {pipeline.name: pipeline for pipeline in available_pipelines()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise GifLabError(f"no pipeline named {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) if names else tuple(known.values())
