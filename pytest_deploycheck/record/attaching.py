"""Read a file that a check gives as evidence."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pytest_deploycheck.core.evidence import LARGEST_FILE, Attachment, size_in_words
from pytest_deploycheck.core.model import Evidence


def attach(path: str | os.PathLike[str]) -> Evidence:
    """The file as it is now; one that is too large is told of, and not read into memory.

    Raises ``FileNotFoundError`` where there is none, ``ValueError`` for what is no ordinary file.
    """
    __tracebackhide__ = True
    found, name = Path(path), os.fsdecode(path)
    if not found.exists():
        raise FileNotFoundError(f"evidence.file({name!r}): there is no such file, as seen from {Path.cwd()}")
    if not found.is_file():
        what = "a folder: pack it, or name a file in it" if found.is_dir() else "no ordinary file"
        raise ValueError(f"evidence.file({name!r}): this is {what}")
    with open(found, "rb") as file:
        data = file.read(LARGEST_FILE + 1)
        if len(data) <= LARGEST_FILE:
            return Attachment(kind="file", name=name, text=size_in_words(len(data)), data=data)
        digest, size = hashlib.sha256(data), len(data)
        del data
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    said = f"{size_in_words(size)}, not copied: more than {size_in_words(LARGEST_FILE)}; sha256 {digest.hexdigest()}"
    return Evidence(kind="file", name=name, text=said)
