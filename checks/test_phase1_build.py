"""Phase 1, build stability: GifLab installs, imports and answers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from checks.errands import TYPED, Errands
from checks.judging import COMMANDS, SLOW_COMMAND_S, beyond, import_trouble, listed_commands, read_mypy, read_recorded
from checks.metadata import lock_problems, read_project, required, unmet
from checks.probes import build, environment, installed
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

MYPY_RECORDED = Path(__file__).with_name("mypy-recorded.txt")
MYPY_MOST = 7


@pytest.mark.phase1
@pytest.mark.check(
    "phase1.dependencies", remediation="poetry lock, poetry install; then look at what is still named here."
)
def test_dependencies(target: Target, evidence: EvidenceLog, errands: Errands) -> None:
    """The dependencies resolve, leaving no virtual environment behind; what is installed satisfies them, and whole."""
    texts = target.call(environment.read_texts, ["pyproject.toml", "poetry.lock"])
    if texts["pyproject.toml"] is None:
        raise FileNotFoundError(f"{target.folder} has no pyproject.toml: is this GifLab's folder?")
    project = read_project(texts["pyproject.toml"])
    found = target.call(build.installed_distributions)
    problems = unmet(project, found)
    assert not problems, f"{len(problems)} requirements are not met: {'; '.join(problems[:10])}"
    damage = target.call(installed.find_damage, required(project, found))
    assert not damage, f"what is installed is not whole, or not what is imported: {'; '.join(damage[:10])}"
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
@pytest.mark.check(
    "phase1.core-imports", remediation="Reinstall what is named, in one place; remove its __pycache__ if it is stale."
)
def test_core_imports(evidence: EvidenceLog, errands: Errands) -> None:
    """In a new interpreter, what everything else needs can be imported, from this release alone, and is what it is."""
    answers = errands.ask("phase1")
    found = answers["imports"].value
    evidence.table("imported", [{"name": name, "is": kind} for name, kind in found.items()])
    expected = {name: "command" if ".cli." in name else "callable" for name in found}
    wrong = [f"{name} is {kind}" for name, kind in found.items() if kind != expected[name]]
    assert not wrong, f"{'; '.join(wrong)}; expected a command or a function of each"
    package = answers["package"].value
    evidence.text("giflab", f"imported from {package['imported']}")
    for place, modules in package["other"].items():
        assert not modules, (
            f"giflab is imported from {package['imported']}, and {place} has another: they differ in {modules[:5]}"
        )
    stale = package["stale"]
    assert not stale, f"bytecode that is not of the source beside it would run: {', '.join(stale[:5])}"


@pytest.mark.phase1
@pytest.mark.check(
    "phase1.type-errors",
    remediation="Mend the errors named, or accept one: a line in checks/mypy-recorded.txt, tabs between its parts.",
)
def test_type_errors(evidence: EvidenceLog, errands: Errands) -> None:
    """At most 7 type errors, and none that is not on record: a count alone would hide a new one behind a mended one."""
    said = errands.ask("phase1")["mypy"].value
    evidence.text(f"mypy, shown an undefined {said['planted']} in each file", said["output"])
    found = read_mypy(said["output"])
    errors = [error for error in found if said["planted"] not in error[2]]
    deaf = set(TYPED) - {file for file, _, _ in set(found) - set(errors)}
    assert not deaf, f"mypy does not see an error put into {', '.join(sorted(deaf))}: is it told to ignore that file?"
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
    modules = sorted({module for entry in resolved.values() for module in entry["modules"]})
    kinds = Counter(entry["does"] for entry in resolved.values())
    same = [name for name, entry in resolved.items() if kinds[entry["does"]] > 1]
    assert not same, f"{' and '.join(same)} are one and the same command"
    for name in COMMANDS:
        page = answers[f"help {name}"]
        assert page.status == 0, f"giflab {name} --help fails ({page.status}): {page.output.strip()[-300:]}"
        assert "Usage:" in page.stdout, f"giflab {name} --help shows no usage: {page.output.strip()[:300]!r}"
        evidence.measure(f"{name} --help", page.seconds, "s", max=SLOW_COMMAND_S)
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
