"""Sorting a folder of GIFs into one folder per size class."""

from dataclasses import dataclass
from pathlib import Path

from .config import size_class
from .errors import GifReadError
from .frames import check_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A GIF and where it belongs; `problem` says why it stays where it is."""

    source: Path
    target: Path
    problem: str | None = None


def plan_moves(directory: Path) -> list[Move]:
    """Return a move for each GIF directly in `directory`; those in folders are taken as sorted."""
    moves = []
    for source in sorted(directory.iterdir()):
        if source.suffix.lower() != ".gif" or not source.is_file():
            continue
        target = directory / size_class(source.stat().st_size) / source.name
        problem = "a file of that name is already there" if target.exists() else None
        try:
            check_signature(source)
        except GifReadError:
            problem = "not a GIF"
        moves.append(Move(source=source, target=target, problem=problem))
    return moves


def carry_out(moves: list[Move]) -> None:
    """Carry out the moves that have no problem; raises OSError."""
    for move in moves:
        if move.problem is None:
            move.target.parent.mkdir(exist_ok=True)
            move.source.rename(move.target)
