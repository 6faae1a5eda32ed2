"""Experimental caches. Imported only while `config.ENABLE_EXPERIMENTAL_CACHING` is on."""

import hashlib
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from .cache_files import PREFIX, SUFFIX, cache_directory, entries
from .frames import Frame, GifFrames

#: Part of every key: a change of what is stored makes old entries unreachable instead of wrong.
_FORMAT = "2"


class ResizeCache:
    """Remembers resized frames by content, dropping the least recently used beyond `max_bytes`.

    Keyed by a digest of the pixels, not by identity: frames are mutable and their ids are reused.
    `resize` is called like the function it wraps; safe to share between threads.
    """

    def __init__(self, resize: Callable[[Frame, tuple[int, int], int], Frame], max_bytes: int) -> None:
        self._resize = resize
        self._max_bytes = max_bytes
        self._held: OrderedDict[tuple[Any, ...], Frame] = OrderedDict()
        self._counts = {"hits": 0, "misses": 0, "bytes": 0}
        self._lock = threading.Lock()

    def resize(self, frame: Frame, size: tuple[int, int], interpolation: int) -> Frame:
        """Return `frame` resized to `size` (width, height), a copy the caller may change."""
        digest = hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=16).digest()
        key = (digest, frame.shape, frame.dtype.str, size, interpolation)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                self._counts["hits"] += 1
                return self._held[key].copy()
            self._counts["misses"] += 1
            resized = self._held[key] = self._resize(frame, size, interpolation)
            self._counts["bytes"] += resized.nbytes
            while self._counts["bytes"] > self._max_bytes:
                self._counts["bytes"] -= self._held.popitem(last=False)[1].nbytes
            return resized.copy()

    def stats(self) -> dict[str, int]:
        """Return hits, misses, entries and bytes."""
        with self._lock:
            return {**self._counts, "entries": len(self._held)}


class FrameStore:
    """Keeps decoded GIFs on disk; `extract` is called like the function it wraps.

    An entry that can't be read is a miss, and a folder that can't be written costs only the speed.
    """

    def __init__(self, extract: Callable[[str | Path, int | None], GifFrames], max_bytes: int) -> None:
        self._extract = extract
        self._max_bytes = max_bytes

    def extract(self, gif_path: str | Path, max_frames: int | None = None) -> GifFrames:
        """Return the decoded GIF; raises what the wrapped function raises."""
        try:
            content = Path(gif_path).read_bytes()
        except OSError:
            return self._extract(gif_path, max_frames)  # which says what is wrong
        key = hashlib.sha256(content + f"|{max_frames}|{_FORMAT}".encode()).hexdigest()
        entry = cache_directory() / f"{PREFIX}{key}{SUFFIX}"
        gif = _load(entry)
        if gif is None:
            gif = self._extract(gif_path, max_frames)
            with suppress(OSError):
                _save(entry, gif)
                self._trim()
        return gif

    def _trim(self) -> None:
        total = 0
        for path in sorted(entries(), key=lambda path: path.stat().st_mtime, reverse=True):
            total += path.stat().st_size
            if total > self._max_bytes:
                path.unlink(missing_ok=True)


def _load(entry: Path) -> GifFrames | None:
    try:
        # Opened here, as numpy leaves the file open when it turns out to be no archive.
        with entry.open("rb") as file, np.load(file, allow_pickle=False) as data:
            return GifFrames(
                frames=list(data["frames"]),
                durations_ms=tuple(data["durations_ms"].tolist()),
                frame_count=int(data["frame_count"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _save(entry: Path, gif: GifFrames) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=entry.parent) as folder:
        made = Path(folder, entry.name)
        np.savez_compressed(
            made,
            frames=np.stack(gif.frames),
            durations_ms=np.array(gif.durations_ms),
            frame_count=np.array(gif.frame_count),
        )
        made.replace(entry)  # at once, so that no reader meets half an entry
