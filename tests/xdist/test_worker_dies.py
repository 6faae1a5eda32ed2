"""A worker that dies: its check is an ERROR, its phase NO-GO, and the run ends."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree as ET

import pytest
from crossing import across, both
from gating import HEAD, Gate, Outcome

#: The ways to go, each put where the check, its setup or its teardown has a line for it.
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
DYING = """
import os, signal, time

@pytest.fixture
def around():
    {0}
    yield
    {2}

@pytest.mark.phase1
def test_before(): say("before")
@pytest.mark.phase1
def test_dies(around):
    {1}
@pytest.mark.phase1
def test_after(): say("after")
@pytest.mark.phase1
def test_at_last(): say("at last")
@pytest.mark.phase2
def test_later(): say("later")
"""
ALL_DIE = """
import os
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(20))
def test_dies(n): os._exit(0)
@pytest.mark.phase2
def test_later(): say("later")
"""
DIES = "test_it.py::test_dies"


def dying(when: str, how: str) -> str:
    """The checklist above, in which a worker goes at one of three moments."""
    places = ["pass", "pass", "pass"]
    places[("setup", "call", "teardown").index(when)] = how
    return HEAD + DYING.format(*places)


def assert_lost(seen: Outcome, gate: Gate) -> None:
    """The check that ran is an ERROR that names the worker; the others of its phase ran, and no later one did."""
    row = seen.check("phase1.test_dies")
    assert (row["status"], seen.ret, seen.json["exit_code"]) == ("ERROR", 1, 1), seen.stdout
    assert row["reason"].startswith("the worker gw")
    assert row["reason"].endswith(" died while it ran this check")
    assert (seen.verdict("phase1"), seen.verdict("phase2")) == ("NO-GO", "BLOCKED")
    assert "phase1.test_dies" in seen.check("phase2.test_later")["reason"]
    assert sorted(gate.seen()) == ["after", "at last", "before"]
    assert f"FAILED {DIES}" in seen.stdout


@pytest.mark.parametrize(
    ("when", "how", "dist"),
    [
        ("call", "os._exit(0)", "load"),
        ("call", KILL, "worksteal"),
        ("setup", KILL, "load"),
        ("teardown", "os._exit(0)", "worksteal"),
    ],
)
def test_the_check_it_ran_is_an_error(gate: Gate, when: str, how: str, dist: str) -> None:
    """Whichever part of the check it was in; a pass that went before its teardown is none."""
    gate.write({"test_it.py": dying(when, how)})
    seen = across(gate, dist=dist)

    assert_lost(seen, gate)
    assert "crashed while running" in seen.stdout


def test_other_reports_show_it_as_failed(gate: Gate) -> None:
    """JUnit XML and pytest-html, each of which knows nothing but calls and teardowns; a death is an error there."""
    gate.write({"test_it.py": dying("call", KILL)})
    seen = across(gate, "--junitxml=junit.xml", "-p", "html", "-p", "metadata", "--html=other.html")

    assert_lost(seen, gate)
    cases = {case.get("name"): case for case in ET.parse(gate.path / "junit.xml").iter("testcase")}
    assert cases["test_dies"].find("failure") is not None or cases["test_dies"].find("error") is not None
    assert cases["test_before"].find("failure") is None
    page = (gate.path / "other.html").read_text("utf-8")
    assert "1 Errors" in page
    assert "0 Errors" not in page


@pytest.mark.parametrize("more", [(), ("--reruns=1",)], ids=["installed", "with retries"])
def test_no_second_chance_by_another_plugin(gate: Gate, more: tuple[str, ...]) -> None:
    """pytest-rerunfailures asks the scheduler to run again what died; what is on record stays."""
    gate.write({"test_it.py": dying("call", KILL)})

    assert_lost(across(gate, "-p", "rerunfailures", *more), gate)


def test_one_worker_alone_is_replaced(gate: Gate) -> None:
    """What it had not begun is run by its successor."""
    gate.write({"test_it.py": dying("call", KILL)})

    assert_lost(across(gate, workers=1), gate)


@both
def test_a_death_between_two_checks_speaks_against_the_phase(gate: Gate, dist: str) -> None:
    """No check ran in it, so none is blamed; but what it did before is in doubt."""
    gate.write(
        {
            "test_it.py": HEAD
            + """
import os, pathlib, signal, time

