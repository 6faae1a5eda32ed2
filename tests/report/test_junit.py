"""What pytest's own JUnit XML says of phases and checks once a gate was at work."""

from __future__ import annotations

from textwrap import dedent

import pytest
from reading_junit import FAILING, LINES, Document, Runner, colour_of, make_runner, properties


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return make_runner(pytester, monkeypatch)


def reason_of(seen: Document, id: str) -> str:
    return next(str(row["reason"]) for row in seen.json["checks"] if row["id"] == id)


def test_each_phase_that_is_not_go_is_one_failing_testcase(run: Runner) -> None:
    """Its class is deploycheck, its name the marker, its message the verdict and the reason."""
    seen = run(FAILING + "\n@pytest.mark.phase3\ndef test_last(): pass\n")

    phases = {phase["marker"]: phase for phase in seen.json["phases"]}
    for marker, verdict in {"phase1": "NO-GO", "phase2": "BLOCKED", "phase3": "BLOCKED"}.items():
        case = seen.case(marker, "deploycheck")
        [failure] = case.findall("failure")
        assert failure.get("message") == f"{verdict}: {phases[marker]['reason']}"
        assert properties(case) == {"phase": marker, "verdict": verdict}
    assert f"phase1.disk FAIL: {reason_of(seen, 'phase1.disk')} (next: free some space)" in (
        seen.case("phase1").findtext("failure") or ""
    )
    assert seen.ret == 1


def test_a_go_has_no_synthetic_testcase(run: Runner) -> None:
    """The document counts what ran, and nothing in it is red."""
    seen = run("import pytest\n@pytest.mark.phase1\ndef test_fine(): pass\n", ini="")

    assert seen.ret == 0
    assert seen.colours() == {"test_fine": "passed"}
    assert seen.counters() == {"tests": 1, "failures": 0, "errors": 0, "skipped": 0}


def test_a_blocked_check_is_skipped_with_its_reason(run: Runner) -> None:
    """It names the phase and the check that caused it."""
    seen = run(FAILING)
    [skipped] = seen.case("test_later").findall("skipped")

    first_line = reason_of(seen, "phase1.disk").splitlines()[0]
    assert skipped.get("message") == f"Blocked: phase1 is NO-GO: phase1.disk FAIL: {first_line}"


def test_a_pending_check_is_skipped_with_its_reason(run: Runner) -> None:
    """The phase, on HOLD, is a failing testcase all the same: nobody may read a green there."""
    (run.path / "checklist.md").write_text(dedent(LINES), encoding="utf-8")
    seen = run(
        "import pytest\n@pytest.mark.check('phase1.fine')\ndef test_fine(): pass\n",
        ini="[pytest]\ndeploycheck_checklist = checklist.md\n",
    )

    [row] = [row for row in seen.json["checks"] if row["id"] == "phase1.signed"]
    [pending] = [case for case in seen.suite.iter("testcase") if properties(case).get("id") == "phase1.signed"]
    assert [node.get("message") for node in pending.findall("skipped")] == [f"Pending: {row['reason']}"]
    assert properties(pending)["status"] == "PENDING"
    [failure] = seen.case("phase1", "deploycheck").findall("failure")
    assert str(failure.get("message")).startswith("HOLD: phase1.signed PENDING")
    assert seen.ret == 10


def test_properties_name_check_phase_status_and_verdict(run: Runner) -> None:
    """On each testcase of a check; a plain test keeps its own alone."""
    seen = run(FAILING + "\ndef test_plain(record_property): record_property('mine', 'kept')\n")

    assert properties(seen.case("test_fine")) == {
        "id": "phase1.fine",
        "phase": "phase1",
        "status": "PASS",
        "verdict": "NO-GO",
    }
    assert properties(seen.case("test_disk"))["status"] == "FAIL"
    assert properties(seen.case("test_later")) == {
        "id": "phase2.test_later",
        "phase": "phase2",
        "status": "BLOCKED",
        "verdict": "BLOCKED",
    }
    assert properties(seen.case("test_plain")) == {}
    assert [node.attrib for node in seen.case("test_plain").iter("property")] == [{"name": "mine", "value": "kept"}]


def test_properties_of_the_suite_name_release_run_and_verdict(run: Runner) -> None:
    """The same words as in the JSON document."""
    seen = run(FAILING, "-m", "phase1")

    assert properties(seen.suite) == {
        name: str(seen.json[name]) for name in ("release", "run_id", "verdict", "selected_verdict", "exit_code")
    }
    assert seen.json["exit_code"] == seen.ret


def test_the_counters_are_those_of_the_testcases(run: Runner) -> None:
    """With an error in a teardown, a failure, a skip and plain tests among them."""
    seen = run(
        FAILING
        + dedent(
            """
            @pytest.fixture
            def broken():
                yield
                raise RuntimeError("broken")

            @pytest.mark.phase1
            def test_torn(broken): assert 0

            def test_plain(): pytest.skip("not today")
            """
        )
    )

    colours = [colour_of(case) for case in seen.suite.iter("testcase")]
    assert seen.counters() == {
        "tests": len(colours),
        "failures": colours.count("failure"),
        "errors": colours.count("error"),
        "skipped": colours.count("skipped"),
    }


