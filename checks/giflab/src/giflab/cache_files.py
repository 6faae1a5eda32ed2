"""Where decoded frames are kept on disk, how much is there, and removing it. Needs no numpy and no flag."""

import os
from pathlib import Path

from . import config as settings

PREFIX, SUFFIX = "frames-", ".npz"


def cache_directory() -> Path:
    """Return the folder: the setting, else $GIFLAB_CACHE_DIR, else the user's cache folder."""
    configured = settings.FRAME_CACHE.get("directory") or os.environ.get("GIFLAB_CACHE_DIR")
    return Path(configured or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "giflab"))


def entries() -> list[Path]:
    """Return the cache's own files; none when there is no such folder."""
    return sorted(cache_directory().glob(f"{PREFIX}*{SUFFIX}"))


def usage() -> str:
    """Say how many files the cache has and how large they are together."""
    sizes = [path.stat().st_size for path in entries()]
    return f"{len(sizes)} files, {sum(sizes) / 1024**2:.1f} MiB"


def clear() -> None:
    """Remove the cache's own files, nothing else. Raises OSError."""
    for path in entries():
        path.unlink(missing_ok=True)


def flags_at_odds() -> str:
    """Say which caching flag has no effect; empty where the two agree."""
    if settings.FRAME_CACHE.get("enabled", False) and not settings.ENABLE_EXPERIMENTAL_CACHING:
        return "FRAME_CACHE is on, but ENABLE_EXPERIMENTAL_CACHING is off"
    return ""
