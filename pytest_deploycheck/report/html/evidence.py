"""How much of what the checks saw stands on the page, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from pytest_deploycheck.core.evidence import FOLDER, blob_name, size_in_words
from pytest_deploycheck.core.model import CheckResult, Evidence, Status

#: Characters of one piece of evidence, and of all of them together; what failed has the first claim.
MOST_OF_A_PIECE = 16_000
MOST_OF_ALL = 3_000_000
#: Characters of a reason, and of all of them together; where there are very many, each still has so many.
MOST_OF_A_REASON, MOST_OF_REASONS, LEAST_OF_A_REASON = 4_000, 2_000_000, 200

#: Characters and lines that fit into the room that a piece has on a phone; what is longer is scrolled in it.
_FITS, _FITS_LINES = 400, 12

_FINE = (Status.PASS, Status.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One piece of evidence as the page shows it."""

    kind: str
    name: str
    text: str
    #: What is not shown, in words; empty where everything is.
    missing: str
    #: Whether it stands open from the start.
    is_open: bool
    #: The address of the whole beside the record, and its size in words; empty where the record is the whole.
    whole: str = ""
    size: str = ""


def pieces(results: Iterable[CheckResult], folder: str) -> Mapping[tuple[str, str], tuple[Piece, ...]]:
    """Check key -> its evidence as shown; checks without evidence have none.

    `folder` is the release's in the record, as a path from where the report stands.
    """
    found = [result for result in results if result.evidence]
    left = MOST_OF_ALL
    shown: dict[tuple[str, str], tuple[Piece, ...]] = {}
    for result in sorted(found, key=lambda result: result.status in _FINE):
        own: list[Piece] = []
        for item in result.evidence:
            piece = _piece(item, min(left, MOST_OF_A_PIECE), is_open=not own and result.status not in _FINE)
            own.append(_with_whole(piece, item, folder) if item.sha256 else piece)
            left = max(left - _width(piece.text), 0)
        shown[result.check.key] = tuple(own)
    return shown


def scrolls(text: str) -> bool:
    """Whether a text may be longer than its place on the page, so that the keyboard must be able to reach it."""
    return len(text) > _FITS or text.count("\n") >= _FITS_LINES


def _width(text: str) -> int:
    """The characters that the text has on the page, where some of them are written in five."""
    return len(text) + 4 * sum(map(text.count, "<>&\"'"))


def shortener(results: Sequence[CheckResult]) -> Callable[[str], str]:
    """A function that cuts a reason, or what else is said of a check in a table, where it is too long, and says so.

    The more checks have something to say, the shorter each is.
    """
    speaking = sum(bool(result.reason or result.check.text) for result in results)
    room = min(MOST_OF_A_REASON, max(LEAST_OF_A_REASON, MOST_OF_REASONS // (speaking or 1)))

    def shorten(text: str) -> str:
        left = len(text) - room
        return text if left <= 0 else f"{text[:room]}\n[{left} characters more are in the record]"

    return shorten


def _with_whole(piece: Piece, item: Evidence, folder: str) -> Piece:
    address = quote(f"{folder}/{FOLDER}/{blob_name(item)}", errors="replace")
    return replace(piece, whole=address, size=size_in_words(item.size))


def _piece(item: Evidence, room: int, *, is_open: bool) -> Piece:
    text, missing = item.text, ""
    if len(text) > room:
        # How it began and how it ended; the end is where the errors are.
        head, tail = room // 4, room - room // 4
        missing = f"{len(text) - room} of {len(text)} characters are left out here; the record has them"
        text = f"{text[:head]}\n[{missing}]\n{text[-tail:]}" if room else ""
    return Piece(kind=item.kind, name=item.name, text=text, missing=missing, is_open=is_open)
