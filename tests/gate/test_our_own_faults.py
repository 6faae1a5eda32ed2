"""Faults of the gate itself, and a gate that was switched off or taken away: never a green run."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate
from trapping import BESIDE, FAILS, LATER, PASSES, assert_on_record, way

#: Makes one of the gate's own hooks fail from a given moment on; the conftest finds it wherever it is implemented.
SABOTAGE = """
import pytest

def ours(config, name):
    for caller in [getattr(config.hook, name)]:
        for found in caller.get_hookimpls():
            if type(found.plugin).__module__.startswith("pytest_deploycheck") or getattr(
                found.plugin, "__name__", ""
            ).startswith("pytest_deploycheck"):
                yield found

def broken(found):
    def fault(*args):
        raise RuntimeError("a fault of our own")
    def wrapper(*args):
        if {early}:
            raise RuntimeError("a fault of our own")
        yield
        raise RuntimeError("a fault of our own")
    found.function = wrapper if found.wrapper else fault
    found.argnames = found.argnames

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_{when}:
    found = list(ours({config}, "pytest_{hook}"))
    assert found
    for one in found:
        broken(one)
    return (yield)
"""
IN_COLLECTION = ("collection_finish(session)", "session.config")
#: Our hooks, and where a conftest can reach them before they are called.
HOOKS = {
    "collection_modifyitems": ("collection(session)", "session.config"),
    "collectreport": ("collection(session)", "session.config"),
    "itemcollected": ("collection(session)", "session.config"),
    "collection_finish": IN_COLLECTION,
    **dict.fromkeys(
        (
            "runtestloop",
            "runtest_protocol",
            "runtest_setup",
            "runtest_call",
            "runtest_makereport",
            "runtest_logreport",
            "report_teststatus",
            "sessionfinish",
            "terminal_summary",
        ),
        IN_COLLECTION,
    ),
}
WARNS = """
import warnings
@pytest.mark.phase1
def test_trap(): warnings.warn("low on disk")
"""


@pytest.mark.parametrize("early", [True, False], ids=["at once", "afterwards"])
@pytest.mark.parametrize("hook", [*HOOKS, "warning_recorded"])
@way("a hook of the gate itself fails (14 hooks, at once or at its end)", says="never 0; the record does not say GO")
def test_a_fault_in_our_own_hook(hook: str, early: bool, gate: Gate) -> None:
    """Whatever breaks in the gate, the run is not GO, and the mutating check of a later phase is not run."""
    when, config = HOOKS.get(hook, IN_COLLECTION)
    conftest = SABOTAGE.format(hook=hook, when=when, config=config, early=early)
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + WARNS, "conftest.py": conftest})

    seen = gate.run("-W", "always")

    assert seen.ret in (1, 3), seen.stdout
    assert "a fault of our own" in seen.stdout + seen.stderr
    if hook not in ("sessionfinish", "terminal_summary"):
        assert not LATER & set(gate.seen())
    if seen.document is not None and hook != "terminal_summary":
        assert seen.json["verdict"] in ("NO-GO", "INCOMPLETE")
        assert_on_record(gate, exit_code=seen.json["exit_code"])


@way("a report of the gate itself cannot be rendered at the end", says="the exit is 1 or 3")
def test_a_fault_in_a_report(gate: Gate) -> None:
    """A run that cannot be reported is no success, though its verdict is on record."""
    conftest = """
    def pytest_runtest_logfinish():
        from pytest_deploycheck import ticket
        ticket.render = lambda run, **options: {}[run.run_id]
    """
    gate.write({"test_it.py": HEAD + PASSES, "conftest.py": conftest})

    assert gate.run("--deploycheck-report=report.html", process=True).ret in (1, 3)


#: The gate's parts by the names under which pytest knows them.
PARTS = ("session", "observer", "collection", "fixtures")


@pytest.mark.parametrize("part", PARTS)
@way(
    "a part of the plugin is switched off (`-p no:deploycheck-session` and others)",
    says="usage error or INCOMPLETE: the exit is 4 or 11",
)
def test_a_part_is_switched_off(part: str, gate: Gate) -> None:
    """pytest takes the name of any plugin here; without one of its parts the gate would not see everything."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + "pytest.skip('not here', allow_module_level=True)"})

    seen = gate.run("-p", f"no:deploycheck-{part}")

    assert seen.ret in (4, 11), seen.stdout
    assert not LATER & set(gate.seen())


@pytest.mark.parametrize("moment", ["collection_finish(session)", "runtest_setup(item)", "runtest_logfinish(nodeid)"])
@pytest.mark.parametrize("part", PARTS[:3])
@way("a conftest takes a part of the plugin away while it works", says="never 0; the record does not say GO")
def test_a_part_is_taken_away(part: str, moment: str, gate: Gate) -> None:
    """What is no longer told to the gate it does not take for passed."""
    conftest = f"""
    import pytest
    def pytest_configure(config): globals()["manager"] = config.pluginmanager
    @pytest.hookimpl(trylast=True)
    def pytest_{moment}:
        part = manager.get_plugin("deploycheck-{part}")
        if part is not None:
            manager.unregister(part)
    """
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + "@pytest.mark.skip" + PASSES, "conftest.py": conftest})

    seen = gate.run()

    assert seen.ret in (1, 3, 11), seen.stdout
    assert seen.json["verdict"] != "GO"


@pytest.mark.parametrize("how", ["-p no:deploycheck", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"])
@way(
    "the plugin is not loaded, and an option or an ini key of it is given",
    says="pytest's own usage error: the exit is 4",
)
def test_no_plugin_at_all(how: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option of ours on the command line, or `--strict-config` with one of our ini keys, notices the missing gate."""
    gate.write({"test_it.py": HEAD + FAILS.replace("assert 0", "pytest.skip('x')")}, ini="deploycheck_max_age = 1h")
    arguments = how.split() if how.startswith("-p") else []
    if not arguments:
        monkeypatch.setenv(how, "1")

    by_option = gate.run(*arguments, process=True)
    by_ini = gate.run(*arguments, "--strict-config", release="", json="", process=True)

    assert (by_option.ret, by_ini.ret) == (4, 4)
    assert list(gate.path.glob(".deploycheck/*/*")) == []
