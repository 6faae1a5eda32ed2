"""What must be red for readers that know tests alone, whatever the checks' own rows show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_deploycheck.core.model import CheckResult, ExitCode, Run, Verdict, exit_code_of, worst
from pytest_deploycheck.core.verdict import weigh


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A phase that is not GO, or the run itself where no phase tells why it is not."""

    #: The phase's marker, or ``run``.
    name: str
    verdict: Verdict
    reason: str
    #: The checks behind it, one a line.
    details: str = ""


def faults(run: Run) -> Iterator[Fault]:
    """Every selected phase that is not GO; the run as a whole, where its exit code tells more than they do."""
    at_fault = [phase for phase in run.phases if phase.phase.selected and phase.verdict is not Verdict.GO]
    for phase in at_fault:
        marker = phase.phase.marker
        behind = [result for result in run.checks if result.check.phase == marker and weigh(result) is not Verdict.GO]
        yield Fault(
            name=marker, verdict=phase.verdict, reason=phase.reason, details="\n".join(map(describe_result, behind))
        )
    if beyond_verdict(run) or (run.exit_code != ExitCode.GO and not at_fault):
        verdict = worst([run.selected_verdict, Verdict.INCOMPLETE])
        yield Fault(name="run", verdict=verdict, reason=_explain(run.exit_code))


def beyond_verdict(run: Run) -> str:
    """What the exit code says and the verdict does not: evidence that was changed, an internal error; else empty."""
    known = run.exit_code in (ExitCode.GO, exit_code_of(run.selected_verdict))
    return "" if known else _explain(run.exit_code)


def _explain(exit_code: int) -> str:
    meaning = next((code.meaning for code in ExitCode if code == exit_code), "another plugin's")
    return f"exit code {exit_code}, {meaning}"


def describe_result(result: CheckResult) -> str:
    """Id, status, reason and what to do, on the lines that the reason has."""
    check = result.check
    advice = f" (next: {check.remediation})" if check.remediation else ""
    return f"{check.id} {result.status}{': ' + result.reason if result.reason else ''}{advice}"
