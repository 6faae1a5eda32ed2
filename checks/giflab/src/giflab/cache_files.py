"""Where decoded frames are kept on disk, how much is there, and removing it. Needs no numpy and no flag."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import config as settings

PREFIX, SUFFIX = "frames-", ".npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUsage:
    """What is in the folder of the frame cache; `size_bytes` counts its own files only."""

    directory: Path
    files: int
    size_bytes: int


def cache_directory() -> Path:
    """Return the folder: the setting, else $GIFLAB_CACHE_DIR, else the user's cache folder."""
    configured = settings.FRAME_CACHE.get("directory") or os.environ.get("GIFLAB_CACHE_DIR")
    if configured:
        return Path(configured)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "giflab"


def entries(directory: Path) -> Iterator[Path]:
    """Yield the cache's own files in `directory`; none when there is no such folder."""
    if directory.is_dir():
        yield from sorted(directory.glob(f"{PREFIX}*{SUFFIX}"))


def usage(directory: Path | None = None) -> CacheUsage:
    """Count files and bytes in `directory`, by default the configured one."""
    folder = directory or cache_directory()
    sizes = [path.stat().st_size for path in entries(folder)]
    return CacheUsage(directory=folder, files=len(sizes), size_bytes=sum(sizes))


def clear(directory: Path | None = None) -> CacheUsage:
    """Remove the cache's own files, nothing else, and return what was removed. Raises OSError."""
    before = usage(directory)
    for path in entries(before.directory):
        path.unlink(missing_ok=True)
    return before
