"""`cache` and `organize-directories`."""

from pathlib import Path

import click

from .. import cache_files
from .. import config as settings
from ..organizing import carry_out, plan_moves
from .output import mebibytes


@click.group(short_help="Show or clear the cache of decoded frames.")
def cache() -> None:
    """Show or clear the cache of decoded frames on disk."""


@cache.command()
def status() -> None:
    """Say whether the cache is in use and what it holds."""
    master = settings.ENABLE_EXPERIMENTAL_CACHING
    wanted = bool(settings.FRAME_CACHE.get("enabled", False))
    state = "on" if master and wanted else "off"
    if wanted and not master:
        state += " (FRAME_CACHE is on, but ENABLE_EXPERIMENTAL_CACHING is off)"
    found = cache_files.usage()
    click.echo(f"Frame cache: {state}")
    click.echo(f"Folder:      {found.directory}")
    click.echo(f"Content:     {found.files} files, {mebibytes(found.size_bytes)}")


@cache.command()
def clear() -> None:
    """Remove what the cache holds; other files in its folder stay."""
    removed = cache_files.clear()
    click.echo(f"Removed {removed.files} files, {mebibytes(removed.size_bytes)}, from {removed.directory}")


@click.command("organize-directories", short_help="Sort GIFs into folders by size.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
def organize_directories(directory: Path, dry_run: bool) -> None:
    """Move the GIFs directly in DIR into the folders small, medium and large below it.

    Never replaces a file; what isn't a GIF stays. Exits with 1 when something had to stay.
    """
    moves = plan_moves(directory)
    if not dry_run:
        carry_out(moves)
    stayed = [move for move in moves if move.problem is not None]
    for move in moves:
        if move.problem is None:
            click.echo(f"{move.source.name} -> {move.target.parent.name}/")
    for move in stayed:
        click.echo(f"{move.source.name} stays: {move.problem}", err=True)
    click.echo(
        f"{len(moves) - len(stayed)} GIFs {'to move' if dry_run else 'moved'}, {len(stayed)} left in place"
    )
    if stayed:
        raise SystemExit(1)
