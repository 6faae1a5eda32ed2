"""One run's journal: a JSON line per event, each carrying the hash of the line before it.

Format of a line: ``{"seq": n, "prev": "<sha256 of the line before, hexadecimal>", "event": ..., ...}``, encoded as
ASCII and ended by a newline; ``prev`` of the first line is 64 zeros. A last line without its newline is what a killed
run was writing: it is left out, and the run reads as INCOMPLETE anyway.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.redact import redact_data

ORIGIN = "0" * 64
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Journal:
    """Writes one run's events; every line has reached the operating system when `append` returns."""

    def __init__(self, path: Path, redact: Callable[[str], str]) -> None:
        """Create the file; raises ``RecordError`` when it cannot be, or is there already.

        What `redact` finds in a text it must also find where that text is part of a longer one.
        """
        self.path = path
        self._redact = redact
        self._seq = 0
        self._prev = ORIGIN
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb", buffering=0)  # noqa: SIM115  # open as long as the run
        except OSError as error:
            raise RecordError(
                f"the journal {path} cannot be written ({error.strerror}); mend the folder or choose another with "
                "--deploycheck-record"
            ) from error

    def append(self, event: dict[str, Any]) -> dict[str, Any]:
        """Store an event without its secrets and return it as stored; raises ``RecordError`` when the disk refuses."""
        clean, text = event, _encode(event)
        # Without escapes every string stands in the text as it is: one look at the whole finds what is in any of them.
        if "\\" in text or self._redact(text) != text:
            redacted = redact_data(event, self._redact)
            assert isinstance(redacted, dict)  # an event is one, and redaction keeps the shape
            clean, text = redacted, _encode(redacted)
        line = f'{{"seq":{self._seq},"prev":"{self._prev}",{text[1:]}\n'.encode("ascii")
        try:
            written = self._file.write(line)
        except OSError as error:
            raise RecordError(f"the journal {self.path} cannot be written any more ({error.strerror})") from error
        if written != len(line):
            raise RecordError(f"the journal {self.path} cannot be written any more (the disk is full)")
        self._seq += 1
        self._prev = hashlib.sha256(line).hexdigest()
        return clean

    def close(self) -> None:
        """Make sure the lines outlive the machine, and let go of the file."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise RecordError(f"the journal {self.path} cannot be written any more ({error.strerror})") from error


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal, oldest first.

    Raises ``RecordError`` with the number of the first line that is not JSON, is out of sequence, or does not carry
    the hash of the line before it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"the journal {path} cannot be read ({error.strerror})") from error
    lines = data.split(b"\n")
    prev = ORIGIN
    for number, line in enumerate(lines[:-1], start=1):
        try:
            event = json.loads(line)
            seq, said = event.pop("seq"), event.pop("prev")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise RecordError(f"{path}:{number}: this line is no event of a journal", line=number) from error
        if seq != number - 1 or said != prev:
            raise RecordError(
                f"{path}:{number}: the chain breaks here: a line was edited, moved, removed or put in", line=number
            )
        prev = hashlib.sha256(line + b"\n").hexdigest()
        yield event
