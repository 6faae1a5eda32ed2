"""Write whole files so that a reader never sees half of one, and tell files from what only has a name."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from pytest_deploycheck.core.errors import RecordError


def write_atomically(path: Path, text: str) -> None:
    """Replace the file at `path` by `text` as UTF-8; what UTF-8 cannot hold is written as an escape.

    Raises ``RecordError`` when the folder or the disk refuses.
    """
    write_bytes_atomically(path, text.encode("utf-8", "backslashreplace"))


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`.

    Raises ``RecordError`` when the folder or the disk refuses, and where a device or a pipe stands: whoever may replace
    ``/dev/null`` must not.
    """
    if is_device(path):
        raise RecordError(f"{path} cannot be written (it is no file); choose another place for it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            # mkstemp is private by default; a report is for others to read.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}); choose another place for it") from error


def is_device(path: Path) -> bool:
    """Whether a device, a pipe or a socket stands there, whose reading may never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
