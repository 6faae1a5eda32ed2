"""The deployment: what could be lost is saved, the ways back are rehearsed, the release is installed and tried."""

from __future__ import annotations

import json
import re
import time
from statistics import median
from typing import Any

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from checks import health
from checks.judging import COMMAND_TIMEOUT_S, COMMANDS, listed_commands, program, read_report
from checks.metadata import read_project, unmet
from checks.probes import backup, build, environment, memory, rollback, suite
from pytest_deploycheck import inconclusive
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

#: Seconds; what the emergency rollback may take from the first command to the last.
ROLLBACK_S = 300.0
#: Seconds; what an installation may take, downloads included.
INSTALL_S = 1800.0
#: Milliseconds; what one memory reading may take.
READING_MS = 10.0

CONFIGURATION = ["pyproject.toml", "poetry.*", "*.ini", "*.cfg", "*.toml", "*.yaml", "*.yml", ".env*", "config/**"]
CONFIGURATION += ["src/giflab/config*.py", "src/giflab/config*/**"]
#: What an operator in a hurry puts into config.py.
SWITCHED_OFF = 'ENABLE_EXPERIMENTAL_CACHING = False\nMONITORING = {"memory_pressure": {"enabled": False}}'
DATA = ["data/**", "results/**", "$GIFLAB_CACHE_DIR/**"]


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.code-backup",
    remediation="Commit what is changed, then name the state to return to: git tag backup-before-NAME COMMIT.",
)
def test_code_backup(target: Target, evidence: EvidenceLog) -> None:
    """Everything is committed, and a backup ref can be exported: with the package in it, every module compiling."""
    found = target.call(backup.describe_repository)
    assert not found["problem"], f"the project is in no repository that could hold a backup: {found['problem']}"
    loose = found["uncommitted"]
    assert not loose, f"{len(loose)} changes are not committed, so no backup has them: {', '.join(loose[:5])}"
    newest = _backup_ref(found)
    evidence.table("backup refs", found["refs"])
    export = target.call(backup.check_export, found["top"], found["prefix"], newest["commit"], timeout=300)
    evidence.measure(f"files in {newest['name']}", export["files"], min=1)
    package = [name for name in export["modules"] if name.endswith("giflab/__init__.py")]
    assert package, f"{newest['name']} does not contain the package giflab, so there is nothing to return to"
    assert not export["broken"], f"{newest['name']} has modules that do not compile: {export['broken']}"


def _backup_ref(found: dict[str, Any]) -> dict[str, str]:
    refs = found["refs"]
    assert refs, "there is no branch or tag whose name begins with backup-, expected one"
    newest: dict[str, str] = refs[0]
    return newest


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.environment-backup",
    remediation="Save the list: python -m pip freeze --all > $GIFLAB_BACKUP/environment.txt; mend the packages named.",
)
def test_environment_backup(target: Target, evidence: EvidenceLog) -> None:
    """Every installed package is listed with the version it has; the list itself is kept as evidence."""
    installed: dict[str, str] = {
        canonicalize_name(name): entry["version"]
        for name, entry in target.call(build.installed_distributions)["installed"].items()
    }
    listed = target.run(target.python, "-m", "pip", "freeze", "--all", timeout=COMMAND_TIMEOUT_S)
    if listed.returncode == 0:
        freeze = listed.stdout
    else:
        evidence.text(
            "pip", f"it does not answer, so the list is made from the metadata: {listed.stderr.strip()[-300:]}"
        )
        freeze = "\n".join(f"{name}=={version}" for name, version in sorted(installed.items()))
    evidence.text("environment", freeze)
    pins = read_freeze(freeze)
    evidence.measure("packages listed", len(pins), min=1)
    wrong = {name: (pin, installed.get(name)) for name, pin in pins.items() if pin and pin != installed.get(name)}
    assert not wrong, f"{len(wrong)} packages are not what the list says (listed, installed): {wrong}"
    missing = sorted(set(installed) - set(pins))
    assert not missing, f"{len(missing)} installed packages are not in the list: {', '.join(missing)}"
    saved = target.call(backup.saved_freezes)
    if saved is None:
        return  # no backup folder is configured: the evidence of this run is the copy
    assert saved, "GIFLAB_BACKUP is set, but there is no environment*.txt in it, expected a saved list of packages"
    for path, text in saved.items():
        kept = read_freeze(text)
        assert kept, f"{path} lists no package, expected {len(pins)}"
        changed = sorted(name for name in pins if pins[name] != kept.get(name))
        evidence.text(path, f"{len(kept)} packages; other than now: {', '.join(changed) or 'none'}")


