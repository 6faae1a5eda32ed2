"""Whether a phase may open, given the phases before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_deploycheck.core.model import Check, PhaseResult, Verdict

#: How the reason begins that is one for mutating checks alone.
_MUTATING = "it changes the target, and "


@dataclass(frozen=True, kw_only=True, slots=True)
class Barrier:
    """Why the checks of a phase must not run; empty where they may."""

    #: For every check of the phase.
    all: str = ""
    #: For its mutating checks, which need more.
    mutating: str = ""

    def against(self, check: Check) -> str:
        """Why this check must not run; empty where it may."""
        return self.all or (self.mutating if check.mutating else "")


def barrier(
    earlier: Sequence[PhaseResult],
    *,
    on_record: frozenset[str],
    keep_going: bool,
    require_record: bool,
    narrowed: str = "",
) -> Barrier:
    """The barrier before a phase.

    `earlier` are the phases before it in order; of those that were not selected, only the ones in `on_record` have a
    verdict that counts. With `require_record` the others block. `narrowed` is why checks of earlier phases may be
    missing unseen, which keeps mutating checks from running.
    """
    shut, strict = "", f"the run was narrowed by {narrowed}" if narrowed else ""
    for phase in earlier:
        marker, verdict = phase.phase.marker, phase.verdict
        if not phase.phase.selected and marker not in on_record:
            reason = f"{marker} has no verdict on record for this release; run: pytest -m {marker}"
            shut = shut or (reason if require_record else "")
            strict = strict or reason
            continue
        reason = f"{marker} is {verdict}: {phase.reason}"
        if not verdict.opens and not keep_going:
            shut = shut or reason
        if verdict is not Verdict.GO:
            strict = strict or reason
    return Barrier(
        all=shut,
        mutating=f"{_MUTATING}{strict}" if strict else "",
    )


def blames(reason: str, marker: str) -> bool:
    """Whether a barrier's reason is the verdict on this phase, or that it has none."""
    return reason.removeprefix(_MUTATING).startswith((f"{marker} is ", f"{marker} has no verdict "))
