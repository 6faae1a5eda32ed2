"""Runs that end before their end: left, stopped, interrupted or killed, with a status that would read as success."""

from __future__ import annotations

import itertools
import signal

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate
from trapping import BESIDE, FAILS, PASSES, PHASES, Trap, assert_not_go, assert_on_record, erring, missing, spring, way

from pytest_deploycheck.cli import main

#: Hooks before the first check runs, and how a conftest takes part in them.
BEFORE = {
    "configure": "pytest_configure(config)",
    "session start": "pytest_sessionstart(session)",
    "report header": "pytest_report_header(config)",
    "collection": "pytest_collection(session)",
    "file collection": "pytest_collect_file(file_path)",
    "making of a module": "pytest_pycollect_makemodule(module_path)",
    "making of an item": "pytest_pycollect_makeitem(name)",
    "parametrising": "pytest_generate_tests(metafunc)",
    "item's collection": "pytest_itemcollected(item)",
    "collection report": "pytest_collectreport(report)",
    "change of the items": "pytest_collection_modifyitems(items)",
    "collection's end": "pytest_collection_finish(session)",
    "collection's report": "pytest_report_collectionfinish(config)",
    "run loop": "pytest_runtestloop(session)",
}
#: Hooks while the first check of phase 1 runs.
WHILE = {
    "protocol": "pytest_runtest_protocol(item)",
    "start of a check": "pytest_runtest_logstart(nodeid)",
    "setup": "pytest_runtest_setup(item)",
    "setup of a fixture": "pytest_fixture_setup(fixturedef)",
    "call": "pytest_runtest_call(item)",
    "function's call": "pytest_pyfunc_call(pyfuncitem)",
    "teardown": "pytest_runtest_teardown(item)",
    "making of a report": "pytest_runtest_makereport(item, call)",
    "report": "pytest_runtest_logreport(report)",
    "report's letter": "pytest_report_teststatus(report)",
    "end of a check": "pytest_runtest_logfinish(nodeid)",
}
#: Hooks after the last check.
AFTER = {
    "session finish": "pytest_sessionfinish(session)",
    "terminal summary": "pytest_terminal_summary(terminalreporter)",
    "unconfigure": "pytest_unconfigure(config)",
}
TAKES = """
@pytest.fixture
def database(): pass
@pytest.mark.phase1
def test_trap(database): pass
"""
#: Ways to leave, with the exit statuses they may come to before the first check and while one runs.
LEAVES = {
    "ends pytest with 0": ("pytest.exit('done', returncode=0)", {2, 11}, {1}),
    "exits with 0": ("raise SystemExit(0)", {3}, {1, 3}),
    "interrupts": ("raise KeyboardInterrupt", {2}, {2}),
}


def leaving(hook: str, leave: str, options: str = "tryfirst=True") -> str:
    """A conftest that leaves from a hook."""
    return f"import pytest\n@pytest.hookimpl({options})\ndef {hook}:\n    {leave}\n"


#: The system keeps the low byte of an exit status alone, so this one reads as 0.
LEAVES_CUT = {"ends pytest with 256": ("pytest.exit('done', returncode=256)", {2, 11}, {1})}
CUT = [(hook, leave) for hook in ("session start", "item's collection", "run loop", "setup") for leave in LEAVES_CUT]


@pytest.mark.parametrize(("hook", "leave"), [*itertools.product([*BEFORE, *WHILE], LEAVES), *CUT])
@way(
    "a hook leaves pytest: before the first check, or while one runs (25 hooks, 3 or 4 ways each)",
    says="INCOMPLETE before a check, NO-GO or INCOMPLETE while one runs; the exit is 11, 1, 2 or 3",
)
def test_a_hook_leaves(hook: str, leave: str, gate: Gate) -> None:
    """Nothing but GO exits with 0, whichever hook ends the session, and whoever asks later never hears of a GO."""
    statement, before, meanwhile = {**LEAVES, **LEAVES_CUT}[leave]
    conftest = leaving({**BEFORE, **WHILE}[hook], statement)
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + TAKES, "conftest.py": conftest}, ini=PHASES)

    seen = gate.run()

    assert seen.ret in (before if hook in BEFORE else meanwhile), seen.stdout
    assert gate.seen() == []
    if hook in WHILE or seen.document is not None:
        assert seen.verdict("phase1") in ("NO-GO", "INCOMPLETE")
        assert_on_record(gate, verdict=seen.verdict("phase1"), exit_code=seen.ret)


