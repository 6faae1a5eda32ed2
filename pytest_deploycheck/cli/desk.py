"""What sign, waive and approvals have on their desk: the plan, the file of approvals, and the release it is about."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pytest_deploycheck.cli.common import CliError
from pytest_deploycheck.cli.planning import Planned, collect_plan
from pytest_deploycheck.core.approvals import (
    UNVERSIONED,
    UNVERSIONED_VALID,
    Context,
    Ruling,
    by_check,
    rule,
    span,
    waive,
)
from pytest_deploycheck.core.approvals_data import is_link, signoff_to_data, unshown, waiver_to_data
from pytest_deploycheck.core.errors import ApprovalsError
from pytest_deploycheck.core.identity import doubt
from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    CheckResult,
    Decision,
    Kind,
    Policy,
    Proof,
    Run,
    Signoff,
    Status,
    Waiver,
)
from pytest_deploycheck.record.approvals import digests_of, proof_of, read_approvals
from pytest_deploycheck.target import describe_release

#: How many ids a message names.
_MOST_NEAR = 3
_NONE = Approvals()
#: What a person did, in a word.
PAST = {Decision.ACCEPT: "accepted", Decision.REJECT: "rejected"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The checklist, its approvals as they stand now, and the moment and release for which they are judged."""

    planned: Planned
    #: The file of approvals.
    path: Path
    approvals: Approvals
    #: The same by check, for the many questions.
    by_check: Mapping[str, Approvals]
    context: Context

    @property
    def shown(self) -> str:
        """The file of approvals as a person here would name it."""
        return os.path.relpath(self.path)

    def check(self, check_id: str) -> Check:
        """The check of that id; raises ``CliError`` with those that are spelt nearly so."""
        for check in self.planned.checks:
            if check.id == check_id:
                return check
        near = difflib.get_close_matches(check_id, [check.id for check in self.planned.checks], _MOST_NEAR, 0.75)
        hint = f"did you mean {' or '.join(near)}?" if near else "`deploycheck plan` lists them all"
        raise CliError(f"no check is called {check_id!r}; {hint}")

    def ruling(self, check: Check) -> Ruling:
        """What the sign-offs make of a manual check."""
        return rule(check, self._own(check), self.context)

    def pending(self) -> list[tuple[Check, Ruling]]:
        """The manual checks that wait for a word and are not waived, in checklist order, and why they do."""
        manual = [check for check in self.planned.checks if check.kind is Kind.MANUAL]
        rulings = ((check, self.ruling(check)) for check in manual)
        return [(check, ruling) for check, ruling in rulings if self._is_open(check, ruling)]

    def _is_open(self, check: Check, ruling: Ruling) -> bool:
        return ruling.status is Status.PENDING and not self._waived(_ruled(check, ruling)).waived

    def results(self, seen: Run | None) -> list[CheckResult]:
        """Every check as it stands: manual ones by their sign-offs, the others by the newest run of this release."""
        known = {result.check.key: result for result in seen.checks} if seen else {}
        return [self._result(check, known.get(check.key)) for check in self.planned.checks]

    def _result(self, check: Check, known: CheckResult | None) -> CheckResult:
        if check.kind is Kind.MANUAL:
            result = _ruled(check, self.ruling(check))
        elif known is None or known.check.kind is Kind.MANUAL:
            return CheckResult(check=check, reason="no run of this release is on record")
        else:
            # The flag of a waiver is that of the file as it was: the file as it is now decides.
            result = CheckResult(check=check, status=known.status, reason=known.reason)
        return self._waived(result)

    def _waived(self, result: CheckResult) -> CheckResult:
        return waive(result, self._own(result.check), self.context)

    def _own(self, check: Check) -> Approvals:
        return self.by_check.get(check.id, _NONE)


def _ruled(check: Check, ruling: Ruling) -> CheckResult:
    return CheckResult(check=check, status=ruling.status, reason=ruling.reason, signoffs=ruling.signoffs)


