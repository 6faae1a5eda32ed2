"""Each check of phase 1 turns red on a copy of the sample that is broken as reality breaks things."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from looking import Sample

from checks import test_phase1_build as phase1
from checks.errands import BAD_INPUT, Answer
from checks.judging import COMMANDS, program
from checks.probes.commands import call_commands
from pytest_deploycheck.fixtures import EvidenceLog


def test_a_command_unregistered_and_a_package_missing(sample: Sample) -> None:
    """Two checks fail, the other two hold; the phase is NO-GO and the next one does not open."""
    sample.append("src/giflab/cli/__init__.py", "\ndel COMMANDS['tag']\n")
    sample.require("never-heard-of (>=1)")

    seen = sample.look("phase1 or phase2")

    seen.must_be("phase1.cli-commands", "FAIL", "giflab --help does not list tag")
    seen.must_be("phase1.dependencies", "FAIL", "never-heard-of>=1 is not installed (needed by GifLab)")
    seen.must_be("phase1.core-imports", "PASS")
    seen.must_be("phase1.type-errors", "PASS")
    assert seen.phase("phase1")["verdict"] == "NO-GO"
    assert seen.phase("phase2")["verdict"] == "BLOCKED"
    for name in ("feature-flags", "fallback", "circular-imports", "deps-group", "dependency-report", "error-handling"):
        seen.must_be(f"phase2.{name}", "BLOCKED", "phase1.dependencies")
    assert seen.exit_code == 1
    assert "pytest -m phase1" in seen.printed


def test_an_import_that_fails_inside_a_lazy_command(sample: Sample) -> None:
    """The listing and the help work, and so does bad input that is refused before: only the import itself shows it."""
    lazy = "from ..experiment import run_experiment\n"
    sample.replace("src/giflab/cli/measuring.py", lazy, lazy.replace("run_experiment\n", "run_experiments\n"))
    seen = sample.look("phase1", "-k", "cli_commands")
    seen.must_be("phase1.cli-commands", "FAIL", "imports inside the commands fail", "measuring.py", "run_experiments")
    assert seen.phase("phase1")["verdict"] == "NO-GO"


def test_an_import_that_fails_as_the_command_is_called(sample: Sample) -> None:
    """A package is imported by name at run time, where reading the code does not show it; the command is polite."""
    sample.append(
        "src/giflab/cli/reviewing.py", "\nvalidate.callback = lambda table: __import__('pandaz').read(table)\n"
    )
    seen = sample.look("phase1", "-k", "cli_commands")
    seen.must_be("phase1.cli-commands", "FAIL", "giflab validate does not start", "No module named 'pandaz'")


def test_a_command_whose_module_is_gone_and_a_type_error(sample: Sample) -> None:
    """The command is still listed. The type error is one, within the seven, but not on record."""
    sample.module("cli/housekeeping.py").unlink()
    sample.append("src/giflab/parallel_metrics.py", "\n\nWORKERS: int = str(2)\n")
    seen = sample.look("phase1", "-k", "cli_commands or type_errors or core_imports")
    seen.must_be("phase1.cli-commands", "FAIL", "commands cannot be loaded: cache:", "housekeeping")
    seen.must_be("phase1.core-imports", "FAIL", "giflab.cli.cache is", "housekeeping")
    seen.must_be(
        "phase1.type-errors",
        "FAIL",
        "1 type errors are not on record",
        "src/giflab/parallel_metrics.py",
        "[assignment]",
    )


def test_more_type_errors_than_seven_and_a_stale_lock(sample: Sample) -> None:
    for number in range(8):
        sample.append("src/giflab/metrics.py", f"\nWRONG_{number}: int = 'text'\n")
    sample.require("packaging")
    seen = sample.look("phase1", "-k", "type_errors or dependencies")
    seen.must_be("phase1.type-errors", "FAIL", "type errors = 8 (max 7)")
    seen.must_be("phase1.dependencies", "FAIL", "poetry cannot resolve the dependencies", "poetry.lock")


def test_an_installed_version_that_does_not_fit(sample: Sample) -> None:
    sample.require("numpy (>=99)")
    sample.look("phase1", "-k", "dependencies").must_be("phase1.dependencies", "FAIL", "numpy", "is not >=99")


def test_metadata_that_are_missing_are_an_error(sample: Sample) -> None:
    """Without them nothing can be judged, which is not the same as a failure, and no GO either."""
    (sample.folder / "pyproject.toml").unlink()
    seen = sample.look("phase1", "-k", "dependencies")
    seen.must_be("phase1.dependencies", "ERROR", "has no pyproject.toml")
    assert seen.phase("phase1")["verdict"] == "NO-GO"


def page(status: int | None, output: str, seconds: float = 0.1) -> Answer:
    return Answer(argv=("giflab",), status=status, stdout=output, stderr="", seconds=seconds)


def judge(pages: dict[str, Answer], refused: dict[str, tuple[int | None, str]]) -> None:
    """Judge a sound installation's answers in phase 1, some of them changed."""
    resolved = {name: {"error": "", "does": name, "modules": []} for name in COMMANDS}
    refusals = {name: {"status": 1, "output": "Error: no such folder\n"} for name in COMMANDS}
    refusals |= {name: {"status": status, "output": output} for name, (status, output) in refused.items()}
    said = {f"help {name}": page(0, "Usage: giflab") for name in COMMANDS}
    said |= {f"help {name}": changed for name, changed in pages.items()}
    said["listing"] = page(0, "Commands:\n" + "".join(f"  {name}  x\n" for name in COMMANDS))
    said |= {"commands": page(0, json.dumps(resolved)), "refusals": page(0, json.dumps(refusals))}
    target, errands = SimpleNamespace(call=lambda *_, **__: []), SimpleNamespace(ask=lambda _: said)
    phase1.test_cli_commands(target, EvidenceLog(), errands)  # type: ignore[arg-type]