@pytest.mark.phase1
def test_a():
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).write_text(str(os.getpid()))
    time.sleep(0.1)
@pytest.mark.phase1
def test_b(): test_a()
@pytest.mark.phase2
def test_kills():
    for name in ("gw0", "gw1"):
        if name != os.environ["PYTEST_XDIST_WORKER"]:
            os.kill(int(pathlib.Path(name).read_text()), signal.SIGKILL)
    time.sleep(1.5)
@pytest.mark.phase3
def test_later(): say("later")
"""
        }
    )
    seen = across(gate, dist=dist)

    assert [row["status"] for row in seen.json["checks"]] == ["PASS", "PASS", "PASS", "BLOCKED"]
    assert seen.verdict("phase2") == "INCOMPLETE"
    assert "died, and not in a check" in seen.phase("phase2")["reason"]
    assert (seen.ret, gate.seen()) == (11, [])


def test_one_that_dies_as_it_collects_is_replaced(gate: Gate) -> None:
    """Nothing had begun: the whole checklist runs on the others."""
    source = f"{HEAD}import os\nif os.environ.get('PYTEST_XDIST_WORKER') == 'gw0': os._exit(3)\n"
    gate.write({"test_it.py": source + "@pytest.mark.phase1\ndef test_a(): say('a')\n"})
    seen = across(gate)

    assert (seen.ret, seen.json["verdict"], gate.seen()) == (0, "GO", ["a"])


def test_one_that_dies_when_it_has_just_collected_is_replaced(gate: Gate) -> None:
    """Its successor collects while the other worker is at work, which must not wait for it."""
    conftest = """
import os, time, pytest
WORKER = os.environ.get("PYTEST_XDIST_WORKER")

def pytest_collection_modifyitems():
    time.sleep({"gw1": 0.8, "gw2": 1.0}.get(WORKER, 0))

@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    if WORKER == "gw0":
        time.sleep(0.1)
        os._exit(3)
"""
    checks = "@pytest.mark.phase1\ndef test_a(): say('a')\n@pytest.mark.phase2\ndef test_b(): say('b')\n"
    gate.write({"conftest.py": conftest, "test_it.py": HEAD + checks})
    seen = across(gate)

    assert (seen.ret, seen.json["verdict"], gate.seen()) == (0, "GO", ["a", "b"])


def test_nobody_left_before_the_first_check(gate: Gate) -> None:
    """pytest-xdist itself ends well where it ran nothing; the checklist was asked for, and nothing of it ran."""
    source = f"{HEAD}import os, time\nif os.environ.get('PYTEST_XDIST_WORKER') == 'gw0': time.sleep(0.5); os._exit(3)\n"
    gate.write({"test_it.py": source + "@pytest.mark.phase1\ndef test_a(): say('a')\n"})
    seen = across(gate, "--max-worker-restart=0")

    assert (seen.ret, gate.seen()) == (11, [])
    assert "nothing was checked, and the checklist is INCOMPLETE" in seen.stdout


@pytest.mark.parametrize(
    "arguments", [("-n2", "--dist=load"), ("--tx", "2*popen", "--dist=worksteal")], ids=["-n", "--tx"]
)
def test_workers_that_die_again_and_again_are_replaced_only_so_often(gate: Gate, arguments: tuple[str, ...]) -> None:
    """Each death is one check's; the end comes long before every check has had its own."""
    gate.write({"test_it.py": HEAD + ALL_DIE})
    seen = gate.run("-p", "xdist", *arguments)

    statuses = [row["status"] for row in seen.json["checks"] if row["phase"] == "phase1"]
    assert set(statuses) == {"ERROR", "NOT_RUN"}
    assert statuses.count("ERROR") <= 9
    assert (seen.ret, seen.verdict("phase1"), seen.verdict("phase2")) == (1, "NO-GO", "BLOCKED")
    assert gate.seen() == []


def test_nobody_is_replaced_where_that_is_forbidden(gate: Gate) -> None:
    """The first death ends the run: what was not begun is NOT_RUN, and no phase opens any more."""
    gate.write({"test_it.py": HEAD + ALL_DIE})
    seen = across(gate, "--max-worker-restart=0")

    assert (seen.ret, seen.verdict("phase1"), seen.verdict("phase2")) == (1, "NO-GO", "BLOCKED")
    assert "worker restarting disabled" in seen.stdout


