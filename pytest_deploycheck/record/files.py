"""Write whole files so that a reader never sees half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pytest_deploycheck.core.errors import RecordError


def write_atomically(path: Path, text: str) -> None:
    """Replace the file at `path` by `text` as UTF-8; what UTF-8 cannot hold is written as an escape.

    Raises ``RecordError`` when the folder or the disk refuses.
    """
    write_bytes_atomically(path, text.encode("utf-8", "backslashreplace"))


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`; raises ``RecordError`` when the folder or the disk refuses."""
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