def read_freeze(text: str) -> dict[str, str]:
    """The packages of a freeze by normalised name, with the version where one is pinned, else an empty text.

    Raises ``AssertionError`` for a line that no installer could read.
    """
    pins: dict[str, str] = {}
    named: re.Match[str] | None = None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            # pip names an editable package that has no address in a comment above its line.
            named = re.search(r"\(([\w.-]+)==[^)]+\)$", line)
            continue
        if line.startswith("-e "):
            named = re.search(r"[#&]egg=([\w.-]+)", line) or named
            assert named, f"the line {line!r} names no package"
            pins[canonicalize_name(named[1])] = ""
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise AssertionError(f"the line {line!r} cannot be installed from: {error}") from error
        exact = [part.version for part in requirement.specifier if part.operator in ("==", "===")]
        assert exact or requirement.url, f"the line {line!r} pins no version"
        pins[canonicalize_name(requirement.name)] = exact[0] if exact else ""
    return pins


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.configuration-backup",
    mutating=True,
    remediation="Name the files in GIFLAB_CONFIGURATION, a folder with room in GIFLAB_BACKUP; remove a damaged copy.",
)
def test_configuration_backup(target: Target, evidence: EvidenceLog) -> None:
    """The configuration files are copied, and come back from the copy byte for byte."""
    saved = _save_and_restore(target, evidence, "configuration", CONFIGURATION)
    assert saved, f"no configuration file was found in {target.folder}, expected pyproject.toml at least"


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.data-backup",
    mutating=True,
    remediation="Name the files in GIFLAB_DATA and a folder with room in GIFLAB_BACKUP; remove a damaged copy.",
)
def test_data_backup(target: Target, evidence: EvidenceLog) -> None:
    """Data and cache files are copied, and come back from the copy byte for byte."""
    if not _save_and_restore(target, evidence, "data", DATA):
        inconclusive(
            f"no data was found under {', '.join(DATA)}; name what is worth saving in GIFLAB_DATA on the target"
        )


def _save_and_restore(target: Target, evidence: EvidenceLog, kind: str, patterns: list[str]) -> int:
    """Save the files, restore them elsewhere, compare; how many there are."""
    __tracebackhide__ = True
    saved = target.call(backup.save_files, kind, patterns, timeout=INSTALL_S)
    expected = len(saved["digests"])
    evidence.measure(f"{kind} files", expected, min=0)
    if not expected:
        return 0
    evidence.text("copy", f"{saved['copy']}, {'made now' if saved['made'] else 'made earlier, of the same content'}")
    restored = target.call(backup.restore_files, saved["copy"], timeout=INSTALL_S)
    damaged, surplus = restored["damaged"], restored["surplus"]
    assert not damaged, f"{len(damaged)} of {expected} files do not come back from {saved['copy']}: {damaged[:5]}"
    assert not surplus, f"{saved['copy']} holds files that its manifest does not know: {surplus[:5]}"
    evidence.measure("files restored", restored["restored"], min=expected, max=expected)
    return expected


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.emergency-rollback",
    remediation="Run the five commands of the rollback by hand in a clone, see which one fails or takes too long.",
)
def test_emergency_rollback(target: Target, evidence: EvidenceLog) -> None:
    """In a clone, the backup is checked out, installed, started and passes its own tests within five minutes."""
    found = target.call(backup.describe_repository)
    assert not found["problem"], f"there is no repository to return in: {found['problem']}"
    ref = _backup_ref(found)
    with rollback.scratch_folder(target) as folder:
        started = time.monotonic()
        clone = f"{folder}/clone"
        git = ("git", "-c", "advice.detachedHead=false")
        cloned = target.run(
            *git, "clone", "--quiet", "--shared", "--no-checkout", found["top"], clone, timeout=ROLLBACK_S
        )
        rollback.must(cloned, "git clone")
        rollback.must(target.run(*git, "-C", clone, "checkout", ref["commit"], timeout=ROLLBACK_S), "git checkout")
        project = f"{clone}/{found['prefix']}".rstrip("/")
        python = rollback.spare_environment(target, folder)
        rollback.install_into(target, python, project, "pytest", timeout=ROLLBACK_S)
        _is_alive(target, evidence, python, folder)
        _passes_its_tests(target, python, project, ROLLBACK_S - (time.monotonic() - started))
        evidence.measure(f"return to {ref['name']}", time.monotonic() - started, "s", max=ROLLBACK_S)


