"""What surrounds a run: Python's and pytest's switches in the environment, the ini file and the command line."""

from __future__ import annotations

import sys

import pytest
from gating import HEAD, Gate
from trapping import BESIDE, FAILS, PASSES, PHASES, Trap, assert_not_go, erring, missing, refused, skipped, spring, way

SKIPS = "@pytest.mark.phase1\ndef test_trap(): pytest.skip('not today')"
HELPER = {"helper.py": "def holds(): assert 1 == 2"}
USES_HELPER = "import helper\n@pytest.mark.phase1\ndef test_trap(): helper.holds()"


def by_environment(words: str) -> dict[str, str]:
    """Arguments that nobody sees on the command line."""
    return {"PYTEST_ADDOPTS": words}


TRAPS: dict[str, Trap] = {
    "Python leaves assertions out": refused(
        FAILS, environment={"PYTHONOPTIMIZE": "1"}, process=True, reason="PYTHONOPTIMIZE"
    ),
    "Python leaves assertions out and pytest does not put them back": refused(
        FAILS, environment={"PYTHONOPTIMIZE": "1"}, arguments=("--assert=plain",), process=True, reason="PYTHONOPTIMIZE"
    ),
    "Python leaves the assertions of a helper out": refused(
        USES_HELPER, files=HELPER, environment={"PYTHONOPTIMIZE": "1"}, process=True, reason="PYTHONOPTIMIZE"
    ),
    "the ini file leaves assertions to Python": Trap(source=FAILS, ini="addopts = --assert=plain"),
    "the environment leaves the check out by a keyword": missing(
        FAILS, environment=by_environment("-k 'not trap'"), status="NOT_RUN", reason="deselected"
    ),
    "the environment deselects the check": missing(
        FAILS, environment=by_environment("--deselect test_it.py::test_trap"), status="NOT_RUN", reason="deselected"
    ),
    "the environment ignores the file of the check": missing(
        files={"test_trap.py": HEAD + FAILS}, environment=by_environment("--ignore=test_trap.py"), reason="--ignore"
    ),
    "the environment goes on after collection errors": missing(
        files={"test_trap.py": "import no_such_module"},
        environment=by_environment("--continue-on-collection-errors"),
        exit_code=1,
        reason="test_trap.py",
    ),
    "the environment switches the recording of warnings off": refused(
        FAILS, environment=by_environment("-p no:warnings"), reason="'warnings' is switched off"
    ),
    "the ini file switches the recording of warnings off": refused(
        FAILS, ini="addopts = -p no:warnings", reason="'warnings' is switched off"
    ),
    "unraisable exceptions are not watched": refused(
        FAILS, arguments=("-p", "no:unraisableexception"), reason="'unraisableexception' is switched off"
    ),
    "Python ignores warnings": erring(
        "@pytest.mark.phase1\ndef test_trap(): return 1 == 2", environment={"PYTHONWARNINGS": "ignore"}, process=True
    ),
    "nothing is said of skips": skipped(SKIPS, ini="addopts = -q -q --no-summary --no-header"),
    "there is no terminal to tell": Trap(source=FAILS, arguments=("-p", "no:terminal")),
    "nothing is captured": Trap(source=FAILS, arguments=("-s",)),
    "there is no runner": refused(PASSES, arguments=("-p", "no:runner"), reason="runner"),
    "there is nobody to call Python's functions": refused(PASSES, arguments=("-p", "no:python"), exit_code=5),
    "only the fixtures are set up": erring(
        PASSES, arguments=("--setup-only",), reason="without a passing report of its call"
    ),
    "only a plan of the fixtures is shown": erring(
        PASSES, arguments=("--setup-plan",), reason="without a passing report"
    ),
    "a later phase is told to go on": Trap(
        files={"test_beside.py": BESIDE.replace('say("later")', "pass")},
        source=FAILS,
        arguments=("--deploycheck-keep-going",),
    ),
    "the environment tells later phases to go on": Trap(
        files={"test_beside.py": BESIDE.replace('say("later")', "pass")},
        source=FAILS,
        environment={"DEPLOYCHECK_KEEP_GOING": "1"},
    ),
    "earlier phases are not asked for": missing(
        FAILS, arguments=("-m", "phase3"), status="NOT_RUN", phase="phase1", exit_code=12
    ),
    "the phase that is asked for is misspelt": refused(FAILS, arguments=("-m", "phase9"), exit_code=5),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_switch_does_not_make_a_run_green(told: str, gate: Gate) -> None:
    """Refused where the gate could not see, told apart where it can."""
    spring(TRAPS[told], gate)


@pytest.mark.parametrize("option", ["--lf", "--sw", "--ff", "--nf", "--lf --lfnf=none", "--sw --sw-skip"])
@way(
    "pytest's cache narrows or reorders the second run (--lf, --sw, --sw-skip, --ff, --nf)",
    says="what was not run is INCOMPLETE; what was reordered runs in the order of phases",
)
def test_a_second_run_by_the_cache(option: str, gate: Gate) -> None:
    """A failure was mended; the run that looks at it alone decides nothing else."""
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + FAILS})
    assert gate.run("-p", "cacheprovider").ret == 1
    whole = option in ("--ff", "--nf")
    mended = PASSES if not whole else PASSES.replace("pass", 'say("trap")')
    gate.write({"test_it.py": HEAD + mended})

    seen = gate.run("-p", "cacheprovider", *option.split())

    if whole:
        assert (seen.ret, gate.seen()) == (0, ["trap", "later", "deployed"])
    else:
        assert_not_go(gate, seen, exit_code=11, verdict="INCOMPLETE", reason=option.split(maxsplit=1)[0])


@way("a check that always holds is read from its cached bytecode", says="usage error on every run, not only the first")
def test_a_cached_module_is_looked_at_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest warns of such an assertion only as it compiles the file."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    gate.write(
        {"test_beside.py": BESIDE, "test_it.py": HEAD + "@pytest.mark.phase1\ndef test_trap(): assert (1 == 2, 'x')"}
    )

    first, second = gate.run(process=True), gate.run(process=True)

    assert (first.ret, second.ret) == (4, 4)
    assert gate.seen() == []


@way("an earlier run was green, and this one is refused", says="usage error; the report and the JSON no longer say GO")
def test_a_refused_run_leaves_no_green_report(gate: Gate) -> None:
    """A pipeline that collects the files whatever happened must not attach yesterday's GO."""
    gate.write({"test_it.py": HEAD + PASSES})
    assert gate.run("--deploycheck-report=again.html", json="again.json").ret == 0
    gate.write({"test_it.py": HEAD + "@pytest.mark.phase2" + PASSES})

    assert gate.run("--deploycheck-report=again.html", json="again.json").ret == 4

    for name in ("again.json", "again.html"):
        path = gate.path / name
        assert not path.exists() or "INCOMPLETE" in path.read_text("utf-8"), name


@way("an earlier run was green, and this one dies as it is collected", says="INCOMPLETE or an error: never 0")
def test_an_older_go_is_not_this_runs(gate: Gate) -> None:
    """The record of an earlier run says nothing about this one."""
    gate.write({"test_it.py": HEAD + PASSES}, ini=PHASES)
    gate.run()
    gate.write({"conftest.py": "import pytest\ndef pytest_collection(session): pytest.exit('done', returncode=0)"})

    assert gate.run().ret == 11
