"""The exit status: the worst of what was selected; pytest's own 2 to 6 are never masked, and only GO is 0."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

FINE = "@pytest.mark.phase1\ndef test_fine(): pass\n"
#: A skipped check: INCOMPLETE by itself.
SKIPPED = "@pytest.mark.phase1\ndef test_skipped(): pytest.skip('not today')\n"
FAILED = "@pytest.mark.phase1\ndef test_failed(): assert 0\n"
HELD = "from pytest_deploycheck import inconclusive\n@pytest.mark.phase1\ndef test_held(): inconclusive('too few')\n"
FIRED = "@pytest.mark.phase1\n@pytest.mark.check(rollback='immediate')\ndef test_fired(): assert 0\n"
EMPTY = "deploycheck_phases =\n    phase1: one\n    phase2: two\n"
PHASE2 = "@pytest.mark.phase2\ndef test_second(): pass\n"
INTERRUPTED = "@pytest.mark.phase1\ndef test_z(): raise KeyboardInterrupt\n"
WARNS = "def test_unit():\n    import warnings\n    warnings.warn('careful')\n"

SINGLE = {
    "GO": (FINE, (), 0),
    "NO-GO": (FAILED + FINE, (), 1),
    "interrupted": (FINE + INTERRUPTED, (), 2),
    "usage error": (FINE + "@pytest.mark.phase1\n@pytest.mark.check(oops=1)\ndef test_b(): pass\n", (), 4),
    "nothing selected": (FINE, ("-m", "nosuch"), 5),
    "nothing matches": ("def test_unit(): pass\n", ("-k", "nosuch"), 5),
    "max warnings": (FINE + WARNS, ("--max-warnings=0",), 6),
    "HOLD": (HELD + FINE, (), 10),
    "INCOMPLETE": (SKIPPED + FINE, (), 11),
    "BLOCKED": (PHASE2, ("-m", "phase2", "--deploycheck-prerequisites=require"), 12),
    "ROLLBACK": (FIRED + FINE, (), 13),
}


def test_a_record_that_does_not_verify_is_invalid(gate: Gate) -> None:
    """14: a line of an earlier journal was edited, so its verdict must not be read."""
    gate.write({"test_it.py": HEAD + FAILED + PHASE2})
    gate.run("-m", "phase1")
    [journal] = (gate.path / ".deploycheck" / "r1").glob("*.jsonl")
    journal.write_text(journal.read_text().replace('"FAIL"', '"PASS"'))

    seen = gate.run("-m", "phase2")

    assert seen.ret == 14
    assert f"{journal.name}:" in seen.stdout + seen.stderr
    assert "Traceback" not in seen.stdout + seen.stderr


PRECEDENCE = {
    "an internal error beats a rollback": (FIRED, "def pytest_runtest_logfinish(): raise ValueError('oops')", (), 3),
    "an interrupt beats a rollback": (FIRED + INTERRUPTED, "", (), 2),
    "an interrupt beats a failure": (FAILED + INTERRUPTED, "", (), 2),
    "a rollback beats a failure": (FIRED + FAILED, "", (), 13),
    "a failure beats an incomplete": (FAILED + SKIPPED, "", (), 1),
    "a failure beats a hold": (FAILED + HELD, "", (), 1),
    "an incomplete beats a hold": (SKIPPED + HELD, "", (), 11),
    "an incomplete beats the blocked it caused": (SKIPPED + PHASE2, "", (), 11),
    "a failure beats the blocked it caused": (FAILED + PHASE2, "", (), 1),
    "a hold beats the warnings": (HELD + WARNS, "", ("--max-warnings=0",), 10),
    "an unphased failure beats an incomplete": (SKIPPED + "def test_unit(): assert 0\n", "", (), 1),
    "a rollback beats an unphased failure": (FIRED + "def test_unit(): assert 0\n", "", (), 13),
    "an unphased interrupt beats an incomplete": (SKIPPED + "def test_z(): raise KeyboardInterrupt\n", "", (), 2),
    "a foreign code beats go": ("", "def pytest_sessionfinish(session): session.exitstatus = 7", (), 7),
    "an incomplete beats a foreign code": (
        SKIPPED,
        "def pytest_sessionfinish(session): session.exitstatus = 7",
        (),
        11,
    ),
}


PLACES: tuple[str, ...] = (
    "sessionstart",
    "collection",
    "itemcollected",
    "collection_modifyitems",
    "collection_finish",
    "runtestloop",
)
PLACES += (
    "runtest_setup",
    "runtest_call",
    "runtest_teardown",
    "runtest_logfinish",
    "sessionfinish",
    "terminal_summary",
)
PLACES += ("unconfigure",)
HOW = {
    "pytest.exit with 0": "pytest.exit('that is all', returncode=0)",
    "pytest.exit with 256": "pytest.exit('that is all', returncode=256)",
    "SystemExit(0)": "raise SystemExit(0)",
    "SystemExit()": "raise SystemExit",
}


@pytest.mark.parametrize("how", HOW)
def test_ending_the_session_in_a_test_file_is_never_0(how: str, gate: Gate) -> None:
    """As the file is imported."""
    seen = gate(FINE, ini=EMPTY, files={"test_more.py": f"import pytest\n{HOW[how]}\n"})

    assert seen.ret & 0xFF != 0


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("place", ["check", "fixture", "teardown", "unphased test"])
def test_ending_the_session_in_a_test_is_never_0(place: str, how: str, gate: Gate) -> None:
    """The check that did it is an ERROR; what it kept from running is NOT_RUN."""
    lines = {
        "check": f"@pytest.mark.phase1\ndef test_ends(): {HOW[how]}\n",
        "fixture": f"@pytest.fixture\ndef ends(): {HOW[how]}\n@pytest.mark.phase1\ndef test_ends(ends): pass\n",
        "teardown": f"@pytest.fixture\ndef ends():\n    yield\n    {HOW[how]}\n"
        "@pytest.mark.phase1\ndef test_ends(ends): pass\n",
        "unphased test": f"@pytest.mark.phase1\ndef test_ends(): pytest.skip('x')\ndef test_unit(): {HOW[how]}\n",
    }

    seen = gate(lines[place] + "@pytest.mark.phase1\ndef test_rest(): pass\n")

    assert seen.ret & 0xFF != 0
    assert seen.status("phase1.test_ends") == ("SKIPPED" if place == "unphased test" else "ERROR")
    assert seen.json["verdict"] != "GO"
    if place != "unphased test" and "pytest.exit" in HOW[how]:
        assert seen.status("phase1.test_rest") == "NOT_RUN"


def test_a_go_is_not_cut_to_0_by_the_system(gate: Gate) -> None:
    """256 after GO: the shell would see 0, and nobody that something ended the session."""
    seen = gate(FINE + "def test_unit(): pytest.exit('that is all', returncode=256)\n")

    assert seen.ret & 0xFF != 0


@pytest.mark.parametrize("option", ["-x", "--maxfail=1", "--exitfirst"])
def test_stopping_at_the_first_failure(option: str, gate: Gate) -> None:
    """The rest of the phase is NOT_RUN, later phases are BLOCKED, and the exit is not 0."""
    seen = gate(FAILED + FINE + PHASE2, option)

    assert seen.status("phase1.test_failed") == "FAIL"
    assert seen.status("phase1.test_fine") == "NOT_RUN"
    assert "stopped" in seen.check("phase1.test_fine")["reason"]
    assert seen.status("phase2.test_second") == "BLOCKED"
    assert seen.verdict("phase1") == "NO-GO"
    assert seen.ret in (1, 2)


def test_stopping_at_an_advisory_failure(gate: Gate) -> None:
    """Its phase would be GO, but not all of it ran."""
    seen = gate("@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_a(): assert 0\n" + FINE, "-x")

    assert seen.status("phase1.test_fine") == "NOT_RUN"
    assert seen.json["verdict"] == "INCOMPLETE"
    assert seen.ret != 0


def test_a_file_that_cannot_be_collected_interrupts(gate: Gate) -> None:
    """pytest's 2; no check ran, and the report says so."""
    seen = gate(FINE, files={"test_broken.py": "import no_such_module\n"})

    assert seen.ret == 2
    assert seen.status("phase1.test_fine") == "NOT_RUN"
    assert seen.verdict("phase1") == "INCOMPLETE"