STOPPING = """
import os, pathlib, signal, time

@pytest.mark.phase1
def test_stops():
    pathlib.Path("pid").write_text(str(os.getpid()))
    {0}
@pytest.mark.phase1
def test_beside(): pass
@pytest.mark.phase2
def test_later(): say("later")
"""
FORKS = "child = os.fork()\n    if not child: time.sleep(3); os._exit(0)\n    " + KILL


@pytest.mark.parametrize(
    ("how", "fate"),
    [
        ("os.kill(os.getpid(), signal.SIGSTOP)", "gave no sign of life for 1.5s and was ended"),
        (FORKS, "died"),
    ],
    ids=["stopped", "an heir"],
)
def test_a_worker_whose_connection_stays_open(gate: Gate, how: str, fate: str) -> None:
    """It was stopped, or a child that it left holds the connection. Nobody waits for that."""
    gate.write({"test_it.py": HEAD + STOPPING.format(how)}, ini="deploycheck_worker_timeout = 1500ms")
    seen = across(gate)

    row = seen.check("phase1.test_stops")
    assert row["status"] == "ERROR"
    assert row["reason"].endswith(f" {fate} while it ran this check")
    assert (seen.ret, seen.verdict("phase2"), gate.seen()) == (1, "BLOCKED", [])
    process = gate.path.joinpath("pid").read_text()
    assert not _runs(int(process))


def test_nobody_waits_for_an_heir_at_the_end(gate: Gate) -> None:
    """The dead worker's process is gone, which is told long before its silence would be; its heir lives on."""
    source = HEAD + STOPPING.format(FORKS.replace("time.sleep(3)", "time.sleep(40)"))
    gate.write({"test_it.py": source}, ini="deploycheck_worker_timeout = 6s")
    started = time.monotonic()
    seen = across(gate)

    row = seen.check("phase1.test_stops")
    assert (row["status"], seen.ret, seen.verdict("phase2")) == ("ERROR", 1, "BLOCKED")
    assert row["reason"].endswith(" died while it ran this check")
    # pytest-xdist gives a connection that stays open twice ten seconds.
    assert time.monotonic() - started < 15


HANGS = """
import os, time
if os.environ.get("PYTEST_XDIST_WORKER") in {0}:
    time.sleep(60)
"""


@pytest.mark.parametrize("which", [("gw1",), ("gw0", "gw1")], ids=["one", "both"])
def test_a_worker_that_never_gets_as_far_as_a_sign_of_life(gate: Gate, which: tuple[str, ...]) -> None:
    """Its conftest hangs as it is imported: the run ends, says why, and is no success."""
    checks = "@pytest.mark.phase1\ndef test_a(): say('a')\n"
    files = {"conftest.py": HANGS.format(which), "test_it.py": HEAD + checks}
    gate.write(files, ini="deploycheck_worker_timeout = 500ms")
    seen = across(gate, "-m", "phase1", process=True)

    assert (seen.ret, gate.seen(), seen.document) == (11, [], None)
    assert re.search(r"the worker gw\d gave no sign of life within 2.5s of its start", seen.stdout)


def test_a_successor_that_never_gets_as_far(gate: Gate) -> None:
    """The first worker died in a check; that its replacement hangs does not keep the verdict back."""
    gate.write(
        {"conftest.py": HANGS.format(("gw2", "gw3")), "test_it.py": dying("call", KILL)},
        ini="deploycheck_worker_timeout = 500ms",
    )
    seen = across(gate, process=True)

    assert seen.status("phase1.test_dies") == "ERROR"
    assert (seen.json["exit_code"], seen.verdict("phase1"), seen.verdict("phase2")) == (1, "NO-GO", "INCOMPLETE")
    assert "gave no sign of life within 2.5s of its start" in seen.phase("phase2")["reason"]
    assert (seen.ret, "later" in gate.seen()) == (1, False)


def test_where_no_gate_was_asked_for_a_worker_may_start_as_slowly_as_it_likes(gate: Gate) -> None:
    """The plugin is installed, and that is all."""
    gate.write(
        {
            "conftest.py": HANGS.format(("gw1",)).replace("60", "1.5"),
            "test_it.py": HEAD + "def test_a(): say('a')\n",
        },
        ini="deploycheck_worker_timeout = 100ms",
    )
    done = gate.run("-p", "xdist", "-n2", process=True, release="", json="")

    assert (done.ret, gate.seen()) == (0, ["a"])


def _runs(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rpartition(") ")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
