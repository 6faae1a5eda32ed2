"""On GitHub's runners: the summary of the job, and annotations, when the run is over.

Nothing here decides: what cannot be written is a line in the output, and the exit code stays.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_deploycheck.core.model import Run
    from pytest_deploycheck.session import GateSession

#: Names the file of a job's summary.
SUMMARY = "GITHUB_STEP_SUMMARY"
#: Bytes that a step's summary may have; GitHub drops the whole of one that comes near its limit.
_MOST = 1_000_000
#: Bytes under which no summary is worth its place.
_LEAST = 5_000


def announce(config: pytest.Config, gate: GateSession) -> None:
    """Tell of the run, after everything that could change its verdict."""
    if is_wanted() and (run := gate.run) is not None:
        for text in tell(run, config.rootpath):
            _say(config, text)


def is_wanted() -> bool:
    """Whether this is a job on GitHub, and not a run inside a check of another.

    That is not theirs to read who look at the job.
    """
    from pytest_deploycheck.session import RUNNING

    return RUNNING not in os.environ and (bool(os.environ.get(SUMMARY)) or _takes_commands())


def tell(run: Run, root: Path) -> Iterator[str]:
    """Add the run to the summary of the job; yields what is to be printed, the annotations last.

    `root` is the folder from which the checks name their files.
    """
    if path := os.environ.get(SUMMARY):
        yield _append(run, Path(path))
    if _takes_commands():
        from pytest_deploycheck.report import github

        yield github.render(run, folder=_folder(root))


def _takes_commands() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


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
