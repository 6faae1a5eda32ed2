"""Before the deployment: is everything there that it needs?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from statistics import median

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from checks.judging import COMMAND_TIMEOUT_S
from checks.metadata import Project, read_project
from checks.probes import environment, memory
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

GUIDES = ("upgrade-guide-phase-1-4", "breaking-changes-summary", "dependency-migration")
PYTHON_FLOOR = Version("3.8")
POETRY_FLOOR = Version("1.1.0")
#: Words; a guide shorter than that guides nobody.
GUIDE_WORDS = 50


def project_of(target: Target) -> Project:
    """The project's metadata, read on the target. Without any, nothing can be judged, which is an error."""
    text = target.call(environment.read_texts, ["pyproject.toml"])["pyproject.toml"]
    if text is None:
        raise FileNotFoundError(f"{target.folder} has no pyproject.toml: is this GifLab's folder?")
    return read_project(text)


@pytest.mark.preflight
@pytest.mark.check(
    "preflight.python-environment",
    remediation="Install the Python that pyproject.toml asks for and point --deploycheck-target at it.",
)
def test_python_environment(target: Target, evidence: EvidenceLog) -> None:
    """The interpreter meets the stated floor and the project's own."""
    version = Version(str(target.facts["version"]))
    floor = project_of(target).python
    evidence.text("python", f"{target.python}: {version}; the metadata ask for {floor or 'nothing in particular'}")
    assert version >= PYTHON_FLOOR, f"Python is {version}, expected {PYTHON_FLOOR} or newer"
    assert floor.contains(version, prereleases=True), f"Python is {version}, but GifLab's metadata ask for {floor}"


@pytest.mark.preflight
@pytest.mark.check("preflight.poetry", remediation="Install Poetry: pipx install 'poetry>=1.1'.")
def test_poetry(target: Target, evidence: EvidenceLog) -> None:
    """Poetry is there, and new enough."""
    path = target.call(environment.find_command, "poetry")
    assert path, f"there is no poetry command on the target's search path, expected {POETRY_FLOOR} or newer"
    said = target.run("poetry", "--version", timeout=COMMAND_TIMEOUT_S).output
    number = re.search(r"version \D{0,20}(\d+(?:\.\d+)+\S*?)\)?\s*$", said, re.MULTILINE)
    assert number, f"poetry --version names no version, it says {said.strip()[:200]!r}"
    evidence.text("poetry", f"{path}: {number[1]}")
    assert Version(number[1]) >= POETRY_FLOOR, f"Poetry is {number[1]}, expected {POETRY_FLOOR} or newer"


@pytest.mark.preflight
@pytest.mark.check("preflight.memory", remediation="Stop what is not needed on the host, or give it more memory.")
def test_memory(target: Target, evidence: EvidenceLog) -> None:
    """2 GB of memory can be had."""
    found = target.call(environment.available_memory)
    evidence.text("source", found["source"])
    evidence.measure("available memory", found["available"] / 1e9, "GB", min=2)


@pytest.mark.preflight
@pytest.mark.check("preflight.disk-space", remediation="Free space on the disk that holds the project or its packages.")
def test_disk_space(target: Target, evidence: EvidenceLog) -> None:
    """500 MB are free for the project and for its packages."""
    for path, free in target.call(environment.free_space).items():
        evidence.measure(f"free space at {path}", free / 1e6, "MB", min=500)


def index_page(settings: Mapping[str, str], project: str) -> str:
    """Where the configured index keeps a project's page."""
    index = settings.get("index-url", "https://pypi.org/simple")
    return f"{index.rstrip('/')}/{canonicalize_name(project)}/"


@pytest.mark.preflight
@pytest.mark.check(
    "preflight.network-access",
    remediation="Open the way to the package index, or configure another: pip config set global.index-url URL.",
)
def test_network_access(target: Target, evidence: EvidenceLog) -> None:
    """The index that pip is configured for answers, with files of the first dependency."""
    settings = target.call(environment.pip_settings)
    wanted = project_of(target).requirements[0].name
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        places = settings.get("find-links", "").split()
        names = [name for place in places for name in target.call(environment.list_folder, place) or ()]
        fitting = [name for name in names if canonicalize_name(name.split("-")[0]) == canonicalize_name(wanted)]
        evidence.text("no index", f"pip uses {places} alone; {len(fitting)} files there are {wanted}'s")
        assert fitting, f"pip is told to use no index, and {places or 'no folder'} has no file of {wanted}"
        return
    url = index_page(settings, wanted)
    answer = target.call(environment.ask_index, url, settings.get("cert"), 10.0, timeout=30)
    evidence.text("answer", json.dumps(answer, indent=1))
    assert "error" not in answer, f"the package index does not answer at {url}: {answer['error']}"
    assert answer["status"] == 200, f"the package index answers {answer['status']} at {url}, expected 200"
    assert answer["files"] > 0, f"what answers at {url} is no package index: it names no file of {wanted}"


