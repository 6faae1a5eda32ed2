"""pytest's own JUnit XML as a document: well formed, in its place, and never an old green one."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from reading_junit import FAILING, QUIET, Runner, make_runner, properties


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return make_runner(pytester, monkeypatch)


AWKWARD = "a\x00b\x0b<![CDATA[ ]]> & \" ' \ufffe \ud83d </testcase> \x1b[31m\N{SNOWMAN}\U0001f600"


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_it_is_well_formed_whatever_a_reason_holds(family: str, run: Runner) -> None:
    """Control characters, lone surrogates, markup: what XML cannot hold is spelt out."""
    seen = run(
        f"""
        import pytest
        from pytest_deploycheck import inconclusive
        TEXT = {AWKWARD!a}

        @pytest.mark.phase1
        @pytest.mark.check(title=TEXT, owner=TEXT, remediation=TEXT)
        def test_a(): inconclusive(TEXT)

        @pytest.mark.phase1
        @pytest.mark.check(remediation=TEXT)
        @pytest.mark.parametrize("text", [TEXT])
        def test_b(text): raise AssertionError(TEXT)

        @pytest.mark.phase1
        def test_c(): return TEXT

        @pytest.mark.phase2
        def test_d(): pass
        """,
        "-o",
        f"junit_family={family}",
    )

    assert seen.ret == 1
    assert set(seen.colours().values()) == {"skipped", "failure"}
    [skipped] = seen.case("test_a").findall("skipped")
    message = str(skipped.get("message"))
    assert "a#x00b#x0B<![CDATA[ ]]> & \" ' #xFFFE" in message
    assert "</testcase> #x1B[31m\N{SNOWMAN}\U0001f600" in message


def test_prefix_and_suite_name_are_kept(run: Runner) -> None:
    """--junitprefix stands before the class of a check with a report and of one without."""
    seen = run(FAILING, "--junitprefix=box7", "-o", "junit_suite_name=gate", "-x")

    assert seen.suite.get("name") == "gate"
    assert {seen.case(name).get("classname") for name in ("test_fine", "test_later")} == {"box7.test_it"}
    assert properties(seen.case("test_fine"))["id"] == "phase1.fine"


def test_a_green_document_does_not_outlive_the_start_of_a_run(run: Runner) -> None:
    """A check ends the process with exit 0: what lies there then says that every phase is INCOMPLETE."""
    green = FAILING.replace("1 == 2", "1 == 1").replace('raise SystemError("this must not be executed")', "pass")
    assert run(green).counters()["failures"] == 1  # phase3, which has no check
    (run.path / "run.json").unlink()

    seen = run(green.replace("assert 1 == 1", "import os; os._exit(0)"))

    assert seen.colours() == {
        "test_fine": "skipped",
        "test_disk": "skipped",
        "test_later": "skipped",
        "phase1": "failure",
        "phase2": "failure",
        "phase3": "failure",
    }
    assert seen.counters() == {"tests": 6, "failures": 3, "errors": 0, "skipped": 3}
    assert properties(seen.suite)["verdict"] == "INCOMPLETE"


def test_a_path_that_cannot_be_written_is_a_usage_error_before_the_first_check(run: Runner) -> None:
    """Not after the last one."""
    (run.path / "file").write_text("in the way", encoding="utf-8")
    (run.path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.phase1\ndef test_fine(): open('ran', 'w')\n", encoding="utf-8"
    )
    done = run.pytester.runpytest_subprocess(*QUIET, "--junitxml=file/junit.xml", "--deploycheck-release=r1")

    assert done.ret != 0
    assert "junit.xml" in done.stdout.str() + done.stderr.str()
    assert not (run.path / "ran").exists()


def test_standard_output_is_written_to_and_not_replaced(run: Runner) -> None:
    """--junitxml=/dev/stdout: one document, the completed one."""
    (run.path / "test_it.py").write_text(FAILING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *QUIET, "-q", "--no-header", "--junitxml=/dev/stdout"],
        cwd=run.path,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout.count("<?xml ") == 1
    document = done.stdout[done.stdout.index("<?xml ") :]
    document = document[: document.index("</testsuites>") + len("</testsuites>")]
    assert "phase1" in {case.get("name") for case in ET.fromstring(document).iter("testcase")}
    assert Path("/dev/stdout").is_symlink()


def test_a_run_without_checks_is_left_alone(pytester: pytest.Pytester) -> None:
    """No property and no testcase of ours, and the module is not even loaded without the option."""
    pytester.makepyfile(
        """
        import sys
        def test_plain(): assert ("pytest_deploycheck.junit" in sys.modules) == ("--junitxml=junit.xml" in sys.argv)
        """
    )
    assert pytester.runpytest_subprocess(*QUIET).ret == 0
    assert pytester.runpytest_subprocess(*QUIET, "--junitxml=junit.xml").ret == 0

    assert "deploycheck" not in (pytester.path / "junit.xml").read_text("utf-8")
