"""Runs pytest with ``--junitxml`` and reads what it wrote the way a reader of JUnit does."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

#: Plugins that happen to be installed and that these tests are not about.
QUIET = [word for name in ("randomly", "xdist", "html", "timeout", "cacheprovider") for word in ("-p", f"no:{name}")]
PHASES = """
[pytest]
deploycheck_phases =
    phase1: Build
    phase2: Architecture
    phase3: Memory
"""
FAILING = """
import pytest

@pytest.mark.phase1
@pytest.mark.check("phase1.fine", owner="ann")
def test_fine(): pass

@pytest.mark.phase1
@pytest.mark.check("phase1.disk", remediation="free some space")
def test_disk(): assert 1 == 2, "no space"

@pytest.mark.phase2
def test_later(): raise SystemError("this must not be executed")
"""
LINES = """
# Build <!-- deploycheck: phase=phase1 -->
- [ ] **fine**: it builds
- [ ] **signed**: the manager agrees
"""


@dataclass(kw_only=True)
class Document:
    """A JUnit document, and what ended beside it."""

    ret: int
    root: ET.Element
    json: dict[str, Any]

    @property
    def suite(self) -> ET.Element:
        [suite] = self.root.findall("testsuite")
        return suite

    def case(self, name: str, classname: str | None = None) -> ET.Element:
        """The one testcase of that name."""
        found = [
            case
            for case in self.suite.iter("testcase")
            if case.get("name") == name and classname in (None, case.get("classname"))
        ]
        assert len(found) == 1, f"{len(found)} testcases are called {name}: {self.colours()}"
        return found[0]

    def colours(self) -> dict[str, str]:
        """Testcase -> what a reader makes of it: a skip hides a failure, as it does in the most common reader."""
        return {str(case.get("name")): colour_of(case) for case in self.suite.iter("testcase")}

    def counters(self) -> dict[str, int]:
        """The attributes of the suite that count."""
        return {name: int(self.suite.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")}


def colour_of(case: ET.Element) -> str:
    return next((tag for tag in ("skipped", "error", "failure") if case.find(tag) is not None), "passed")


def properties(element: ET.Element) -> dict[str, str]:
    """The properties of a suite or a testcase, without our prefix."""
    found = [(node.get("name", ""), node.get("value", "")) for node in element.iterfind("properties/property")]
    own = [(name, value) for name, value in found if name.startswith("deploycheck.")]
    assert len(own) == len(dict(own)), f"a property stands there twice: {own}"
    return {name.removeprefix("deploycheck."): value for name, value in own}


def read(folder: Path, ret: int, name: str = "junit.xml") -> Document:
    """The document that a run left in `folder`."""
    told = json.loads((folder / "run.json").read_text("utf-8"))
    return Document(ret=ret, root=ET.fromstring((folder / name).read_text("utf-8")), json=told)


class Runner:
    """Runs pytest in a folder of its own and reads its JUnit XML."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def __call__(self, source: str, *arguments: str, ini: str = PHASES) -> Document:
        (self.path / "test_it.py").write_text(dedent(source), encoding="utf-8")
        (self.path / "pytest.ini").write_text(dedent(ini), encoding="utf-8")
        words = ["--junitxml=junit.xml", "--deploycheck-json=run.json", "--deploycheck-release=r1", *arguments]
        done = self.pytester.runpytest_subprocess(*QUIET, *words)
        return read(self.path, int(done.ret))


def make_runner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner that the settings of whoever runs the tests do not reach."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in [name for name in os.environ if name.startswith(("DEPLOYCHECK_", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    return Runner(pytester)
