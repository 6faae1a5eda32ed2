"""Rows of values as aligned text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

Row = Mapping[str, object] | Sequence[object]

#: Rows; what comes beyond them is counted.
MOST_ROWS = 10_000
#: Characters of a column; a longer cell stands out on the right.
_WIDEST = 80


def aligned(rows: Iterable[Row]) -> str:
    """One line a row. Of mappings, the first row's keys are the columns, and a key that comes later is one more.

    No cell breaks a line: control characters are written as escapes. Raises ``TypeError`` for what is no row.
    """
    more = iter(rows)
    listed = list(islice(more, MOST_ROWS))
    left_out = sum(1 for _ in more)
    cells = _cells(listed)
    width = max(map(len, cells), default=0)
    widths = [max(min(len(row[place]), _WIDEST) for row in cells if place < len(row)) for place in range(width)]
    lines = ["  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=False)).rstrip() for row in cells]
    return "\n".join([*lines, *([f"[... {left_out:,} more rows ...]"] if left_out else [])])


def _cells(rows: Sequence[Row]) -> list[list[str]]:
    for row in rows:
        if isinstance(row, str | bytes) or not isinstance(row, Mapping | Sequence):
            raise TypeError(f"{row!r} is no row of a table: give mappings, or lists of values")
    columns = list(dict.fromkeys(key for row in rows if isinstance(row, Mapping) for key in row))
    head = [[_cell(column) for column in columns]] if columns else []
    return head + [
        [_cell(row[column]) if column in row else "" for column in columns]
        if isinstance(row, Mapping)
        else [_cell(value) for value in row]
        for row in rows
    ]


def _cell(value: object) -> str:
    try:
        text = str(value)
    except Exception as error:  # noqa: BLE001  # anybody's __str__; and an integer of more than 4,300 digits
        return f"<{type(value).__name__}: {type(error).__name__}>"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
