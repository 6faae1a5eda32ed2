"""The pending checks one by one, in the terminal, each answer written before the next question."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
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
#: The same for a terminal that is as narrow as a phone.
_SHORT_KEYS = "[a]ccept [r]eject [s]kip\n  [e]vidence [q]uit"
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
    _require_terminal()
    click.echo(f"release {desk.context.release}: {count(len(waiting), 'check')} to sign", err=err)
    try:
        for number, (check, ruling) in enumerate(waiting, start=1):
            click.echo("", err=err)
            click.echo(click.style(f"{number}/{len(waiting)}  {check.id}", bold=True), err=err)
            for line in _card(check, ruling, _width(err=err)):
                click.echo(line, err=err)
            _settle(check, entry, desk, signed, note, err=err)
    except _QuitError:
        click.echo(_told(signed, len(waiting)), err=err)
    except (KeyboardInterrupt, EOFError, click.Abort):
        click.echo(f"\n{_told(signed, len(waiting))}", err=True)
        raise click.Abort from None
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(err=err)
        raise _no_terminal(f" ({error.strerror})") from error


def _require_terminal() -> None:
    """Raise ``CliError`` where the keys would come from a terminal, and the words from something else."""
    try:
        number = sys.stdin.fileno()
    except (OSError, ValueError):  # somebody has put something of his own in its place
        return
    if not os.isatty(number):
        raise _no_terminal("")


def _no_terminal(why: str) -> CliError:
    return CliError(f"there is no terminal to ask in{why}; name the checks to sign")


def _width(*, err: bool) -> int:
    """How many columns there are to write in; 0 for no end of them, as in a file."""
    stream = sys.stderr if err else sys.stdout
    return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0


def _has_signed(by: str, ruling: Ruling) -> bool:
    """Whether only others are missing."""
    return any(identity(signoff.by) == identity(by) for signoff in ruling.signoffs)


def _card(check: Check, ruling: Ruling, width: int) -> Iterator[str]:
    """What a person needs to know before the answer."""
    yield from _filled(one_line(check.title), width)
    # What stands under the line is shown as it stands: it may be a command.
    for line in inert(check.text).splitlines():
        yield f"  | {line}".rstrip()
    yield from _filled(f"owner: {one_line(check.owner) or 'nobody is named'}", width)
    if check.remediation:
        yield from _filled(f"before you sign: {one_line(check.remediation)}", width)
    if check.signers > 1:
        yield from _filled(f"it takes the word of {check.signers} people", width)
    yield from _filled(f"now: {one_line(ruling.reason)}", width)


def _filled(text: str, width: int) -> list[str]:
    """The text, its lines broken between words."""
    if not width:
        return [f"  {text}"]
    return textwrap.wrap(
        text,
        max(width - 1, 20),
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or ["  "]


def _settle(check: Check, entry: Entry, desk: Desk, signed: list[Signoff], note: str, *, err: bool) -> None:
    """One check's answer; asks again until there is one."""
    proofs: tuple[Proof, ...] = ()
    while True:
        keys = _SHORT_KEYS if 0 < _width(err=err) < len(_KEYS) + 6 else _KEYS
        click.echo(f"  {keys} ", nl=False, err=err)
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
            for line in _filled(one_line(str(error)), _width(err=err)):
                click.echo(line, err=err)


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
