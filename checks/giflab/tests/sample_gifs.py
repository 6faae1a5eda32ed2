"""Sample GIFs made by code: ``python tests/sample_gifs.py DIR``.

Every sample uses 256 colours at most and is written from palette indices, so what is decoded is exactly
what was drawn, with any version of Pillow.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

_Indices = npt.NDArray[np.uint8]

_GREYS = tuple((level, level, level) for level in range(256))
_PRIMARY = ((245, 245, 240), (200, 40, 40), (30, 60, 160), (240, 200, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A GIF before encoding: frames of palette indices (HxW uint8), RGB palette, delay per frame in ms."""

    frames: tuple[_Indices, ...]
    palette: tuple[tuple[int, int, int], ...]
    delay_ms: int
    transparent: int | None = None


def moving_square(size: int = 48, count: int = 8) -> Sample:
    """A red square crossing a light field: few colours, steady motion."""
    frames = []
    for step in range(count):
        frame = np.zeros((size, size), np.uint8)
        left = step * (size - 12) // max(1, count - 1)
        frame[size // 2 - 6 : size // 2 + 6, left : left + 12] = 1
        frames.append(frame)
    return Sample(frames=tuple(frames), palette=_PRIMARY, delay_ms=80)


def gradient(size: int = 64, count: int = 4) -> Sample:
    """A grey ramp that shifts: many colours, where a small palette shows as banding."""
    ramp = np.linspace(0, 255, size).astype(np.uint8)
    frames = tuple(np.tile(np.roll(ramp, step * size // count), (size // 2, 1)) for step in range(count))
    return Sample(frames=frames, palette=_GREYS, delay_ms=120)


def noise(size: int = 32, count: int = 4) -> Sample:
    """Grey noise, the worst case for any compression; seeded, so always the same."""
    generator = np.random.default_rng(20040413)
    frames = tuple(generator.integers(0, 256, (size, size), dtype=np.uint8) for _ in range(count))
    return Sample(frames=frames, palette=_GREYS, delay_ms=100)


def text_like(size: int = 64, count: int = 4) -> Sample:
    """Rows of thin strokes appearing line by line: sharp edges, mostly background."""
    generator = np.random.default_rng(7)
    page = np.zeros((size, size), np.uint8)
    frames = []
    rows = np.array_split(np.arange(4, size - 8, 9), count)
    for lines in rows:
        for top in lines:
            for left in range(4, size - 8, 6):
                glyph = generator.integers(0, 2, (6, 4), dtype=np.uint8)
                page[top : top + 6, left : left + 4] = glyph * 2
        frames.append(page.copy())
    return Sample(frames=tuple(frames), palette=_PRIMARY, delay_ms=200)


def with_alpha(size: int = 40, count: int = 6) -> Sample:
    """A disc that grows on a transparent ground."""
    y, x = np.mgrid[:size, :size]
    distance = np.hypot(x - (size - 1) / 2, y - (size - 1) / 2)
    frames = tuple(
        np.where(distance <= 4 + step * (size / 2 - 6) / count, 2, 0).astype(np.uint8)
        for step in range(count)
    )
    return Sample(frames=frames, palette=_PRIMARY, delay_ms=90, transparent=0)


def single_frame(size: int = 32) -> Sample:
    """One checkerboard: a GIF without motion."""
    y, x = np.mgrid[:size, :size]
    board = ((x // 4 + y // 4) % 2 * 3).astype(np.uint8)
    return Sample(frames=(board,), palette=_PRIMARY, delay_ms=100)


#: Every sample by its file name without suffix.
SAMPLES: dict[str, Callable[[], Sample]] = {
    "moving-square": moving_square,
    "gradient": gradient,
    "noise": noise,
    "text-like": text_like,
    "with-alpha": with_alpha,
    "single-frame": single_frame,
}


def write_sample(sample: Sample, path: Path) -> Path:
    """Encode `sample` as a GIF at `path` and return it. Raises OSError."""
    flat = [value for color in sample.palette for value in color]
    images = []
    for frame in sample.frames:
        image = Image.fromarray(frame)
        image.putpalette(flat)
        images.append(image)
    options = {} if sample.transparent is None else {"transparency": sample.transparent, "disposal": 2}
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=sample.delay_ms,
        loop=0,
        optimize=False,
        **options,
    )
    return path


def write_samples(directory: Path) -> list[Path]:
    """Write every sample into `directory`, which is made if need be, and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    return [write_sample(make(), directory / f"{name}.gif") for name, make in SAMPLES.items()]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/sample_gifs.py DIR")
    for written in write_samples(Path(sys.argv[1])):
        print(written)
