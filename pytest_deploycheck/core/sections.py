"""What others add to a report: read from what their hook returned, and to and from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_deploycheck.core.model import Section

_KEYS = {"title", "text", "columns", "rows"}
#: A report is for people: what is longer belongs into a file beside it.
_MOST_ROWS, _MOST_TEXT = 1000, 100_000


def read_section(data: object) -> Section:
    """A section from a mapping with a `title`, and a `text` or `rows` (with `columns`), of anything that has a ``str``.

    Raises ``TypeError`` or ``ValueError`` for anything else, and for one that is too long for a report.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"a section is a mapping with a title, and a text or rows; this is {type(data).__name__}")
    if odd := data.keys() - _KEYS:
        raise ValueError(f"a section has no {', '.join(sorted(map(str, odd)))}; it has {', '.join(sorted(_KEYS))}")
    section = Section(
        title=str(data.get("title", "")).strip(),
        text=str(data.get("text", "")),
        columns=_words(data.get("columns", ())),
        rows=tuple(map(_words, data.get("rows", ()))),
    )
    if not section.title:
        raise ValueError("a section needs a title")
    if len(section.rows) > _MOST_ROWS or len(section.text) > _MOST_TEXT:
        raise ValueError(f"{section.title!r} is too long for a report: {_MOST_ROWS} rows, {_MOST_TEXT} characters")
    if any(len(row) != len(section.columns or section.rows[0]) for row in section.rows):
        raise ValueError(f"the rows of {section.title!r} are not of one width")
    return section


def _words(cells: object) -> tuple[str, ...]:
    if isinstance(cells, str) or not isinstance(cells, Iterable):
        raise TypeError(f"{cells!r} is no row of cells")
    return tuple(map(str, cells))


def section_to_wire(section: Section) -> dict[str, Any]:
    """What `read_section` reads."""
    return {
        "title": section.title,
        "text": section.text,
        "columns": list(section.columns),
        "rows": list(map(list, section.rows)),
    }
