"""When two names are one person's. Names are claims: where people must be told apart, doubt makes them one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
#: Alphabets with letters that look like another's.
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def identity(who: str) -> str:
    """What makes a person the same one: the address in the text, else everything; casefolded.

    What follows a ``+`` before the ``@``, a closing full stop and characters that nobody sees make no difference.
    """
    plain = _plain(who)
    addresses = _ADDRESS.findall(plain)
    if not addresses:
        return " ".join(plain.split())
    local, _, domain = str(addresses[-1]).rstrip(".").partition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def doubt(who: str) -> str:
    """Why a text cannot stand for one person; empty where it can."""
    plain = _plain(who)
    addresses = _ADDRESS.findall(plain)
    if not plain.strip():
        return "names nobody"
    if len(addresses) > 1:
        return "names several addresses"
    if ("@" in plain or "<" in plain) and not addresses:
        return "names nobody: it has no address that can be read"
    for label in re.split(r"[@.+]", identity(who) if addresses else ""):
        if len(_ALIKE & {unicodedata.name(char, "?").split()[0] for char in label if char.isalpha()}) > 1:
            return f"mixes the letters of several alphabets in {label!r}"
    return ""


def may_be_same(one: str, other: str) -> bool:
    """Whether two identities may be one person's; a name without an address may be anybody's."""
    return one == other or "@" not in one or "@" not in other


def different(people: Iterable[str]) -> list[str]:
    """The identities that are surely those of different people."""
    found: list[str] = []
    for who in sorted(people, key=lambda name: ("@" not in name, name)):
        if not any(may_be_same(who, other) for other in found):
            found.append(who)
    return found


def _plain(who: str) -> str:
    seen = (char for char in unicodedata.normalize("NFKC", who) if unicodedata.category(char) != "Cf")
    return "".join(seen).casefold()
