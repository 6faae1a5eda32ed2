"""``deploycheck waive``: a failure that somebody accepts, for a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from pytest_deploycheck.cli.common import CliError, example
from pytest_deploycheck.cli.desk import approvals_option, complete_check, entry_row, open_desk, warn_of, who
from pytest_deploycheck.core.approvals import Context, waiver_refusal
from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.core.model import Policy, Waiver
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.record.approvals import add_waiver
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/waive/1"
_FORM = "write for example 2026-12-01T18:00Z, 2026-12-01T18:00+01:00, or 7d for seven days from now"


@click.command(
    short_help="Accept a check's failure until a moment, for a reason.",
    epilog=example('waive phase3.memory --reason "known leak, fixed in 1.5" --expires 2026-12-01T18:00Z'),
)
@click.option("--reason", required=True, metavar="TEXT", help="Why the failure is accepted.")
@click.option("--expires", required=True, metavar="MOMENT|AGE", help=f"Until when; {_FORM}.")
@click.option("--by", metavar="WHO", help='Who answers for it, as "Name <address>"; by default git\'s user.')
@click.option("--ticket", default="", metavar="LINK", help="Where it is tracked.")
@click.option("--json", "as_json", is_flag=True, help="Print the waiver as JSON.")
@click.option("--release", metavar="ID", help="The one release it is for; by default every release.")
@approvals_option
@click.argument("check", metavar="CHECK", shell_complete=complete_check)
def waive(
    *,
    check: str,
    reason: str,
    expires: str,
    by: str | None,
    ticket: str,
    as_json: bool,
    approvals: Path | None,
    release: str | None,
) -> None:
    """Waive the CHECK: it keeps its status, and its phase may be GO all the same, until the waiver expires.

    With --release it is for that release alone, else for every one. A check that did not run cannot be waived, nor one
    whose line says waivable=no.
    """
    now = datetime.now(UTC)
    until = _moment(expires, now)
    if not reason.strip():
        raise CliError("--reason is empty; say why the failure is accepted")
    desk = open_desk(approvals, release)
    found = desk.check(check)
    if until <= now:
        raise CliError(f"--expires {expires} is over already; a waiver is for a time to come")
    waiver = Waiver(
        check=found.id,
        by=who(by, desk.planned.root),
        at=now.replace(microsecond=0),
        reason=reason.strip(),
        expires=until,
        release=release or "",
        ticket=ticket.strip(),
    )
    policy = Policy(signers=desk.context.policy.signers)
    if why := waiver_refusal(waiver, found, Context(now=now, release=desk.context.release, policy=policy)):
        raise CliError(f"{found.id}: {why}")
    # One for every release needs no name of one.
    warn_of(desk, by=waiver.by, release="every")
    add_waiver(desk.path, waiver)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "approvals": str(desk.path), "waiver": entry_row(waiver)}, indent=1))
        return
    whole = f"release {waiver.release}" if waiver.release else "every release"
    click.echo(
        f"waived: {waiver.check} for {whole} by {one_line(waiver.by)}, until {until.isoformat(timespec='minutes')}"
    )
    click.echo(f"written to {desk.shown}; run pytest to see the verdict move")


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return _after(text, now)
    if moment.tzinfo is None:
        raise CliError(f"--expires {text!r} has no time zone; {_FORM}")
    return moment


def _after(text: str, now: datetime) -> datetime:
    try:
        return now.replace(microsecond=0) + parse_duration(text, where="--expires")
    except (SettingsError, OverflowError):
        raise CliError(f"--expires {text!r} is no moment; {_FORM}") from None