def test_going_on_after_a_file_that_cannot_be_collected(gate: Gate) -> None:
    """The checks run; nobody knows what the file held, so no phase is GO."""
    seen = gate(FINE, "--continue-on-collection-errors", files={"test_broken.py": "import no_such_module\n"})

    assert seen.status("phase1.test_fine") == "PASS"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert "test_broken.py" in seen.phase("phase1")["reason"]
    assert seen.ret == 1


@pytest.mark.parametrize("hook", ["runtest_logreport(report)", "runtest_logstart(nodeid)", "runtest_makereport(item)"])
def test_an_error_in_another_hook_is_internal(hook: str, gate: Gate) -> None:
    """3, and a record that says INCOMPLETE at best."""
    seen = gate(FINE + PHASE2, files={"conftest.py": f"def pytest_{hook}: raise ValueError('oops')\n"})

    assert seen.ret == 3
    assert seen.json["verdict"] != "GO"
    assert seen.json["exit_code"] == 3


def test_nothing_selected_leaves_no_record(gate: Gate) -> None:
    """5, and neither a report nor a journal."""
    seen = gate(FINE, "-m", "nosuch")

    assert seen.ret == 5
    assert seen.document is None
    assert not (gate.path / "deploycheck-report.html").exists()


def test_optimised_python_is_refused(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It drops assertions: of helper modules always, of the checks themselves with ``--assert=plain``."""
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")

    seen = gate(FINE + FAILED, "--assert=plain", process=True)

    assert seen.ret not in (0, 10)
