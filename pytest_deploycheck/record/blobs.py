"""Evidence that is too long for the record: it stands beside it, as a file named by the sha256 of its bytes.

``<folder>/<release>/evidence/<sha256>.txt``; copies of files keep their suffix. The record holds begin, end, digest and
size, so whoever changes such a file is found out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.evidence import FOLDER, Attachment, blob_name, cut_bytes, size_in_words
from pytest_deploycheck.core.model import CheckResult, Evidence, Run
from pytest_deploycheck.record.files import write_bytes_atomically

#: How the notes on it begin.
MISSING = "evidence is missing: "
_CHUNK = 1 << 20


class Blobs:
    """Puts evidence where it belongs as it comes in: without its secrets, in the record or beside it."""

    def __init__(self, folder: Path, redact: Callable[[str], str], limit: int) -> None:
        """`folder` is that of the release; more than `limit` bytes of one piece do not go into the record."""
        self._folder = folder / FOLDER
        self._redact = redact
        self._limit = limit
        self._written: set[str] = set()

    def store(self, result: CheckResult) -> CheckResult:
        """The result as the record holds it; raises ``RecordError`` when the disk refuses."""
        # A character takes four bytes at most.
        if not any(isinstance(item, Attachment) or len(item.text) * 4 > self._limit for item in result.evidence):
            return result
        return replace(result, evidence=tuple(map(self._store, result.evidence)))

    def _store(self, item: Evidence) -> Evidence:
        if isinstance(item, Attachment):
            return self._store_file(item)
        if len(item.text) * 4 <= self._limit:
            return item
        text = self._redact(item.text)
        data = text.encode("utf-8", "backslashreplace")
        if len(data) <= self._limit:
            return replace(item, text=text)
        digest = hashlib.sha256(data).hexdigest()
        stored = replace(item, sha256=digest, size=len(data))
        self._write(blob_name(stored), data)
        return replace(stored, text=cut_bytes(data, self._limit, whole=f"the whole is {FOLDER}/{blob_name(stored)}"))

    def _store_file(self, item: Attachment) -> Evidence:
        data, said = self._clean_bytes(item.data)
        if data is None:
            return Evidence(kind=item.kind, name=item.name, text=f"{item.text}; not copied: {said}")
        # The name decides on the suffix of the copy, and the record has it without its secrets.
        stored = Evidence(
            kind=item.kind,
            name=self._redact(item.name),
            text=f"{item.text}{said}",
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
        )
        self._write(blob_name(stored), data)
        return stored

    def _clean_bytes(self, data: bytes) -> tuple[bytes | None, str]:
        """The bytes without secrets and what to say of it; None where they cannot be taken out."""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
            if self._redact(text) != text:
                return None, "it holds a secret, and is no text from which that could be taken"
            return data, ""
        redacted = self._redact(text)
        return (data, "") if redacted == text else (redacted.encode("utf-8"), "; its secrets were taken out")

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        if name in self._written or (path.is_file() and not _is_changed(path)):
            return
        write_bytes_atomically(path, data)
        self._written.add(name)


def with_missing_evidence(run: Run, folders: Sequence[Path]) -> Run:
    """The run with a note for each piece of evidence that stands in none of the release's folders.

    The verdict stays: the record has the begin and the end of it. Raises ``RecordError`` as `missing_evidence` does.
    """
    notes = tuple(missing_evidence(run.checks, folders))
    return replace(run, notes=(*run.notes, *notes)) if notes else run


def refuse_changed_evidence(results: Iterable[CheckResult], folder: Path) -> None:
    """Raise ``RecordError`` as `missing_evidence` does; what is missing stays as it is: the record is enough."""
    for _ in missing_evidence(results, [folder]):
        pass


def missing_evidence(results: Iterable[CheckResult], folders: Sequence[Path]) -> Iterator[str]:
    """What the record of these results points to and is in none of the folders of the release, in words.

    Raises ``RecordError`` (with a line, as for a journal that does not verify) for what was changed.
    """
    seen: set[str] = set()
    for result in results:
        for item in result.evidence:
            name = blob_name(item)
            if not name or name in seen:
                continue
            seen.add(name)
            paths = [path for path in (folder / FOLDER / name for folder in folders) if path.is_file()]
            if not paths:
                yield f"{MISSING}{FOLDER}/{name}, {size_in_words(item.size)} of {result.check.id}"
            for path in filter(_is_changed, paths):
                raise RecordError(
                    f"{path}: this evidence of {result.check.id} was changed: it is not what its sha256 says; put the "
                    "file back as it was, or take it away and the record stands without it",
                    line=1,
                )


def _is_changed(path: Path) -> bool:
    """Whether a file's bytes are not those that its name promises."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise RecordError(f"the evidence {path} cannot be read ({error.strerror})", line=1) from error
    return digest.hexdigest() != path.name.partition(".")[0]
