"""Skips of every kind are no evidence: pytest itself ends with 0 when everything is skipped."""

from __future__ import annotations

import pytest
from gating import Gate
from trapping import FAILS, PASSES, Trap, erring, missing, refused, skipped, spring

TRAPS: dict[str, Trap] = {
    "the check skips itself": skipped(
        "@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')", reason="not today"
    ),
    "the check is marked to be skipped": skipped("@pytest.mark.skip(reason='later')" + PASSES, reason="later"),
    "a condition skips the check": skipped("@pytest.mark.skipif(True, reason='on CI')" + PASSES, reason="on CI"),
    "a condition that cannot be read skips the check": erring("@pytest.mark.skipif('no_such_name')" + PASSES),
    "the class of the check is skipped": skipped(
        """
        @pytest.mark.skip(reason="all of it")
        class TestAll:
            @pytest.mark.phase1
            def test_trap(self): pass
        """
    ),
    "the module of the check is marked to be skipped": skipped(
        "pytestmark = pytest.mark.skip(reason='all of it')" + PASSES, reason="all of it"
    ),
    "the module of the check skips itself": missing(
        "pytest.skip('not here', allow_module_level=True)" + FAILS, reason=r"test_it\.py"
    ),
    "the module of the check cannot import what it needs": missing(
        "pytest.importorskip('no_such_module')" + FAILS, reason=r"test_it\.py"
    ),
    "unittest skips the module of the check": missing(
        "import unittest; raise unittest.SkipTest('not here')" + FAILS, reason=r"test_it\.py"
    ),
    "the package of the check skips itself": missing(
        files={
            "part/__init__.py": "import pytest; pytest.skip('not here', allow_module_level=True)",
            "part/test_trap.py": "import pytest" + FAILS,
        },
        reason="part",
    ),
    "the check skips over a missing import": skipped(
        "@pytest.mark.phase1\ndef test_trap(): pytest.importorskip('no_such_module')", reason="no_such_module"
    ),
    "the check raises unittest's skip": skipped(
        "import unittest\n@pytest.mark.phase1\ndef test_trap(): raise unittest.SkipTest('not today')",
        reason="not today",
    ),
    "a fixture skips the check": skipped(
        """
        @pytest.fixture
        def database(): pytest.skip("no database")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        reason="no database",
    ),
    "a fixture of the whole session skips the check": skipped(
        """
        @pytest.fixture(scope="session")
        def database(): pytest.skip("no database")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        reason="no database",
    ),
    "a fixture that nobody asked for skips the check": skipped(
        files={
            "part/conftest.py": "import pytest\n@pytest.fixture(autouse=True)\ndef never(): pytest.skip('never here')",
            "part/test_trap.py": "import pytest" + PASSES,
        },
        reason="never here",
    ),
    "the teardown of the check skips": skipped(
        """
        @pytest.fixture
        def database():
            yield
            pytest.skip("too late")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        reason="too late",
    ),
    "the setup of the module skips": skipped(
        "def setup_module(): pytest.skip('no server')" + PASSES, reason="no server"
    ),
    "unittest skips the check": skipped(
        """
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): self.skipTest("not today")
        """,
        reason="not today",
    ),
    "unittest skips the class of the check": skipped(
        """
        import unittest
        @unittest.skip("none of them")
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        reason="none of them",
    ),
    "the setup of a unittest check skips": skipped(
        """
        import unittest
        class TrapTest(unittest.TestCase):
            def setUp(self): self.skipTest("no server")
            @pytest.mark.phase1
            def test_trap(self): assert 0
        """,
        reason="no server",
    ),
    "the setup of a unittest class skips": skipped(
        """
        import unittest
        class TrapTest(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise unittest.SkipTest("no server")
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        reason="no server",
    ),
    "one of the parameters is skipped": skipped(
        """
        @pytest.mark.phase1
        @pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.skip)])
        def test_trap(x): pass
        """
    ),
    "there is no parameter to run the check with": skipped(
        "@pytest.mark.phase1\n@pytest.mark.parametrize('x', [])\ndef test_trap(x): pass"
    ),
    "a hook finds no parameter to run the check with": skipped(
        "@pytest.mark.phase1\ndef test_trap(host): pass",
        conftest="def pytest_generate_tests(metafunc):\n"
        "    if 'host' in metafunc.fixturenames: metafunc.parametrize('host', iter(()))",
    ),
    "a fixture has no parameter to run the check with": skipped(
        "@pytest.fixture(params=[])\ndef host(request): return request.param\n"
        "@pytest.mark.phase1\ndef test_trap(host): pass"
    ),
    "there is no parameter, which the ini file expects": skipped(
        "@pytest.mark.phase1\n@pytest.mark.parametrize('x', [])\ndef test_trap(x): pass",
        ini="empty_parameter_set_mark = xfail",
    ),
    "a hook marks the check to be skipped": skipped(
        FAILS,
        conftest="""
        import pytest
        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name == "test_trap":
                    item.add_marker(pytest.mark.skip(reason="in quarantine"))
        """,
        reason="in quarantine",
    ),
    "everything is skipped": skipped(
        PASSES,
        conftest="import pytest\n@pytest.fixture(autouse=True)\ndef never(): pytest.skip('never here')",
        reason="never here",
    ),
    "a hook skips the check before its setup": skipped(
        FAILS,
        conftest="""
        import pytest
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_setup(item):
            if item.name == "test_trap":
                pytest.skip("in quarantine")
        """,
        reason="in quarantine",
    ),
    "a part of the check is skipped": skipped(
        """
        @pytest.mark.phase1
        def test_trap(subtests):
            with subtests.test("first"): pytest.skip("no data")
        """
    ),
    "a part of a unittest check is skipped": skipped(
        """
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self):
                with self.subTest("first"): self.skipTest("no data")
        """
    ),
    "the class of the check is no test": refused(
        "class TestTrap:\n    __test__ = False\n    @pytest.mark.phase1\n    def test_trap(self): assert 0",
        reason=r"test_it\.py:\d+: .*test_trap is marked as a check",
    ),
    "the check is no test": refused(FAILS + "test_trap.__test__ = False", reason="test_trap is marked as a check"),
    "the module of the check is no test": refused("__test__ = False" + FAILS, reason="test_trap is marked as a check"),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_skip_is_no_evidence(told: str, gate: Gate) -> None:
    """INCOMPLETE, with the reason that was given for the skip."""
    spring(TRAPS[told], gate)