@pytest.mark.parametrize(("hook", "leave"), [*itertools.product(AFTER, LEAVES)])
@way(
    "a hook leaves pytest after the last check, which failed (3 hooks, 3 ways each)",
    says="phase1 NO-GO on record; the exit is 1, 2, 3 or 11",
)
def test_a_hook_leaves_at_the_end(hook: str, leave: str, gate: Gate) -> None:
    """The verdict is reached by then: leaving does not undo it."""
    statement, _, _ = LEAVES[leave]
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + FAILS, "conftest.py": leaving(AFTER[hook], statement)})

    seen = gate.run(process=True)

    assert seen.ret in {1, 2, 3, 11, -signal.SIGINT}, seen.stdout
    assert not {"later", "deployed"} & set(gate.seen())
    assert seen.json["verdict"] in ("NO-GO", "INCOMPLETE")
    assert_on_record(gate, verdict="NO-GO", exit_code={1, 2, 3})


#: In the background, or under nohup, Python does not listen to the keyboard's signal by itself.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
ALONE = f"{HEAD}{PASSES.replace('trap', 'fine')}"
LAST = """
@pytest.mark.phase1
def test_trap(request): {body}
"""
TRAPS: dict[str, Trap] = {
    "the check ends pytest with 0": erring(LAST.format(body="pytest.exit('done', returncode=0)"), reason="done"),
    "the check ends pytest with a status that the system cuts to 0": erring(
        LAST.format(body="pytest.exit('done', returncode=256)"), reason="done"
    ),
    "the check ends pytest": erring(LAST.format(body="pytest.exit('done')"), exit_code=2, reason="done"),
    "a fixture ends pytest with 0": erring(
        "@pytest.fixture\ndef database(): pytest.exit('done', returncode=0)\n"
        "@pytest.mark.phase1\ndef test_trap(database): pass",
        reason="the session was ended inside it",
    ),
    "a teardown ends pytest with 0": erring(
        "@pytest.fixture\ndef database():\n    yield\n    pytest.exit('done', returncode=0)\n"
        "@pytest.mark.phase1\ndef test_trap(database): pass",
        reason="the session was ended inside it",
    ),
    "the check is interrupted": erring(LAST.format(body="raise KeyboardInterrupt"), exit_code=2),
    "the check is interrupted by a signal": erring(
        LAST.format(body=f"{HEARS}; signal.raise_signal(signal.SIGINT)"), exit_code=2
    ),
    "a thread of the check interrupts it": erring(
        LAST.format(body=f"{HEARS}; import _thread, time; _thread.interrupt_main(); time.sleep(60)"), exit_code=2
    ),
    "a fixture is interrupted": erring(
        "@pytest.fixture\ndef database(): raise KeyboardInterrupt\n@pytest.mark.phase1\ndef test_trap(database): pass",
        exit_code=2,
    ),
    "the check asks the session to stop": missing(
        LAST.format(body="request.session.shouldstop = 'enough'"), exit_code=2, reason="enough"
    ),
    "the check asks the session to fail": missing(
        LAST.format(body="request.session.shouldfail = 'enough'"), exit_code=1, reason="enough"
    ),
    "the last check of all asks the session to stop": missing(
        files={"test_beside.py": ALONE}, source=LAST.format(body="request.session.shouldstop = 'enough'"), exit_code=2
    ),
    "the last check of all asks the session to fail": missing(
        files={"test_beside.py": ALONE}, source=LAST.format(body="request.session.shouldfail = 'enough'"), exit_code=1
    ),
    "an earlier check asks the session to stop": missing(
        LAST.replace("test_trap", "test_first").format(body="request.session.shouldstop = 'enough'") + PASSES,
        exit_code=2,
        status="NOT_RUN",
    ),
    "a hook asks the session to stop": missing(
        PASSES,
        conftest="def pytest_sessionstart(session): globals()['session'] = session\n"
        "def pytest_runtest_logfinish(nodeid): session.shouldstop = 'enough'",
        exit_code=2,
        status="NOT_RUN",
    ),
    "pytest stops at the first failure": Trap(
        source=LAST.replace("test_trap", "test_first").format(body="assert 0") + PASSES,
        arguments=("-x",),
        status="NOT_RUN",
    ),
    "pytest stops at the first failure, which is the phase's last check": Trap(source=FAILS, arguments=("-x",)),
    "pytest stops at a number of failures": Trap(source=FAILS, arguments=("--maxfail=1",)),
    "pytest stops at an advisory failure": missing(
        "@pytest.mark.check(severity='advisory')" + FAILS, arguments=("-x",), status="FAIL", phase="phase2"
    ),
    "pytest stops at an advisory failure before another check": missing(
        "@pytest.mark.check(severity='advisory')" + FAILS.replace("trap", "first") + PASSES,
        arguments=("-x",),
        status="NOT_RUN",
    ),
    "pytest goes step by step": Trap(source=FAILS, arguments=("--stepwise", "-p", "cacheprovider"), exit_code=2),
    "the check opens a debugger that nobody answers": erring(LAST.format(body="breakpoint()"), process=True),
    "a debugger opens at the failure and nobody answers": erring(
        FAILS, arguments=("--pdb",), exit_code=2, process=True
    ),
    "the check leaves its folder": Trap(source=LAST.format(body="import os; os.chdir('/'); assert 0")),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_run_that_is_stopped_is_not_go(told: str, gate: Gate) -> None:
    """What was not reached is NOT_RUN, what was left in the middle ERROR, and the exit says at least that."""
    spring(TRAPS[told], gate)


#: How a process dies without a word, and what it exits with.
DEATHS = {
    "exits at once with 0": ("os._exit(0)", 0),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "is terminated": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "runs out of its time by the system's clock": (
        "signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(60)",
        -signal.SIGALRM,
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    "aborts": ("os.abort()", -signal.SIGABRT),
    "becomes another program, which succeeds": ("os.execv('/bin/true', ['true'])", 0),
    "is left by a thread": ("threading.Thread(target=os._exit, args=(0,)).start(); time.sleep(60)", 0),
}


@pytest.mark.parametrize("told", DEATHS)
@way(
    "the process dies in the check: exit at once, kill, crash, another program in its place (8 ways, 4 of them with 0)",
    says="the record reads INCOMPLETE, and so do the reports; `deploycheck status` exits with 11",
)
def test_a_process_that_dies_leaves_an_incomplete_record(told: str, gate: Gate) -> None:
    """Its own exit status may be 0: whoever asks later hears INCOMPLETE, and nothing else of it looks green."""
    statement, status = DEATHS[told]
    body = f"import os, signal, threading, time; {statement}"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + LAST.format(body=body)})

    seen = gate.run("-p", "no:faulthandler", "--deploycheck-report=report.html", process=True)

    assert seen.ret == status
    assert gate.seen() == []
    assert (seen.verdict("phase1"), seen.json["verdict"], seen.json["exit_code"]) == ("INCOMPLETE", "INCOMPLETE", 11)
    assert "INCOMPLETE" in (gate.path / "report.html").read_text("utf-8")
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


