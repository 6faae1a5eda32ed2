"""Marks that say less than they seem to: overridden, doubled, replaced, misspelt, or on nothing that runs."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate
from trapping import Trap, refused, spring

#: In place of the usual file beside a trap: its second phase runs after a HOLD.
FINE = {"test_beside.py": f"{HEAD}\n@pytest.mark.phase1\ndef test_fine(): pass\n"}
UNDECIDED = """
import pytest_deploycheck
@pytest.mark.phase1
def test_trap(): pytest_deploycheck.inconclusive("not yet")
"""

TRAPS: dict[str, Trap] = {
    "the class of a check says that it changes the target, and the check has a mark of its own": Trap(
        source=UNDECIDED
        + """
@pytest.mark.phase2
@pytest.mark.check(mutating=True)
class TestDeploy:
    @pytest.mark.check("phase2.deploy")
    def test_deploy(self): say("deployed")
""",
        files=FINE,
        status="INCONCLUSIVE",
        verdict="HOLD",
        exit_code=12,
    ),
    "one of the parameters says that it changes the target, and the check has a mark of its own": Trap(
        source=UNDECIDED
        + """
@pytest.mark.phase2
@pytest.mark.check("phase2.deploy")
@pytest.mark.parametrize("host", [pytest.param("one", marks=pytest.mark.check(mutating=True))])
def test_deploy(host): say("deployed")
""",
        files=FINE,
        status="INCONCLUSIVE",
        verdict="HOLD",
        exit_code=12,
    ),
    "a keyword of the class's mark is misspelt, and the check has a mark of its own": refused(
        """
        @pytest.mark.phase1
        @pytest.mark.check(mutatin=True)
        class TestTrap:
            @pytest.mark.check("phase1.trap")
            def test_trap(self): pass
        """,
        reason=r"test_it\.py:\d+: .* does not know 'mutatin'",
    ),
    "the check has two marks, and one of its ids stands for nothing": refused(
        "@pytest.mark.phase1\n@pytest.mark.check('phase1.one')\n@pytest.mark.check('phase1.two')\ndef test_trap(): pass",
        reason=r"test_it\.py:\d+: two @pytest.mark.check on one test",
    ),
    "one mark makes the check advisory, another does not": refused(
        "@pytest.mark.phase1\n@pytest.mark.check(severity='blocker')\n@pytest.mark.check(severity='advisory')\n"
        "def test_trap(): assert 0",
        reason=r"test_it\.py:\d+: two @pytest.mark.check on one test",
    ),
    "the tests of a marked class are misnamed": refused(
        "@pytest.mark.phase1\nclass TestTrap:\n    def check_trap(self): assert 0",
        reason=r"test_it\.py:\d+: TestTrap is marked as a class of checks",
    ),
    "the tests of a class with a pytestmark are misnamed": refused(
        "class TestTrap:\n    pytestmark = [pytest.mark.phase1]\n    def tset_trap(self): assert 0",
        reason=r"test_it\.py:\d+: TestTrap is marked as a class of checks",
    ),
    "the tests of a marked file are misnamed": refused(
        "pytestmark = pytest.mark.phase1\ndef check_trap(): assert 0",
        reason=r"test_it\.py:1: pytestmark marks the whole file",
    ),
    "a marked file holds nothing but doctests that nobody asked for": refused(
        'pytestmark = pytest.mark.phase1\ndef trap():\n    """\n    >>> 1 + 1\n    3\n    """',
        reason=r"test_it\.py:1: pytestmark marks the whole file",
    ),
    "a second pytestmark takes the place of the first": refused(
        "pytestmark = pytest.mark.phase1\ndef test_trap(): pytest.skip('x')\npytestmark = [pytest.mark.slow]",
        reason=r"test_it\.py:4: this pytestmark takes the place of the one at line 2, and phase1 with it",
    ),
    "a second pytestmark of a class takes the place of the first": refused(
        "class TestTrap:\n    pytestmark = pytest.mark.phase1\n    def test_trap(self): pytest.skip('x')\n"
        "    pytestmark = []",
        reason=r"test_it\.py:5: this pytestmark takes the place",
    ),
    "the check stands within a function": refused(
        "def prepare():\n    @pytest.mark.phase1\n    def test_trap(): assert 0",
        reason=r"test_it\.py:4: test_trap is marked as a check, but pytest does not collect it",
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_mark_says_all_that_it_says(told: str, gate: Gate) -> None:
    """What several marks say holds together; what cannot be meant is a usage error that names the place."""
    spring(TRAPS[told], gate)
