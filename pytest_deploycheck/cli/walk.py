"""The pending checks one by one, in the terminal, each answer written before the next question."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from pytest_deploycheck.cli.common import CliError, count
from pytest_deploycheck.cli.desk import PAST, Desk, proof
from pytest_deploycheck.core.approvals import Ruling
from pytest_deploycheck.core.errors import ApprovalsError
from pytest_deploycheck.core.identity import identity
from pytest_deploycheck.core.model import Check, Decision, Proof, Signoff
from pytest_deploycheck.record.approvals import add_signoff
from pytest_deploycheck.report.inert import inert, one_line

#: Makes a sign-off; raises ``CliError`` where it would not count.
Entry = Callable[[Check, Decision, str, tuple[Proof, ...]], Signoff]

_KEYS = "[a]ccept  [r]eject  [s]kip  [e]vidence  [q]uit"
_DECISIONS = {"a": Decision.ACCEPT, "r": Decision.REJECT}


class _QuitError(Exception):
    """The person has had enough."""


def walk(desk: Desk, entry: Entry, signed: list[Signoff], *, by: str, note: str, err: bool) -> None:
    """Ask for every pending check that `by` has not signed; each answer is written at once, and added to `signed`.

    Interrupted, it tells what was written and ends as an interruption. With `err` it talks on standard error.
    """
    waiting = [(check, ruling) for check, ruling in desk.pending() if not _has_signed(by, ruling)]
    if not waiting:
        click.echo(f"no check of release {desk.context.release} waits for your word", err=err)
        return
    click.echo(f"release {desk.context.release}: {count(len(waiting), 'check')} to sign", err=err)
    try:
        for number, (check, ruling) in enumerate(waiting, start=1):
            click.echo("", err=err)
            click.echo(click.style(f"{number}/{len(waiting)}  {check.id}", bold=True), err=err)
            for line in _card(check, ruling):
                click.echo(line, err=err)
            _settle(check, entry, desk, signed, note, err=err)
    except _QuitError:
        click.echo(_told(signed, len(waiting)), err=err)
    except (KeyboardInterrupt, EOFError, click.Abort):
        click.echo(f"\n{_told(signed, len(waiting))}", err=True)
        raise click.Abort from None
    except OSError as error:
        raise CliError(f"there is no terminal to ask in ({error.strerror}); name the checks to sign") from error


def _has_signed(by: str, ruling: Ruling) -> bool:
    """Whether only others are missing."""
    return any(identity(signoff.by) == identity(by) for signoff in ruling.signoffs)


def _card(check: Check, ruling: Ruling) -> Iterator[str]:
    """What a person needs to know before the answer."""
    yield f"  {one_line(check.title)}"
    for line in inert(check.text).splitlines():
        yield f"  | {line}".rstrip()
    yield f"  owner: {one_line(check.owner) or 'nobody is named'}"
    if check.remediation:
        yield f"  before you sign: {one_line(check.remediation)}"
    if check.signers > 1:
        yield f"  it takes the word of {check.signers} people"
    yield f"  now: {one_line(ruling.reason)}"


def _settle(check: Check, entry: Entry, desk: Desk, signed: list[Signoff], note: str, *, err: bool) -> None:
    """One check's answer; asks again until there is one."""
    proofs: tuple[Proof, ...] = ()
    while True:
        click.echo(f"  {_KEYS} ", nl=False, err=err)
        key = click.getchar().lower()
        if not key:
            raise EOFError
        click.echo(key if key.isprintable() else "", err=err)
        if key == "q":
            raise _QuitError
        if key == "s":
            return
        try:
            if key == "e":
                proofs = (*proofs, proof(_ask("evidence, a link or a file", err=err), desk.path.parent))
            elif key in _DECISIONS:
                said = note or _ask("note, or nothing", err=err)
                _write(desk.path, entry(check, _DECISIONS[key], said, proofs), signed, err=err)
                return
        except (CliError, ApprovalsError) as error:
            # Somebody else may sign this one; the walk goes on.
            click.echo(f"  {error}", err=err)


def _ask(what: str, *, err: bool) -> str:
    return str(click.prompt(f"  {what}", default="", show_default=False, err=err))


def _write(path: Path, signoff: Signoff, signed: list[Signoff], *, err: bool) -> None:
    with _undisturbed():
        add_signoff(path, signoff)
        signed.append(signoff)
    click.echo(f"  {PAST[signoff.decision]}, and written", err=err)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """An interruption waits, so that what was written and what is told of it are the same."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _told(signed: list[Signoff], total: int) -> str:
    lines = [f"{len(signed)} of {total} answered, and written:" if signed else f"none of {total} answered"]
    lines += (f"  {PAST[signoff.decision]}: {signoff.check}" for signoff in signed)
    return "\n".join(lines)
