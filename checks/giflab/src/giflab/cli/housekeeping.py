"""`cache` and `organize-directories`."""

from pathlib import Path

import click

from .. import cache_files
from .. import config as settings
from ..organizing import carry_out, plan_moves
from .output import directory_argument, existing_directory


@click.group()
def cache() -> None:
    """Show or clear the cache of decoded frames on disk."""


@cache.command()
def status() -> None:
    """Say whether the cache is in use and what it holds."""
    on = settings.ENABLE_EXPERIMENTAL_CACHING and settings.FRAME_CACHE.get("enabled", False)
    doubt = cache_files.flags_at_odds()
    click.echo(f"Frame cache: {'on' if on else 'off'}{f' ({doubt})' if doubt else ''}")
    click.echo(f"Folder:      {cache_files.cache_directory()}")
    click.echo(f"Content:     {cache_files.usage()}")


@cache.command()
def clear() -> None:
    """Remove what the cache holds; other files in its folder stay."""
    held = cache_files.usage()
    cache_files.clear()
    click.echo(f"Removed {held}, from {cache_files.cache_directory()}")


@click.command()
@directory_argument
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
def organize_directories(directory: Path, dry_run: bool) -> None:
    """Move the GIFs directly in DIR into the folders small, medium and large below it.

    Never replaces a file; what isn't a GIF stays. Exits with 1 when something had to stay.
    """
    moves = plan_moves(existing_directory(directory))
    if not dry_run:
        carry_out(moves)
    stayed = [move for move in moves if move.problem is not None]
    for move in moves:
        if move.problem is None:
            click.echo(f"{move.source.name} -> {move.target.parent.name}/")
    for move in stayed:
        click.echo(f"{move.source.name} stays: {move.problem}", err=True)
    done = "to move" if dry_run else "moved"
    click.echo(f"{len(moves) - len(stayed)} GIFs {done}, {len(stayed)} left in place")
    if stayed:
        raise SystemExit(1)
