"""What each entry of the approvals was worth in a run, and what a result that rests on some is worth later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pytest_deploycheck.core.approvals import (
    Context,
    ago,
    by_check,
    expiry_of,
    refusal,
    rule,
    sign,
    span,
    waive,
    why_not,
)
from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    CheckResult,
    Decision,
    Flag,
    Kind,
    Policy,
    Rollback,
    Run,
    Severity,
    Signoff,
    Status,
    Verdict,
    Waiver,
)
from pytest_deploycheck.core.verdict import weigh

#: How long before its end an approval is called out.
SOON = timedelta(days=7)
_NOT_THERE = (Status.NOT_RUN, Status.BLOCKED)


class Worth(StrEnum):
    """What became of one entry."""

    COUNTED = "counted"
    #: It does not count, and `Standing.why` says why not.
    REFUSED = "not counted"
    #: Nothing in the run asked for it.
    UNUSED = "unused"
    #: A waiver of a check that passed.
    REMOVABLE = "removable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One entry, and what it was worth."""

    entry: Signoff | Waiver
    worth: Worth
    #: A sentence without its full stop; empty where the entry counted and there is nothing to add.
    why: str = ""
    #: When it ends, the check's own limit taken in; None where it does not.
    expires: datetime | None = None
    #: Whether it counted, and ends within seven days.
    expires_soon: bool = False


def standing(run: Run) -> tuple[Standing, ...]:
    """What every sign-off and waiver of the run was worth in it, in the order of the file."""
    return standing_of(run.approvals, run.checks, _context(run))


def broken_evidence(run: Run) -> tuple[str, ...]:
    """The files that are not what was signed, where nothing else spoke against the sign-off; sorted."""
    if not run.policy.proofs:
        return ()
    own = by_check(run.approvals)
    context = _context(run)
    asked = [result.check for result in run.checks if result.check.id in own and result.check.kind is Kind.MANUAL]
    return tuple(sorted({name for check in asked for name in rule(check, own[check.id], context).broken}))


def _context(run: Run) -> Context:
    ends = [run.started, *(phase.decided for phase in run.phases), run.finished]
    now = max(moment for moment in ends if moment is not None)
    return Context(now=now, release=run.release, policy=run.policy)


def standing_of(approvals: Approvals, results: Iterable[CheckResult], context: Context) -> tuple[Standing, ...]:
    """What every entry is worth for these results, in the order of the file: sign-offs, then waivers."""
    wanted = {entry.check for entry in approvals.signoffs} | {entry.check for entry in approvals.waivers}
    by_id: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.check.id in wanted:
            by_id.setdefault(result.check.id, []).append(result)
    return (
        *(_of_signoff(entry, by_id, context) for entry in approvals.signoffs),
        *(_of_waiver(entry, by_id, context) for entry in approvals.waivers),
    )


def _of_signoff(entry: Signoff, by_id: Mapping[str, list[CheckResult]], context: Context) -> Standing:
    results = by_id.get(entry.check, [])
    used = [result for result in results if any(_is_entry(entry, other) for other in result.signoffs)]
    if used:
        expires = expiry_of(entry, used[0].check) if entry.decision is Decision.ACCEPT else None
        why = used[0].reason if used[0].status is Status.PENDING else ""
        return Standing(
            entry=entry, worth=Worth.COUNTED, why=why, expires=expires, expires_soon=_soon(expires, context.now)
        )
    expires = expiry_of(entry, results[0].check) if results else entry.expires
    refused = next((why for result in results if (why := refusal(entry, result.check, context))), "")
    worth, why = _why_unused(results, refused)
    if worth is None:
        why = "a newer word of the same person, or a rejection, stands before it"
    return Standing(entry=entry, worth=worth or Worth.REFUSED, why=why, expires=expires)


def _of_waiver(entry: Waiver, by_id: Mapping[str, list[CheckResult]], context: Context) -> Standing:
    results = by_id.get(entry.check, [])
    if any(result.waiver is not None and _is_entry(entry, result.waiver) for result in results):
        soon = _soon(entry.expires, context.now)
        return Standing(entry=entry, worth=Worth.COUNTED, expires=entry.expires, expires_soon=soon)
    refused = next((why for result in results if (why := why_not(entry, result, context))), "")
    worth, why = _why_unused(results, "")
    if worth is None and all(result.status in (Status.PASS, Status.NOT_APPLICABLE) for result in results):
        worth, why = Worth.REMOVABLE, f"it is {results[0].status}, and nothing is left to waive"
    elif worth is None and refused:
        worth, why = Worth.REFUSED, refused
    elif worth is None:
        worth, why = Worth.UNUSED, "nothing had to be waived, or another waiver stands over it"
    return Standing(entry=entry, worth=worth, why=why, expires=entry.expires)


