"""What a check is called where several targets are under check."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_deploycheck.core.model import Check, CheckResult, Run


def several(run: Run) -> bool:
    """Whether checks must say on which target they ran."""
    return len(run.targets) > 1


def several_in(results: Iterable[CheckResult]) -> bool:
    """The same, where only the results are known."""
    return len({result.check.target for result in results if result.check.target}) > 1


def name_of(check: Check, *, targets: bool) -> str:
    """The id of a check; with `targets` also where it ran, unless a person judges it for all of them."""
    return f"{check.id} on {check.target}" if targets and check.target else check.id
