"""Other people's hooks that rewrite, hide or drop what happened to a check."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate
from trapping import FAILS, PASSES, Trap, assert_on_record, erring, missing, refused, skipped, spring, way

WITHOUT = "[item for item in items if item.name != 'test_trap']"


def hook(signature: str, body: str, options: str = "") -> str:
    """A conftest with one hook; `body` are statements, divided by semicolons."""
    lines = "\n".join(f"    {line}" for line in body.split("; "))
    return f"import pytest\n@pytest.hookimpl({options})\ndef pytest_{signature}:\n{lines}\n"


def swapped(change: str, source: str = FAILS, options: str = "wrapper=True") -> Trap:
    """A failing check whose report is changed on its way."""
    body = f"report = yield; {change}; return report"
    return Trap(source=source, conftest=hook("runtest_makereport(item, call)", body, options))


UNITTEST = """
import unittest
class TrapTest(unittest.TestCase):
    @pytest.mark.phase1
    def test_trap(self): assert 0
"""
HIDES = "getattr(item, '_excinfo', None) and item._excinfo.clear(); return (yield)"
AGAIN = """
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    {body}
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""

TRAPS: dict[str, Trap] = {
    # -- reports ------------------------------------------------------------------------------------------------
    "a hook turns the report green": swapped("report.outcome = 'passed'"),
    "a hook turns the report green first of all": swapped(
        "report.outcome = 'passed'", options="wrapper=True, tryfirst=True"
    ),
    "a hook turns the report green last of all": swapped(
        "report.outcome = 'passed'", options="wrapper=True, trylast=True"
    ),
    "a hook makes a report of its own": Trap(
        source=FAILS,
        conftest=hook(
            "runtest_makereport(item, call)",
            "return pytest.TestReport(item.nodeid, item.location, {}, 'passed', None, call.when)",
            "tryfirst=True",
        ),
    ),
    "a hook makes no report": erring(
        FAILS,
        conftest=hook("runtest_makereport(item, call)", "yield; return None", "wrapper=True"),
        status="",
        exit_code=3,
    ),
    "a hook drops the exception before the report": Trap(
        source=FAILS,
        conftest=hook(
            "runtest_makereport(item, call)", "call.excinfo = None; return (yield)", "wrapper=True, tryfirst=True"
        ),
    ),
    "a hook drops the failure of a unittest before the report": Trap(
        source=UNITTEST,
        conftest=hook(
            "runtest_makereport(item, call)",
            HIDES,
            "wrapper=True, tryfirst=True",
        ),
    ),
    "a hook drops the failure of a unittest's setup before the report": Trap(
        source=UNITTEST.replace("    @pytest", "    def setUp(self): assert 0\n    @pytest"),
        conftest=hook("runtest_makereport(item, call)", HIDES, "wrapper=True, tryfirst=True"),
    ),
    "a hook makes a report of its own for a unittest": Trap(
        source=UNITTEST,
        conftest=hook(
            "runtest_makereport(item, call)",
            "return pytest.TestReport(item.nodeid, item.location, {}, 'passed', None, call.when)",
            "tryfirst=True",
        ),
    ),
    "a hook swallows the exception of the check": Trap(
        source=FAILS,
        conftest="import pytest, contextlib\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n"
        "    with contextlib.suppress(Exception): return (yield)\n",
    ),
    "a hook swallows the exception of a fixture": erring(
        "@pytest.fixture\ndef database(): assert 0\n@pytest.mark.phase1\ndef test_trap(database): pass",
        conftest="import pytest, contextlib\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_setup(item):\n"
        "    with contextlib.suppress(Exception): return (yield)\n",
    ),
    "a hook swallows the exception of a fixture that nobody asked for": erring(
        "@pytest.fixture(autouse=True)\ndef database(): assert 0\n" + PASSES,
        conftest="import pytest, contextlib\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_setup(item):\n"
        "    with contextlib.suppress(Exception): return (yield)\n",
    ),
    "a hook swallows the exception of a teardown": erring(
        "@pytest.fixture\ndef database():\n    yield\n    assert 0\n@pytest.mark.phase1\ndef test_trap(database): pass",
        conftest="import pytest, contextlib\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_teardown(item):\n"
        "    with contextlib.suppress(Exception): return (yield)\n",
    ),
    "a hook gives the report of an expected failure another name": skipped(
        "@pytest.mark.xfail" + PASSES,
        conftest=hook(
            "runtest_makereport(item, call)",
            "report = yield; report.nodeid += ' (again)'; return report",
            "wrapper=True",
        ),
    ),
    "a hook calls a skip passed": skipped(
        "@pytest.mark.skip" + PASSES,
        conftest=hook(
            "runtest_makereport(item, call)", "report = yield; report.outcome = 'passed'; return report", "wrapper=True"
        ),
    ),
    "a hook calls what it has in quarantine skipped, whatever came of it": skipped(
        PASSES,
        conftest=hook(
            "runtest_makereport(item, call)",
            "report = yield; report.longrepr = (item.nodeid, 1, 'in quarantine'); report.outcome = 'skipped'; return report",
            "wrapper=True",
        ),
    ),
    "a hook changes the report as it is logged": Trap(
        source=FAILS, conftest=hook("runtest_logreport(report)", "report.outcome = 'passed'", "tryfirst=True")
    ),
    "a hook raises as the report is logged": Trap(
        source=FAILS,
        conftest=hook("runtest_logreport(report)", "raise OSError('no disk')", "tryfirst=True"),
        status="",
        exit_code=3,
    ),
    # -- the protocol -------------------------------------------------------------------------------------------
    "a hook runs the check without running it": erring(
        PASSES, conftest="def pytest_runtest_protocol(item):\n    return True", reason="without a passing report"
    ),
    "a hook runs the check without its teardown": erring(
        PASSES,
        conftest=AGAIN.format(
            body="from _pytest.runner import call_and_report\n"
            "    item._initrequest(); [call_and_report(item, when) for when in ('setup', 'call')]; item.session._setupstate.teardown_exact(nextitem)"
        ),
        reason="without a passing report of its teardown",
    ),
    "a hook runs the check and logs nothing": Trap(
        source=FAILS, conftest=AGAIN.format(body="runtestprotocol(item, log=False, nextitem=nextitem)")
    ),
    "a hook runs a check that is expected to fail and logs nothing": skipped(
        "@pytest.mark.xfail" + PASSES, conftest=AGAIN.format(body="runtestprotocol(item, log=False, nextitem=nextitem)")
    ),
    "a hook runs a check of parts and logs nothing": Trap(
        source="@pytest.mark.phase1\ndef test_trap(subtests):\n    with subtests.test('first'): assert 0",
        conftest=AGAIN.format(body="runtestprotocol(item, log=False, nextitem=nextitem)"),
    ),
    "a hook runs a failed check again, after its failure was told": Trap(
        source="tries = []\n@pytest.mark.phase1\ndef test_trap():\n    tries.append(1)\n    assert len(tries) > 1",
        conftest=AGAIN.format(body="[runtestprotocol(item, nextitem=nextitem) for _ in range(2)]"),
    ),
    "a hook says that it called the check": erring(
        FAILS, conftest="def pytest_pyfunc_call(pyfuncitem):\n    return True", reason="never called"
    ),
    "a hook says that it awaited the check": erring(
        "@pytest.mark.phase1\nasync def test_trap(): assert 0",
        conftest="def pytest_pyfunc_call(pyfuncitem):\n    return True",
    ),
    "a hook calls the check and drops what it raises": Trap(
        source=FAILS,
        conftest="def pytest_pyfunc_call(pyfuncitem):\n    try: pyfuncitem.obj()\n    except Exception: pass\n    return True",
    ),
    "a hook puts another run in the place of the check's": erring(
        FAILS,
        conftest=hook("runtest_setup(item)", "item.runtest = lambda: None", "tryfirst=True"),
    ),
    "a hook replaces the run loop": missing(
        FAILS, conftest="def pytest_runtestloop(session):\n    return True", status="NOT_RUN"
    ),
    # -- the items ----------------------------------------------------------------------------------------------
    "a hook drops the check": missing(
        FAILS, conftest=hook("collection_modifyitems(items)", f"items[:] = {WITHOUT}"), status="NOT_RUN"
    ),
    "a hook drops the check before all others": missing(
        FAILS,
        conftest=hook(
            "collection_modifyitems(items)", f"items[:] = {WITHOUT}; return (yield)", "wrapper=True, tryfirst=True"
        ),
        status="NOT_RUN",
    ),
    "a hook drops the check after all others": missing(
        FAILS,
        conftest=hook("collection_finish(session)", f"items = session.items; items[:] = {WITHOUT}", "trylast=True"),
        status="NOT_RUN",
    ),
    "a hook drops the check as the run begins": missing(
        FAILS,
        conftest=hook("runtestloop(session)", f"items = session.items; items[:] = {WITHOUT}", "tryfirst=True"),
        status="NOT_RUN",
    ),
    "a hook drops the check as another one ends": missing(
        "@pytest.mark.phase1\ndef test_first(): pass" + FAILS,
        conftest=hook("runtest_logfinish(nodeid)", f"items = session.items; items[:] = {WITHOUT}")
        + "def pytest_sessionstart(session): globals()['session'] = session\n",
        status="NOT_RUN",
    ),
    "a hook brings a mutating check back as the run begins": Trap(
        source=FAILS,
        conftest=hook(
            "collection_modifyitems(items)",
            "globals()['late'] = [item for item in items if item.name == 'test_deploy']; "
            "items[:] = [item for item in items if item.name != 'test_deploy']; return (yield)",
            "wrapper=True, tryfirst=True",
        )
        + hook("runtestloop(session)", "session.items[:0] = late", "tryfirst=True"),
        status="",
        verdict="INCOMPLETE",
        exit_code=3,
    ),
    "a hook runs a mutating check out of its turn": Trap(
        source=FAILS,
        conftest="from _pytest.runner import runtestprotocol\n"
        "def pytest_sessionstart(session): globals()['session'] = session\n"
        "def pytest_runtest_logfinish(nodeid):\n"
        "    if 'fine' in nodeid:\n"
        "        runtestprotocol(next(item for item in session.items if item.name == 'test_deploy'), log=False)\n",
    ),
    "a hook turns the order around as the run begins": Trap(
        source=FAILS,
        conftest=hook("runtestloop(session)", "session.items.reverse()", "trylast=True"),
    ),
    "a hook turns the order around as a check ends": missing(
        FAILS,
        conftest=hook("runtest_logfinish(nodeid)", "session.items.reverse()")
        + "def pytest_sessionstart(session): globals()['session'] = session\n",
        status="NOT_RUN",
        exit_code=3,
    ),
    "a hook deselects the check": missing(
        FAILS,
        conftest=hook(
            "collection_modifyitems(config, items)",
            "dropped = [item for item in items if item.name == 'test_trap']; "
            f"items[:] = {WITHOUT}; config.hook.pytest_deselected(items=dropped)",
        ),
        status="NOT_RUN",
        reason="deselected",
    ),
    "a hook doubles the checks": refused(
        FAILS, conftest=hook("collection_modifyitems(items)", "items.extend(list(items))"), reason="twice"
    ),
    "a hook doubles the checks before all others": refused(
        FAILS,
        conftest=hook(
            "collection_modifyitems(items)", "items.extend(list(items)); return (yield)", "wrapper=True, tryfirst=True"
        ),
        reason="twice",
    ),
    "a hook copies the checks": refused(
        FAILS,
        conftest=hook(
            "collection_modifyitems(items)", "import copy; items.extend([copy.copy(item) for item in items])"
        ),
        reason="twice",
    ),
    "the file of the check is given twice": Trap(
        source=FAILS, arguments=("test_it.py", "test_it.py", "test_beside.py", "test_beside.py")
    ),
    "the file of the check is given twice and kept so": refused(
        FAILS, arguments=("--keep-duplicates", "test_it.py", "test_it.py", "test_beside.py"), reason="twice"
    ),
    "a hook gives the check the name of another": Trap(
        source=FAILS,
        conftest=hook(
            "collection_modifyitems(items)",
            "[setattr(item, '_nodeid', 'test_beside.py::test_fine') for item in items]",
            "trylast=True",
        ),
    ),
    "a hook marks the check only after the collection": refused(
        "def test_trap(): pytest.skip('not today')",
        conftest=hook(
            "collection_modifyitems(items)", "[item.add_marker('phase1') for item in items if item.name == 'test_trap']"
        ),
        reason="mark",
    ),
    "a hook marks every check only after the collection": refused(
        "def test_trap(): pytest.skip('not today')",
        files={"test_beside.py": ""},
        conftest=hook("collection_modifyitems(items)", "[item.add_marker('phase1') for item in items]"),
        reason="mark",
    ),
    "a hook takes the check's mark away": refused(
        "@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')",
        conftest=hook(
            "collection_modifyitems(items)",
            "[item.own_markers.clear() for item in items if item.name == 'test_trap']; return (yield)",
            "wrapper=True, tryfirst=True",
        ),
        reason="test_trap",
    ),
    "a hook takes the check's mark away after the gate has read it": Trap(
        source=FAILS, conftest=hook("collection_modifyitems(items)", "[item.own_markers.clear() for item in items]")
    ),
    "a hook makes no item of the check": refused(
        FAILS,
        conftest=hook(
            "pycollect_makeitem(collector, name, obj)", "return [] if name == 'test_trap' else None", "tryfirst=True"
        ),
        reason="test_trap is marked as a check",
    ),
    # -- the end ------------------------------------------------------------------------------------------------
    "a hook sets the exit status": Trap(
        source=FAILS, conftest=hook("sessionfinish(session)", "session.exitstatus = 0")
    ),
    "a hook sets the exit status last of all": Trap(
        source=FAILS,
        conftest=hook("sessionfinish(session)", "yield; session.exitstatus = 0", "wrapper=True, tryfirst=True"),
    ),
    "a hook sets the exit status to one that the system cuts to 0": Trap(
        source=FAILS, conftest=hook("sessionfinish(session)", "session.exitstatus = 256", "trylast=True")
    ),
    "a hook forgets to pass the exit status on": Trap(
        source=FAILS, conftest=hook("cmdline_main(config)", "yield", "wrapper=True"), process=True
    ),
    "a hook resets the count of failures": Trap(
        source=FAILS,
        conftest=hook("runtest_logfinish(nodeid)", "session.testsfailed = 0")
        + "def pytest_sessionstart(session): globals()['session'] = session\n",
    ),
    "a hook calls every status passed": Trap(
        source=FAILS, conftest=hook("report_teststatus(report)", "return 'passed', '.', 'PASSED'", "tryfirst=True")
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_hook_that_lies_is_not_believed(told: str, gate: Gate) -> None:
    """The gate looks where things happen, and again where they are told; the worse holds."""
    spring(TRAPS[told], gate)


@way(
    "a hook has the last word on the exit status", says="`deploycheck status` and `deploycheck run` exit with 1: NO-GO"
)
def test_a_hook_has_the_last_word(gate: Gate) -> None:
    """What a conftest makes of the exit status after everybody else, only those outside of the process can see."""
    gate.write(
        {
            "test_it.py": HEAD + FAILS,
            "conftest.py": hook("cmdline_main(config)", "yield; return 0", "wrapper=True, tryfirst=True"),
        }
    )

    seen = gate.run()

    assert seen.json["exit_code"] == 1
    assert_on_record(gate, verdict="NO-GO", exit_code=1)


@pytest.mark.parametrize("status", [1, 6, 7])
@way(
    "another plugin fails the run after its last check", says="its exit, for the process, the JSON and the record alike"
)
def test_another_plugin_fails_the_run_at_its_end(status: int, gate: Gate) -> None:
    """A floor of coverage, a limit of warnings, a ban on flaky tests: their word is on record too."""
    conftest = hook("sessionfinish(session)", f"session.exitstatus = {status}")
    gate.write({"test_it.py": HEAD + PASSES, "conftest.py": conftest})

    seen = gate.run()

    assert (seen.ret, seen.json["exit_code"]) == (status, status)
