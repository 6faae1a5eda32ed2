"""People's word in a run: the approvals as it found them, and what they make of its results."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from pytest_deploycheck.core.approvals import NEVER_WAIVED, Context, Ruling, by_check, rule, sign, waive
from pytest_deploycheck.core.approvals_data import refuse_unknown
from pytest_deploycheck.core.checklist import base_id
from pytest_deploycheck.core.model import Approvals, Check, CheckResult, Kind, Policy
from pytest_deploycheck.core.standing import again
from pytest_deploycheck.plan import Plan
from pytest_deploycheck.record.approvals import digests_of, read_approvals
from pytest_deploycheck.settings import Settings

_PATIENCE_S = 10


class Approver:
    """Judges by the approvals as they were when the run began: what is written later counts in the next."""

    def __init__(
        self,
        approvals: Approvals,
        policy: Policy,
        *,
        release: str,
        clock: Callable[[], datetime],
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self.approvals = approvals
        self.policy = policy
        #: Names of evidence that is not what was signed.
        self.broken: set[str] = set()
        self._own = by_check(approvals)
        self._release = release
        self._clock = clock

    def ruling(self, check: Check) -> Ruling:
        """What the sign-offs make of a manual check now."""
        own = self._own.get(check.id, _NONE)
        context = self._context()
        if self._folder is not None and any(signoff.evidence for signoff in own.signoffs):
            context = replace(context, policy=replace(self.policy, proofs=self._proofs(own, self._folder)))
        return rule(check, own, context)

    def _proofs(self, own: Approvals, folder: Path) -> dict[str, str | None]:
        """The files as they are now; one that was another as the run began is none of them."""
        then, now = self.policy.proofs, digests_of(own, folder)
        return {name: found if found in (None, then.get(name)) else _CHANGED for name, found in now.items()}

    def settle(self, result: CheckResult) -> CheckResult:
        """The result as the approvals leave it: a manual check's by its sign-offs, a failure's with its waiver."""
        if result.check.kind is Kind.MANUAL and result.status not in NEVER_WAIVED:
            ruling = self.ruling(result.check)
            self.broken.update(ruling.broken)
            result = sign(result, ruling)
        own = self._own.get(result.check.id)
        return result if own is None else waive(result, own, self._context())

    def again(self, result: CheckResult, check: Check | None) -> CheckResult:
        """What an earlier run's result is worth by the approvals, and the declaration, of now; never better."""
        return again(result, self._own.get(result.check.id, _NONE), self._context(), check=check)

    def _context(self) -> Context:
        return Context(now=self._clock(), release=self._release, policy=self.policy)


_NONE = Approvals()
#: Stands for the digest of a file that changed while the run was on.
_CHANGED = "changed"


def approver_of(
    config: pytest.Config, settings: Settings, plan: Plan, *, release: str, clock: Callable[[], datetime]
) -> Approver:
    """Read the approvals and the files they point to; raises ``ApprovalsError``."""
    approvals = read_approvals(settings.approvals, shown(settings))
    _refuse_unknown(config, plan, approvals)
    return Approver(
        approvals,
        policy_of(settings, approvals, release=release),
        release=release,
        clock=clock,
        folder=settings.approvals.parent,
    )


def shown(settings: Settings) -> str:
    """The file of approvals as messages name it: relative to the root folder where it lies in there."""
    path = settings.approvals
    return str(path.relative_to(settings.root)) if path.is_relative_to(settings.root) else str(path)


def policy_of(settings: Settings, approvals: Approvals, *, release: str) -> Policy:
    """The rules for a release; who runs the gate is asked for only where four eyes are."""
    concerning = tuple(signoff for signoff in approvals.signoffs if signoff.release == release)
    return Policy(
        four_eyes=settings.four_eyes,
        runner=runner(settings.root) if settings.four_eyes else "",
        signers=settings.signers,
        proofs=digests_of(replace(approvals, signoffs=concerning), settings.approvals.parent),
    )


def runner(root: Path) -> str:
    """Who runs the gate: git's address in the folder, else the pipeline's person, else the user; empty if nobody."""
    command = ["git", "-C", str(root), "config", "user.email"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
        found = done.stdout.strip()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        found = ""
    return found or os.environ.get("GITLAB_USER_EMAIL", "") or os.environ.get("GITHUB_ACTOR", "") or _user()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return ""


def _refuse_unknown(config: pytest.Config, plan: Plan, approvals: Approvals) -> None:
    """An entry for a check that is not there is a mistake, where it is known which there are."""
    known = {check.id for check in plan.checks}
    if not _is_whole(config, plan):
        if not plan.digest:
            return
        # The document lists every line, and a file that was not collected may give it parameters.
        lines = {base_id(check) for check in known}
        known.update(entry for entry in by_check(approvals) if base_id(entry) in lines)
    refuse_unknown(approvals, known)


def _is_whole(config: pytest.Config, plan: Plan) -> bool:
    from_root = config.invocation_params.dir == config.rootpath
    given = config.args_source is pytest.Config.ArgsSource.ARGS
    in_testpaths = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return not (plan.narrowed or plan.unseen or given) and (from_root or in_testpaths)