@pytest.mark.parametrize(
    "place", ["sessionfinish(session)", "terminal_summary(terminalreporter)", "unconfigure(config)"]
)
@way(
    "a hook exits the process with 0 at the end",
    says="`deploycheck status` says NO-GO and exits with 1, or INCOMPLETE and 11",
)
def test_a_process_that_exits_at_the_end_cannot_hide_the_verdict(place: str, gate: Gate) -> None:
    """Also a clean exit of 0 after the last check is no GO for whoever asks later."""
    conftest = f"import os\ndef pytest_{place}: os._exit(0)"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + FAILS, "conftest.py": conftest})

    seen = gate.run(process=True)

    assert seen.ret == 0
    assert gate.seen() == []
    assert seen.json["exit_code"] in (1, 11)
    assert_on_record(gate, verdict="NO-GO", exit_code={1, 11})


@way(
    "the check has the process exit with 0 in the end (`atexit`)",
    says="`deploycheck status` says NO-GO and exits with 1",
)
def test_a_last_word_after_pytest_cannot_hide_the_verdict(gate: Gate) -> None:
    """After pytest's own end nothing can mend the exit status; the record has the verdict."""
    body = "import atexit, os; atexit.register(os._exit, 0); assert 0"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + LAST.format(body=body)})

    seen = gate.run(process=True)

    assert (seen.ret, seen.verdict("phase1"), seen.json["exit_code"]) == (0, "NO-GO", 1)
    assert gate.seen() == []
    assert_on_record(gate, verdict="NO-GO", exit_code=1)


