"""Readable ids for lines that name none of their own."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_deploycheck.core.checklist import slug


def readable_slug(label: str) -> str:
    """The slug of a label, in ASCII: other scripts are transliterated, an emoji is called by its name.

    >>> readable_slug("Größe prüfen")
    'grosse-prufen'
    """
    own = slug(label)
    if own and own.isascii():
        return own
    from anyascii import anyascii

    return slug(anyascii(label)) or own


def numbered(natural: Iterable[str], *, taken: Iterable[str]) -> list[str]:
    """Each id once, in order: the first of several keeps its own, the others count on from 2.

    An id in `taken`, which somebody wrote by hand, is left to its line.
    """
    wanted = list(natural)
    used = set(taken)
    reserved = used | set(wanted)
    counts: dict[str, int] = {}
    ids = []
    for own in wanted:
        given = own
        if own in used:
            number = counts.get(own, 1) + 1
            while (given := f"{own}-{number}") in reserved:
                number += 1
            counts[own] = number
            reserved.add(given)
        used.add(given)
        ids.append(given)
    return ids
