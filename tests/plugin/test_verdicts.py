"""When a phase is GO, through real runs: each end of a check, and each way in which checks can be missing."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

FINE = """
@pytest.mark.phase1
def test_fine(): say("fine")
"""
LATER = """
@pytest.mark.phase2
def test_later(): say("later")
"""
END = "from pytest_deploycheck import inconclusive, not_applicable\n"
ENDS = {
    "pass": ("pass", "PASS", "GO", 0),
    "fail": ("assert 1 == 2", "FAIL", "NO-GO", 1),
    "pytest.fail": ("pytest.fail('no')", "FAIL", "NO-GO", 1),
    "error": ("1 / 0", "ERROR", "NO-GO", 1),
    "inconclusive": ("inconclusive('too few')", "INCONCLUSIVE", "HOLD", 10),
    "skip": ("pytest.skip('not today')", "SKIPPED", "INCOMPLETE", 11),
    "xfail": ("pytest.xfail('known')", "SKIPPED", "INCOMPLETE", 11),
    "not applicable": ("not_applicable('no cache')", "NOT_APPLICABLE", "GO", 0),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_has_its_status_verdict_and_exit(end: str, gate: Gate) -> None:
    """Beside a check that passes; the next phase runs after GO and HOLD, and is BLOCKED otherwise."""
    body, status, verdict, ret = ENDS[end]

    seen = gate(f"{END}@pytest.mark.phase1\ndef test_it(): {body}\n{FINE}{LATER}")

    assert seen.status("phase1.test_it") == status
    assert seen.verdict("phase1") == verdict
    assert seen.ret == seen.json["exit_code"] == ret
    assert seen.json["verdict"] == seen.json["selected_verdict"] == verdict
    opened = verdict in ("GO", "HOLD")
    assert seen.verdict("phase2") == ("GO" if opened else "BLOCKED")
    assert seen.status("phase2.test_later") == ("PASS" if opened else "BLOCKED")
    assert gate.seen() == (["fine", "later"] if opened else ["fine"])


@pytest.mark.parametrize("end", ENDS)
def test_an_advisory_check_is_reported_and_stops_nothing(end: str, gate: Gate) -> None:
    """Its status stays what it is, the phase is GO, and the exit is 0."""
    body, status, _, _ = ENDS[end]

    seen = gate(
        f"{END}@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_it(): {body}\n{FINE}{LATER}"
    )

    assert seen.status("phase1.test_it") == status
    assert "advisory" in seen.check("phase1.test_it")["flags"]
    assert seen.verdict("phase1") == "GO"
    assert seen.ret == 0
    if status not in ("PASS", "NOT_APPLICABLE"):
        assert f"advisory: phase1.test_it {status}" in seen.stdout


@pytest.mark.parametrize("end", ["not applicable", "inconclusive", "skip"])
def test_a_phase_in_which_nothing_passed_is_not_go(end: str, gate: Gate) -> None:
    """At least one check must have passed."""
    body, _, _, _ = ENDS[end]

    seen = gate(f"{END}@pytest.mark.phase1\ndef test_it(): {body}")

    assert seen.verdict("phase1") != "GO"
    assert seen.ret != 0


def test_advisory_failures_alone_make_no_go(gate: Gate) -> None:
    """They stop nothing, and they clear nothing."""
    seen = gate("@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_it(): assert 0")

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 11


@pytest.mark.parametrize(
    ("bodies", "verdict"),
    [
        (("inconclusive('x')", "pytest.skip('x')"), "INCOMPLETE"),
        (("pytest.skip('x')", "assert 0"), "NO-GO"),
        (("inconclusive('x')", "1 / 0"), "NO-GO"),
        (("assert 0", "pass"), "NO-GO"),
    ],
)
def test_the_worst_wins_whatever_the_order(bodies: tuple[str, str], verdict: str, gate: Gate) -> None:
    """NO-GO before INCOMPLETE before HOLD."""
    for first, second in (bodies, bodies[::-1]):
        seen = gate(
            f"{END}@pytest.mark.phase1\ndef test_a(): {first}\n@pytest.mark.phase1\ndef test_b(): {second}\n{FINE}"
        )
        assert seen.verdict("phase1") == verdict


def test_a_blocked_check_names_its_cause(gate: Gate) -> None:
    """Whatever the distance: the check that failed, not the phase between."""
    seen = gate(
        "@pytest.mark.phase1\n@pytest.mark.check('phase1.disk')\ndef test_disk(): assert 1 == 2, 'no space'\n"
        + LATER
        + "@pytest.mark.phase3\ndef test_last(): say('last')\n"
    )

    for id in ("phase2.test_later", "phase3.test_last"):
        assert seen.status(id) == "BLOCKED"
        assert "phase1.disk" in seen.check(id)["reason"]
        assert "no space" in seen.check(id)["reason"]
    assert "phase1.disk" in seen.phase("phase3")["reason"]
    assert gate.seen() == []


NARROWED: dict[str, tuple[str, ...]] = {
    "-k": ("-k", "fine or later"),
    "--deselect": ("--deselect", "test_it.py::test_other"),
    "a node id": ("test_it.py::test_fine", "test_it.py::test_later"),
    "--ignore": ("--ignore=test_more.py",),
    "--ignore-glob": ("--ignore-glob=*more*",),
}
MORE = {"test_more.py": HEAD + "@pytest.mark.phase1\ndef test_more(): pass\n"}
OTHER = "@pytest.mark.phase1\ndef test_other(): pass\n"


@pytest.mark.parametrize("how", NARROWED)
def test_a_narrowed_run_is_incomplete(how: str, gate: Gate) -> None:
    """Without a Markdown list, every phase it touches: nobody can say what is missing."""
    seen = gate(FINE + OTHER + LATER, *NARROWED[how], files=MORE)

    assert seen.status("phase1.test_fine") == "PASS"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.verdict("phase2") in ("INCOMPLETE", "BLOCKED")
    assert seen.json["verdict"] == "INCOMPLETE"
    assert seen.ret == 11


@pytest.mark.parametrize("option", ["--lf", "--sw"])
def test_runs_of_last_failures_are_incomplete(option: str, gate: Gate) -> None:
    """What failed is mended, yet the rest was not looked at."""
    gate.write({"test_it.py": HEAD + FINE + "@pytest.mark.phase1\ndef test_other(): assert 0\n" + LATER})
    assert gate.run("-p", "cacheprovider").ret == 1
    gate.write({"test_it.py": HEAD + FINE + OTHER + LATER})

    seen = gate.run("-p", "cacheprovider", option)

    assert seen.status("phase1.test_other") == "PASS"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 11


@pytest.mark.parametrize("how", NARROWED)
def test_a_narrowed_run_with_a_list_misses_what_it_left_out(how: str, gate: Gate) -> None:
    """With a Markdown list the check that is gone is named; phases that are complete keep their verdict."""
    lines = "\n".join(f"- [ ] {word} <!-- deploycheck: id=phase1.test_{word} -->" for word in ("fine", "other", "more"))
    seen = gate(
        (FINE + OTHER)
        .replace("phase1\n", "phase1\n@pytest.mark.check('phase1.test_NAME')\n", 2)
        .replace("NAME", "fine", 1)
        .replace("NAME", "other", 1)
        + "@pytest.mark.phase2\n@pytest.mark.check('phase2.later')\ndef test_later(): say('later')\n",
        *NARROWED[how],
        "--deploycheck-keep-going",
        files={
            "test_more.py": HEAD
            + "@pytest.mark.phase1\n@pytest.mark.check('phase1.test_more')\ndef test_more(): pass\n"
        },
        checklist=f"# One <!-- deploycheck: phase=phase1 -->\n{lines}\n# Two <!-- deploycheck: phase=phase2 -->\n- [ ] later\n",
    )

    missing = "phase1.test_more" if "ignore" in how else "phase1.test_other"
    assert seen.status(missing) == "NOT_RUN"
    assert seen.status("phase1.test_fine") == "PASS"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.verdict("phase2") == "GO"
    assert seen.ret == 11


def test_a_failure_in_a_narrowed_run_stays_a_failure(gate: Gate) -> None:
    """INCOMPLETE would be milder."""
    seen = gate("@pytest.mark.phase1\ndef test_it(): assert 0\n" + FINE, "test_it.py::test_it")

    assert seen.verdict("phase1") == "NO-GO"
    assert seen.ret == 1


def test_keep_going_runs_later_phases_and_keeps_the_verdict(gate: Gate) -> None:
    """Phase 2 gets a verdict of its own; the release stays NO-GO."""
    seen = gate("@pytest.mark.phase1\ndef test_it(): assert 0\n" + LATER, "--deploycheck-keep-going")

    assert seen.verdict("phase1") == "NO-GO"
    assert seen.verdict("phase2") == "GO"
    assert seen.json["verdict"] == "NO-GO"
    assert seen.ret == 1
    assert gate.seen() == ["later"]


MUTATING = """
@pytest.mark.phase2
@pytest.mark.check(mutating=True)
def test_deploy(): say("deployed")
"""


@pytest.mark.parametrize("end", [name for name in ENDS if name not in ("pass", "not applicable")])
@pytest.mark.parametrize("arguments", [(), ("--deploycheck-keep-going",)], ids=["", "keep going"])
def test_a_mutating_check_needs_every_earlier_phase_to_be_go(end: str, arguments: tuple[str, ...], gate: Gate) -> None:
    """HOLD does not do, and nothing that keeps a run going does."""
    seen = gate(f"{END}@pytest.mark.phase1\ndef test_it(): {ENDS[end][0]}\n{FINE}{LATER}{MUTATING}", *arguments)

    assert seen.status("phase2.test_deploy") == "BLOCKED"
    assert "phase1.test_it" in seen.check("phase2.test_deploy")["reason"]
    assert "deployed" not in gate.seen()
    assert seen.ret != 0


def test_a_mutating_check_runs_after_go(gate: Gate) -> None:
    """And in the first phase, where nothing is before it."""
    seen = gate(
        FINE + MUTATING + "@pytest.mark.phase1\n@pytest.mark.check(mutating=True)\ndef test_b(): say('backup')\n"
    )

    assert seen.ret == 0
    assert gate.seen() == ["fine", "backup", "deployed"]


ROLLBACK = """
@pytest.mark.phase1
@pytest.mark.check("phase1.trigger", rollback="{rollback}", severity="{severity}")
def test_trigger(): {body}
"""


@pytest.mark.parametrize(
    ("rollback", "severity", "body", "verdict", "ret"),
    [
        ("immediate", "blocker", "assert 0", "ROLLBACK", 13),
        ("planned", "blocker", "assert 0", "NO-GO", 1),
        ("immediate", "advisory", "assert 0", "GO", 0),
        # What could not be judged did not fire.
        ("immediate", "blocker", "1 / 0", "NO-GO", 1),
        ("immediate", "blocker", "pass", "GO", 0),
    ],
)
def test_an_immediate_trigger_that_fires_is_a_rollback(
    rollback: str, severity: str, body: str, verdict: str, ret: int, gate: Gate
) -> None:
    """It is the release's verdict; its phase is NO-GO."""
    seen = gate(ROLLBACK.format(rollback=rollback, severity=severity, body=body) + FINE)

    assert seen.json["verdict"] == seen.json["selected_verdict"] == verdict
    assert seen.verdict("phase1") == ("NO-GO" if verdict == "ROLLBACK" else verdict)
    assert seen.ret == ret


