"""What goes wrong around the body of a check: its setup, its teardown, and what it raises that is no verdict."""

from __future__ import annotations

import pytest
from gating import Gate
from trapping import PASSES, Trap, erring, spring

TAKES = """
@pytest.mark.phase1
def test_trap(database): pass
"""
UNITTEST = """
import unittest
class TrapTest(unittest.TestCase):
    {extra}
    @pytest.mark.phase1
    def test_trap(self): {body}
"""


def torn_down(scope: str) -> str:
    """A check whose fixture of that scope fails in its teardown."""
    return f'@pytest.fixture(scope="{scope}")\ndef database():\n    yield\n    assert 0\n{TAKES}'


def raising(what: str) -> str:
    """A check that raises something."""
    return f"@pytest.mark.phase1\ndef test_trap(): raise {what}"


TRAPS: dict[str, Trap] = {
    "a fixture fails": erring("@pytest.fixture\ndef database(): assert 0" + TAKES, reason="setup: AssertionError"),
    "a fixture of the whole session fails": erring(
        "@pytest.fixture(scope='session')\ndef database(): assert 0" + TAKES, reason="setup: AssertionError"
    ),
    "a fixture that nobody asked for fails": erring("@pytest.fixture(autouse=True)\ndef database(): assert 0" + PASSES),
    "a fixture is not there": erring(TAKES, reason="FixtureLookupError"),
    "a fixture that is named in a mark is not there": erring("@pytest.mark.usefixtures('database')" + PASSES),
    "a fixture needs itself": erring("@pytest.fixture\ndef database(database): pass" + TAKES),
    "a fixture is asked for in too wide a scope": erring(
        "@pytest.fixture\ndef disk(): pass\n@pytest.fixture(scope='session')\ndef database(disk): pass" + TAKES
    ),
    "a fixture returns before it yields": erring(
        "@pytest.fixture\ndef database():\n    if 1:\n        return\n    yield" + TAKES, reason="did not yield"
    ),
    "a fixture yields twice": erring(
        "@pytest.fixture\ndef database():\n    yield\n    yield" + TAKES, reason="teardown"
    ),
    "a fixture fails in its teardown": erring(torn_down("function"), reason="teardown: AssertionError"),
    "a fixture of the class fails in its teardown": erring(torn_down("class"), reason="teardown: AssertionError"),
    "a fixture of the module fails in its teardown": erring(torn_down("module"), reason="teardown: AssertionError"),
    "a fixture of the session fails in its teardown, after a test that is no check": Trap(
        source=torn_down("session") + "\ndef test_plain(): pass",
        files={"test_beside.py": ""},
        status="PASS",
        verdict="INCOMPLETE",
        exit_code=1,
        reason="the teardown of test_it.py::test_plain, which is no check, failed",
    ),
    "a finalizer fails": erring("@pytest.fixture\ndef database(request): request.addfinalizer(lambda: 1 / 0)" + TAKES),
    "two fixtures fail in their teardown": erring(
        "@pytest.fixture\ndef disk():\n    yield\n    assert 0\n"
        "@pytest.fixture\ndef database(disk):\n    yield\n    assert 0" + TAKES
    ),
    "the setup of the module fails": erring("def setup_module(): assert 0" + PASSES),
    "the teardown of the module fails": erring("def teardown_module(): assert 0" + PASSES),
    "the setup of the class fails": erring(
        "class TestAll:\n    @classmethod\n    def setup_class(cls): assert 0\n"
        "    @pytest.mark.phase1\n    def test_trap(self): pass"
    ),
    "the setup of the method fails": erring(
        "class TestAll:\n    def setup_method(self): assert 0\n    @pytest.mark.phase1\n    def test_trap(self): pass"
    ),
    "the teardown of the method fails": erring(
        "class TestAll:\n    def teardown_method(self): assert 0\n    @pytest.mark.phase1\n    def test_trap(self): pass"
    ),
    "the setup of a unittest class fails": erring(
        UNITTEST.format(extra="@classmethod\n    def setUpClass(cls): raise OSError('no server')", body="pass")
    ),
    "the teardown of a unittest class fails": erring(
        UNITTEST.format(
            extra="@classmethod\n    def tearDownClass(cls): raise OSError('the server is gone')", body="pass"
        )
    ),
    "the teardown of a unittest check fails": Trap(
        source=UNITTEST.format(extra="def tearDown(self): assert 0", body="pass")
    ),
    "a cleanup of a unittest check fails": erring(UNITTEST.format(extra="", body="self.addCleanup(int, 'x')")),
    "the check crashes": erring(raising("KeyError('x')"), reason="KeyError"),
    "the check raises what is no Exception": erring(raising("BaseException('odd')"), reason="BaseException: odd"),
    "the check exits with 0": erring(raising("SystemExit(0)"), reason="SystemExit: 0"),
    "a fixture exits with 0": erring(
        "@pytest.fixture\ndef database(): raise SystemExit(0)" + TAKES, reason="SystemExit"
    ),
    "a fixture exits with 0 in its teardown": erring(
        "@pytest.fixture\ndef database():\n    yield\n    raise SystemExit(0)" + TAKES, reason="SystemExit"
    ),
    "the check leaves a generator early": erring(raising("GeneratorExit"), reason="GeneratorExit"),
    "the check raises a group of failures": erring(raising("ExceptionGroup('two', [AssertionError(), OSError()])")),
    "the check raises a group of skips": erring(raising("BaseExceptionGroup('two', [pytest.skip.Exception('no')])")),
    "the failure of the check cannot be printed": erring(
        "class Odd(Exception):\n    def __str__(self): raise OSError('odd')\n" + raising("Odd()")
    ),
    "the failure of the check is not text": Trap(source=raising("AssertionError('\\udc80 \\x00')")),
    "the check fails while nothing is printed of failures": Trap(
        source=raising("AssertionError"), arguments=("--tb=no",)
    ),
    "the check recurses without end": erring(
        "def deeper(): deeper()\n@pytest.mark.phase1\ndef test_trap(): deeper()", reason="RecursionError"
    ),
    "the teardown of a check in the phase fails after all its checks": erring(
        torn_down("module") + "\n@pytest.mark.phase1\ndef test_trap_last(): pass", reason="teardown"
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_check_that_broke_is_no_pass(told: str, gate: Gate) -> None:
    """ERROR: whether the target is fine was not found out."""
    spring(TRAPS[told], gate)
