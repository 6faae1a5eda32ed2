"""``deploycheck run``: pytest's word counts only when its journal is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCE = """
import os, subprocess, sys, time, pytest
from pathlib import Path

@pytest.mark.phase1
def test_one(): {body}
"""
PYTEST = ("-p", "no:randomly", "-p", "no:xdist", "--deploycheck-report=", "--deploycheck-release=r1")
COMMAND = [sys.executable, "-c", "from pytest_deploycheck.cli import main; main(prog_name='deploycheck')", "run"]


class Runner:
    """A folder with one check in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, body: str, **files: str) -> None:
        """The check does this; other files by their stems."""
        (self.path / "test_it.py").write_text(SOURCE.format(body=body))
        for name, text in files.items():
            (self.path / f"{name}.py").write_text(text)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, running."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOY", "PYTEST_"))}
        return subprocess.Popen(
            [*COMMAND, *PYTEST, *arguments],
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, body: str, *arguments: str, **files: str) -> tuple[int, str, str]:
        """Exit status, standard output and standard error."""
        self.write(body, **files)
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return Runner(tmp_path)


def test_a_run_that_is_go_exits_0_and_says_nothing_more(run: Runner) -> None:
    """What pytest prints comes through as it is."""
    code, out, err = run("pass")

    assert code == 0, out + err
    assert "deployment checklist: r1" in out
    assert err == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("assert 0", 1),
        ("pytest.skip('x')", 11),
        ("os._exit(0)", 11),
        ("os._exit(4)", 4),
        ("os.kill(os.getpid(), 9)", 11),
        ("os.abort()", 11),
        ("pytest.exit('x', returncode=0)", 1),
    ],
)
def test_the_worse_of_pytest_and_its_journal_counts(body: str, expected: int, run: Runner) -> None:
    """A process that leaves with 0 in a check is INCOMPLETE."""
    code, out, err = run(body)

    assert code == expected, out + err
    if "os." in body:
        [journal] = run.path.glob(".deploycheck/r1/*.jsonl")
        [line] = [line for line in err.splitlines() if line.startswith("deploycheck: ")]
        assert "INCOMPLETE" in line
        assert str(journal) in line


def test_a_run_without_a_check_is_incomplete(run: Runner) -> None:
    """Nothing was decided."""
    (run.path / "test_unit.py").write_text("def test_unit(): pass\n")
    run.write("pass")
    process = run.start("test_unit.py")
    _, err = process.communicate(timeout=60)

    assert process.returncode == 11
    assert "pytest began no record" in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere.py",), 4),
        (("-k", "nosuch"), 11),
        (("--collect-only", "-q"), 11),
        (("-p", "no:deploycheck"), 4),
        (("--deploycheck-run-id=x",), 4),
        (("--deploycheck-witness", "x"), 4),
    ],
)
def test_what_never_ran_is_not_go(arguments: tuple[str, ...], expected: int, run: Runner) -> None:
    """Whatever pytest says to it."""
    code, out, err = run("pass", *arguments)

    assert code == expected, out + err


def test_arguments_after_a_separator_reach_pytest(run: Runner) -> None:
    """Those before it too."""
    code, out, _ = run("pass", "--", "-m", "phase1", "-v")

    assert code == 0
    assert "test_it.py::test_one PASSED" in out


@pytest.mark.parametrize("place", ["--deploycheck-record=elsewhere", "ini"])
def test_the_journal_is_found_wherever_it_lies(place: str, run: Runner) -> None:
    """The plugin tells where, so nobody needs to guess."""
    if place == "ini":
        (run.path / "pytest.ini").write_text("[pytest]\ndeploycheck_record = elsewhere\n")
        code, *_ = run("pass")
    else:
        code, *_ = run("pass", place)

    assert code == 0
    assert len(list(run.path.glob("elsewhere/r1/*.jsonl"))) == 1


def test_a_green_run_inside_a_check_is_not_taken_for_the_run(run: Runner) -> None:
    """A nested pytest, closed and GO, in a check that then dies."""
    inner = "import pytest\n\n@pytest.mark.phase1\ndef test_inner(): pass\n"
    (run.path / "inner").mkdir()
    (run.path / "inner" / "test_inner.py").write_text(inner)
    (run.path / "inner" / "pytest.ini").write_text("[pytest]\n")
    nested = "subprocess.run([sys.executable, '-m', 'pytest', '--deploycheck-release=r1'], cwd='inner', check=True)"

    code, out, err = run(f"{nested}; os._exit(0)", "--ignore=inner")

    assert code == 11, out + err
    assert len(list(run.path.glob("inner/.deploycheck/r1/*.jsonl"))) == 1
    assert "never closed" in err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_is_passed_on(name: str, run: Runner) -> None:
    """The child dies of it, or ends the session, and the outcome is never GO."""
    run.write("Path('up').touch(); time.sleep(60)")
    process = run.start()
    deadline = time.monotonic() + 30
    while not (run.path / "up").exists():
        assert time.monotonic() < deadline, "the check did not start"
        time.sleep(0.02)

    process.send_signal(getattr(signal, name))
    process.communicate(timeout=30)

    assert process.returncode == (11 if name == "SIGTERM" else 2)


def test_the_id_of_the_run_is_the_journals_name(run: Runner) -> None:
    """A pipeline may name the run itself, when it calls pytest itself; never twice."""
    run.write("pass")
    words = [sys.executable, "-m", "pytest", *PYTEST, "--deploycheck-run-id", "build-7"]
    assert subprocess.run(words, cwd=run.path, capture_output=True, check=False).returncode == 0
    assert (run.path / ".deploycheck" / "r1" / "build-7.jsonl").is_file()

    for given, said in (("build-7", "on record already"), ("a/b", "cannot be the id")):
        again = subprocess.run([*words[:-1], given], cwd=run.path, capture_output=True, text=True, check=False)
        assert again.returncode == 4
        assert said in again.stderr


def test_on_github_a_run_that_died_has_its_summary_and_annotations_all_the_same(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at the job must not find a page without a word on it."""
    summary = run.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    status, out, _ = run("os._exit(0)")
    assert status == 11
    said = summary.read_text("utf-8")
    assert "## INCOMPLETE: <code>r1</code>" in said
    assert "The run did not come to its end." in said
    assert [line for line in out.splitlines() if line.startswith("::warning title=phase1 is INCOMPLETE::")]


def test_on_github_a_run_that_ended_is_told_of_once(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = run.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    status, _, _ = run("assert 0")
    assert status == 1
    assert summary.read_text("utf-8").count("## NO-GO: <code>r1</code>") == 1
