"""The file of sign-offs and waivers: reading it, and adding to it so that every other byte stays as it is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_deploycheck.core.approvals_data import (
    approvals_from_data,
    is_link,
    refuse_entry,
    signoff_to_data,
    waiver_to_data,
)
from pytest_deploycheck.core.errors import ApprovalsError
from pytest_deploycheck.core.model import Approvals, Proof, Signoff, Waiver
from pytest_deploycheck.record.files import write_atomically

#: What stands at the start of a line: the head of a list's entry, of a table, or a key.
_NAME = re.compile(
    r"""[ \t]*(?: \[\[[ \t]*["']?(?P<entry>[\w-]+)["']?[ \t]*\]\] | (?:\[[ \t]*)?["']?(?P<name>[\w-]+) )""", re.VERBOSE
)
#: Texts of several lines and of one, comments, ends of lines, and what lies between them.
_TOKEN = re.compile(
    r'''"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3,5} | \'{3}.*?\'{3,5}
    | "[^"\\]*(?:\\.[^"\\]*)*" | \'[^\']*\' | \#[^\n]* | \n | [^"\'\#\n]+ | .''',
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def read_approvals(path: Path, shown_as: str) -> Approvals:
    """The approvals in the file at `path`, which messages call `shown_as`; none where there is no file.

    Raises ``ApprovalsError`` with file and line for one that cannot be read, or an entry that cannot be meant.
    """
    raw = _read(path, shown_as)
    return Approvals() if raw is None else _parse(raw, shown_as)


def _read(path: Path, shown_as: str) -> bytes | None:
    try:
        _require_file(path)
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ApprovalsError(f"{shown_as}: the approvals cannot be read: {why}; name a TOML file") from error


def _require_file(path: Path) -> None:
    # A pipe or a device would never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is a folder" if path.is_dir() else "it is no file")


def _parse(raw: bytes, shown_as: str) -> Approvals:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ApprovalsError(f"{shown_as}:{line}: the approvals are not UTF-8; save the file as UTF-8") from error
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = _PLACE.search(str(error))
        number = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        why = _PLACE.sub("", str(error)).strip()
        raise ApprovalsError(f"{shown_as}:{number}: this is no TOML: {why}") from error
    return approvals_from_data(
        data, shown_as=shown_as, digest=hashlib.sha256(raw).hexdigest(), lines=_lines_of_names(text)
    )


def _lines_of_names(text: str) -> dict[str, list[int]]:
    """Name at the top of a document that is TOML -> where it begins; an entry of a list has the list's name.

    What stands inside a text or behind a hash is none.
    """
    found: dict[str, list[int]] = {}
    line, place, is_start = 1, 0, True
    while place < len(text):
        if is_start and (match := _NAME.match(text, place)):
            name = match["entry"] or match["name"]
            if match["entry"] or name not in found:
                found.setdefault(name, []).append(line)
        token = _TOKEN.match(text, place)
        assert token is not None  # its last choice takes anything
        is_start = token[0] == "\n"
        line += token[0].count("\n")
        place = token.end()
    return found


def digests_of(approvals: Approvals, folder: Path) -> dict[str, str | None]:
    """The files that sign-offs point to: name -> sha256, hexadecimal, of the bytes there are now; None without any.

    Names are relative to `folder`.
    """
    names = {proof.name for signoff in approvals.signoffs for proof in signoff.evidence if proof.sha256}
    return {name: _digest(folder / name) for name in sorted(names)}


def proof_of(name: str, folder: Path) -> Proof:
    """What a sign-off points to, as it is now: a link, or a file relative to `folder`.

    Raises ``ApprovalsError`` for what is neither.
    """
    if is_link(name):
        return Proof(name=name)
    found = _digest(folder / name)
    if found is None:
        raise ApprovalsError(f"the evidence {name!r} is neither a link nor a file that can be read in {folder}")
    return Proof(name=name, sha256=found)


def _digest(path: Path) -> str | None:
    try:
        _require_file(path)
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


# -- adding ------------------------------------------------------------------------------------------------------------


def add_signoff(path: Path, signoff: Signoff) -> None:
    """Add a sign-off at the end of the file, which is made where there is none; all else stays as it is.

    Two who sign at once both stand there. Raises ``ApprovalsError`` for a file or an entry that cannot be meant,
    ``RecordError`` where the disk refuses.
    """
    _add(path, "signoff", signoff_to_data(signoff))


def add_waiver(path: Path, waiver: Waiver) -> None:
    """Add a waiver, as `add_signoff` does."""
    _add(path, "waiver", waiver_to_data(waiver))


def _add(path: Path, kind: str, data: dict[str, Any]) -> None:
    refuse_entry(kind, data)
    target = Path(os.path.realpath(path))  # a link stays one
    with _alone(target):
        raw = _read(target, str(path)) or b""
        _parse(raw, str(path))
        text = raw.decode("utf-8")
        entry = _entry_text(kind, data)
        if "\r\n" in text:
            entry = entry.replace("\n", "\r\n")
        gap = "\r\n" if "\r\n" in text else "\n"
        before = "" if not text else gap if text.endswith("\n") else gap * 2
        whole = text + before + entry
        try:
            _parse(whole.encode("utf-8", "backslashreplace"), str(path))
        except ApprovalsError as error:  # the file and the entry are right, each for itself
            said = f"nothing can be added below `{kind} = [...]`; write [[{kind}]] above each of its entries instead"
            raise ApprovalsError(f"{path}: {said}") from error
        write_atomically(target, whole)


def _entry_text(kind: str, data: dict[str, Any]) -> str:
    import tomlkit

    table = tomlkit.table()
    for name, value in data.items():
        table.add(name, _item(value))
    entries = tomlkit.aot()
    entries.append(table)
    document = tomlkit.document()
    document.add(kind, entries)
    return tomlkit.dumps(document)


def _item(value: Any) -> Any:
    import tomlkit

    if isinstance(value, list):
        rows = tomlkit.array()
        for row in value:
            table = tomlkit.inline_table()
            table.update(row if isinstance(row, dict) else {})
            rows.append(table if isinstance(row, dict) else row)
        return rows
    return value


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile: the lock is the folder's, and leaves nothing behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise ApprovalsError(f"{path} cannot be written ({error.strerror}); choose another place for it") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
