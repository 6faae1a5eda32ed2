"""Runs a checklist in a process of its own, with exactly one other plugin beside ours, and reads what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from textwrap import dedent
from typing import Any

#: Our plugin's own entry point.
OURS = "deploycheck"
#: How the two come to be loaded: named in either order, or found by pytest itself.
LOADINGS = ("friend first", "friend last", "autoload")
RESULT = "run.json"
#: What stands above every ``test_it.py``: checks prove by ``say`` that they ran.
HEAD = "import pytest\nfrom saying import say\n"
SAYING = """
def say(word):
    with open("seen.txt", "a") as file:
        file.write(f"{word}\\n")
"""
#: Three phases, written from last to first. The second fails at FAILS, so the third must not be executed.
THREE_PHASES = """
@pytest.mark.phase3
def test_third():
    say("third")

@pytest.mark.phase2
def test_second():
    say("second")
    FAILS

@pytest.mark.phase1
def test_first():
    say("first")
"""
_NOT_INHERITED = ("DEPLOYCHECK_", "PYTEST_", "COV_", "COVERAGE_", "ALLURE_")
_OPTIONS = ("--deploycheck-release=r1", f"--deploycheck-json={RESULT}")
_DEADLINE_S = 120


@dataclass(frozen=True, kw_only=True)
class Friend:
    """Another plugin: what the page on compatibility says of it. Each claim is shown by the tests beside it."""

    #: The distribution, whose installed version is the one that was tested.
    name: str
    #: Its entry points, those of plugins that it needs before them.
    plugins: tuple[str, ...]
    works: str
    know: str

    @property
    def version(self) -> str:
        """The installed version; empty where there is none."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run of pytest left behind."""

    ret: int
    stdout: str
    stderr: str
    #: The document of ``--deploycheck-json``.
    json: dict[str, Any]
    #: What checks said, in their order.
    seen: tuple[str, ...]

    def check(self, id: str) -> dict[str, Any]:
        """The one check of that id."""
        found = [row for row in self.json["checks"] if row["id"] == id]
        assert len(found) == 1, f"{len(found)} checks are called {id}: {self.statuses()}"
        row: dict[str, Any] = found[0]
        return row

    def reason(self, id: str) -> str:
        """The reason of the one check of that id."""
        return str(self.check(id)["reason"])

    def statuses(self) -> dict[str, str]:
        """Id -> status, in the order of the document."""
        return {row["id"]: row["status"] for row in self.json["checks"]}

    def verdicts(self) -> dict[str, str]:
        """Marker -> verdict, in the order of the phases."""
        return {row["marker"]: row["verdict"] for row in self.json["phases"]}


class Table:
    """A folder where a checklist and one friend meet, loaded in one way."""

    def __init__(self, path: Path, plugins: Sequence[str], loading: str) -> None:
        self.path = path
        self._plugins = tuple(plugins)
        self._loading = loading

    def __call__(self, source: str, *arguments: str, files: Mapping[str, str] | None = None, ini: str = "") -> Outcome:
        """Write ``test_it.py``, with `HEAD` above it, other files and the ini file's lines, and run pytest there."""
        for name, text in {"saying.py": SAYING, "test_it.py": HEAD + dedent(source), **(files or {})}.items():
            (self.path / name).write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        (self.path / "pytest.ini").write_text(f"[pytest]\n{dedent(ini).strip()}\n", encoding="utf-8")
        (self.path / "seen.txt").unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *self._loads(), *_OPTIONS, *arguments],
            cwd=self.path,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_DEADLINE_S,
        )
        seen = self.path / "seen.txt"
        return Outcome(
            ret=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr,
            json=self._document(done),
            seen=tuple(seen.read_text("utf-8").split()) if seen.exists() else (),
        )

    def _document(self, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
        path = self.path / RESULT
        assert path.is_file(), f"the run wrote no JSON:\n{done.stdout}\n{done.stderr}"
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        path.unlink()
        return document

    def _loads(self) -> list[str]:
        match self._loading:
            case "friend first":
                names = [*self._plugins, OURS]
            case "friend last":
                names = [OURS, *self._plugins]
            case _:
                welcome = {OURS, *self._plugins}
                names = [f"no:{name}" for name in sorted(installed() - welcome)]
        # The cache would carry failures from one run to the next; no test here is about it.
        return [word for name in [*names, "no:cacheprovider"] for word in ("-p", name)]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        # A file that is rewritten within a second, with as many bytes, would be taken from its cached bytecode.
        kept["PYTHONDONTWRITEBYTECODE"] = "1"
        if self._loading != "autoload":
            kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return kept


def installed() -> set[str]:
    """The entry points of every plugin that pytest would find."""
    return {entry.name for entry in entry_points(group="pytest11")}


def three_phases(fails: str, *, before: str = "") -> str:
    """`THREE_PHASES` with a second check that ends in `fails`, and its decorators or fixtures in `before`."""
    return before + THREE_PHASES.replace("    FAILS", "\n".join(f"    {line}" for line in fails.splitlines()))


def assert_gated(outcome: Outcome, *, status: str = "FAIL", verdict: str = "NO-GO", ret: int = 1) -> None:
    """The first phase passed, the second ended so, and nothing of the third was executed."""
    assert outcome.statuses() == {
        "phase3.test_third": "BLOCKED",
        "phase2.test_second": status,
        "phase1.test_first": "PASS",
    }
    assert outcome.verdicts() == {"phase1": "GO", "phase2": verdict, "phase3": "BLOCKED"}
    assert "third" not in outcome.seen
    assert outcome.seen[0] == "first"
    assert outcome.ret == outcome.json["exit_code"] == ret, outcome.stdout + outcome.stderr
    assert f"phase2 is {verdict}" in outcome.reason("phase3.test_third")


def assert_green(outcome: Outcome) -> None:
    """Every check passed, one phase after the other: a gate that is never GO would hold all the rest as well."""
    assert outcome.seen == ("first", "second", "third")
    assert set(outcome.verdicts().values()) == {"GO"}
    assert set(outcome.statuses().values()) == {"PASS"}
    assert outcome.ret == outcome.json["exit_code"] == 0, outcome.stdout + outcome.stderr
