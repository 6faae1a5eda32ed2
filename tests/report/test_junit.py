"""What pytest's own JUnit XML says once a gate was at work: read the way a reader of JUnit reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

PHASES = """
[pytest]
deploycheck_phases =
    phase1: Build
    phase2: Architecture
    phase3: Memory
"""
FAILING = """
import pytest

@pytest.mark.phase1
@pytest.mark.check("phase1.fine", owner="ann")
def test_fine(): pass

@pytest.mark.phase1
@pytest.mark.check("phase1.disk", remediation="free some space")
def test_disk(): assert 1 == 2, "no space"

@pytest.mark.phase2
def test_later(): raise SystemError("this must not be executed")
"""
LINES = """
# Build <!-- deploycheck: phase=phase1 -->
- [ ] **fine**: it builds
- [ ] **signed**: the manager agrees
"""


@dataclass(kw_only=True)
class Document:
    """A JUnit document, and what ended beside it."""

    ret: int
    root: ET.Element
    json: dict[str, Any]

    @property
    def suite(self) -> ET.Element:
        [suite] = self.root.findall("testsuite")
        return suite

    def case(self, name: str, classname: str | None = None) -> ET.Element:
        """The one testcase of that name."""
        found = [
            case
            for case in self.suite.iter("testcase")
            if case.get("name") == name and classname in (None, case.get("classname"))
        ]
        assert len(found) == 1, f"{len(found)} testcases are called {name}: {self.colours()}"
        return found[0]

    def colours(self) -> dict[str, str]:
        """Testcase -> what a reader makes of it: a skip hides a failure, as it does in the most common reader."""
        return {str(case.get("name")): _colour(case) for case in self.suite.iter("testcase")}

    def counters(self) -> dict[str, int]:
        """The attributes of the suite that count."""
        return {name: int(self.suite.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")}


def _colour(case: ET.Element) -> str:
    return next((tag for tag in ("skipped", "error", "failure") if case.find(tag) is not None), "passed")


def properties(element: ET.Element) -> dict[str, str]:
    """The properties of a suite or a testcase, without our prefix."""
    found = [(node.get("name", ""), node.get("value", "")) for node in element.iterfind("properties/property")]
    own = [(name, value) for name, value in found if name.startswith("deploycheck.")]
    assert len(own) == len(dict(own)), f"a property stands there twice: {own}"
    return {name.removeprefix("deploycheck."): value for name, value in own}


def read(folder: Path, ret: int, name: str = "junit.xml") -> Document:
    """The document that a run left in `folder`."""
    told = json.loads((folder / "run.json").read_text("utf-8"))
    return Document(ret=ret, root=ET.fromstring((folder / name).read_text("utf-8")), json=told)


class Runner:
    """Runs pytest in a folder of its own and reads its JUnit XML."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def __call__(self, source: str, *arguments: str, ini: str = PHASES) -> Document:
        (self.path / "test_it.py").write_text(dedent(source), encoding="utf-8")
        (self.path / "pytest.ini").write_text(dedent(ini), encoding="utf-8")
        words = ["--junitxml=junit.xml", "--deploycheck-json=run.json", "--deploycheck-release=r1", *arguments]
        done = self.pytester.runpytest_subprocess(*QUIET, *words)
        return read(self.path, int(done.ret))


#: Plugins that happen to be installed and that these tests are not about.
QUIET = [word for name in ("randomly", "xdist", "html", "timeout", "cacheprovider") for word in ("-p", f"no:{name}")]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in [name for name in os.environ if name.startswith(("DEPLOYCHECK_", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    return Runner(pytester)


def test_each_phase_that_is_not_go_is_one_failing_testcase(run: Runner) -> None:
    """Its class is deploycheck, its name the marker, its message the verdict and the reason."""
    seen = run(FAILING + "\n@pytest.mark.phase3\ndef test_last(): pass\n")

    phases = {phase["marker"]: phase for phase in seen.json["phases"]}
    for marker, verdict in {"phase1": "NO-GO", "phase2": "BLOCKED", "phase3": "BLOCKED"}.items():
        case = seen.case(marker, "deploycheck")
        [failure] = case.findall("failure")
        assert failure.get("message") == f"{verdict}: {phases[marker]['reason']}"
        assert properties(case) == {"phase": marker, "verdict": verdict}
    assert "phase1.disk FAIL: no space\nassert 1 == 2 (next: free some space)" in (
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
    [skipped] = run(FAILING).case("test_later").findall("skipped")

    assert skipped.get("message") == "Blocked: phase1 is NO-GO: phase1.disk FAIL: no space"


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

    colours = [_colour(case) for case in seen.suite.iter("testcase")]
    assert seen.counters() == {
        "tests": len(colours),
        "failures": colours.count("failure"),
        "errors": colours.count("error"),
        "skipped": colours.count("skipped"),
    }


#: What pytest itself takes for passed: the source of a check, and how it must be shown.
FALSE_GREENS = {
    "it returns its verdict": ("def test_trap(): return 1 == 2", "error"),
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


def test_an_exit_beyond_the_phases_is_a_failing_testcase(run: Runner) -> None:
    """All phases are GO and a test of no phase fails: the exit code is 1, and the document says so."""
    seen = run("import pytest\n@pytest.mark.phase1\ndef test_fine(): pass\n\ndef test_plain(): assert 0\n", ini="")

    assert seen.ret == 1
    [failure] = seen.case("run", "deploycheck").findall("failure")
    assert "exit code 1" in str(failure.get("message"))


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
    assert set(seen.colours().values()) == {"skipped", "failure", "error"}
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
