"""``deploycheck sign``: a person's word on manual checks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import CliError, count, example
from pytest_deploycheck.cli.desk import (
    PAST,
    Desk,
    approvals_option,
    complete_check,
    entry_row,
    open_desk,
    proof,
    release_option,
    warn_of,
    who,
)
from pytest_deploycheck.cli.walk import walk
from pytest_deploycheck.core.approvals import Context, refusal, text_digest
from pytest_deploycheck.core.model import Check, Decision, Kind, Policy, Proof, Signoff
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.record.approvals import add_signoff
from pytest_deploycheck.report.inert import one_line

SCHEMA = "pytest-deploycheck/sign/1"


@click.command(
    short_help="Sign manual checks: those named, or the pending ones, one by one.",
    epilog=example("sign", 'sign phase2.told --by "Ann <ann@example.org>" --note "told in the channel" --valid 24h'),
)
@click.option("--by", metavar="WHO", help='Who signs, as "Name <address>"; by default git\'s user.')
@click.option("--note", default="", metavar="TEXT", help="What is to be known beside the decision.")
@click.option(
    "--evidence", multiple=True, metavar="LINK|FILE", help="What was seen; repeatable. A file's sha256 is kept."
)
@click.option("--valid", metavar="AGE", help="How long it counts, as in 24h; by default as long as the check says.")
@click.option("--target", default="", metavar="SPEC", help="The one target it is for; by default every target.")
@click.option("--reject", is_flag=True, help="Reject instead of accepting: the check is a FAIL until you accept it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was signed as JSON.")
@release_option
@approvals_option
@click.argument("checks", metavar="[CHECK]...", nargs=-1, shell_complete=complete_check)
def sign(
    *,
    checks: tuple[str, ...],
    by: str | None,
    note: str,
    evidence: tuple[str, ...],
    valid: str | None,
    target: str,
    reject: bool,
    as_json: bool,
    approvals: Path | None,
    release: str | None,
) -> None:
    """Sign the CHECKs for a release. Without any, go through the pending ones: accept, reject, skip.

    Each answer is written to the file of approvals at once, so that an interruption loses nothing. What a sign-off
    proves is what that file proves: who may write it may sign. Keep it in version control, and review its changes.
    """
    if reject and (valid is not None):
        raise CliError("--reject with --valid: a rejection stands until the same person accepts; leave one of them out")
    if not checks and (reject or target):
        raise CliError("--reject and --target are for checks that are named; name some")
    age = None if valid is None else parse_duration(valid, where="--valid")
    desk = open_desk(approvals, release)
    pen = Pen(
        desk=desk,
        by=who(by, desk.planned.root),
        age=age,
        target=_known_target(target, desk),
        evidence=tuple(proof(name, desk.path.parent) for name in evidence),
    )
    decision = Decision.REJECT if reject else Decision.ACCEPT
    warn_of(desk, by=pen.by, release=release)
    signed: list[Signoff] = []
    if checks:
        # All or none: a list of which the third is misspelt leaves no half of it behind.
        entries = [pen.entry(desk.check(check_id), decision, note) for check_id in dict.fromkeys(checks)]
        for entry in entries:
            add_signoff(desk.path, entry)
            signed.append(entry)
            click.echo(f"{PAST[decision]}: {entry.check} for {entry.release} by {one_line(entry.by)}", err=as_json)
    else:
        walk(desk, pen.entry, signed, by=pen.by, note=note, err=as_json)
    if as_json:
        click.echo(json.dumps(_document(desk, signed), indent=1))
    elif signed:
        click.echo(f"{count(len(signed), 'sign-off')} written to {desk.shown}; run pytest to see the verdict move")


class Pen:
    """Makes sign-offs of one person, and refuses those that would not count."""

    def __init__(self, *, desk: Desk, by: str, age: timedelta | None, target: str, evidence: tuple[Proof, ...]) -> None:
        self.desk = desk
        self.by = by
        self._age = age
        self._target = target
        self._evidence = evidence

    def entry(self, check: Check, decision: Decision, note: str, evidence: tuple[Proof, ...] = ()) -> Signoff:
        """The sign-off; raises ``CliError`` where a test judges the check, or the person has no word on it."""
        if check.kind is not Kind.MANUAL:
            raise CliError(f"{check.id} is judged by {check.nodeid or 'a test'}: no word of a person stands over it")
        now = datetime.now(UTC)
        at = now.replace(microsecond=0)
        if any(other.check == check.id and other.at >= at for other in self.desk.approvals.signoffs):
            at = now  # which of two words within one second is the newer must be seen
        signoff = Signoff(
            check=check.id,
            by=self.by,
            at=at,
            release=self.desk.context.release,
            decision=decision,
            note=note.strip(),
            evidence=(*self._evidence, *evidence),
            expires=None if decision is Decision.REJECT else self._end(at),
            target=self._target,
            text_digest=text_digest(check),
        )
        proofs = {proof.name: proof.sha256 for proof in signoff.evidence}
        policy = Policy(signers=self.desk.context.policy.signers, proofs=proofs)
        why = refusal(signoff, check, Context(now=now, release=signoff.release, policy=policy))
        if why:
            raise CliError(f"{check.id}: this would not count: {why}")
        return signoff

    def _end(self, at: datetime) -> datetime | None:
        try:
            return None if self._age is None else at + self._age
        except OverflowError:
            raise CliError("--valid: that is longer than the calendar; leave it out for no end") from None


def _known_target(target: str, desk: Desk) -> str:
    known = desk.planned.settings["targets"]
    if target and target not in known:
        named = ", ".join(known) or "none: the running interpreter is the only one"
        raise CliError(f"--target {target!r} is none of the targets of the gate ({named})")
    return target


def _document(desk: Desk, signed: list[Signoff]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "release": desk.context.release,
        "approvals": str(desk.path),
        "signed": [entry_row(entry) for entry in signed],
    }
