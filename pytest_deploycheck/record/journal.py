"""One run's journal: a JSON line per event, each carrying the hash of the line before it.

Format of a line: ``{"seq": n, "prev": "<sha256 of the line before, hexadecimal>", "event": ..., ...}``, encoded as
ASCII and ended by a newline; ``prev`` of the first line is 64 zeros. The last line of a run that came to its end is its
seal: the event ``sealed``, which says nothing itself, so that every line that says something has its hash in the next.
Nothing stands behind a seal. A last line without its newline is what a killed run was writing: it is left out, and the
run reads as INCOMPLETE anyway.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quote
from pathlib import Path
from typing import Any

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.redact import redact_data, texts_in
from pytest_deploycheck.record.files import is_device

ORIGIN = "0" * 64
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_SEALED = "sealed"
#: Characters of an event that is worth taking apart.
_LONG = 10_000


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
        #: Over everything written so far.
        self._digest = hashlib.sha256()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb", buffering=0)  # noqa: SIM115  # open as long as the run
        except OSError as error:
            if isinstance(error, FileExistsError) and path.parent.is_dir():
                raise RecordError(
                    f"the journal {path} cannot be written: a run of this id is on record; give another one by "
                    "--deploycheck-run-id, or none"
                ) from error
            raise RecordError(
                f"the journal {path} cannot be written ({error.strerror}); mend the folder or choose another with "
                "--deploycheck-record"
            ) from error
        # A file system without locks cannot say whether the run is still on; everything else works there.
        with suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def append(self, event: dict[str, Any]) -> dict[str, Any]:
        """Store an event without its secrets and return it as stored; raises ``RecordError`` when the disk refuses."""
        clean, text = self.prepare(event)
        self.write(text)
        return clean

    def prepare(self, event: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """The event without its secrets, and the text that `write` takes; raises ``ValueError`` for NaN."""
        return self._without_secrets(event, _encode(event))

    def prepare_flat(self, event: dict[str, Any], *, is_clean: bool = False) -> tuple[dict[str, Any], str]:
        """The same, at a fraction of the cost, for an event that consists of texts and finite numbers alone.

        With `is_clean` each of its texts is known to hold no secret.
        """
        words = [f'"{key}":{quote(word) if isinstance(word, str) else repr(word)}' for key, word in event.items()]
        text = f"{{{','.join(words)}}}"
        return (event, text) if is_clean else self._without_secrets(event, text)

    def _without_secrets(self, event: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
        # Without escapes every string stands in the text as it is: one look at the whole finds what is in any of them.
        # In a long event the same words stand again and again.
        whole = text if len(text) < _LONG and "\\" not in text else "\n".join(texts_in(event))
        if self._redact(whole) == whole:
            return event, text
        redacted = redact_data(event, self._redact)
        assert isinstance(redacted, dict)  # an event is one, and redaction keeps the shape
        return redacted, _encode(redacted)

    def clean(self, text: str) -> str:
        """A text as it is stored."""
        return self._redact(text)

    def write(self, text: str) -> None:
        """Store a prepared event as the next line; raises ``RecordError`` when the disk refuses."""
        line = f'{{"seq":{self._seq},"prev":"{self._prev}",{text[1:]}\n'.encode("ascii")
        try:
            written = self._file.write(line)
        except OSError as error:
            raise RecordError(f"the journal {self.path} cannot be written any more ({error.strerror})") from error
        if written != len(line):
            raise RecordError(f"the journal {self.path} cannot be written any more (the disk is full)")
        self._seq += 1
        self._prev = hashlib.sha256(line).hexdigest()
        self._digest.update(line)

    def close(self) -> None:
        """Make sure the lines outlive the machine, and let go of the file.

        Raises ``RecordError`` when the disk refuses, with a line's number when the file is not what was written.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise RecordError(f"the journal {self.path} cannot be written any more ({error.strerror})") from error
        finally:
            self._file.close()
        if not self.path.is_file():
            raise RecordError(f"the journal {self.path} was taken away while the run wrote it", line=1)
        if hashlib.sha256(self.path.read_bytes()).digest() != self._digest.digest():
            for _ in read_events(self.path):
                pass  # it raises at the line in question, if there is one
            raise RecordError(f"{self.path}:{self._seq}: another journal was put in this one's place", line=self._seq)

    def let_go(self) -> None:
        """Close the file as it is, when the session ends in a way that has no end to write."""
        self._file.close()


def is_being_written(path: Path) -> bool:
    """Whether a process on this machine still writes the journal: its run is neither over nor dead."""
    refuse_device(path)
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def refuse_device(path: Path) -> None:
    """Raise ``RecordError`` for what is no file, and might never be read to its end."""
    if is_device(path):
        raise RecordError(f"the journal {path} cannot be read (it is no file)")


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal, oldest first, the seal included.

    Raises ``RecordError`` with the number of the first line that is no event, is out of sequence, does not have the
    hash that the next line carries, or stands behind the seal.
    """
    refuse_device(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"the journal {path} cannot be read ({error.strerror})") from error
    *lines, torn = data.split(b"\n")
    prev = ORIGIN
    sealed = False
    for number, line in enumerate(lines, start=1):
        if sealed:
            raise _behind_the_seal(path, number)
        event, seq, said = _read_line(path, number, line)
        if seq != number - 1:
            raise RecordError(
                f"{path}:{number}: the chain breaks here: a line was moved, removed or put in", line=number
            )
        if said != prev:
            raise _broken_chain(path, number, lines)
        prev = _hash(line)
        sealed = event.get("event") == _SEALED
        yield event
    if sealed and torn:
        raise _behind_the_seal(path, len(lines) + 1)


def _read_line(path: Path, number: int, line: bytes) -> tuple[dict[str, Any], int, str]:
    """An event, its number and the hash it carries."""
    try:
        event = _decode(line.decode("ascii"))
        seq, said = _number(event.pop("seq")), _digest(event.pop("prev"))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise RecordError(
            f"{path}:{number}: this line is no event of a journal ({type(error).__name__}: {error})", line=number
        ) from error
    return event, seq, said


def _number(seq: object) -> int:
    # True and 1.0 are equal to 1, and none that was ever written.
    if type(seq) is not int:
        raise TypeError(f"{seq!r} is no number of a line")
    return seq


def _digest(prev: object) -> str:
    if not isinstance(prev, str) or len(prev) != len(ORIGIN):
        raise TypeError(f"{prev!r} is no hash")
    return prev


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode


def _hash(line: bytes) -> str:
    return hashlib.sha256(line + b"\n").hexdigest()


def _behind_the_seal(path: Path, number: int) -> RecordError:
    return RecordError(f"{path}:{number}: this was put in behind the journal's end", line=number)


def _broken_chain(path: Path, number: int, lines: Sequence[bytes]) -> RecordError:
    """Line `number` does not carry the hash of the line before it: say which of the two was touched."""
    try:
        # The next line knows what this one was.
        genuine = _read_line(path, number + 1, lines[number])[2] == _hash(lines[number - 1])
    except (IndexError, RecordError):
        genuine = number == len(lines)
    if number == 1 or not genuine:
        return RecordError(
            f"{path}:{number}: the chain breaks here: this line was edited, or belongs to another journal", line=number
        )
    return RecordError(
        f"{path}:{number - 1}: the chain breaks here: this line was edited (line {number} carries another hash of it)",
        line=number - 1,
    )
