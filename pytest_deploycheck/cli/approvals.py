"""``deploycheck approvals``: who signed and waived what, until when, and what of it counts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import count, example
from pytest_deploycheck.cli.desk import PAST, Desk, approvals_option, entry_row, open_desk, release_option
from pytest_deploycheck.cli.tables import print_table
from pytest_deploycheck.core.errors import RecordError
from pytest_deploycheck.core.model import Run, Signoff, Waiver
from pytest_deploycheck.core.standing import Standing, standing_of
from pytest_deploycheck.record.store import find_run
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/approvals/1"


@click.command(
    short_help="Show who signed and waived what, until when, and what of it counts.",
    epilog=example("approvals --release 1.4.0"),
)
@click.option("--json", "as_json", is_flag=True, help="Print the approvals as JSON.")
@release_option
@approvals_option
def approvals(*, as_json: bool, approvals: Path | None, release: str | None) -> None:
    """Show every sign-off and waiver, what it is worth for the release now, and the checks that still wait for a word.

    A waiver is judged by how its check ended in the newest run of the release on record.
    """
    desk = open_desk(approvals, release)
    if desk.planned.settings["four_eyes"]:
        click.echo(
            "note: four eyes are asked for: what a person wrote does not count in that person's own run", err=True
        )
    standings = standings_of(desk)
    waiting = desk.pending()
    if as_json:
        document = {
            "schema": SCHEMA,
            "release": desk.context.release,
            "approvals": str(desk.path),
            "at": desk.context.now.isoformat(),
            "entries": [_row(standing) for standing in standings],
            "pending": [
                {"check": check.id, "owner": check.owner, "reason": ruling.reason} for check, ruling in waiting
            ],
        }
        click.echo(json.dumps(document, indent=1))
        return
    if standings:
        columns = ("check", "what", "by", "at", "until", "now")
        print_table(f"{desk.shown}, for release {desk.context.release}", columns, map(_cells, standings))
    else:
        click.echo(f"no approvals stand in {desk.shown}")
    for standing in standings:
        if isinstance(standing.entry, Waiver):
            click.echo(f"waived: {standing.entry.check}: {one_line(standing.entry.reason)}")
        if standing.why:
            click.echo(f"{standing.worth}: {standing.entry.check}: {one_line(standing.why)}")
    for check, ruling in waiting:
        click.echo(f"pending: {check.id}: {one_line(ruling.reason)}")
    if waiting:
        click.echo(f"{count(len(waiting), 'check')} to sign: deploycheck sign")


def standings_of(desk: Desk) -> tuple[Standing, ...]:
    """What every entry of the file is worth now, for the release."""
    return standing_of(desk.approvals, desk.results(_newest(desk)), desk.context)


def _newest(desk: Desk) -> Run | None:
    try:
        return find_run(desk.planned.record, release=desk.context.release)
    except RecordError as error:
        if error.line is not None:
            click.echo(f"note: how the checks ended is not known: {error}", err=True)
        return None


def _cells(standing: Standing) -> tuple[str, ...]:
    entry = standing.entry
    what = PAST[entry.decision] if isinstance(entry, Signoff) else "waived"
    now = f"{standing.worth}{', ends within 7 days' if standing.expires_soon else ''}"
    return (entry.check, what, entry.by, f"{entry.at:%Y-%m-%d}", _moment(standing.expires), now)


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M %Z}"


def _row(standing: Standing) -> dict[str, Any]:
    return {
        "kind": "signoff" if isinstance(standing.entry, Signoff) else "waiver",
        "source": standing.entry.source,
        **entry_row(standing.entry),
        "expires": standing.expires.isoformat() if standing.expires else None,
        "expires_soon": standing.expires_soon,
        "worth": str(standing.worth),
        "why": standing.why,
    }
