"""Our hooks, for conftests and other plugins; docs/hooks.md has an example of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_deploycheck.core.model import PhaseResult, Run
    from pytest_deploycheck.fixtures import EvidenceLog


@pytest.hookspec()
def pytest_deploycheck_evidence(item: pytest.Item, evidence: EvidenceLog) -> None:
    """Add evidence to a check that was executed, whatever it ended with.

    Called where the check ran, after its test function and before its fixtures are torn down. What it raises fails the
    check: evidence that was lost is never GO.
    """


@pytest.hookspec()
def pytest_deploycheck_phase_verdict(phase: PhaseResult, release: str) -> None:
    """Be told of the verdict on a phase as soon as it is on record, and before the next phase opens.

    Called in the process that keeps the record. What it raises becomes a note in the record and in every report, and
    the verdict stays. Wrappers of this hook are not called.
    """


@pytest.hookspec()
def pytest_deploycheck_section(run: Run) -> Mapping[str, Any] | Iterable[Mapping[str, Any]] | None:
    """Add one section, or several, to the reports of a run that is about to end.

    A section is a mapping: a `title`, and a `text` or `rows`, lists of cells under `columns`. Everything is shown as
    text. Called in the process that keeps the record. What it raises becomes a note, and the verdict stays. Wrappers of
    this hook are not called.
    """