@pytest.mark.parametrize("option", ["--collect-only", "--markers", "--help", "--cache-show"])
@way(
    "an option that runs nothing comes from the environment (`PYTEST_ADDOPTS=--collect-only` and others)",
    says="pytest's 0, and nothing on record: `deploycheck status` and `deploycheck run` do not exit with 0",
)
def test_an_option_that_runs_nothing(option: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks the record hears that there is none."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + FAILS})
    monkeypatch.setenv("PYTEST_ADDOPTS", option)

    seen = gate.run("-p", "cacheprovider")

    assert seen.ret == 0
    assert gate.seen() == []
    assert seen.document is None
    told = CliRunner().invoke(main, ["status", "--record", str(gate.path / ".deploycheck")])
    assert told.exit_code != 0


@way("a conftest does all of pytest's work itself, and nothing", says="INCOMPLETE where phases are declared; exit 11")
def test_a_run_that_is_taken_over(gate: Gate) -> None:
    """The session never begins: where it is known that there is a checklist, that is no success."""
    gate.write(
        {"test_it.py": HEAD + FAILS, "conftest.py": leaving("pytest_cmdline_main(config)", "return 0")}, ini=PHASES
    )

    assert gate.run().ret == 11


@way(
    "a check runs pytest itself, whose run is GO", says="the inner run does not count as this one's: NO-GO stays NO-GO"
)
def test_a_run_inside_of_a_check_is_another_run(gate: Gate) -> None:
    """It has the same release and folder, and is the newer one of the two."""
    inner = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'pytest', '--deploycheck-release=r1', 'inner.py'])"
    gate.write(
        {
            "test_beside.py": BESIDE,
            "test_it.py": HEAD + LAST.format(body=inner) + FAILS.replace("trap", "last"),
            "inner.py": HEAD + LAST.format(body="pass"),
        }
    )

    seen = gate.run()

    assert_not_go(gate, seen, exit_code=1, verdict="NO-GO")


@way("the check closes all files of the process", says="never 0; the record reads INCOMPLETE")
def test_a_check_closes_all_files(gate: Gate) -> None:
    """The record's own file among them."""
    body = "import os; os.closerange(3, 256)"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + LAST.format(body=body)})

    seen = gate.run(process=True)

    assert seen.ret not in (0, 10)
    assert gate.seen() == []
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


@way("the check splits the process in two, and both go on", says="the other half ends at once; every check runs once")
def test_the_other_half_of_a_process_runs_no_check(gate: Gate) -> None:
    """A check that forks and forgets to end its child must not run the rest of the checklist twice."""
    fork = "import os; child = os.fork(); child and os.waitpid(child, 0)"
    rest = FAILS.replace("trap", "last").replace("assert", "say('last'); assert")
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + LAST.format(body=fork) + rest})

    seen = gate.run(process=True)

    assert_not_go(gate, seen, exit_code=1, verdict="NO-GO")
    assert gate.seen() == ["last"]


@way(
    "a test that is no check splits the process in two, and both go on",
    says="phase1 NO-GO; exit 1, or 14 where the record does not verify",
)
def test_the_other_half_of_a_process_does_not_close_the_record(gate: Gate) -> None:
    """Such tests run last: both halves would write the end of the run."""
    fork = "import os\ndef test_fork():\n    child = os.fork()\n    child and os.waitpid(child, 0)\n"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + FAILS + fork})

    seen = gate.run(process=True)

    assert seen.ret in (1, 14), seen.stdout
    assert seen.verdict("phase1") == "NO-GO"
    assert not {"later", "deployed"} & set(gate.seen())


@pytest.mark.parametrize(
    "harm",
    [
        "shutil.rmtree('.deploycheck')",
        "open(glob.glob('.deploycheck/*/*')[0], 'a').write('{}\\n' * 9999)",
        "open(glob.glob('.deploycheck/*/*')[0], 'r+').write('?')",
        "os.truncate(glob.glob('.deploycheck/*/*')[0], 40)",
    ],
    ids=["deletes it", "adds to it", "writes over it", "cuts it"],
)
@way("the check spoils the record", says="INVALID or an internal error: the exit is 14 or 3")
def test_a_run_whose_record_does_not_verify_is_not_go(harm: str, gate: Gate) -> None:
    """Every verdict is read from the record: a run that cannot be read again has none."""
    gate.write({"test_it.py": HEAD + LAST.format(body=f"import glob, os, shutil; {harm}")})

    assert gate.run().ret in (3, 14)
