"""On GitHub's runners: the summary of the job, and annotations, when the run is over.

Nothing here decides: what cannot be written is a line in the output, and the exit code stays.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_deploycheck.core.model import Run
from pytest_deploycheck.session import RUNNING, GateSession

#: Names the file of a job's summary.
SUMMARY = "GITHUB_STEP_SUMMARY"
#: Bytes that a step's summary may have; GitHub drops the whole of one that comes near its limit.
_MOST = 1_000_000
#: Bytes under which no summary is worth its place.
_LEAST = 5_000


def announce(config: pytest.Config, gate: GateSession) -> None:
    """Tell of the run, after everything that could change its verdict.

    Not of a run inside a check of another: that is not theirs to read who look at the job.
    """
    path, understood = os.environ.get(SUMMARY), os.environ.get("GITHUB_ACTIONS") == "true"
    if not (path or understood) or RUNNING in os.environ or (run := gate.run) is None:
        return
    if path:
        _say(config, _append(run, Path(path)))
    if understood:
        from pytest_deploycheck.report import github

        _say(config, github.render(run, folder=_folder(config.rootpath)))


def _append(run: Run, path: Path) -> str:
    """Add the run to the summary; returns what is to be said of that, empty where nothing is."""
    from pytest_deploycheck.report import markdown

    try:
        room = _MOST - (path.stat().st_size if path.exists() else 0)
        if room < _LEAST:
            return f"deploycheck: {SUMMARY}: {path} is full; the report has all\n"
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            # Whoever wrote there before may have left a line open.
            file.write(f"\n{markdown.render(run, min(room - 1, markdown.LIMIT))}")
    except OSError as error:
        return f"deploycheck: {SUMMARY}: {path} cannot be written ({error.strerror}); the exit code stays\n"
    return ""


def _folder(root: Path) -> str:
    """From the root of the repository, where GitHub looks for files, to pytest's."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace or not root.is_relative_to(workspace) or root == Path(workspace):
        return ""
    return f"{root.relative_to(workspace).as_posix()}/"


def _say(config: pytest.Config, text: str) -> None:
    reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    if not text:
        return
    if reporter is None:
        sys.stdout.write(text)
    else:
        reporter.ensure_newline()
        reporter.write(text)
