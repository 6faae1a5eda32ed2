"""Sign-offs and waivers as plain lines, for pytest's terminal and for ``deploycheck status``."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_deploycheck.core.model import Run, Waiver
from pytest_deploycheck.core.standing import Standing, Worth, broken_evidence, standing

_MOST_LINES = 10


def approval_lines(run: Run) -> Iterator[str]:
    """What was accepted by whom and until when, then what somebody should look at in the file of approvals.

    Sign-offs that do not count are said with the check that waits for them.
    """
    if broken := broken_evidence(run):
        yield f"INVALID: not what was signed: {', '.join(broken)}"
    waivers = [found for found in standing(run) if isinstance(found.entry, Waiver)]
    said = [_counted(found) for found in waivers if found.worth is Worth.COUNTED]
    said += [f"note: {_look(found)}" for found in waivers if found.worth in (Worth.REFUSED, Worth.REMOVABLE)]
    yield from said[:_MOST_LINES]
    if len(said) > _MOST_LINES:
        yield f"... and {len(said) - _MOST_LINES} more in the report"


def _counted(found: Standing) -> str:
    entry = found.entry
    assert isinstance(entry, Waiver)
    ends = f"{entry.expires:%Y-%m-%d %H:%M %Z}{', which is soon' if found.expires_soon else ''}"
    ticket = f" ({entry.ticket})" if entry.ticket else ""
    return f"waived: {entry.check} by {entry.by} until {ends}: {' '.join(entry.reason.split())}{ticket}"


def _look(found: Standing) -> str:
    return f"{found.entry.source}: {found.entry.check}: {found.why}"