def _is_alive(target: Target, evidence: EvidenceLog, python: str, folder: str) -> None:
    """What is installed beside `python` imports, from there, and lists its commands."""
    __tracebackhide__ = True
    page = target.run(python, "-m", "giflab", "--help", cwd=folder, env=rollback.APART, timeout=COMMAND_TIMEOUT_S)
    rollback.must(page, "giflab --help after the rollback")
    assert listed_commands(page.stdout), f"after the rollback giflab --help lists no command: {page.stdout[:300]!r}"
    code = "import giflab.metrics as found; print(found.__file__, callable(found.calculate_comprehensive_metrics))"
    said = rollback.must(
        target.run(python, "-c", code, cwd=folder, env=rollback.APART), "the import after the rollback"
    )
    place, _, usable = said.stdout.strip().rpartition(" ")
    assert usable == "True", f"after the rollback the metrics cannot be called: {said.stdout.strip()!r}"
    assert place.startswith(folder), f"after the rollback {place} is imported, expected a file below {folder}"
    evidence.text("imported after the rollback", place)


def _passes_its_tests(target: Target, python: str, project: str, seconds: float) -> None:
    __tracebackhide__ = True
    assert seconds > 0, f"no time is left for the tests, the rollback has taken {ROLLBACK_S:g} s already"
    # The project's own plugins stay: a plugin that its settings name must not be missing.
    plain = ("-p", "no:deploycheck", "-p", "no:randomly")
    words = ("-m", "pytest", "tests", "-x", "-q", "--tb=short", *plain)
    said = rollback.must(
        target.run(python, *words, cwd=project, env=rollback.APART, timeout=seconds), "the backup's tests"
    )
    passed = re.search(r"\b(\d+) passed", said.stdout)
    assert passed, f"the backup's tests say nothing of tests that passed: {said.stdout.strip()[-300:]!r}"


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.partial-rollback",
    remediation="Make what is named cope with settings that are not there: read them with a default.",
)
def test_partial_rollback(target: Target, evidence: EvidenceLog) -> None:
    """In a copy with memory monitoring and caching switched off, both are off and everything else works."""
    code = program(rollback.use_switched_off, list(COMMANDS))
    found = target.call(suite.run_under_settings, code, {"switched off": SWITCHED_OFF}, timeout=600)["switched off"]
    evidence.text("settings", SWITCHED_OFF)
    assert not found["file"].startswith(target.folder), f"{found['file']} was used, expected a copy of it"
    errors = found["errors"]
    assert not errors, f"{len(errors)} parts fail with monitoring switched off: {errors}"
    for name in ("monitoring", "experimental", "caching", "initialised", "alerted"):
        assert found[name] is False, f"{name} is {found[name]} in the switched-off copy, expected False"
    evidence.measure("metrics without monitoring", found["measured"], "numbers", min=3)
    seen = read_report(found["report"])["system"]["memory_monitoring"]["enabled"]
    assert seen is False, f"deps check says that monitoring is enabled: {seen}, expected False"


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.installation",
    mutating=True,
    remediation="poetry install --only main in the target's environment; then look at what is still named here.",
)
def test_installation(target: Target, evidence: EvidenceLog) -> None:
    """The release is installed, its requirements are met, and every module of it imports from where it was installed.

    A target that runs GifLab from its source tree has nothing to be installed into: there the release is built and
    installed into a throw-away environment, and the target's own packages are held against its metadata.
    """
    texts = target.call(environment.read_texts, ["pyproject.toml"])
    if texts["pyproject.toml"] is None:
        raise FileNotFoundError(f"{target.folder} has no pyproject.toml: is this GifLab's folder?")
    names = {canonicalize_name(name) for name in target.call(build.installed_distributions, fresh=True)["installed"]}
    if "giflab" in names:
        said = target.call(rollback.install_with_poetry, INSTALL_S, timeout=INSTALL_S + 30)
        evidence.text("poetry install", said["output"])
        assert said["status"] == 0, f"poetry install fails ({said['status']}): {said['output'].strip()[-500:]}"
        found = target.call(rollback.describe_installation, fresh=True)
    else:
        evidence.text("way", "GifLab is run from its source tree: installed into a throw-away environment, not here")
        found = _install_apart(target)
    evidence.table("installed", [{key: found[key] for key in ("version", "file")}])
    evidence.text("in the environment", "\n".join(found["installed"]))
    version = re.search(r'^version\s*=\s*"([^"]+)"', texts["pyproject.toml"], re.MULTILINE)
    if version is not None:  # else it is computed as the project is built
        assert found["version"] == version[1], f"version {found['version']} is installed, expected {version[1]}"
    assert not found["broken"], f"{len(found['broken'])} installed modules do not import: {found['broken']}"
    evidence.measure("modules installed", len(found["modules"]), min=2)
    problems = unmet(read_project(texts["pyproject.toml"]), target.call(build.installed_distributions, fresh=True))
    assert not problems, f"{len(problems)} requirements are not met: {'; '.join(problems[:10])}"


