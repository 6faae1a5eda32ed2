"""pytest-xdist beside a checklist: refused, because phases are not gated across workers.

Only a worker knows that a collected test belongs to a phase, so it empties its queue and says so; the controller ends
the run with a usage error.
"""

from __future__ import annotations

from typing import Any

import pytest

_FOUND = "deploycheck_found_checks"
REFUSAL = "deploycheck: the phases of a checklist are not gated across pytest-xdist's workers; run it without -n"


def give_up(config: pytest.Config, items: list[pytest.Item]) -> bool:
    """On a worker: run nothing and tell the controller why; False elsewhere."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is None:
        return False
    output[_FOUND] = True
    items.clear()
    return True


class Controller:
    """Ends the run as a usage error when any worker found checks."""

    def __init__(self) -> None:
        self._refused = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker found, as it ends."""
        self._refused = self._refused or getattr(node, "workeroutput", {}).get(_FOUND, False)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Nothing of the checklist was run: say so with exit 4."""
        if self._refused:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The error, below everything else."""
        if self._refused:
            terminalreporter.write_line(f"ERROR: {REFUSAL}", red=True)
