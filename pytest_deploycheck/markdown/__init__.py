"""Read a Markdown checklist: headings that carry a phase, task-list lines that are its checks."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path

from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.record.files import is_device

_FOREIGN_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_checklist(path: Path, *, shown_as: str) -> Checklist:
    """The checklist in the file at `path`; messages and sources name it `shown_as`.

    Raises ``ChecklistError`` with file and line for what cannot be meant: a phase comment on nothing, an unknown
    key, an id given twice, a document that is not UTF-8 or has no phase.
    """
    # The parser is loaded only where there is a document to read.
    from pytest_deploycheck.markdown.reader import read_text

    raw = read_bytes(path, shown_as=shown_as)
    return read_text(decoded(raw, shown_as=shown_as), shown_as=shown_as, digest=hashlib.sha256(raw).hexdigest())


def read_bytes(path: Path, *, shown_as: str) -> bytes:
    """The file's bytes; raises ``ChecklistError``."""
    try:
        found = None if is_device(path) else path.read_bytes()
        why = "it is no file"
    except OSError as error:
        found, why = None, str(error.strerror)
    if found is None:
        raise ChecklistError(
            f"{shown_as}: the checklist cannot be read ({why}); mend the ini key deploycheck_checklist"
        )
    return found


def decoded(raw: bytes, *, shown_as: str) -> str:
    """The text without its byte order mark; raises ``ChecklistError`` where it is not UTF-8."""
    for mark, encoding in _FOREIGN_MARKS.items():
        if raw.startswith(mark):
            raise ChecklistError(f"{shown_as}: it is {encoding}, not UTF-8; save it as UTF-8")
    # UTF-16 without a mark decodes as UTF-8, every other character of it a NUL.
    if raw.count(0) * 3 > len(raw):
        raise ChecklistError(f"{shown_as}: it looks like UTF-16, not UTF-8; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChecklistError(f"{shown_as}: it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
