"""Checks that are never run: dropped, deselected, ignored, hidden, or never found."""

from __future__ import annotations

from typing import Any

import pytest
from gating import HEAD, Gate
from trapping import FAILS, PASSES, PHASES, Trap, missing, refused, spring

IGNORES = "def pytest_ignore_collect(collection_path): return True if 'trap' in collection_path.name else None"
LIST = """
# One <!-- deploycheck: phase=phase1 -->
- [ ] **Fine**: it is <!-- deploycheck: id=phase1.fine -->
- [ ] **Trap**: it holds <!-- deploycheck: id=phase1.test_trap -->
# Two <!-- deploycheck: phase=phase2 -->
- [ ] **Later**: it is <!-- deploycheck: id=phase2.later -->
"""
LISTED = {
    "test_beside.py": HEAD
    + '@pytest.mark.check("phase1.fine")\ndef test_fine(): pass\n'
    + '@pytest.mark.check("phase2.later")\ndef test_later(): say("later")\n',
    "test_trap.py": HEAD + '@pytest.mark.check("phase1.test_trap")\ndef test_trap(): assert 0\n',
}
ONE_LINE = "# One <!-- deploycheck: phase=phase1 -->\n- [ ] **Trap** <!-- deploycheck: id=phase1.test_trap -->\n"
PARAMETERS = {
    "test_beside.py": "",
    "test_some.py": HEAD
    + "@pytest.mark.check('phase1.test_trap')\n@pytest.mark.parametrize('x', [1])\ndef test_some(x): assert x == 1",
    "test_more.py": HEAD
    + "@pytest.mark.check('phase1.test_trap')\n@pytest.mark.parametrize('x', [2])\ndef test_more(x): assert x == 1",
}
ELSEWHERE = {"test_trap.py": HEAD + FAILS}


def listed(**rest: Any) -> Trap:
    """A trap beside a Markdown checklist, whose lines are the denominator: the check is NOT_RUN, not unknown."""
    settings: dict[str, Any] = {"files": LISTED, "checklist": LIST, "status": "NOT_RUN", **rest}
    return missing(**settings)


