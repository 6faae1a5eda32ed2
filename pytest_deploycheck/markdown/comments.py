"""Comments that speak to deploycheck: ``<!-- deploycheck: key=value -->``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable

from pytest_deploycheck.core.errors import ChecklistError

#: Any comment, ours or not: no reader sees it.
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_OURS = re.compile(r"<!--\s*deploycheck:(?P<body>.*?)-->", re.DOTALL)
_MEANT = re.compile(r"<!--\s*deploycheck\b", re.IGNORECASE)


def speaks_to_us(text: str) -> bool:
    """Whether there is a comment in it that is ours, or is meant to be."""
    return _MEANT.search(text) is not None


def read_values(comments: Iterable[str], *, where: str, keys: Collection[str]) -> dict[str, str]:
    """Key -> value of all comments that belong to one heading or line.

    Raises ``ChecklistError`` naming `where` for a comment that is nearly ours, a key that is not in `keys` or given
    twice, and a value that is missing.
    """
    values: dict[str, str] = {}
    for content in comments:
        if _MEANT.search(_OURS.sub("", content)):
            raise ChecklistError(
                f"{where}: this comment is not understood; write it as <!-- deploycheck: key=value -->"
            )
        for comment in _OURS.finditer(content):
            for key, value in _pairs(comment["body"], where, keys):
                if key in values:
                    raise ChecklistError(f"{where}: {key} is given twice")
                values[key] = value
    return values


def _pairs(body: str, where: str, keys: Collection[str]) -> Iterable[tuple[str, str]]:
    try:
        words = shlex.split(body)
    except ValueError as error:
        raise ChecklistError(f"{where}: the deploycheck comment has an open quote") from error
    for word in words:
        key, equals, value = word.partition("=")
        if key not in keys or not equals or not value:
            known = ", ".join(f"{name}=..." for name in sorted(keys))
            raise ChecklistError(f"{where}: {word!r} is not understood here; known: {known}")
        yield key, value
