"""What is refused in one process is refused on workers, in the same words, before anything is executed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from crossing import DISTS, across, alone
from gating import HEAD, Gate, Outcome

FINE = "@pytest.mark.phase1\ndef test_fine(): say('fine')\n"
SECOND = "@pytest.mark.phase1\n@pytest.mark.check({0})\ndef test_second(): say('second')\n"
LATE_MARK = "def pytest_collection_finish(session): session.items[-1].add_marker('phase2')\n"
TWICE = "import pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_collection_modifyitems(items): items += items[:1]\n"

#: Source, conftest, ini.
MISTAKES = {
    "an unknown keyword": (FINE + SECOND.format("oops=1"), "", ""),
    "an id twice": (FINE + SECOND.format("'phase1.test_fine'"), "", ""),
    "an assertion that is always true": (FINE + "@pytest.mark.phase1\ndef test_b(): assert (1 == 2, 'no')\n", "", ""),
    "a setting": (FINE, "", "deploycheck_max_age = soon"),
    "a time limit for workers": (FINE, "", "deploycheck_worker_timeout = 0s"),
    "an item twice": (FINE, TWICE, ""),
}


def refusal(seen: Outcome) -> str:
    """The line that says what is refused."""
    lines = [line for line in (seen.stderr + seen.stdout).splitlines() if line.startswith("ERROR: ")]
    assert lines, seen.stdout
    return lines[0]


def assert_refused(gate: Gate, seen: Outcome, *words: str, ran: Sequence[str] = ()) -> None:
    """Exit 4, the words are said, and nothing was recorded or executed beside what `ran` before."""
    assert (seen.ret, gate.seen(), seen.document) == (4, list(ran), None), seen.stdout + seen.stderr
    assert "INTERNALERROR" not in seen.stdout
    for word in words:
        assert word in refusal(seen)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_reads_the_same(gate: Gate, mistake: str) -> None:
    """Both exit with 4; a limit that only workers have is read only where there are any."""
    source, conftest, ini = MISTAKES[mistake]
    gate.write({"test_it.py": HEAD + source, "conftest.py": conftest}, ini=ini)
    dist = DISTS[list(MISTAKES).index(mistake) % 2]
    many = across(gate, dist=dist)

    assert_refused(gate, many)
    if "worker" in ini:
        assert "ini key deploycheck_worker_timeout" in refusal(many)
    else:
        assert refusal(many) == refusal(alone(gate))


def test_the_reports_of_an_earlier_run_are_gone(gate: Gate) -> None:
    """A run that was refused leaves no green page that looks current."""
    gate.write({"test_it.py": HEAD + FINE})
    assert across(gate).ret == 0
    gate.write({"test_it.py": HEAD + FINE + SECOND.format("oops=1")})
    assert_refused(gate, across(gate), ran=["fine"])

    assert not (gate.path / "deploycheck-report.html").exists()


@pytest.mark.parametrize("dist", ["each", "loadfile", "loadgroup"])
def test_other_ways_of_distributing(gate: Gate, dist: str) -> None:
    """They say why, and what serves."""
    gate.write({"test_it.py": HEAD + FINE})

    assert_refused(gate, across(gate, dist=dist), f"--dist {dist} cannot keep", "use --dist load or --dist worksteal")


@pytest.mark.parametrize("dist", ["each", "loadscope", "load"])
def test_without_checks_every_way_serves(gate: Gate, dist: str) -> None:
    """pytest-xdist's own scheduler works as if the plugin were not there."""
    gate.write({"test_it.py": f"{HEAD}def test_a(): say('a')\ndef test_b(): say('b')\n"})
    seen = across(gate, dist=dist)

    assert (seen.ret, seen.document) == (0, None), seen.stdout
    assert sorted(gate.seen()) == sorted("ab" * (2 if dist == "each" else 1))
    assert not (gate.path / ".deploycheck").exists()


def test_nothing_selected_is_what_pytest_says_of_it(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + FINE})

    assert across(gate, "-m", "nosuch").ret == alone(gate, "-m", "nosuch").ret == 5


def test_the_plan_is_made_in_one_process(gate: Gate) -> None:
    """``--collect-only`` starts no workers, whatever was asked for."""
    gate.write({"test_it.py": HEAD + FINE})
    seen = across(gate, "--collect-only", "-q", "--deploycheck-plan=plan.json")

    assert (seen.ret, gate.seen()) == (0, [])
    assert "phase1.test_fine" in (gate.path / "plan.json").read_text()


def test_a_scheduler_of_somebody_else(gate: Gate) -> None:
    """It would not keep the phases apart."""
    conftest = """
import pytest
from xdist.scheduler import LoadScheduling

class Other(LoadScheduling): pass

@pytest.hookimpl(wrapper=True)
def pytest_xdist_make_scheduler(config, log):
    yield
    return Other(config, log)
"""
    gate.write({"test_it.py": HEAD + FINE, "conftest.py": conftest})

    assert_refused(gate, across(gate), "another plugin distributes the tests (Other)")


ONLY_ON_GW0 = "import os\nif os.environ.get('PYTEST_XDIST_WORKER', 'gw0') == 'gw0':\n    "
DIFFERENT = {
    "another check": HEAD + FINE + ONLY_ON_GW0 + "@pytest.mark.phase2\n    def test_only(): say('only')\n",
    "checks on one alone": HEAD + "def test_plain(): say('plain')\n" + ONLY_ON_GW0 + FINE.replace("\n", "\n    "),
    "another plain test": HEAD + FINE + ONLY_ON_GW0 + "def test_only(): say('only')\n",
    "another severity": HEAD
    + "import os\nHOW = 'blocker' if os.environ.get('PYTEST_XDIST_WORKER') == 'gw0' else 'advisory'\n"
    + SECOND.format("severity=HOW"),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_workers_that_collect_different_things(gate: Gate, what: str) -> None:
    """An index would mean another item on each, or a check another check."""
    gate.write({"test_it.py": DIFFERENT[what]})

    assert_refused(gate, across(gate), "collected another checklist than gw", "run without -n")


def test_a_worker_where_the_plugin_is_not_at_work(gate: Gate) -> None:
    """Another machine may lack it: its tests would run as plain ones, with nothing between the phases."""
    conftest = """
import os

def pytest_addoption(pluginmanager):
    if "PYTEST_XDIST_WORKER" in os.environ:
        pluginmanager.unregister(name="deploycheck")
"""
    ini = "markers =\n    phase1: one\ndeploycheck_phases =\n    phase1: one"
    gate.write({"test_it.py": HEAD + FINE, "conftest.py": conftest}, ini=ini)

    assert_refused(gate, across(gate), "is not at work on the worker gw", "install it there")
