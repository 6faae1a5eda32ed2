"""What to do next: one action for each thing that stands between the release and GO, worst first."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from pytest_deploycheck.core.approvals import WAITING
from pytest_deploycheck.core.gate import blames
from pytest_deploycheck.core.model import Check, CheckResult, Kind, PhaseResult, Run, Severity, Status, Verdict
from pytest_deploycheck.core.naming import name_of, several
from pytest_deploycheck.core.run import ENDED_BEFORE
from pytest_deploycheck.core.verdict import weigh

_APPROVALS = "--deploycheck-approvals="


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One step for one person; `command` re-runs or settles just this."""

    #: The name of a check, or the marker of a phase.
    subject: str
    what: str
    verdict: Verdict
    owner: str = ""
    command: str = ""
    #: Of the check; None for a step that is about a phase.
    key: tuple[str, str] | None = None


def next_actions(run: Run) -> tuple[Action, ...]:
    """The actions of a run, worst first, in checklist order within the same verdict.

    Checks that are blocked or missing only because of others have no action of their own: what blocks them has, also
    where it stands on record and was not selected.
    """
    asked = _asked(run)
    actions = [
        _for_check(result, run)
        for result in run.checks
        if result.check.phase in asked
        and weigh(result) is not Verdict.GO
        and result.status not in (Status.BLOCKED, Status.NOT_RUN)
    ]
    actions += [_for_phase(phase, run) for phase in run.phases if _needs_own_action(phase, actions, run, asked)]
    return tuple(sorted(actions, key=lambda action: -action.verdict.rank))


def _asked(run: Run) -> set[str]:
    """The phases in which something is to be done: the selected ones, and those that keep one of them shut."""
    selected = {phase.phase.marker for phase in run.phases if phase.phase.selected}
    reasons = {
        result.reason for result in run.checks if result.status is Status.BLOCKED and result.check.phase in selected
    }
    return selected | {
        phase.phase.marker for phase in run.phases if any(blames(reason, phase.phase.marker) for reason in reasons)
    }


def _for_check(result: CheckResult, run: Run) -> Action:
    check = result.check
    return Action(
        subject=name_of(check, targets=several(run)),
        what=(check.remediation or _default_advice(result)) + _why_unsigned(result),
        verdict=weigh(result),
        owner=check.owner,
        command=_sign(run, check) if check.kind is Kind.MANUAL else _command(run, check.phase, check.nodeid),
        key=check.key,
    )


def _why_unsigned(result: CheckResult) -> str:
    """Why the sign-offs that are there do not do; the command alone would not say."""
    is_told = result.check.kind is Kind.MANUAL and not result.reason.startswith(WAITING)
    return f" ({result.reason.splitlines()[0]})" if is_told and result.reason else ""


def _default_advice(result: CheckResult) -> str:
    match result.status:
        case Status.PENDING:
            return "a person must look at this and confirm it; it holds the phase until then"
        case Status.FAIL if result.check.kind is Kind.MANUAL:
            return "mend what was rejected; it stands until the same person accepts"
        case Status.SKIPPED:
            return "let it run: a skip is no evidence; where it does not apply, say so with not_applicable(reason)"
        case Status.INCONCLUSIVE:
            return "gather more data and run it again"
        case _:
            return "mend what the reason names and run it again"


def _sign(run: Run, check: Check) -> str:
    """What a person answers with; the release is that of the run, whichever is newest by then."""
    try:
        given = [word for word in shlex.split(run.environment.get("options", "")) if word.startswith(_APPROVALS)]
    except ValueError:  # a secret was taken out of the middle of a quoted word
        given = []
    path = ["--approvals", given[-1].removeprefix(_APPROVALS)] if given else []
    return shlex.join(["deploycheck", "sign", check.id, "--release", run.release, *path])


def _command(run: Run, phase: str, nodeid: str = "") -> str:
    """What re-runs a phase, or just one check of it (the phase then says INCOMPLETE, as it should).

    It names the release and the target as this run was told them.
    """
    parts = ["pytest -m", phase, shlex.quote(nodeid) if nodeid else "", run.environment.get("options", "")]
    return " ".join(filter(None, parts))


def _needs_own_action(phase: PhaseResult, actions: list[Action], run: Run, asked: set[str]) -> bool:
    if phase.phase.marker not in asked or phase.verdict is not Verdict.INCOMPLETE:
        return False
    own = {result.check.key for result in run.checks if result.check.phase == phase.phase.marker}
    return not any(action.key in own for action in actions)


def _for_phase(phase: PhaseResult, run: Run) -> Action:
    marker = phase.phase.marker
    return Action(
        subject=marker,
        what=f"run the whole phase: {phase.reason}",
        verdict=phase.verdict,
        command=_command(run, marker),
    )


def accounted(run: Run) -> str:
    """``N/N checks accounted for`` with the count of each status.

    A check is accounted for when it has a result, or a reason for having none; the two numbers differ when a run died.
    """
    counts = {status: sum(result.status is status for result in run.checks) for status in Status}
    lost = sum(result.status is Status.NOT_RUN and result.reason == ENDED_BEFORE for result in run.checks)
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    total = len(run.checks)
    return f"{total - lost}/{total} checks accounted for" + (f": {said}" if said else "")


def advisories(run: Run) -> tuple[CheckResult, ...]:
    """Advisory checks that did not pass: reported, stopping nothing."""
    fine = (Status.PASS, Status.NOT_APPLICABLE, Status.NOT_RUN, Status.BLOCKED)
    return tuple(
        result for result in run.checks if result.check.severity is Severity.ADVISORY and result.status not in fine
    )