TRAPS: dict[str, Trap] = {
    "-k leaves the check out": missing(FAILS, arguments=("-k", "not trap"), status="NOT_RUN", reason="deselected"),
    "-m leaves the check out by another mark": missing(
        "@pytest.mark.slow" + FAILS, arguments=("-m", "not slow"), status="NOT_RUN", reason="deselected"
    ),
    "--deselect leaves the check out": missing(
        FAILS, arguments=("--deselect", "test_it.py::test_trap"), status="NOT_RUN", reason="deselected"
    ),
    "--ignore leaves the file of the check out": missing(
        files=ELSEWHERE, arguments=("--ignore=test_trap.py",), reason="--ignore"
    ),
    "--ignore-glob leaves the file of the check out": missing(
        files=ELSEWHERE, arguments=("--ignore-glob=*trap*",), reason="--ignore-glob"
    ),
    "another check is asked for by its node id": missing(
        FAILS, arguments=("test_beside.py::test_fine",), reason="a node id"
    ),
    "another file is asked for": missing(files=ELSEWHERE, arguments=("test_beside.py",), reason="test_trap.py"),
    "another file is asked for, and the check's mark has a name of its own": missing(
        files={"test_trap.py": HEAD + "first = pytest.mark.phase1\n@first\ndef test_trap(): assert 0"},
        arguments=("test_beside.py",),
        reason="test_trap.py",
    ),
    "another file is asked for, and the check's mark was imported": missing(
        files={
            "marks.py": "import pytest\nphase1 = pytest.mark.phase1",
            "test_trap.py": "from marks import phase1\n@phase1\ndef test_trap(): assert 0",
        },
        arguments=("test_beside.py",),
        reason="test_trap.py",
    ),
    "another file is asked for, and the check's file is marked with a type": missing(
        files={"test_trap.py": HEAD + "pytestmark: object = pytest.mark.phase1\ndef test_trap(): assert 0"},
        arguments=("test_beside.py",),
        reason="test_trap.py",
    ),
    "a class inherits a check from another file and drops it": missing(
        "from base import Base\nclass TestTrap(Base): test_trap = None",
        files={"base.py": "import pytest\nclass Base:\n    @pytest.mark.phase1\n    def test_trap(self): assert 0"},
        reason="base.py",
    ),
    "a class inherits two checks from a marked class of another file and drops one": missing(
        "from base import Base\nclass TestTrap(Base): test_trap = None",
        files={
            "base.py": "import pytest\n@pytest.mark.phase1\nclass Base:\n    def test_trap(self): assert 0\n"
            "    def test_other(self): pass"
        },
        reason="base.py",
    ),
    "another folder is asked for": missing(
        files={
            "here/test_here.py": "import pytest" + PASSES.replace("trap", "here"),
            "there/test_trap.py": HEAD + FAILS,
        },
        arguments=("here",),
        reason="not collected",
    ),
    "a conftest ignores the file of the check": missing(
        files=ELSEWHERE, conftest="collect_ignore = ['test_trap.py']", reason="test_trap.py"
    ),
    "a hook ignores the file of the check": missing(files=ELSEWHERE, conftest=IGNORES, reason="test_trap.py"),
    "the file of the check is misnamed": missing(files={"trap.py": HEAD + FAILS}, reason="trap.py"),
    "no keyword matches anything": missing(FAILS, arguments=("-k", "no_such_check"), status="NOT_RUN"),
    "a conftest ignores the file of the check where there is a list": listed(
        conftest="collect_ignore = ['test_trap.py']"
    ),
    "a conftest ignores the file of the check by a pattern where there is a list": listed(
        conftest="collect_ignore_glob = ['*_trap.py']"
    ),
    "a hook ignores the file of the check where there is a list": listed(conftest=IGNORES),
    "the file of the check is ignored where there is a list": listed(arguments=("--ignore=test_trap.py",)),
    "the file of the check is not asked for where there is a list": listed(arguments=("test_beside.py",)),
    "the file of the check is ignored where there is a list, and the mark's first keyword is another": listed(
        files={
            **LISTED,
            "test_trap.py": HEAD
            + '@pytest.mark.check(title="It (the trap) holds", id="phase1.test_trap")\ndef test_trap(): assert 0\n',
        },
        arguments=("--ignore=test_trap.py",),
    ),
    "a conftest ignores a file with more parameters of the check, where there is a list": missing(
        files=PARAMETERS, checklist=ONE_LINE, conftest="collect_ignore = ['test_more.py']", reason="test_more.py"
    ),
    "another file is asked for than one with more parameters of the check, where there is a list": missing(
        files=PARAMETERS, checklist=ONE_LINE, arguments=("test_some.py",), reason="test_more.py"
    ),
    "the ini file's test paths are overridden by others": missing(
        files={
            "here/test_here.py": "import pytest" + PASSES.replace("trap", "here"),
            "test_beside.py": "",
            **ELSEWHERE,
        },
        arguments=("-o", "testpaths=here"),
        reason="test_trap.py",
    ),
    "another check is asked for by its node id where there is a list": listed(arguments=("test_beside.py::test_fine",)),
    "-k leaves the check out where there is a list": listed(arguments=("-k", "not trap")),
    "the file of the check is misnamed where there is a list": listed(
        files={"trap.py": LISTED["test_trap.py"], "test_beside.py": LISTED["test_beside.py"]}
    ),
    "the ini file leaves the folder of the check out where there is a list": listed(
        files={"old/test_trap.py": LISTED["test_trap.py"], "test_beside.py": LISTED["test_beside.py"]},
        ini="norecursedirs = old",
    ),
    "the file of the check cannot be imported": Trap(
        files={"test_trap.py": "import no_such_module"}, status="", verdict="INCOMPLETE", exit_code=2
    ),
    "the file of the check cannot be imported and the run goes on": missing(
        files={"test_trap.py": "import no_such_module"},
        arguments=("--continue-on-collection-errors",),
        exit_code=1,
        reason="test_trap.py",
    ),
    "the file of the check cannot be read and the run goes on": missing(
        files={"test_trap.py": "def test_trap(:"},
        arguments=("--continue-on-collection-errors",),
        exit_code=1,
        reason="test_trap.py",
    ),
    "the file of the check exits with 0 as it is imported": missing(
        files={"test_trap.py": "raise SystemExit(0)"}, verdict="", exit_code=3
    ),
    "the file of the check ends pytest with 0 as it is imported": missing(
        files={"test_trap.py": "import pytest; pytest.exit('done', returncode=0)"}, exit_code=2
    ),
    "the file of the check is interrupted as it is imported": missing(
        files={"test_trap.py": "raise KeyboardInterrupt"}, verdict="", exit_code=2
    ),
    "the conftest of the check cannot be imported and the run goes on": missing(
        files={"part/conftest.py": "import no_such_module", "part/test_trap.py": HEAD + FAILS},
        arguments=("--continue-on-collection-errors",),
        exit_code=1,
        reason="part",
    ),
    "the check asks for a parameter that it does not take": missing(
        "@pytest.mark.phase1\n@pytest.mark.parametrize('y', [1])\ndef test_trap(x): pass",
        arguments=("--continue-on-collection-errors",),
        exit_code=1,
    ),
    "a second test of the same name hides the check": refused(
        "@pytest.mark.check('phase1.first')" + FAILS + "@pytest.mark.check('phase1.second')" + PASSES,
        reason=r"test_it\.py:\d+: test_trap is defined twice",
    ),
    "a second class of the same name hides the check": refused(
        "class TestTrap:\n    @pytest.mark.phase1\n    def test_one(self): assert 0\n"
        "class TestTrap:\n    @pytest.mark.phase1\n    def test_two(self): pass",
        reason="TestTrap is defined twice",
    ),
    "a second test of the same name hides the check in a class within a class": refused(
        "class TestOuter:\n    class TestInner:\n        @pytest.mark.phase1\n        def test_trap(self): assert 0\n"
        "        @pytest.mark.phase1\n        def test_trap(self): pass",
        reason="test_trap",
    ),
    "a second test of the same name hides the check under a condition": refused(
        "if True:\n    @pytest.mark.phase1\n    def test_trap(): assert 0\n"
        "    @pytest.mark.phase1\n    def test_trap(): pass",
        reason="test_trap",
    ),
    "a second test of the same name, under a condition, hides the check": refused(
        FAILS + "if True:\n    @pytest.mark.phase1\n    def test_trap(): pass", reason="test_trap"
    ),
    "two files have a check of one name": refused(
        PASSES, files={"test_trap.py": HEAD + FAILS}, reason="phase1.test_trap"
    ),
    "two classes inherit a check of one name": refused(
        "class Both:\n    @pytest.mark.phase1\n    def test_trap(self): assert self.fine\n"
        "class TestOne(Both): fine = True\nclass TestTwo(Both): fine = False",
        reason="phase1.test_trap",
    ),
    "a decorator drops the mark of the check": refused(
        "def again(function): return lambda: function()\n"
        "@again\n@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')",
        reason="test_trap",
    ),
    "pytest is told other names of tests": refused(
        FAILS, ini="python_functions = test_f* test_l* test_d*", reason="is marked as a check"
    ),
    "the phase of the check is written otherwise": refused(
        "@pytest.mark.Phase1\ndef test_trap(): pytest.skip('not today')", reason="Phase1"
    ),
    "the phase of the check is written otherwise than it is declared": refused(
        "@pytest.mark.Phase_1\ndef test_trap(): pytest.skip('not today')", ini=PHASES, reason="Phase_1"
    ),
    "the phase of the check is written with an underscore": refused(
        "@pytest.mark.phase_1\ndef test_trap(): pytest.skip('not today')", reason="phase_1"
    ),
    "something else of the same name hides the check": refused(FAILS + "test_trap = 3", reason="test_trap"),
    "the check is deleted": refused(FAILS + "del test_trap", reason="test_trap"),
    "the check is a lambda": refused(
        "def judge(): assert 0\ntest_trap = pytest.mark.phase1(lambda: judge())",
        reason="test_trap is marked as a check",
    ),
    "the check is a function with an argument filled in": refused(
        "import functools\ndef judge(n): assert n\ntest_trap = pytest.mark.phase1(functools.partial(judge, 0))",
        reason="test_trap is marked as a check",
    ),
    "the check is an object that can be called": refused(
        "class Judge:\n    __name__ = 'judge'\n    def __call__(self): assert 0\n"
        "test_trap = pytest.mark.phase1(Judge())",
        reason="test_trap is marked as a check",
    ),
    "the class of the check has a constructor": refused(
        "class TestTrap:\n    def __init__(self): self.x = 1\n    @pytest.mark.phase1\n    def test_trap(self): assert 0",
        reason="test_trap is marked as a check",
    ),
    "the name of the check is not a test's": refused(
        FAILS.replace("test_trap", "check_trap"), reason="check_trap is marked as a check"
    ),
    "the name of the check's class is not a test's": refused(
        "class Trap:\n    @pytest.mark.phase1\n    def test_trap(self): assert 0",
        reason="test_trap is marked as a check",
    ),
    "the name of a class of checks is not a test's": refused(
        "@pytest.mark.phase1\nclass Trap:\n    def test_trap(self): assert 0", reason="Trap.* is marked as a check"
    ),
    "the name of a check is not a test's and its mark has a name of its own": refused(
        "first = pytest.mark.phase1\n@first\ndef check_trap(): assert 0", reason="check_trap is marked as a check"
    ),
    "the name of a check under a condition is not a test's": refused(
        "if True:\n    @pytest.mark.phase1\n    def check_trap(): assert 0", reason="check_trap is marked as a check"
    ),
    "the phase of the check is misspelt": refused(
        "@pytest.mark.phase11\ndef test_trap(): pytest.skip('x')", ini=PHASES, reason="phase11"
    ),
    "the check has no phase": refused("@pytest.mark.check('trap')\ndef test_trap(): pytest.skip('x')"),
    "nobody collects unittest's checks": refused(
        "import unittest\nclass TrapTest(unittest.TestCase):\n    @pytest.mark.phase1\n    def test_trap(self): assert 0",
        arguments=("-p", "no:unittest"),
        reason="test_trap is marked as a check",
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_check_that_is_not_run_is_missed(told: str, gate: Gate) -> None:
    """INCOMPLETE, or a usage error that names the place: never as if the check did not exist."""
    spring(TRAPS[told], gate)