def test_an_unphased_test_that_fails_is_never_masked(gate: Gate) -> None:
    """The checklist is GO, the run is not."""
    seen = gate(FINE + "def test_unit(): assert 0\n")

    assert seen.verdict("phase1") == "GO"
    assert seen.ret == seen.json["exit_code"] == 1


def test_an_unphased_test_that_fails_beside_advisory_failures_is_never_masked(gate: Gate) -> None:
    """Their failures are the gate's to judge, this one is not."""
    seen = gate(
        FINE + "@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_a(): assert 0\n"
        "def test_unit(): assert 0\n"
    )

    assert seen.ret == 1


def test_an_unphased_failure_is_not_masked_by_a_check_whose_failure_is_called_known(gate: Gate) -> None:
    """pytest does not count a report with ``wasxfail``; nor may the gate count it among what it judges."""
    seen = gate(
        FINE + "@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_known(): assert 0\n"
        "def test_unit(): assert 0\n",
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_makereport(item):
                report = yield
                if item.name == "test_known" and report.failed:
                    report.wasxfail = "known"
                return report
            """
        },
    )

    assert seen.ret == 1


def test_unphased_tests_are_no_checks_and_run_last(gate: Gate) -> None:
    """They are no part of the denominator, and a NO-GO does not block them."""
    seen = gate("def test_unit(): say('unit')\n" + FINE + "@pytest.mark.phase1\ndef test_no(): assert 0\n")

    assert seen.ids == ["phase1.test_fine", "phase1.test_no"]
    assert gate.seen() == ["fine", "unit"]


def test_a_plugin_that_fails_the_run_is_never_masked(gate: Gate) -> None:
    """Coverage plugins do it so: a check failed (advisory), and the plugin adds a failure of its own."""
    seen = gate(
        FINE + "@pytest.mark.phase1\n@pytest.mark.check(severity='advisory')\ndef test_a(): assert 0\n",
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtestloop(session):
                result = yield
                session.testsfailed += 1
                return result
            """
        },
    )

    assert seen.verdict("phase1") == "GO"
    assert seen.ret == 1


def test_no_check_at_all_leaves_the_gate_out_of_it(gate: Gate) -> None:
    """No report, no record, no word of it, and pytest's own exit status."""
    seen = gate("def test_unit(): pass")

    assert seen.ret == 0
    assert seen.document is None
    assert not (gate.path / ".deploycheck").exists()
    assert not (gate.path / "deploycheck-report.html").exists()
    assert "checks accounted for" not in seen.stdout
