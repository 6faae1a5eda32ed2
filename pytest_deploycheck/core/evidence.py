"""How much of what a check saw stands in the record itself, and under which name the whole stands beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.core.model import Evidence

#: Bytes of one piece of evidence that stand in the record, unless ``deploycheck_evidence_limit`` says otherwise.
DEFAULT_LIMIT = 64 * 1024
#: Bytes; with less, nothing readable would be left of the begin and the end.
SMALLEST_LIMIT = 1024
#: Characters of a text; more than this is not kept anywhere.
LONGEST_TEXT = 128 * 1024 * 1024
#: Bytes; a longer file is told of, and not copied.
LARGEST_FILE = 64 * 1024 * 1024
#: Pieces of evidence of one check; what comes beyond them is counted.
MOST_PIECES = 1000
#: Characters or bytes of all of them together: they are held until the check ends.
MOST_OF_A_CHECK = 512 * 1024 * 1024
#: Samples of a measurement; of more, the extremes of short stretches are kept.
MOST_SAMPLES = 2000
#: The folder of the wholes, in that of the release.
FOLDER = "evidence"

_SIZE = re.compile(r"(\d{1,12})\s*(?:([KMG])(i?)B?|B)?", re.IGNORECASE)
_FACTORS = {"K": 1, "M": 2, "G": 3}
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
#: What a browser would run, should somebody open it from the report.
_ACTIVE = frozenset({".html", ".htm", ".xhtml", ".shtml", ".svg", ".js", ".mjs", ".xml", ".xsl", ".hta", ".mht"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment(Evidence):
    """Evidence that is a file, on its way to the record: `data` is what will stand beside it."""

    data: bytes = b""


def read_size(text: str, *, where: str) -> int:
    """Bytes of a size as people write it (``65536``, ``64 KiB``, ``1 MB``); raises ``SettingsError`` naming `where`."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise SettingsError(f"{where}: {text!r} is no size; write it as in 65536, 64 KiB or 1 MB")
    number, unit, binary = found.groups()
    size = int(number) * ((1024 if binary else 1000) ** _FACTORS[unit.upper()] if unit else 1)
    if size < SMALLEST_LIMIT:
        raise SettingsError(f"{where}: {text!r} is too little to read anything in; give at least {SMALLEST_LIMIT}")
    return size


def size_in_words(size: int) -> str:
    """A number of bytes as people read it."""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:,.1f} KiB" if size < 1024**2 else f"{size / 1024**2:,.1f} MiB"


def cut_bytes(data: bytes, limit: int, *, whole: str) -> str:
    """Begin and end of a text (UTF-8) within `limit` bytes; between them, how much was cut and where the whole is.

    No line is broken where that can be helped: half a line may hold half a secret.
    """
    half = (limit - 200) // 2
    head, tail = data[:half], data[-half:]
    # Up to a line's end, unless lines are long.
    if (end := head.rfind(b"\n") + 1) > half // 2:
        head = head[:end]
    if 0 <= (begin := tail.find(b"\n") + 1) < half // 2:
        tail = tail[begin:]
    left_out = size_in_words(len(data) - len(head) - len(tail))
    note = f"[... {left_out} of {size_in_words(len(data))} cut; {whole} ...]"
    parts = (head.decode("utf-8", "ignore").rstrip("\n"), note, tail.decode("utf-8", "ignore"))
    return "\n".join(parts)


def cut_text(text: str, limit: int = LONGEST_TEXT) -> str:
    """A text of at most about `limit` characters: its begin and its end; what is lost is said."""
    if len(text) <= limit:
        return text
    half = limit // 2
    lost = f"[... {len(text) - 2 * half:,} characters lost: more than a piece of evidence holds ...]"
    return f"{text[:half]}\n{lost}\n{text[-half:]}"


def blob_name(item: Evidence) -> str:
    """The file's name under which the whole of `item` stands in the folder `FOLDER` beside the record.

    Empty where its text is the whole. Nothing that a browser would run keeps its suffix.
    """
    if not item.sha256:
        return ""
    suffix = ".txt"
    if item.kind == "file":
        found = _SUFFIX.fullmatch("." + item.name.rpartition(".")[2].lower()) if "." in item.name else None
        suffix = found[0] if found else ".bin"
        if suffix in _ACTIVE:
            suffix += ".txt"
    return item.sha256 + suffix


def thinned(samples: Iterable[float]) -> tuple[float, ...]:
    """The samples, or of more than `MOST_SAMPLES` the least and the greatest of even stretches, in their order.

    What is no number stays.
    """
    taken = tuple(samples)
    if len(taken) <= MOST_SAMPLES:
        return taken
    count = MOST_SAMPLES // 2
    stretches = (taken[len(taken) * n // count : len(taken) * (n + 1) // count] for n in range(count))
    kept: list[float] = []
    for stretch in stretches:
        odd = [value for value in stretch if not math.isfinite(value)]
        least, greatest = min(stretch), max(stretch)
        kept += odd[:1] or ([least, greatest] if stretch.index(least) <= stretch.index(greatest) else [greatest, least])
    return tuple(kept)