def _why_unused(results: list[CheckResult], refused: str) -> tuple[Worth | None, str]:
    if not results:
        return Worth.UNUSED, "no check of this run has this id"
    if results[0].check.kind is Kind.AUTOMATED and refused:
        return Worth.REFUSED, refused
    if all(result.status in _NOT_THERE for result in results):
        return Worth.UNUSED, f"its check is {results[0].status}"
    return (Worth.REFUSED, refused) if refused else (None, "")


def _is_entry(entry: Signoff | Waiver, other: Signoff | Waiver) -> bool:
    # What an earlier run took from the file may stand in another line by now.
    return replace(entry, source="") == replace(other, source="")


def _soon(expires: datetime | None, now: datetime) -> bool:
    return expires is not None and now < expires <= now + SOON


def again(result: CheckResult, approvals: Approvals, context: Context, *, check: Check | None = None) -> CheckResult:
    """What an earlier run's result is worth by these approvals; never better than it was.

    `check` is how it is declared by now, where that is known.
    """
    result = _aged(declared_as(result, check), context.now)
    if not result.waived and (result.check.kind is not Kind.MANUAL or result.status is not Status.PASS):
        return result
    flags = tuple(flag for flag in result.flags if flag is not Flag.WAIVED)
    bare = replace(result, flags=flags, waiver=None)
    if bare.check.kind is Kind.MANUAL:
        bare = sign(bare, rule(bare.check, approvals, context))
    return waive(bare, approvals, context) if result.waived else bare


def judge_by(approvals: Approvals, context: Context) -> Callable[[CheckResult], CheckResult]:
    """`again` for the results of a whole record."""
    own = by_check(approvals)
    return lambda result: again(result, own.get(result.check.id, Approvals()), context)


def declared_as(result: CheckResult, check: Check | None) -> CheckResult:
    """The result of a check that is declared in this way by now; None where that is not known.

    What somebody else has judged is no result: a person what is a test's by now, or a test what is a person's.
    """
    if check is None or check == result.check:
        return result
    then = result.check
    same = check.kind is then.kind
    # What was stricter when it was judged stays so: only a run supersedes it.
    severity = then.severity if then.severity is Severity.BLOCKER else check.severity
    rollback = Rollback.IMMEDIATE if Rollback.IMMEDIATE in (then.rollback, check.rollback) else check.rollback
    result = replace(result, check=replace(check, severity=severity, rollback=rollback))
    return result if same or weigh(result) is not Verdict.GO else _unjudged(result)


def _unjudged(result: CheckResult) -> CheckResult:
    """Somebody else judges the check by now: a person what was a test's, or a test what was a person's."""
    manual = result.check.kind is Kind.MANUAL
    return replace(
        result,
        status=Status.PENDING if manual else Status.NOT_RUN,
        reason=f"{'a person' if manual else 'a test'} judges it by now, and did not yet",
        flags=tuple(flag for flag in result.flags if flag is not Flag.WAIVED),
        signoffs=(),
        waiver=None,
    )


def _aged(result: CheckResult, now: datetime) -> CheckResult:
    """A test's result stays good as long as its check says."""
    valid, finished = result.check.valid, result.finished
    good = result.status in (Status.PASS, Status.NOT_APPLICABLE) and result.check.kind is Kind.AUTOMATED
    if valid is None or not good or finished is None or now - finished < valid:
        return result
    reason = f"{result.status} {ago(now - finished)}, valid {span(valid)}: run it again"
    return replace(result, status=Status.NOT_RUN, reason=reason)


def lapsed(result: CheckResult, *, now: datetime) -> CheckResult:
    """What an earlier run's result is worth by now, as its sign-offs and its waiver may have ended since.

    What was withdrawn or rejected since, it cannot know: that stands in the file.
    """
    result = _aged(result, now)
    if result.waiver is not None:
        flags = tuple(flag for flag in result.flags if flag is not Flag.WAIVED)
        bare = replace(result, flags=flags, waiver=None)
        again = waive(bare, Approvals(waivers=(result.waiver,)), Context(now=now, release=result.waiver.release))
        return result if again.waived else again
    if not result.signoffs or result.status is not Status.PASS:
        return result
    proofs = {proof.name: proof.sha256 for signoff in result.signoffs for proof in signoff.evidence}
    then = Context(now=now, release=result.signoffs[0].release, policy=Policy(proofs=proofs))
    ruling = rule(result.check, Approvals(signoffs=result.signoffs), then)
    return (
        result
        if ruling.status is Status.PASS
        else replace(result, status=ruling.status, reason=ruling.reason, signoffs=())
    )