@pytest.mark.preflight
@pytest.mark.check("preflight.permissions", remediation="Give the deploying user write access to the folder named.")
def test_permissions(target: Target, evidence: EvidenceLog) -> None:
    """Files can be made where the project and its packages are."""
    said = target.call(environment.try_to_write)
    evidence.table("writing", [{"folder": path, "error": error} for path, error in said.items()])
    refused = [f"{path} ({error})" for path, error in said.items() if error]
    assert not refused, f"no file can be made in {', '.join(refused)}"


@pytest.mark.preflight
@pytest.mark.check(
    "preflight.backup-strategy",
    remediation="Name what runs now: git tag backup-pre-phase-1-4-upgrade. Or write a plan: docs/rollback.md.",
)
def test_backup_strategy(target: Target, evidence: EvidenceLog) -> None:
    """There is a backup ref, or a written plan with the commands for the way back."""
    found = target.call(environment.find_ways_back, target.folder)
    evidence.text("ways back", f"backup refs: {found['refs'] or 'none'}; plans: {found['plans'] or 'none'}")
    assert found["refs"] or found["plans"], (
        "there is neither a tag or branch named backup..., nor a rollback plan in docs/"
    )


@pytest.mark.preflight
@pytest.mark.check(
    "preflight.test-data", remediation="Put representative GIFs, animated ones among them, into data/samples."
)
def test_test_data(target: Target, evidence: EvidenceLog) -> None:
    """The project's GIFs decode to the last frame; there are several, and animated ones."""
    found = target.call(environment.decode_gifs, target.folder, 50)
    evidence.table("GIFs", found)
    evidence.measure("GIFs", len(found), min=1)
    broken = [f"{entry['path']} ({entry['error']})" for entry in found if entry["error"]]
    assert not broken, f"{len(broken)} of {len(found)} GIFs do not decode: {', '.join(broken[:5])}"
    evidence.measure("animated GIFs", sum(entry["frames"] > 1 for entry in found), min=1)


@pytest.mark.preflight
@pytest.mark.check(
    "preflight.performance-baseline",
    remediation="See why GifLab does not work on this host as it is now; a baseline needs a working installation.",
)
def test_performance_baseline(target: Target, evidence: EvidenceLog) -> None:
    """Today's numbers, which later phases compare theirs with: medians of several runs each."""
    runs = target.call(environment.time_metrics, 5, timeout=600)
    readings = target.call(memory.read_memory, [], 100)["spent_ms"]
    imports = [target.call(environment.time_import, "giflab.metrics", fresh=True) for _ in range(3)]
    starts = [target.run(target.python, "-m", "giflab", "--help", timeout=COMMAND_TIMEOUT_S) for _ in range(3)]
    assert all(start.returncode == 0 for start in starts), f"python -m giflab --help fails: {starts[0].output[-300:]}"
    evidence.measure("metrics_run_ms", median(runs), "ms", min=0)
    evidence.measure("memory_reading_ms", median(readings), "ms", min=0)
    evidence.measure("import_s", median(imports), "s", min=0)
    evidence.measure("cli_help_s", median(start.duration_s for start in starts), "s", min=0)


@pytest.mark.preflight
@pytest.mark.check("preflight.guides-present", remediation="Write the guide named, or take it over from the release.")
def test_guides_present(target: Target, evidence: EvidenceLog) -> None:
    """The guides to be reviewed exist and have something to say."""
    paths = [f"docs/migration/{name}.md" for name in GUIDES]
    texts = target.call(environment.read_texts, paths)
    words = {path: len((text or "").split()) for path, text in texts.items()}
    evidence.table("guides", [{"guide": path, "words": count} for path, count in words.items()])
    missing = [path for path in paths if texts[path] is None]
    assert not missing, f"missing: {', '.join(missing)}"
    short = [f"{path} ({count} words)" for path, count in words.items() if count < GUIDE_WORDS]
    assert not short, f"nothing to review in {', '.join(short)}, expected {GUIDE_WORDS} words or more"
