"""Ways in which a run can look green though a check did not positively pass; none of them may fool the gate.

Each trap is a test module, sometimes with other files and arguments. Unless it says otherwise its dangerous check is
``phase1.test_trap``; beside it ``phase1.test_fine`` passes, and a check in phase 2 proves that the gate stayed shut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

import pytest
from gating import HEAD, Gate

#: Beside every trap: something that passes, and something that must not run.
BESIDE = f"""{HEAD}
@pytest.mark.phase1
def test_fine():
    pass

@pytest.mark.phase2
def test_later():
    say("later")
"""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """One attempt at a green run; `status` None where the check never becomes an item."""

    source: str = ""
    arguments: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    ini: str = ""
    checklist: str = ""
    status: str | None = "FAIL"
    ret: int = 1


FAILED_AND_HIDDEN = """
@pytest.mark.phase1
def test_trap():
    assert 0
"""

TRAPS = {
    # -- the ends of a test that are no pass --------------------------------------------------------------------
    "it is skipped": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')", status="SKIPPED", ret=11
    ),
    "it is marked to be skipped": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.skip\ndef test_trap(): pass", status="SKIPPED", ret=11
    ),
    "a condition skips it": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.skipif(True, reason='ci')\ndef test_trap(): pass",
        status="SKIPPED",
        ret=11,
    ),
    "its class is skipped": Trap(
        source="""
        @pytest.mark.skip(reason="all of it")
        class TestAll:
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    "its module is marked to be skipped": Trap(
        files={
            "test_trap.py": """
            import pytest
            pytestmark = [pytest.mark.skip(reason="all of it"), pytest.mark.phase1]
            def test_trap(): pass
            """
        },
        status="SKIPPED",
        ret=11,
    ),
    "its fixture skips": Trap(
        source="""
        @pytest.fixture
        def database(): pytest.skip("no database")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    "an autouse fixture skips": Trap(
        files={
            "folder/conftest.py": """
            import pytest
            @pytest.fixture(autouse=True)
            def never(): pytest.skip("never here")
            """,
            "folder/test_trap.py": """
            import pytest
            @pytest.mark.phase1
            def test_trap(): pass
            """,
        },
        status="SKIPPED",
        ret=11,
    ),
    "its teardown skips": Trap(
        source="""
        @pytest.fixture
        def database():
            yield
            pytest.skip("too late")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    "an import inside it is skipped": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): pytest.importorskip('no_such_module')", status="SKIPPED", ret=11
    ),
    "its whole module skips itself": Trap(
        files={
            "test_trap.py": """
            import pytest
            pytest.skip("not here", allow_module_level=True)
            @pytest.mark.phase1
            def test_trap(): assert 0
            """
        },
        status=None,
        ret=11,
    ),
    "its whole module skips itself over an import": Trap(
        files={
            "test_trap.py": """
            import pytest
            pytest.importorskip("no_such_module")
            @pytest.mark.phase1
            def test_trap(): assert 0
            """
        },
        status=None,
        ret=11,
    ),
    "unittest skips it": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): self.skipTest("not today")
        """,
        status="SKIPPED",
        ret=11,
    ),
    "unittest skips its class": Trap(
        source="""
        import unittest
        @unittest.skip("none of them")
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    "its class's setup skips": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise unittest.SkipTest("no server")
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    "it is expected to fail": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.xfail\ndef test_trap(): assert 0", status="SKIPPED", ret=11
    ),
    "it passes though expected to fail": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.xfail\ndef test_trap(): pass", status="SKIPPED", ret=11
    ),
    "it passes though strictly expected to fail": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.xfail(strict=True)\ndef test_trap(): pass"
    ),
    "it is expected to fail and not even run": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.xfail(run=False)\ndef test_trap(): pass", status="SKIPPED", ret=11
    ),
    "it expects to fail as it goes": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): pytest.xfail('known')", status="SKIPPED", ret=11
    ),
    "unittest expects it to fail": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @unittest.expectedFailure
            @pytest.mark.phase1
            def test_trap(self): assert 0
        """,
        status="SKIPPED",
        ret=11,
    ),
    "unittest expected it to fail and it passed": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @unittest.expectedFailure
            @pytest.mark.phase1
            def test_trap(self): pass
        """
    ),
    "there is no parameter to run it with": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.parametrize('x', [])\ndef test_trap(x): pass",
        status="SKIPPED",
        ret=11,
    ),
    "there is no parameter and that is expected": Trap(
        source="@pytest.mark.phase1\n@pytest.mark.parametrize('x', [])\ndef test_trap(x): pass",
        ini="empty_parameter_set_mark = xfail",
        status="SKIPPED",
        ret=11,
    ),
    "one of its parameters is skipped": Trap(
        source="""
        @pytest.mark.phase1
        @pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.skip)])
        def test_trap(x): pass
        """,
        status="SKIPPED",
        ret=11,
    ),
    # -- what goes wrong around the test ------------------------------------------------------------------------
    "its fixture fails": Trap(
        source="""
        @pytest.fixture
        def database(): assert 0
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="ERROR",
    ),
    "its fixture is not there": Trap(
        source="@pytest.mark.phase1\ndef test_trap(no_such_fixture): pass", status="ERROR"
    ),
    "its teardown fails": Trap(
        source="""
        @pytest.fixture
        def database():
            yield
            assert 0
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="ERROR",
    ),
    "its class's teardown fails": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @classmethod
            def tearDownClass(cls): raise OSError("the server is gone")
            @pytest.mark.phase1
            def test_trap(self): pass
        """,
        status="ERROR",
    ),
    "its cleanup fails": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): self.addCleanup(int, "x")
        """,
        status="ERROR",
    ),
    "it raises something else": Trap(source="@pytest.mark.phase1\ndef test_trap(): {}['x']", status="ERROR"),
    "it raises what is no Exception": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): raise BaseException('odd')", status="ERROR"
    ),
    "it exits with 0": Trap(source="@pytest.mark.phase1\ndef test_trap(): raise SystemExit(0)", status="ERROR"),
    "its fixture exits with 0": Trap(
        source="""
        @pytest.fixture
        def database(): raise SystemExit(0)
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="ERROR",
    ),
    "it exempts itself and fails as it is torn down": Trap(
        source="""
        from pytest_deploycheck import not_applicable
        @pytest.fixture
        def database():
            yield
            assert 0
        @pytest.mark.phase1
        def test_trap(database): not_applicable("no database here")
        """,
        status="ERROR",
    ),
    "it fails and is exempted as it is torn down": Trap(
        source="""
        from pytest_deploycheck import not_applicable
        @pytest.fixture
        def database():
            yield
            not_applicable("no database here")
        @pytest.mark.phase1
        def test_trap(database): assert 0
        """
    ),
    "it is exempted for no reason": Trap(
        source="""
        from pytest_deploycheck import not_applicable
        @pytest.mark.phase1
        def test_trap(): not_applicable("  ")
        """,
        status="ERROR",
    ),
    # -- tests that judge nothing -------------------------------------------------------------------------------
    "it returns its verdict": Trap(source="@pytest.mark.phase1\ndef test_trap(): return 1 == 2", status="ERROR"),
    "it returns its verdict and warnings are ignored": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): return 1 == 2",
        arguments=("-W", "ignore"),
        status="ERROR",
    ),
    "it returns its verdict and warnings are off": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): return 1 == 2", arguments=("-p", "no:warnings")
    ),
    "it is a coroutine that nobody awaits": Trap(source="@pytest.mark.phase1\nasync def test_trap(): assert 0"),
    "it is a coroutine and warnings are off": Trap(
        source="@pytest.mark.phase1\nasync def test_trap(): assert 0", arguments=("-p", "no:warnings")
    ),
    "it yields": Trap(source="@pytest.mark.phase1\ndef test_trap():\n    yield\n    assert 0", status=None, ret=2),
    "it forgets to await a coroutine": Trap(
        source="""
        async def judge(): assert 0
        @pytest.mark.phase1
        def test_trap(): judge()
        """,
        status="ERROR",
    ),
    "it forgets to await a coroutine and warnings are ignored": Trap(
        source="""
        async def judge(): assert 0
        @pytest.mark.phase1
        def test_trap(): judge()
        """,
        arguments=("-W", "ignore"),
        status="ERROR",
    ),
    "unittest drops its returned verdict": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self): return 1 == 2
        """,
        status="ERROR",
    ),
    "unittest drops its coroutine": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            async def test_trap(self): assert 0
        """,
        status="ERROR",
    ),
    "a thread of it fails": Trap(
        source="""
        import threading
        def judge(): assert 0
        @pytest.mark.phase1
        def test_trap():
            thread = threading.Thread(target=judge)
            thread.start()
            thread.join()
        """,
        status="ERROR",
    ),
    "a thread of it fails and warnings are ignored": Trap(
        source="""
        import threading
        def judge(): assert 0
        @pytest.mark.phase1
        def test_trap():
            thread = threading.Thread(target=judge)
            thread.start()
            thread.join()
        """,
        arguments=("-W", "ignore"),
        status="ERROR",
    ),
    "a thread of it fails and nobody watches threads": Trap(
        source="""
        import threading
        def judge(): assert 0
        @pytest.mark.phase1
        def test_trap():
            thread = threading.Thread(target=judge)
            thread.start()
            thread.join()
        """,
        arguments=("-p", "no:threadexception"),
        status="ERROR",
    ),
    "it asserts a tuple": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): assert (1 == 2, 'differs')", status="ERROR"
    ),
    "a part of it fails in unittest": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self):
                for n in (1, 2, 3):
                    with self.subTest(n=n):
                        assert n != 2
        """
    ),
    "a part of it is skipped in unittest": Trap(
        source="""
        import unittest
        class TrapTest(unittest.TestCase):
            @pytest.mark.phase1
            def test_trap(self):
                with self.subTest("first"): self.skipTest("no data")
        """,
        status="SKIPPED",
        ret=11,
    ),
    "it swallows a broken limit": Trap(
        source="""
        @pytest.mark.phase1
        def test_trap(evidence):
            try:
                evidence.measure("latency", 900, "ms", max=100)
            except AssertionError:
                pass
        """
    ),
    "a thread of it breaks a limit and warnings are ignored": Trap(
        source="""
        import threading
        @pytest.mark.phase1
        def test_trap(evidence):
            thread = threading.Thread(target=evidence.measure, args=("latency", 900), kwargs={"max": 100})
            thread.start()
            thread.join()
        """,
        arguments=("-W", "ignore"),
        status="ERROR",
    ),
    "what it measured is no number": Trap(
        source="@pytest.mark.phase1\ndef test_trap(evidence): evidence.measure('latency', float('nan'))"
    ),
    "what it measured is infinite": Trap(
        source="@pytest.mark.phase1\ndef test_trap(evidence): evidence.measure('free', float('inf'), 'GB', min=2)"
    ),
    # -- other people's hooks -----------------------------------------------------------------------------------
    "a hook turns its report green": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.outcome = "passed"
                return report
            """
        },
    ),
    "a hook swaps its report": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(tryfirst=True)
            def pytest_runtest_makereport(item, call):
                return pytest.TestReport(item.nodeid, item.location, {}, "passed", None, call.when)
            """
        },
    ),
    "a hook drops its exception before the report": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_makereport(item, call):
                call.excinfo = None
                return (yield)
            """
        },
    ),
    "a hook swallows its exception": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_call(item):
                try:
                    return (yield)
                except Exception:
                    return None
            """
        },
    ),
    "a hook calls its failure known": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                if report.failed:
                    report.outcome, report.wasxfail = "skipped", "known issue"
                return report
            """
        },
        status="SKIPPED",
        ret=11,
    ),
    "a hook runs it without running it": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            def pytest_runtest_protocol(item):
                return True
            """
        },
        status="ERROR",
    ),
    "a hook resets the count of failures": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            def pytest_runtest_logfinish(nodeid):
                session.testsfailed = 0
            def pytest_sessionstart(session):
                globals()["session"] = session
            """
        },
    ),
    "a hook sets the exit status": Trap(
        source=FAILED_AND_HIDDEN,
        files={"conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0"},
    ),
    "a hook sets the exit status last": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_sessionfinish(session):
                yield
                session.exitstatus = 0
            """
        },
    ),
    "a hook replaces the run loop": Trap(
        source=FAILED_AND_HIDDEN,
        files={"conftest.py": "def pytest_runtestloop(session):\n    return True"},
        status="NOT_RUN",
        ret=11,
    ),
    "a hook drops it": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            def pytest_collection_modifyitems(items):
                items[:] = [item for item in items if item.name != "test_trap"]
            """
        },
        status="NOT_RUN",
        ret=11,
    ),
    "a hook drops it before all others": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_collection_modifyitems(items):
                items[:] = [item for item in items if item.name != "test_trap"]
                return (yield)
            """
        },
        status="NOT_RUN",
        ret=11,
    ),
    "a hook drops it after all others": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(trylast=True)
            def pytest_collection_finish(session):
                session.items[:] = [item for item in session.items if item.name != "test_trap"]
            """
        },
        status="NOT_RUN",
        ret=11,
    ),
    "a hook drops it as the run begins": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(tryfirst=True)
            def pytest_runtestloop(session):
                session.items[:] = [item for item in session.items if item.name != "test_trap"]
            """
        },
        status="NOT_RUN",
        ret=11,
    ),
    "a hook marks it as a check only later": Trap(
        source="def test_trap(): pytest.skip('not today')",
        files={
            "conftest.py": """
            def pytest_collection_modifyitems(items):
                for item in items:
                    if item.name == "test_trap":
                        item.add_marker("phase1")
            """
        },
        status=None,
        ret=11,
    ),
    "a hook narrows what is collected": Trap(
        source=FAILED_AND_HIDDEN,
        files={
            "conftest.py": """
            def pytest_deselected(items): pass
            def pytest_collection_modifyitems(config, items):
                dropped = [item for item in items if item.name == "test_trap"]
                items[:] = [item for item in items if item not in dropped]
                config.hook.pytest_deselected(items=dropped)
            """
        },
        status="NOT_RUN",
        ret=11,
    ),
    # -- what is never collected --------------------------------------------------------------------------------
    "a second test of its name hides it": Trap(
        source="""
        @pytest.mark.phase1
        @pytest.mark.check("phase1.first")
        def test_trap(): assert 0
        @pytest.mark.phase1
        @pytest.mark.check("phase1.second")
        def test_trap(): pass
        """,
        status=None,
        ret=11,
    ),
    "a second class of its name hides it": Trap(
        source="""
        class TestTrap:
            @pytest.mark.phase1
            def test_one(self): assert 0
        class TestTrap:
            @pytest.mark.phase1
            def test_two(self): pass
        """,
        status=None,
        ret=11,
    ),
    "its class has a constructor": Trap(
        source="""
        class TestTrap:
            def __init__(self): self.x = 1
            @pytest.mark.phase1
            def test_trap(self): assert 0
        """,
        status=None,
        ret=11,
    ),
    "its name is not a test's": Trap(
        source="@pytest.mark.phase1\ndef check_trap(): assert 0",
        status=None,
        ret=11,
    ),
    "its class's name is not a test's": Trap(
        source="class Trap:\n    @pytest.mark.phase1\n    def test_trap(self): assert 0",
        status=None,
        ret=11,
    ),
    "its file cannot be imported": Trap(files={"test_trap.py": "import no_such_module"}, status=None, ret=2),
    "its file cannot be imported and the run goes on": Trap(
        files={"test_trap.py": "import no_such_module"},
        arguments=("--continue-on-collection-errors",),
        status=None,
        ret=1,
    ),
    "its file exits as it is imported": Trap(files={"test_trap.py": "raise SystemExit(0)"}, status=None, ret=3),
    "its file is ignored": Trap(
        files={"test_trap.py": HEAD + FAILED_AND_HIDDEN},
        arguments=("--ignore=test_trap.py",),
        status=None,
        ret=11,
    ),
    "its file is ignored by a pattern": Trap(
        files={"test_trap.py": HEAD + FAILED_AND_HIDDEN},
        arguments=("--ignore-glob=*trap*",),
        status=None,
        ret=11,
    ),
    "another test is asked for by its node id": Trap(
        source=FAILED_AND_HIDDEN, arguments=("test_beside.py::test_fine",), status=None, ret=11
    ),
    "it is deselected": Trap(
        source=FAILED_AND_HIDDEN, arguments=("--deselect", "test_it.py::test_trap"), status="NOT_RUN", ret=11
    ),
    "it is not among the keywords": Trap(
        source=FAILED_AND_HIDDEN, arguments=("-k", "not trap"), status="NOT_RUN", ret=11
    ),
    "it is not among the marks": Trap(
        source="@pytest.mark.slow\n" + FAILED_AND_HIDDEN.lstrip(),
        arguments=("-m", "not slow"),
        status="NOT_RUN",
        ret=11,
    ),
    "its phase is marked with a typing error": Trap(
        source="@pytest.mark.phase11\ndef test_trap(): pytest.skip('x')",
        ini="deploycheck_phases =\n    phase1: one\n    phase2: two",
        status=None,
        ret=4,
    ),
    # -- how pytest is run --------------------------------------------------------------------------------------
    "only fixtures are set up": Trap(source=FAILED_AND_HIDDEN, arguments=("--setup-only",), status="ERROR"),
    "only a plan of the fixtures is shown": Trap(source=FAILED_AND_HIDDEN, arguments=("--setup-plan",), status="ERROR"),
    "later phases go on": Trap(source=FAILED_AND_HIDDEN, arguments=("--deploycheck-keep-going",)),
    "it stops the session with 0": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): pytest.exit('done', returncode=0)", status="ERROR", ret=1
    ),
    "it stops the session with a status the system cuts to 0": Trap(
        source="@pytest.mark.phase1\ndef test_trap(): pytest.exit('done', returncode=256)", status="ERROR", ret=1
    ),
    "its fixture stops the session with 0": Trap(
        source="""
        @pytest.fixture
        def database(): pytest.exit("done", returncode=0)
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="ERROR",
        ret=1,
    ),
    "its teardown stops the session with 0": Trap(
        source="""
        @pytest.fixture
        def database():
            yield
            pytest.exit("done", returncode=0)
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        status="ERROR",
        ret=1,
    ),
    "it runs into a timeout": Trap(
        source="""
        import time
        @pytest.mark.phase1
        @pytest.mark.timeout(0.2, method="signal")
        def test_trap(): time.sleep(60)
        """,
        arguments=("-p", "timeout"),
        status="ERROR",
    ),
}


