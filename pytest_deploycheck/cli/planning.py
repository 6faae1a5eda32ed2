"""The checklist as pytest collects it: what every command works on that looks at checks before a run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_deploycheck.cli.common import CliError
from pytest_deploycheck.core import wire
from pytest_deploycheck.core.model import Check

_NOTHING_COLLECTED = 5
#: Where pytest looks for its settings.
_SETTINGS = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What a run would look at, and the settings it would have."""

    #: ``{"phases": [...], "checks": [...]}``, as ``deploycheck plan --json`` prints it.
    document: dict[str, Any]
    checks: tuple[Check, ...]
    #: ``file:line`` of task lines under no phase.
    strays: tuple[str, ...]
    #: What nearly is a task line: ``file:line: what it is; the way out``.
    loose: tuple[str, ...]
    #: What `pytest_deploycheck.plan_file` writes of the settings.
    settings: dict[str, Any]

    @property
    def root(self) -> Path:
        """The root folder of pytest."""
        return Path(self.settings["root"])

    @property
    def record(self) -> Path:
        """The folder of the journals."""
        return Path(self.settings["record"])


def collect_plan(pytest_args: tuple[str, ...] = ()) -> Planned:
    """Let pytest collect the checklist, and nothing run; raises ``CliError`` with pytest's words where it cannot.

    Without arguments it does so in the folder of the settings that name the checklist, from wherever below it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--deploycheck-plan={path}", *pytest_args]
        where = None if pytest_args else _configured_folder(Path.cwd())
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=where)
        if done.returncode != 0 or not path.exists():
            said = (done.stderr or done.stdout).strip() or "it said nothing"
            if done.returncode in (0, _NOTHING_COLLECTED):
                said = (
                    "no collected test belongs to a phase; mark one with @pytest.mark.phase1, set the ini key "
                    "deploycheck_checklist, or let `deploycheck init CHECKLIST.md` do it"
                )
            raise CliError(f"pytest could not collect the checklist: {said}")
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    strays, loose = document.pop("strays", []), document.pop("loose", [])
    settings = document.pop("settings", {})
    return Planned(
        document=document,
        checks=tuple(map(wire.check_from_wire, document["checks"])),
        strays=tuple(strays),
        loose=tuple(loose),
        settings=settings,
    )


def _configured_folder(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, whose pytest settings speak of this plugin; None where none do."""
    for folder in (start, *start.parents):
        for name in _SETTINGS:
            try:
                if b"deploycheck_" in (folder / name).read_bytes():
                    return folder
            except OSError:
                continue
    return None
