"""``deploycheck plan``."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

Run = Callable[..., int]
Cli = Callable[..., Result]


def test_the_table_says_who_judges_and_what_is_missing(run_checklist: Run, deploycheck: Cli) -> None:
    """Test or person, ticked boxes, checks without a remediation."""
    result = deploycheck("plan")

    assert result.exit_code == 0
    assert "test_the_table_says_who_judges_and_what_is_missing.py::test_core" in result.output.replace("\n", "")
    assert "a person" in result.output
    assert "ticked: phase1.core at list.md:2" in result.output
    assert "no remediation: phase2.told at list.md:4" in result.output
    assert "2 checks: 1 automated, 1 manual" in result.output


def test_json_has_the_keys_of_a_run(run_checklist: Run, deploycheck: Cli) -> None:
    """Phases and checks, as far as they are known before a run."""
    document = json.loads(deploycheck("plan", "--json").output)

    assert list(document) == ["phases", "checks"]
    assert [phase["marker"] for phase in document["phases"]] == ["phase1", "phase2"]
    assert [(check["id"], check["kind"]) for check in document["checks"]] == [
        ("phase1.core", "automated"),
        ("phase2.told", "manual"),
    ]


def test_a_task_line_under_no_phase_is_called_out(
    run_checklist: Run, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """It would be lost without a word: nobody runs it, nobody signs it. The JSON stays what it is."""
    checklist = pytester.path / "list.md"
    checklist.write_text(checklist.read_text("utf-8") + "\n# Appendix\n\n- [ ] Nobody's\n", encoding="utf-8")

    assert "no check: the task line at list.md:" in deploycheck("plan").output
    assert list(json.loads(deploycheck("plan", "--json").output)) == ["phases", "checks"]


def test_what_nearly_is_a_line_is_called_out(run_checklist: Run, deploycheck: Cli, pytester: pytest.Pytester) -> None:
    """With its way out."""
    checklist = pytester.path / "list.md"
    checklist.write_text(checklist.read_text("utf-8") + "- [] Nearly\n", encoding="utf-8")

    assert "is nearly a box, and none; write `- [ ] ` before its text" in deploycheck("plan").output
    assert list(json.loads(deploycheck("plan", "--json").output)) == ["phases", "checks"]


def test_arguments_reach_pytest(run_checklist: Run, deploycheck: Cli) -> None:
    """Its options too, without a separator."""
    document = json.loads(deploycheck("plan", "--json", "-m", "phase2").output)

    assert [phase["selected"] for phase in document["phases"]] == [False, True]


def test_what_pytest_refuses_is_told_with_exit_4(run_checklist: Run, deploycheck: Cli) -> None:
    """A missing path: pytest's own words, no traceback."""
    result = deploycheck("plan", "nowhere")

    assert result.exit_code == 4
    assert "nowhere" in result.output
    assert "Traceback" not in result.output


def test_the_plan_file_holds_no_secret_of_a_target(run_checklist: Run, pytester: pytest.Pytester) -> None:
    """Nobody who has the file can reach the target, so it says what release is there."""
    secret = "s3cr3t-9f8e7d6c5b4a"

    target = f"popen//env:API_TOKEN={secret}"
    assert run_checklist("--collect-only", "--deploycheck-plan=plan.json", f"--deploycheck-target={target}") == 0

    text = (pytester.path / "plan.json").read_text(encoding="utf-8")
    assert secret not in text
    settings = json.loads(text)["settings"]
    assert settings["described"] == "unversioned"
    assert len(settings["targets"]) == 1


def test_a_line_says_when_its_own_block_judges_it(deploycheck: Cli, pytester: pytest.Pytester) -> None:
    """And in the traceability too."""
    pytester.makeini("[pytest]\ndeploycheck_checklist = list.md\n")
    (pytester.path / "list.md").write_text(
        "# A <!-- deploycheck: phase=phase1 -->\n- [ ] **Disk**: it is there\n\n  ```sh check\n  true\n  ```\n"
    )

    assert "its own block" in deploycheck("plan").output
    assert "its own block" in deploycheck("trace").output
