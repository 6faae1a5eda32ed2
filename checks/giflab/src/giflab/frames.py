"""GIFs as arrays of frames on a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .config import MAX_PIXELS
from .errors import GifReadError, one_line
from .lazy_imports import LazyModule, is_pil_available

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

    `frames` are HxWx3 uint8 RGB, transparency laid on white, and `durations_ms` how long each of them stays
    until the next. `frame_count` is the number in the file; with `max_frames` fewer of them are in `frames`.
    """

    frames: list[Frame]
    durations_ms: tuple[int, ...]
    frame_count: int

    @property
    def dimensions(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.frames[0].shape[:2]
        return width, height

    @property
    def duration_ms(self) -> int:
        """One play of the whole file."""
        return sum(self.durations_ms)


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
    read = _read_with_pillow if is_pil_available() else _read_with_opencv
    return read(path, max_frames)


def check_signature(path: Path) -> None:
    """Raise GifReadError unless `path` is a file that starts as a GIF does."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise GifReadError(f"{path}: {error.strerror or error}") from error
    if start not in (b"GIF87a", b"GIF89a"):
        raise GifReadError(f"{path}: not a GIF")


def _read_with_pillow(path: Path, max_frames: int | None) -> GifFrames:
    delays: list[int] = []
    frames: list[Frame] = []
    # A damaged file shows as one of these, depending on where the damage lies.
    damage = (OSError, EOFError, SyntaxError, ValueError, IndexError, _image.DecompressionBombError)
    try:
        with _image.open(path) as image:
            kept = kept_indices(image.n_frames, max_frames)
            _check_size(path, image.size, len(kept))
            for index in range(image.n_frames):
                image.seek(index)
                delays.append(round(image.info.get("duration", 0)))
                if index in kept:
                    frames.append(flatten(np.array(image.convert("RGBA"))))
    except damage as error:
        raise GifReadError(f"{path}: damaged GIF ({one_line(error)})") from error
    return _assemble(frames, delays, kept)


def _read_with_opencv(path: Path, max_frames: int | None) -> GifFrames:
    try:
        _, animation = _cv2.imreadanimation(str(path))
    except _cv2.error as error:
        raise GifReadError(f"{path}: damaged GIF ({one_line(error)})") from error
    images = animation.frames
    if not images:
        raise GifReadError(f"{path}: damaged GIF (no frame could be decoded)")
    kept = kept_indices(len(images), max_frames)
    _check_size(path, images[0].shape[:2], len(kept))
    frames = [np.ascontiguousarray(flatten(images[index])[:, :, ::-1]) for index in kept]  # from BGR
    return _assemble(frames, [int(delay) for delay in animation.durations], kept)


def _assemble(frames: list[Frame], delays: Sequence[int], kept: Sequence[int]) -> GifFrames:
    shown = [delay or ZERO_DELAY_MS for delay in delays]
    durations = tuple(sum(shown[start:stop]) for start, stop in pairwise([*kept, len(shown)]))
    return GifFrames(frames=frames, durations_ms=durations, frame_count=len(shown))


def _check_size(path: Path, size: tuple[int, int], count: int) -> None:
    pixels = size[0] * size[1] * count
    if pixels > MAX_PIXELS:
        raise GifReadError(f"{path}: {pixels:,} pixels in {count} frames, more than {MAX_PIXELS:,}")


def flatten(image: npt.NDArray[np.uint8]) -> Frame:
    """Lay an HxWx4 image, alpha last, on white; an HxWx3 one is returned as it is."""
    if image.shape[2] == 3:
        return image
    alpha = image[:, :, 3:].astype(np.uint16)
    mixed = (image[:, :, :3] * alpha + _WHITE * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def kept_indices(count: int, max_frames: int | None) -> Sequence[int]:
    """Return which of `count` frames to keep: all, or `max_frames` evenly spread from the first on."""
    if max_frames is None or count <= max_frames:
        return range(count)
    return [index * count // max_frames for index in range(max_frames)]


def align_timeline(original_ms: Sequence[int], compressed_ms: Sequence[int]) -> list[AlignedPair]:
    """Pair frames that are on show at the same time, given how long each frame of either GIF stays.

    Both start at 0; the one that ends first holds its last frame. The pairs' durations add up to the
    longer GIF's. Raises ValueError when either has no frame.
    """
    if not original_ms or not compressed_ms:
        raise ValueError("a GIF without frames can't be aligned")
    ends = [np.cumsum(original_ms), np.cumsum(compressed_ms)]
    edges = np.unique(np.concatenate([[0], *ends]))
    shown = [np.searchsorted(end, edges[:-1], side="right").clip(max=len(end) - 1).tolist() for end in ends]
    return [
        AlignedPair(original=original, compressed=compressed, duration_ms=duration)
        for original, compressed, duration in zip(*shown, np.diff(edges).tolist(), strict=True)
    ]