def _install_apart(target: Target) -> dict[str, Any]:
    __tracebackhide__ = True
    with rollback.scratch_folder(target) as folder:
        project = target.call(rollback.copy_project, folder)
        python = rollback.spare_environment(target, folder)
        rollback.install_into(target, python, project, timeout=INSTALL_S)
        code = program(rollback.describe_installation)
        said = rollback.must(
            target.run(python, "-c", code, cwd=folder, env=rollback.APART), "looking at the installation"
        )
        found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
        assert str(found["file"]).startswith(folder), f"{found['file']} is imported, expected a file below {folder}"
        ours = f"{project}/src/giflab"
        inside = target.call(rollback.modules_below, ours)
        lost = sorted(set(inside) - set(found["modules"]))
        assert not lost, f"{len(lost)} modules of the source tree are not installed: {', '.join(lost)}"
        return found


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.installation-check",
    remediation="Install what is named: python -m giflab deps install-help says how.",
)
def test_installation_check(target: Target, evidence: EvidenceLog) -> None:
    """`deps check --json` reports every required dependency as available, and each of them can be imported."""
    report = health.dependencies_are_there(target, evidence)
    evidence.measure("required dependencies", len(report.core), min=1)


@pytest.mark.deploy
@pytest.mark.check("deploy.smoke-test", remediation="Measure two GIFs by hand with calculate_comprehensive_metrics.")
def test_smoke(target: Target, evidence: EvidenceLog) -> None:
    """In what is installed, the metrics import, and give a known pair the values that arithmetic gives it."""
    health.imports_resolve(target, evidence)
    health.metrics_are_right(target, evidence)


@pytest.mark.deploy
@pytest.mark.check(
    "deploy.cli-validation", remediation="Run python -m giflab --help and python -m giflab deps status by hand."
)
def test_cli_validation(target: Target, evidence: EvidenceLog) -> None:
    """The help lists all nine commands, each answers, and the deps commands report."""
    health.commands_answer(target, evidence)
    health.deps_commands_work(target, evidence)


@pytest.mark.deploy
@pytest.mark.check("deploy.core-functionality", remediation="Compare extract_gif_frames with Pillow on the GIF named.")
def test_core_functionality(target: Target, evidence: EvidenceLog) -> None:
    """The project's GIFs are read frame by frame as they are, and one is measured with plausible results."""
    paths = health.samples_are_read(target, evidence)
    health.sample_is_measured(target, evidence, paths[0])


@pytest.mark.deploy
@pytest.mark.check("deploy.performance-check", remediation="Look for what slows SystemMemoryMonitor down on this host.")
def test_performance_check(target: Target, evidence: EvidenceLog) -> None:
    """Ten memory readings take less than 10 ms each."""
    found = target.call(memory.read_memory, [], 10)
    evidence.text("asked by", found["api"])
    spent = found["spent_ms"]
    evidence.measure("10 memory readings", sum(spent), "ms", max=10 * READING_MS)
    evidence.measure("one memory reading", median(spent), "ms", max=READING_MS)
