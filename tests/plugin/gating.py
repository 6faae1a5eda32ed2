"""Runs pytest with the gate in it, in a folder of its own, and reads what came of it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

#: Plugins that a developer may have installed and that most of these tests are not about.
QUIET = ("randomly", "xdist", "html", "metadata", "timeout", "rerunfailures", "hypothesispytest", "cacheprovider")
RESULT = "run.json"
#: What stands above every ``test_it.py``, in one line: checks prove by ``say`` that they ran.
HEAD = "import pytest; from saying import say\n"
SAYING = """
def say(word):
    with open("seen.txt", "a") as file:
        file.write(f"{word}\\n")
"""


@dataclass(kw_only=True)
class Outcome:
    """What one run of pytest left behind."""

    ret: int
    stdout: str
    stderr: str
    document: dict[str, Any] | None

    @property
    def json(self) -> dict[str, Any]:
        """The document of ``--deploycheck-json``."""
        assert self.document is not None, f"the run wrote no JSON:\n{self.stdout}\n{self.stderr}"
        return self.document

    @property
    def ids(self) -> list[str]:
        """The ids of all checks, in the order of the document."""
        return [check["id"] for check in self.json["checks"]]

    def check(self, id: str, target: str | None = None) -> dict[str, Any]:
        """The one check of that id."""
        found = [row for row in self.json["checks"] if row["id"] == id and target in (None, row["target"])]
        assert len(found) == 1, f"{len(found)} checks are called {id}; there are {self.ids}"
        row: dict[str, Any] = found[0]
        return row

    def status(self, id: str) -> str:
        """The status of the one check of that id."""
        return str(self.check(id)["status"])

    def phase(self, marker: str) -> dict[str, Any]:
        """The one phase of that marker."""
        found = [row for row in self.json["phases"] if row["marker"] == marker]
        assert len(found) == 1, f"{len(found)} phases are called {marker}"
        row: dict[str, Any] = found[0]
        return row

    def verdict(self, marker: str) -> str:
        """The verdict on the one phase of that marker."""
        return str(self.phase(marker)["verdict"])


class Gate:
    """A folder with checks in it; every run of pytest there writes its JSON."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path

    def write(self, files: Mapping[str, str], *, ini: str = "", checklist: str = "") -> None:
        """Write files by name, an ini file's ``[pytest]`` section, and a Markdown checklist with its ini key."""
        for name, text in {"saying.py": SAYING, **files}.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        settings = dedent(ini).strip()
        if checklist:
            (self.path / "checklist.md").write_text(dedent(checklist).lstrip("\n"), encoding="utf-8")
            settings = f"deploycheck_checklist = checklist.md\n{settings}"
        if settings:
            (self.path / "pytest.ini").write_text(f"[pytest]\n{settings}\n", encoding="utf-8")

    def run(self, *arguments: str, process: bool = False, release: str = "r1", json: str = RESULT) -> Outcome:
        """Run pytest: in this process unless asked otherwise, and without the plugins in `QUIET`."""
        words = [*([f"--deploycheck-json={json}"] if json else []), *arguments]
        if release:
            words = [f"--deploycheck-release={release}", *words]
        # A plugin that a test names is the one it wants.
        named = " ".join(arguments)
        words = [*(word for name in QUIET if name not in named for word in ("-p", f"no:{name}")), *words]
        result = Path.cwd() / RESULT
        result.unlink(missing_ok=True)
        if process:
            done = self.pytester.runpytest_subprocess(*words)
        else:
            with warnings.catch_warnings():
                # What this project's own tests make of warnings would reach into a run in the same process.
                warnings.resetwarnings()
                done = self.pytester.runpytest_inprocess(*words, no_reraise_ctrlc=True)
        return Outcome(
            ret=int(done.ret),
            stdout=done.stdout.str(),
            stderr=done.stderr.str(),
            document=loads(result.read_text("utf-8")) if result.is_file() else None,
        )

    def __call__(
        self,
        source: str,
        *arguments: str,
        ini: str = "",
        checklist: str = "",
        process: bool = False,
        files: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Write ``test_it.py``, with `HEAD` above it, and run it."""
        self.write({"test_it.py": HEAD + dedent(source), **(files or {})}, ini=ini, checklist=checklist)
        return self.run(*arguments, process=process)

    def seen(self) -> list[str]:
        """What checks said so far."""
        path = self.path / "seen.txt"
        return path.read_text("utf-8").splitlines() if path.is_file() else []
