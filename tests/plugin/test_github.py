"""On a pipeline's runner: the summary of the job, and annotations; neither ever changes the verdict."""

from pathlib import Path

import pytest
from gating import Gate

GREEN = "@pytest.mark.phase1\ndef test_a(): pass\n"
RED = """
@pytest.mark.phase1
@pytest.mark.check("phase1.page", title="It answers, 100%", remediation="restart it")
def test_page():
    print("::error::injected")
    assert False, "too slow\\n::error::injected too"
"""


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of the job's summary, not there yet."""
    path = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_the_summary_is_appended_to_what_other_steps_wrote(gate: Gate, summary: Path) -> None:
    summary.write_text("of another tool")
    assert gate(GREEN).ret == 0

    said = summary.read_text("utf-8")
    assert said.startswith("of another tool\n## GO: <code>r1</code>\n")
    assert "| <code>phase1</code> phase1 | **GO** | 1/1 | <code>1 passed</code> |" in said


def test_a_summary_that_cannot_be_written_is_a_line(gate: Gate, summary: Path) -> None:
    """The exit code stays: the verdict does not hang on a page."""
    summary.mkdir()
    seen = gate(GREEN)

    assert seen.ret == 0
    assert (
        f"deploycheck: GITHUB_STEP_SUMMARY: {summary} cannot be written (Is a directory); the exit code stays"
        in seen.stdout
    )


def test_a_summary_that_is_full_is_left_alone(gate: Gate, summary: Path) -> None:
    """GitHub would drop all of it."""
    summary.write_text("x" * 999_000)
    seen = gate(GREEN)

    assert seen.ret == 0
    assert summary.stat().st_size == 999_000
    assert f"{summary} is full" in seen.stdout


def test_the_summary_keeps_under_the_limit_together_with_what_is_there(gate: Gate, summary: Path) -> None:
    summary.write_text("x" * 980_000)
    many = "@pytest.mark.phase1\n@pytest.mark.parametrize('n', range(300))\ndef test_a(n): pytest.fail('x' * 300)\n"
    assert gate(many, "--no-header", "-q", "--tb=no").ret == 1

    assert 980_000 < summary.stat().st_size <= 1_000_000
    assert "Left out for want of room" in summary.read_text("utf-8")


def test_annotations_are_printed_at_the_end_on_github(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file as GitHub knows it: from the root of the repository."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(gate.path.parent))
    seen = gate(RED)

    assert seen.ret == 1
    ours = [line for line in seen.stdout.splitlines() if line.startswith("::error") and "title=" in line]
    reason = seen.check("phase1.page")["reason"].replace("\n", "%0A")
    assert ours == [
        f"::error title=phase1 is NO-GO::{seen.phase('phase1')['reason']}",
        f"::error file={gate.path.name}/test_it.py,line=3,title=phase1.page FAIL%3A It answers%2C 100%25::{reason}%0ANext: restart it",
    ]
    assert seen.stdout.rstrip().endswith(ours[-1])


LOUD = """
import sys
@pytest.mark.phase1
def test_loud():
    print("::error file=a.py,line=1::faked")
    print("  ::set-output name=x::faked", file=sys.stderr)
    print("##[error]faked")
    print("std::vector::size and a::b and ::alone")
    assert False
"""


def test_what_a_check_printed_is_no_command_to_the_job(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest prints the captured output of what failed; GitHub would act on it."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = gate(LOUD).stdout.splitlines()

    assert not [line for line in lines if line.lstrip().startswith(("::error file=a.py", "::set-output", "##["))]
    assert r"\x3a:error file=a.py,line=1::faked" in lines
    assert r"  \x3a:set-output name=x::faked" in lines
    assert r"\x23#[error]faked" in lines
    assert "std::vector::size and a::b and ::alone" in lines


def test_elsewhere_it_is_printed_as_it_is(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert "::error file=a.py,line=1::faked" in gate(LOUD).stdout.splitlines()


def test_elsewhere_there_are_none(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    assert "title=phase1" not in gate(RED).stdout


def test_a_run_without_checks_says_nothing(gate: Gate, summary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    seen = gate("def test_plain(): assert False\n")

    assert seen.ret == 1
    assert not summary.exists()
    assert "::error" not in seen.stdout


def test_a_run_inside_a_check_writes_no_summary_of_its_own(gate: Gate, summary: Path) -> None:
    """The job's page tells of the run that somebody asked for."""
    gate.write(
        {
            "inner/test_inner.py": "import pytest\n@pytest.mark.phase1\ndef test_inner(): pass\n",
            "inner/pytest.ini": "[pytest]\n",
        }
    )
    outer = """
    import subprocess, sys

    @pytest.mark.phase1
    def test_outer():
        command = [sys.executable, "-m", "pytest", "--deploycheck-release=within", "-p", "no:cacheprovider"]
        assert subprocess.run(command, cwd="inner").returncode == 0
    """
    assert gate(outer, process=True).ret == 0

    said = summary.read_text("utf-8")
    assert "<code>r1</code>" in said
    assert "within" not in said


@pytest.mark.parametrize("workers", [(), ("-n2", "-p", "xdist")])
def test_the_summary_option_writes_a_file(gate: Gate, workers: tuple[str, ...]) -> None:
    """For a merge request or a ticket; once, whoever ran the checks."""
    assert gate(RED, "--deploycheck-summary=out/summary.md", *workers).ret == 1

    said = (gate.path / "out" / "summary.md").read_text("utf-8")
    assert said.startswith("## NO-GO: <code>r1</code>\n")
    assert said.count("## NO-GO") == 1


def test_the_summary_says_incomplete_when_the_run_dies(gate: Gate) -> None:
    """What an earlier run left there is not this one's."""
    gate(GREEN, "--deploycheck-summary=summary.md")
    gate(
        "import os\n@pytest.mark.phase1\ndef test_a(): os._exit(0)\n", "--deploycheck-summary=summary.md", process=True
    )

    assert (gate.path / "summary.md").read_text("utf-8").startswith("## INCOMPLETE: ")


def test_two_reports_cannot_have_one_place(gate: Gate) -> None:
    seen = gate(GREEN, "--deploycheck-summary=run.json")

    assert seen.ret == 4
    assert f"deploycheck_summary and deploycheck_json cannot both be {gate.path / 'run.json'}" in seen.stderr


def test_a_summary_option_that_cannot_be_written_is_told_before_the_first_check(gate: Gate) -> None:
    """As with the report: better now than after an hour."""
    (gate.path / "taken").mkdir()
    seen = gate("@pytest.mark.phase1\ndef test_a(): say('ran')\n", "--deploycheck-summary=taken")

    assert seen.ret == 4
    assert gate.seen() == []
    assert "taken" in seen.stderr