#: What pytest itself takes for passed: the source of a check, and how it must be shown.
FALSE_GREENS = {
    "it returns its verdict": ("def test_trap(): return 1 == 2", "failure"),
    "an expected failure passes": ("@pytest.mark.xfail(strict=False)\ndef test_trap(): pass", "skipped"),
    "a broken limit is swallowed": (
        "def test_trap(evidence):\n    try: evidence.measure('m', 9, max=1)\n    except AssertionError: pass",
        "failure",
    ),
    "it is skipped after its thread failed": (
        "def test_trap():\n    import threading\n    thread = threading.Thread(target=lambda: 1 / 0)\n"
        "    thread.start(); thread.join()\n    pytest.skip('x')",
        "error",
    ),
}


@pytest.mark.parametrize("trap", FALSE_GREENS)
def test_no_check_is_shown_better_than_its_status(trap: str, run: Runner) -> None:
    """The colour of its testcase is that of its status, and the counters agree."""
    body, colour = FALSE_GREENS[trap]
    seen = run(f"import pytest\n@pytest.mark.phase1\ndef test_fine(): pass\n\n@pytest.mark.phase1\n{body}\n", ini="")

    assert seen.colours() == {"test_fine": "passed", "test_trap": colour, "phase1": "failure"}
    [row] = [row for row in seen.json["checks"] if row["id"] == "phase1.test_trap"]
    assert properties(seen.case("test_trap"))["status"] == row["status"]
    assert seen.counters()["tests"] == 3
    assert sum(seen.counters()[name] for name in ("failures", "errors", "skipped")) == 2


def test_a_check_without_a_report_is_listed_as_skipped(run: Runner) -> None:
    """-x ends the session: what stood behind it is in the denominator all the same."""
    seen = run(FAILING, "-x")

    assert seen.colours()["test_later"] == "skipped"
    assert properties(seen.case("test_later"))["status"] == "BLOCKED"


def test_what_was_deselected_in_a_chosen_phase_is_listed(run: Runner) -> None:
    """Under the name it would have had."""
    seen = run(FAILING, "-k", "fine")

    assert seen.colours()["test_disk"] == "skipped"
    assert seen.case("test_disk").get("classname") == "test_it"
    assert seen.colours()["phase1"] == "failure"


def test_phases_that_nobody_asked_for_stay_out(run: Runner) -> None:
    """With -m, only the chosen phase decides the colour; the suite says what the release is."""
    seen = run(FAILING.replace("1 == 2", "1 == 1"), "-m", "phase1")

    assert seen.ret == 0
    assert seen.colours() == {"test_fine": "passed", "test_disk": "passed"}
    assert properties(seen.suite)["verdict"] == "INCOMPLETE"
    assert properties(seen.suite)["selected_verdict"] == "GO"


def test_a_line_whose_test_was_not_collected_is_listed(run: Runner) -> None:
    """It has no node id: its class is its phase, its name its id."""
    (run.path / "checklist.md").write_text(dedent(LINES), encoding="utf-8")
    (run.path / "test_other.py").write_text(
        "import pytest\n@pytest.mark.check('phase1.signed')\ndef test_signed(): pass\n", encoding="utf-8"
    )
    seen = run(
        "import pytest\n@pytest.mark.check('phase1.fine')\ndef test_fine(): pass\n",
        "--ignore=test_other.py",
        ini="[pytest]\ndeploycheck_checklist = checklist.md\n",
    )

    [skipped] = seen.case("phase1.signed", "deploycheck.phase1").findall("skipped")
    assert "test_other.py:2" in str(skipped.get("message"))


def test_a_pass_that_was_kept_is_listed_as_carried(run: Runner) -> None:
    """--deploycheck-resume does not run it again."""
    run(FAILING)
    seen = run(FAILING, "--deploycheck-resume")

    assert seen.colours()["test_fine"] == "passed"
    assert properties(seen.case("test_fine"))["flags"] == "carried"


def test_a_failure_that_was_waived_is_skipped_and_says_who_accepted_it(run: Runner) -> None:
    """The gate is GO; a red testcase would make Jenkins' build unstable and GitLab's widget red all the same."""
    (run.path / "deploycheck-approvals.toml").write_text(
        '[[waiver]]\ncheck = "phase1.disk"\nby = "ann@example.org"\nreason = "the disk comes on Monday"\n'
        "at = 2020-01-01T00:00:00Z\nexpires = 2100-01-01T00:00:00Z\n"
    )
    seen = run(FAILING.replace('raise SystemError("this must not be executed")', "pass"), "--tb=short", ini="")

    assert seen.ret == 0
    case = seen.case("test_disk")
    [skipped] = case.findall("skipped")
    assert skipped.get("message") == (
        "WAIVED by ann@example.org until 2100-01-01 00:00 UTC: the disk comes on Monday; it is FAIL: no space: got 1, "
        "expected 2"
    )
    assert "AssertionError: no space" in str(skipped.text)
    assert properties(case)["status"] == "FAIL"
    assert properties(case)["flags"] == "waived"
    assert (seen.suite.get("failures"), seen.suite.get("errors"), seen.suite.get("skipped")) == ("0", "0", "1")


def test_an_exit_beyond_the_phases_is_a_failing_testcase(run: Runner) -> None:
    """All phases are GO and a test of no phase fails: the exit code is 1, and the document says so."""
    seen = run("import pytest\n@pytest.mark.phase1\ndef test_fine(): pass\n\ndef test_plain(): assert 0\n", ini="")

    assert seen.ret == 1
    [failure] = seen.case("run", "deploycheck").findall("failure")
    assert "exit code 1" in str(failure.get("message"))