#: Traps that are refused as a usage error, before the first check.
REFUSED = {
    "it returns its verdict and warnings are off",
    "it is a coroutine and warnings are off",
    "a thread of it fails and nobody watches threads",
    "it asserts a tuple",
    "a hook marks it as a check only later",
    "a second test of its name hides it",
    "a second class of its name hides it",
    "its class has a constructor",
    "its name is not a test's",
    "its class's name is not a test's",
}


@pytest.mark.parametrize("name", TRAPS)
def test_it_is_not_go(name: str, gate: Gate) -> None:
    """The trap's check is told apart from a pass, phase 1 is not GO, phase 2 stays shut, and the exit is not 0."""
    trap = TRAPS[name]
    files = {"test_beside.py": BESIDE, **trap.files}
    if trap.source:
        files["test_it.py"] = HEAD + dedent(trap.source)
    gate.write(files, ini=trap.ini, checklist=trap.checklist)

    seen = gate.run(*trap.arguments)

    if name in REFUSED:
        assert seen.ret == 4
        assert gate.seen() == []
        return
    found = {row["id"]: row["status"] for row in seen.json["checks"]} if seen.document else {}
    assert seen.ret == trap.ret, f"exit {seen.ret}, not {trap.ret}: {found}\n{seen.stdout}{seen.stderr}"
    if trap.ret not in (3, 4):
        assert seen.verdict("phase1") not in ("GO", "HOLD")
        assert seen.json["verdict"] != "GO"
        assert seen.json["exit_code"] == seen.ret
    if trap.status:
        assert trap.status in [said for id, said in found.items() if id.startswith("phase1.test_trap")], found
    if "--deploycheck-keep-going" not in trap.arguments:
        assert gate.seen() == []
