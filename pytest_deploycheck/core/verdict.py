"""From results to verdicts. The laws: a failed blocker is never GO, failures never help, order is nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from pytest_deploycheck.core.model import (
    CheckResult,
    Phase,
    PhaseResult,
    Rollback,
    Severity,
    Status,
    Verdict,
    worst,
)
from pytest_deploycheck.core.naming import name_of, several_in


def weigh(result: CheckResult) -> Verdict:
    """What one result alone would make of its phase.

    A waived or an advisory check cannot stop a phase by how it ended, only by not having been there: one that was not
    run or was blocked weighs like any other.
    """
    own = _weigh_status(result.status)
    if result.status in (Status.NOT_RUN, Status.BLOCKED):
        return own
    lenient = result.waived or result.check.severity is Severity.ADVISORY
    return Verdict.GO if lenient else own


def _weight(result: CheckResult) -> int:
    return weigh(result).rank


def _weigh_status(status: Status) -> Verdict:
    match status:
        case Status.PASS | Status.NOT_APPLICABLE:
            return Verdict.GO
        case Status.PENDING | Status.INCONCLUSIVE:
            return Verdict.HOLD
        case Status.BLOCKED:
            return Verdict.BLOCKED
        case Status.SKIPPED | Status.NOT_RUN:
            return Verdict.INCOMPLETE
        case Status.FAIL | Status.ERROR:
            return Verdict.NO_GO
    assert_never(status)


def decide_phase(
    phase: Phase,
    results: Iterable[CheckResult],
    *,
    narrowed: str = "",
    opened: datetime | None = None,
    decided: datetime | None = None,
) -> PhaseResult:
    """The verdict on one phase.

    `narrowed` is why checks may be missing that nobody can list (node ids, ``--ignore``); it makes a phase that
    would be GO or HOLD INCOMPLETE.
    """
    ranked = sorted(results, key=_weight, reverse=True)
    counts = Counter(result.status for result in ranked)
    verdict = weigh(ranked[0]) if ranked else Verdict.INCOMPLETE
    cause = ranked[0].check if ranked and verdict is not Verdict.GO else None
    if not ranked:
        reason = "it has no checks"
    elif cause is not None:
        reason = _explain(ranked, verdict)
    elif not counts[Status.PASS]:
        verdict, reason = Verdict.INCOMPLETE, "no check passed"
    else:
        reason = _praise(ranked)
    if narrowed and verdict.rank < Verdict.INCOMPLETE.rank:
        verdict, reason, cause = Verdict.INCOMPLETE, f"the run was narrowed by {narrowed}", None
    return PhaseResult(
        phase=phase,
        verdict=verdict,
        reason=reason,
        counts=counts,
        cause=cause,
        opened=opened,
        decided=decided,
        narrowed=narrowed,
    )


def _explain(ranked: Sequence[CheckResult], verdict: Verdict) -> str:
    same = [result for result in ranked if weigh(result) is verdict]
    first = same[0]
    said = first.reason.splitlines()[0] if first.reason else ""
    if first.status is Status.BLOCKED:
        return said or "blocked"
    more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
    name = name_of(first.check, targets=several_in(ranked))
    return f"{name} {first.status}{': ' + said if said else ''}{more}"


def _praise(ranked: Sequence[CheckResult]) -> str:
    passed = sum(result.status is Status.PASS for result in ranked)
    parts = [f"{passed} passed"]
    for label, count in (
        ("not applicable", sum(result.status is Status.NOT_APPLICABLE for result in ranked)),
        ("waived", sum(result.waived for result in ranked)),
        ("advisory not passed", sum(_is_lenient(result) for result in ranked)),
    ):
        if count:
            parts.append(f"{count} {label}")
    return ", ".join(parts)


def _is_lenient(result: CheckResult) -> bool:
    ended_well = result.status in (Status.PASS, Status.NOT_APPLICABLE)
    return result.check.severity is Severity.ADVISORY and not result.waived and not ended_well


def decide_release(phases: Iterable[PhaseResult], results: Iterable[CheckResult]) -> Verdict:
    """The worst of the phases; ROLLBACK when an immediate trigger among `results` failed."""
    if any(map(_demands_rollback, results)):
        return Verdict.ROLLBACK
    return worst(phase.verdict for phase in phases)


def _demands_rollback(result: CheckResult) -> bool:
    check = result.check
    return (
        check.rollback is Rollback.IMMEDIATE
        and check.severity is Severity.BLOCKER
        and result.status is Status.FAIL
        and not result.waived
    )
