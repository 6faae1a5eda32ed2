"""What the first screen says: may we ship, why not, who must act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_deploycheck.core.actions import Action, advisories
from pytest_deploycheck.core.model import ExitCode, PhaseResult, Rollback, Run, Severity, Status, Verdict
from pytest_deploycheck.core.naming import name_of, several
from pytest_deploycheck.core.run import NOT_ON_RECORD

#: A reason stands whole with its phase; here a manager reads it.
_MOST_CHARACTERS = 400
_MOST_OWNERS = 12


def answer(run: Run) -> str:
    """The answer to "May we ship?", in words; only a release that is GO gets a yes."""
    if not run.closed:
        return "No. The run did not come to its end, so nobody knows; what follows is what its journal holds."
    match run.verdict:
        case Verdict.GO:
            return f"Yes. {_all_go(run)}"
        case Verdict.ROLLBACK:
            return f"No: roll back. {_trigger(run)}"
        case Verdict.NO_GO | Verdict.BLOCKED:
            return f"No. {_worst(run)}"
        case _:
            return f"Not yet. {_so_far(run) or _worst(run)}"


def who_must_act(actions: Sequence[Action]) -> str:
    """``sre (2), support (1)``: the owners of the steps, in the order of their first; empty where nobody must."""
    owners = Counter(action.owner or "no owner named" for action in actions)
    said = [f"{owner} ({count})" for owner, count in owners.items()]
    more = [f"{len(said) - _MOST_OWNERS} more"] if len(said) > _MOST_OWNERS else []
    return ", ".join([*said[:_MOST_OWNERS], *more])


def exit_status(code: int) -> str:
    """``1: a check failed or could not be evaluated``; the number alone where it is another plugin's."""
    meaning = next((known.meaning for known in ExitCode if known == code), "")
    return f"{code}: {meaning}" if meaning else str(code)


def asked(run: Run) -> str:
    """The phases that the run was asked for: ``phase1 to phase4`` where they stand side by side."""
    return _listed(run, [phase for phase in run.phases if phase.phase.selected])


def provenance(run: Run, path: str, sha256: str) -> str:
    """The auditor's line: which run, from which journal, by which versions and command, as far as known."""
    given = run.environment.get
    versions = [f"{name} {given(name)}" for name in ("pytest-deploycheck", "pytest", "python") if given(name)]
    parts = (
        f"run {run.run_id} of release {run.release}",
        path and f"journal {path}",
        sha256 and f"sha256 {sha256}",
        run.digest and f"checklist sha256 {run.digest}",
        ", ".join(versions),
        f"command: {given('command')}" if given("command") else "",
    )
    return _sentence("; ".join(filter(None, parts)))


def _all_go(run: Run) -> str:
    waived = sum(result.waived for result in run.checks)
    accepted = f"; {waived} failed and {'was' if waived == 1 else 'were'} accepted by a waiver" if waived else ""
    if lenient := len(advisories(run)):
        accepted += f"; {lenient} that {'is' if lenient == 1 else 'are'} only advisory did not pass"
    phases = f"All {len(run.phases)} phases are GO" if len(run.phases) > 1 else "The only phase is GO"
    return f"{phases}{accepted}."


def _trigger(run: Run) -> str:
    for result in run.checks:
        check = result.check
        if (
            check.rollback is Rollback.IMMEDIATE
            and check.severity is Severity.BLOCKER
            and result.status is Status.FAIL
            and not result.waived
        ):
            why = f": {_short(result.reason)}" if result.reason else ""
            return _sentence(f"The trigger {name_of(check, targets=several(run))} fired{why}")
    return "A trigger fired."


def _worst(run: Run) -> str:
    """The first of the worst phases, with its reason, and how many more are not GO.

    One that nobody looked at has nothing to tell, unless there is no other.
    """
    if not run.phases:
        return "There is no phase that could be GO."
    told = [phase for phase in run.phases if phase.verdict is not Verdict.GO and phase.reason != NOT_ON_RECORD]
    found = max(told or run.phases, key=lambda phase: phase.verdict.rank)
    others = sum(phase.verdict is not Verdict.GO for phase in run.phases) - 1
    more = f" {others} more {'phase is' if others == 1 else 'phases are'} not GO." if others > 0 else ""
    if (
        max(phase.verdict.rank for phase in run.phases) < run.verdict.rank
    ):  # the run itself is worse than its phases: it was broken off
        return f"The run was broken off (exit status {run.exit_code}); whatever its phases say, it decided nothing."
    return _sentence(f"{found.phase.marker} is {found.verdict}: {_short(found.reason)}") + more


def _so_far(run: Run) -> str:
    """What to say of a run that cleared what it was asked for, while the release has more to it; else empty."""
    open_ones = [phase for phase in run.phases if phase.verdict is not Verdict.GO]
    if not open_ones or run.selected_verdict is not Verdict.GO or any(phase.phase.selected for phase in open_ones):
        return ""
    chosen = [phase for phase in run.phases if phase.phase.selected]
    return f"{asked(run)} {_is(chosen)} GO, but {_listed(run, open_ones)} {_is(open_ones)} still to be decided."


def _is(phases: Sequence[PhaseResult]) -> str:
    return "is" if len(phases) == 1 else "are"


def _listed(run: Run, phases: Sequence[PhaseResult]) -> str:
    """The markers; of three or more that follow each other only the first and the last."""
    order = {phase.phase.marker: number for number, phase in enumerate(run.phases)}
    runs: list[list[str]] = []
    for phase in phases:
        marker = phase.phase.marker
        if runs and order[runs[-1][-1]] + 1 == order[marker]:
            runs[-1].append(marker)
        else:
            runs.append([marker])
    said = [", ".join(part) if len(part) < 3 else f"{part[0]} to {part[-1]}" for part in runs]
    return ", ".join(said) or "no phase"


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]} ..."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
