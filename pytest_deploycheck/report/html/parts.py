"""The pieces that the page is put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from pytest_deploycheck.core.model import PhaseResult, Verdict

#: How many rows a table shows that only repeats, in another order, what stands with the checks.
MOST_ROWS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of cells; the first cell of a row is its heading. What is no Markup is escaped."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    #: What is not shown, in words.
    more: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of the page beside the phases."""

    anchor: str
    title: str
    #: Paragraphs before the tables.
    says: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    #: Pictures that are too large for a cell; each says itself what it shows.
    figures: tuple[Markup, ...] = ()


def bounded(
    caption: str,
    head: tuple[str, ...],
    rows: Sequence[Sequence[str]],
    *,
    total: int | None = None,
    where: str = "with its check above",
) -> Table:
    """The table, cut at `MOST_ROWS`, which it then says; `total` counts also the rows that were left out before."""
    left = (len(rows) if total is None else total) - MOST_ROWS
    more = f"{left} more {'is' if left == 1 else 'are'} not shown here; each stands {where}." if left > 0 else ""
    return Table(caption=caption, head=head, rows=rows[:MOST_ROWS], more=more)


def in_brief(phases: Sequence[PhaseResult]) -> list[str]:
    """The reason of each phase; of several in a row that are blocked for one reason, the first alone tells it whole."""
    told, before = [], ""
    for phase in phases:
        again = phase.verdict is Verdict.BLOCKED and phase.reason == before
        told.append(f"{phase.reason.partition(':')[0]}, as above" if again else phase.reason)
        before = phase.reason
    return told


def moment(at: datetime | None) -> str:
    """``2026-01-02 12:00:00 UTC``; empty for none."""
    if at is None:
        return ""
    try:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:  # the last hours of the calendar, in another zone
        return at.isoformat(" ")


def seconds(length: float) -> str:
    """``0.250 s``, ``84 s``, ``12 min 4 s``, ``3 h 5 min``."""
    if length < 10:  # also a clock that was set back
        return f"{length:.3f} s"
    whole = round(length)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
