"""Phase 1, build stability: GifLab installs, imports and answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks.errands import Errands
from checks.judging import COMMANDS, SLOW_COMMAND_S, beyond, import_trouble, listed_commands, read_mypy, read_recorded
from checks.metadata import lock_problems, read_project, unmet
from checks.probes import build, environment
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

MYPY_RECORDED = Path(__file__).with_name("mypy-recorded.txt")
MYPY_MOST = 7


@pytest.mark.phase1
@pytest.mark.check(
    "phase1.dependencies", remediation="poetry lock, poetry install; then look at what is still named here."
)
def test_dependencies(target: Target, evidence: EvidenceLog, errands: Errands) -> None:
    """The dependencies resolve without leaving a virtual environment behind, and the installed set satisfies them."""
    texts = target.call(environment.read_texts, ["pyproject.toml", "poetry.lock"])
    if texts["pyproject.toml"] is None:
        raise FileNotFoundError(f"{target.folder} has no pyproject.toml: is this GifLab's folder?")
    project = read_project(texts["pyproject.toml"])
    problems = unmet(project, target.call(build.installed_distributions))
    assert not problems, f"{len(problems)} requirements are not met: {'; '.join(problems[:10])}"
    if texts["poetry.lock"] is not None:
        unlocked = lock_problems(project, texts["poetry.lock"])
        assert not unlocked, f"poetry.lock has no fitting version of {'; '.join(unlocked)}"
    said = errands.ask("phase1")["poetry"].value
    evidence.text("poetry install --dry-run", said["output"])
    assert said["status"] == 0, f"poetry cannot resolve the dependencies: {said['output'].strip()[-500:]}"
    planned = re.search(r"Package operations: (\d+) installs?, (\d+) updates?, (\d+) removals?", said["output"])
    idle = "No dependencies to install or update" in said["output"]
    assert planned or idle, f"poetry does not say what it would do: {said['output'].strip()[-500:]}"
    for name, count in zip(("installs", "updates", "removals"), planned.groups() if planned else "000", strict=True):
        evidence.measure(f"planned {name}", int(count))
    assert not said["left"], f"the dry run left something behind: {', '.join(said['left'])}"


@pytest.mark.phase1
@pytest.mark.check("phase1.core-imports", remediation="Read the import error; reinstall the package that it names.")
def test_core_imports(evidence: EvidenceLog, errands: Errands) -> None:
    """In a new interpreter, what everything else needs can be imported and is what it should be."""
    found = errands.ask("phase1")["imports"].value
    evidence.table("imported", [{"name": name, "is": kind} for name, kind in found.items()])
    expected = {name: "command" if ".cli." in name else "callable" for name in found}
    wrong = [f"{name} is {kind}" for name, kind in found.items() if kind != expected[name]]
    assert not wrong, f"{'; '.join(wrong)}; expected a command or a function of each"


@pytest.mark.phase1
@pytest.mark.check(
    "phase1.type-errors",
    remediation="Mend the errors named, or accept one: a line in checks/mypy-recorded.txt, tabs between its parts.",
)
def test_type_errors(evidence: EvidenceLog, errands: Errands) -> None:
    """At most 7 type errors, and none that is not on record: a count alone would hide a new one behind a mended one."""
    output = errands.ask("phase1")["mypy"].value["output"]
    evidence.text("mypy", output)
    errors = read_mypy(output)
    evidence.measure("type errors", len(errors), max=MYPY_MOST)
    new = beyond(errors, read_recorded(MYPY_RECORDED))
    assert not new, f"{len(new)} type errors are not on record: " + "; ".join(f"{f}: {m} [{c}]" for f, c, m in new[:5])


@pytest.mark.phase1
@pytest.mark.check("phase1.cli-commands", remediation="Run the command named by hand, read its error, mend its module.")
def test_cli_commands(target: Target, evidence: EvidenceLog, errands: Errands) -> None:
    """All nine commands are listed, answer in time, and start: their imports work, and bad input is refused."""
    answers = errands.ask("phase1")
    listed = listed_commands(answers["listing"].stdout)
    missing = [name for name in COMMANDS if name not in listed]
    assert not missing, f"giflab --help does not list {', '.join(missing)}; it lists {', '.join(listed) or 'nothing'}"
    resolved = answers["commands"].value
    lost = [f"{name}: {entry['error']}" for name, entry in resolved.items() if entry["error"]]
    assert not lost, f"commands cannot be loaded: {'; '.join(lost)}"
    for name in COMMANDS:
        page = answers[f"help {name}"]
        assert page.status == 0, f"giflab {name} --help fails ({page.status}): {page.output.strip()[-300:]}"
        assert "Usage:" in page.stdout, f"giflab {name} --help shows no usage: {page.output.strip()[:300]!r}"
        evidence.measure(f"{name} --help", page.seconds, "s", max=SLOW_COMMAND_S)
    modules = sorted({module for entry in resolved.values() for module in entry["modules"]})
    broken = target.call(build.find_broken_imports, modules, timeout=300)
    assert not broken, f"imports inside the commands fail: {'; '.join(broken[:5])}"
    refusals = answers["refusals"].value
    evidence.table("bad input", [{"command": name, **refusals[name]} for name in COMMANDS])
    for name in COMMANDS:
        status, output = refusals[name]["status"], refusals[name]["output"]
        trouble = import_trouble(output)
        assert not trouble, f"giflab {name} does not start: {trouble}"
        assert status is not None, f"giflab {name} does not end on bad input"
        assert status >= 0, f"giflab {name} is killed by signal {-status} on bad input"
        assert output.strip(), f"giflab {name} says nothing about bad input (status {status})"