def test_a_sound_command_line_passes() -> None:
    judge({}, {})


@pytest.mark.parametrize(
    ("name", "answer", "reason"),
    [
        ("run", page(0, "Usage: x", 5.1), r"run --help = 5.1 s \(max 5\)"),
        ("tag", page(1, "boom"), "giflab tag --help fails"),
        ("tag", page(None, "", 60.0), "giflab tag --help fails"),
        ("deps", page(0, ""), "shows no usage"),
    ],
)
def test_help_that_is_none(name: str, answer: Answer, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        judge({name: answer}, {})


@pytest.mark.parametrize(
    ("name", "status", "output", "reason"),
    [
        ("run", None, "", "does not end on bad input"),
        ("run", -11, "Segmentation fault", "is killed by signal 11"),
        ("run", 0, "", "says nothing about bad input"),
        ("cache", 1, "Traceback (most recent call last):", "giflab cache does not start: Traceback"),
    ],
)
def test_bad_input_that_is_not_refused(name: str, status: int | None, output: str, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        judge({}, {name: (status, output)})


def test_commands_that_hang_crash_or_leave_a_traceback_are_told_apart(sample: Sample) -> None:
    """Called in processes of their own, as phase 1 calls them."""
    sample.append(
        "src/giflab/cli/reviewing.py",
        """
import os, time
validate.callback = lambda table: time.sleep(30)
tag.callback = lambda table, directory, output: os.kill(os.getpid(), 11)
view_failures.callback = lambda directory: 1 / 0
select_pipelines.callback = lambda table, by: None
""",
    )
    cases = {name: [name, *arguments] for name, arguments in BAD_INPUT.items()}
    done = subprocess.run(
        [sys.executable, "-c", program(call_commands, cases, 2)],
        env={**os.environ, "PYTHONPATH": str(sample.folder / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert [said[name]["status"] for name in ("validate", "tag", "select-pipelines")] == [None, -11, 0]
    assert said["view-failures"]["output"].endswith("ZeroDivisionError: division by zero\n")
    for name in ("metrics", "organize-directories", "run"):
        assert (said[name]["status"], said[name]["output"].startswith("Error: ")) == (1, True), said[name]
    assert (said["cache"]["status"], said["deps"]["status"]) == (2, 2)
