"""GIFs as arrays of frames on a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .config import MAX_PIXELS
from .errors import GifReadError
from .lazy_imports import LazyModule, is_cv2_available, is_pil_available

#: One frame: height x width x 3, uint8, RGB.
Frame = npt.NDArray[np.uint8]

#: How long browsers show a frame whose delay is 0, ms.
ZERO_DELAY_MS = 100

_WHITE = 255
_image = LazyModule("PIL.Image", "pillow")
_cv2 = LazyModule("cv2", "opencv-python")


@dataclass(frozen=True, slots=True, kw_only=True)
class GifFrames:
    """A decoded GIF.

    `frames` are HxWx3 uint8 RGB, transparency laid on white. `frame_count` is the number in the file; with
    `max_frames` fewer of them are in `frames`. `dimensions` is (width, height) in pixels, `duration_ms` one
    play of the whole file, and `durations_ms` how long each of `frames` stays until the next one kept.
    """

    frames: list[Frame]
    frame_count: int
    dimensions: tuple[int, int]
    duration_ms: int
    durations_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedPair:
    """For `duration_ms`, frame `original` of one GIF and frame `compressed` of the other are on show."""

    original: int
    compressed: int
    duration_ms: int


def extract_gif_frames(gif_path: str | Path, max_frames: int | None = None) -> GifFrames:
    """Decode a GIF with Pillow, or with OpenCV where Pillow is absent.

    With `max_frames`, that many frames at most are kept, evenly spread and always the first among them.
    Raises GifReadError for a file that is missing, isn't a GIF, is damaged or too large to decode,
    MissingDependencyError where neither reader is installed, ValueError for `max_frames` below 1.
    """
    if max_frames is not None and max_frames < 1:
        raise ValueError(f"max_frames is {max_frames}, needs to be at least 1")
    path = Path(gif_path)
    check_signature(path)
    if is_pil_available() or not is_cv2_available():
        return _extract_with_pillow(path, max_frames)
    return _extract_with_opencv(path, max_frames)


def check_signature(path: Path) -> None:
    """Raise GifReadError unless `path` is a file that starts as a GIF does."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise GifReadError(f"{path}: {error.strerror or error}") from error
    if start not in (b"GIF87a", b"GIF89a"):
        raise GifReadError(f"{path}: not a GIF")


def _extract_with_pillow(path: Path, max_frames: int | None) -> GifFrames:
    # A damaged file shows as one of these, depending on where the damage lies.
    damage = (OSError, EOFError, SyntaxError, ValueError, IndexError, _image.DecompressionBombError)
    try:
        with _image.open(path) as image:
            count = int(image.n_frames)
            kept = kept_indices(count, max_frames)
            _check_size(path, image.size, len(kept))
            delays, frames = _walk_pillow(image, count, set(kept))
            size = (int(image.size[0]), int(image.size[1]))
    except damage as error:
        raise GifReadError(f"{path}: damaged GIF ({' '.join(str(error).split())})") from error
    return _assemble(frames, delays, kept, size)


def _walk_pillow(image: Any, count: int, kept: set[int]) -> tuple[list[int], list[Frame]]:
    delays: list[int] = []
    frames: list[Frame] = []
    for index in range(count):
        image.seek(index)
        delays.append(round(image.info.get("duration", 0)))
        if index in kept:
            frames.append(flatten(np.array(image.convert("RGBA"))))
    return delays, frames


def _extract_with_opencv(path: Path, max_frames: int | None) -> GifFrames:
    images, delays = _read_animation(path) if hasattr(_cv2, "imreadanimation") else _read_video(path)
    if not images:
        raise GifReadError(f"{path}: damaged GIF (no frame could be decoded)")
    height, width = images[0].shape[:2]
    kept = kept_indices(len(images), max_frames)
    _check_size(path, (width, height), len(kept))
    frames = []
    for index in kept:
        code = _cv2.COLOR_BGRA2RGBA if images[index].shape[2] == 4 else _cv2.COLOR_BGR2RGB
        frames.append(flatten(_cv2.cvtColor(images[index], code)))
    return _assemble(frames, delays, kept, (width, height))


def _read_animation(path: Path) -> tuple[list[Any], list[int]]:
    """Read with OpenCV 4.11 and later: frames as BGR or BGRA, delays in ms."""
    try:
        done, animation = _cv2.imreadanimation(str(path))
    except _cv2.error as error:
        raise GifReadError(f"{path}: damaged GIF ({' '.join(str(error).split())})") from error
    if not done:
        return [], []
    return list(animation.frames), [int(delay) for delay in animation.durations]


def _read_video(path: Path) -> tuple[list[Any], list[int]]:
    """Read with older OpenCV, as a video: BGR frames, and the mean delay for each of them."""
    capture = _cv2.VideoCapture(str(path))
    rate = capture.get(_cv2.CAP_PROP_FPS)
    images = []
    done, image = capture.read()
    while done:
        images.append(image)
        done, image = capture.read()
    capture.release()
    return images, [round(1000 / rate) if rate > 0 else 0] * len(images)


def _assemble(
    frames: list[Frame], delays: Sequence[int], kept: Sequence[int], size: tuple[int, int]
) -> GifFrames:
    shown = [delay if delay > 0 else ZERO_DELAY_MS for delay in delays]
    bounds = [*kept, len(shown)]
    durations = tuple(sum(shown[start:stop]) for start, stop in pairwise(bounds))
    return GifFrames(
        frames=frames,
        frame_count=len(shown),
        dimensions=size,
        duration_ms=sum(shown),
        durations_ms=durations,
    )


def _check_size(path: Path, size: tuple[int, int], count: int) -> None:
    pixels = size[0] * size[1] * count
    if pixels > MAX_PIXELS:
        raise GifReadError(f"{path}: {pixels:,} pixels in {count} frames, more than {MAX_PIXELS:,}")


def flatten(image: npt.NDArray[np.uint8]) -> Frame:
    """Lay an HxWx4 RGBA image on white; an HxWx3 one is returned as it is."""
    if image.shape[2] == 3:
        return image
    alpha = image[:, :, 3:].astype(np.uint16)
    mixed = (image[:, :, :3] * alpha + _WHITE * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def kept_indices(count: int, max_frames: int | None) -> list[int]:
    """Return which of `count` frames to keep: all, or `max_frames` evenly spread from the first on."""
    if max_frames is None or count <= max_frames:
        return list(range(count))
    return [index * count // max_frames for index in range(max_frames)]


def align_timeline(original_ms: Sequence[int], compressed_ms: Sequence[int]) -> list[AlignedPair]:
    """Pair frames that are on show at the same time, given how long each frame of either GIF stays.

    Both start at 0; the one that ends first holds its last frame. The pairs' durations add up to the
    longer GIF's. Raises ValueError when either has no frame.
    """
    if not original_ms or not compressed_ms:
        raise ValueError("a GIF without frames can't be aligned")
    ends_a, ends_b = np.cumsum(original_ms), np.cumsum(compressed_ms)
    pairs: list[AlignedPair] = []
    start = 0
    for end in sorted({int(end) for end in (*ends_a, *ends_b)}):
        pairs.append(
            AlignedPair(
                original=min(int(np.searchsorted(ends_a, start, side="right")), len(ends_a) - 1),
                compressed=min(int(np.searchsorted(ends_b, start, side="right")), len(ends_b) - 1),
                duration_ms=end - start,
            )
        )
        start = end
    return pairs
