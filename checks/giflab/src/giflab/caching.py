"""Experimental caches. Imported only while `config.ENABLE_EXPERIMENTAL_CACHING` is on."""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .cache_files import PREFIX, SUFFIX, cache_directory, entries
from .errors import GifReadError
from .frames import Frame, GifFrames

#: Part of every key: a change of what is stored makes old entries unreachable instead of wrong.
_FORMAT = "1"


class ResizeCache:
    """Remembers resized frames by content, dropping the least recently used beyond its limits.

    Keyed by a digest of the pixels, not by identity: frames are mutable and their ids are reused.
    `resize` is called like the function it wraps; safe to share between threads.
    """

    def __init__(
        self, resize: Callable[[Frame, tuple[int, int], int], Frame], limits: Mapping[str, Any]
    ) -> None:
        self._resize = resize
        self._max_entries = int(limits.get("max_entries", 512))
        self._max_bytes = int(limits.get("max_bytes", 64 * 1024**2))
        self._held: OrderedDict[tuple[Any, ...], Frame] = OrderedDict()
        self._bytes = 0
        self._counts = {"hits": 0, "misses": 0, "evictions": 0}
        self._lock = threading.Lock()

    def resize(self, frame: Frame, size: tuple[int, int], interpolation: int) -> Frame:
        """Return `frame` resized to `size` (width, height), a copy the caller may change."""
        digest = hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=16).digest()
        key = (digest, frame.shape, frame.dtype.str, size, interpolation)
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                self._counts["hits"] += 1
                return found.copy()
            self._counts["misses"] += 1
        resized = self._resize(frame, size, interpolation)
        self._keep(key, resized.copy())
        return resized

    def _keep(self, key: tuple[Any, ...], frame: Frame) -> None:
        with self._lock:
            if frame.nbytes > self._max_bytes or key in self._held:
                return
            self._held[key] = frame
            self._bytes += frame.nbytes
            while len(self._held) > self._max_entries or self._bytes > self._max_bytes:
                _, dropped = self._held.popitem(last=False)
                self._bytes -= dropped.nbytes
                self._counts["evictions"] += 1

    def stats(self) -> dict[str, int]:
        """Return hits, misses, evictions, entries and bytes."""
        with self._lock:
            return {**self._counts, "entries": len(self._held), "bytes": self._bytes}


class FrameStore:
    """Keeps decoded GIFs on disk; `extract` is called like the function it wraps.

    An entry that can't be read is a miss, and a folder that can't be written costs only the speed.
    """

    def __init__(
        self, extract: Callable[[str | Path, int | None], GifFrames], options: Mapping[str, Any]
    ) -> None:
        self._extract = extract
        self._max_bytes = int(options.get("max_bytes", 256 * 1024**2))

    def extract(self, gif_path: str | Path, max_frames: int | None = None) -> GifFrames:
        """Return the decoded GIF; raises what the wrapped function raises."""
        path = Path(gif_path)
        entry = cache_directory() / f"{PREFIX}{_content_key(path, max_frames)}{SUFFIX}"
        stored = _load(entry)
        if stored is not None:
            return stored
        decoded = self._extract(path, max_frames)
        try:
            _save(entry, decoded)
            self._trim(entry.parent)
        except OSError:
            pass
        return decoded

    def _trim(self, directory: Path) -> None:
        newest_first = sorted(entries(directory), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in newest_first:
            total += path.stat().st_size
            if total > self._max_bytes:
                path.unlink(missing_ok=True)


def _content_key(path: Path, max_frames: int | None) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GifReadError(f"{path}: {error.strerror or error}") from error
    return hashlib.sha256(content + f"|{max_frames}|{_FORMAT}".encode()).hexdigest()


def _load(entry: Path) -> GifFrames | None:
    try:
        # Opened here, as numpy leaves the file open when it turns out to be no archive.
        with entry.open("rb") as file, np.load(file, allow_pickle=False) as data:
            frames, durations = data["frames"], data["durations_ms"]
            count, duration = (int(number) for number in data["totals"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return GifFrames(
        frames=list(frames),
        frame_count=count,
        dimensions=(frames.shape[2], frames.shape[1]),
        duration_ms=duration,
        durations_ms=tuple(int(number) for number in durations),
    )


def _save(entry: Path, gif: GifFrames) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=entry.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(
                file,
                frames=np.stack(gif.frames),
                durations_ms=np.array(gif.durations_ms),
                totals=np.array([gif.frame_count, gif.duration_ms]),
            )
        Path(name).replace(entry)  # at once, so that no reader meets half an entry
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
