"""Text that comes from anywhere, made so that it is only seen: nothing in it acts on the page, terminal or reader."""

from __future__ import annotations

import re

#: The code points that Unicode keeps free of characters: XML does not know two of them, HTML none.
_NONE = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}-{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17)
)
#: Control characters but tab and newline, marks that turn the reading direction, line separators, halves of
#: surrogate pairs, and what is no character.
_ACTING = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff{_NONE}]"
)
_PLACE = re.compile(r"(?s)(.+):([0-9]{1,9})")
_SPACES = re.compile(r"[\t\n ]+")


def inert(text: str) -> str:
    r"""The text with every acting character as a visible escape, ``\x1b`` or ``\u202e``; CRLF and CR are LF."""
    if text.isascii() and text.isprintable():
        return text
    return _ACTING.sub(_escape, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """The text, inert, on one line; of more than `limit` characters the rest is left out, unless that is 0."""
    line = _SPACES.sub(" ", inert(text)).strip()
    return f"{line[: limit - 1]}…" if limit and len(line) > limit else line


def place_of(source: str) -> tuple[str, int] | None:
    """File and line of a ``file:line``; None for anything else."""
    found = _PLACE.fullmatch(source)
    return (found[1], int(found[2])) if found else None


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