def open_desk(approvals: Path | None = None, release: str | None = None, pytest_args: tuple[str, ...] = ()) -> Desk:
    """The desk for the file and the release that the options name; by default those that the gate would take.

    `pytest_args` are for the collection of the checklist. Raises ``CliError`` where pytest cannot collect it,
    ``ApprovalsError`` for a file that cannot be meant.
    """
    planned = collect_plan(pytest_args)
    settings = planned.settings
    path = Path(approvals or settings["approvals"]).absolute()
    found = read_approvals(path, os.path.relpath(path))
    named = release or settings["release"] or settings["described"]
    if not named:
        named = describe_release(next(iter(settings["targets"]), None), base=planned.root)
    policy = Policy(
        # Who will run the gate is not known here; the gate looks with both pairs of eyes.
        four_eyes=False,
        signers={group: tuple(members) for group, members in settings["signers"].items()},
        proofs=digests_of(found, path.parent),
    )
    return Desk(
        planned=planned,
        path=path,
        approvals=found,
        by_check=by_check(found),
        context=Context(now=datetime.now(UTC), release=named, policy=policy),
    )


def warn_of(desk: Desk, *, by: str, release: str | None) -> None:
    """Say on standard error why what is written now may not count in the gate."""
    if desk.planned.settings["four_eyes"]:
        click.echo(f"note: four eyes are asked for: somebody else than {by} must run the gate", err=True)
    if release or desk.planned.settings["release"]:
        return
    if desk.context.release == UNVERSIONED:
        click.echo(
            f"note: the release has no name, so this counts for {span(UNVERSIONED_VALID)}; name it with --release or "
            "DEPLOYCHECK_RELEASE, here and for pytest",
            err=True,
        )
    else:
        click.echo(
            f"note: the release {desk.context.release!r} is git's word for the folder, and changes with every commit, "
            "also with one of this file; name it with --release or DEPLOYCHECK_RELEASE, here and for pytest",
            err=True,
        )


def who(by: str | None, root: Path) -> str:
    """The person who signs: as ``--by`` says, else git's user.

    Raises ``CliError`` where neither names anybody, or what names him would be refused in the file of approvals.
    """
    if by is not None:
        return _certain(by.strip(), f"--by {by!r}")
    name, mail = _git("user.name", root), _git("user.email", root)
    if not mail:
        raise CliError('who signs is not known: give --by "Name <name@example.org>", or set git\'s user.email')
    person = f"{name} <{mail}>" if name else mail
    return _certain(person, f"git's user, {person!r},")


def _certain(person: str, shown: str) -> str:
    if why := doubt(person) or unshown(person):
        raise CliError(f'{shown} {why}; give --by "Name <name@example.org>" or an address')
    return person


def _git(key: str, root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "--get", key], cwd=root, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


approvals_option = click.option(
    "--approvals",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="The file of approvals; by default the one that the gate reads.",
)
release_option = click.option(
    "--release", metavar="ID", help="The release; by default the one that the gate would take."
)


def complete_check(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the newest run that begin so: a shell's completion must not wait for pytest."""
    from pytest_deploycheck.record.store import find_run

    try:
        run = find_run(Path(".deploycheck"))
    except Exception:  # noqa: BLE001  # a completion that fails must not disturb the line that is being typed
        return []
    return sorted({result.check.id for result in run.checks if result.check.id.startswith(incomplete)})


def proof(name: str, folder: Path) -> Proof:
    """What a sign-off points to: a link, or a file as it is now, written as it is seen from `folder`.

    Raises ``ApprovalsError`` for what is neither.
    """
    if not name.strip():
        raise ApprovalsError("evidence without a name; give a link or a file")
    return proof_of(name if is_link(name) else os.path.relpath(name, folder), folder)


def entry_row(entry: Signoff | Waiver) -> dict[str, Any]:
    """An entry of the file as JSON: its own keys, and times as ISO 8601 with their zone."""
    data = signoff_to_data(entry) if isinstance(entry, Signoff) else waiver_to_data(entry)
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in data.items()}
