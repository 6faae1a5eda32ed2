"""Tables for people: as wide as the terminal, or wide enough for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pytest_deploycheck.report.inert import inert

#: A table that is piped must not be cut to an invented width.
_PIPED_WIDTH = 240
#: How wide a name may be that is never broken, whatever the other columns need.
_NAME_WIDTH = 36


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows under their columns; no text is read as markup, none acts on the terminal, none is cut."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    texts = [[Text(inert(cell)) for cell in row] for row in rows]
    table = Table(title=Text(inert(title)), title_justify="left")
    # The first column names what the row is about: broken, it could not be copied.
    whole = all(row[0].cell_len <= _NAME_WIDTH for row in texts)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=whole and number == 0)
    for row in texts:
        table.add_row(*row)
    console = Console() if sys.stdout.isatty() else Console(width=_PIPED_WIDTH)
    console.print(table)
