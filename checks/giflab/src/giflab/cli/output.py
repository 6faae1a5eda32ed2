"""Printing for people, and the arguments that several commands share."""

from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import GifLabError

PATH = click.Path(path_type=Path)
directory_argument = click.argument("directory", metavar="DIR", type=PATH)
table_argument = click.argument("table", metavar="CSV", type=PATH)


def existing_directory(path: Path) -> Path:
    """Return `path`; raises GifLabError unless it is a folder."""
    if not path.is_dir():
        raise GifLabError(f"{path}: no such folder")
    return path


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with rich, or tab-separated where rich is missing."""
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        click.echo(title)
        for row in (columns, *rows):
            click.echo("\t".join(row))
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: a name in square brackets is not markup
    Console(highlight=False).print(table)
