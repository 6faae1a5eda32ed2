"""Each automated check before the deployment turns red where the machine or the project lacks what it looks for."""

import os
import sys
import sysconfig
from pathlib import Path

import pytest
from looking import Sample
from operating import Seen

from checks import test_preflight as preflight
from pytest_deploycheck.fixtures import EvidenceLog

POOR_MEMORY = """
class virtual_memory:
    available = 1_900_000_000
"""


class Told:
    """A target whose probes answer what the test says."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def call(self, *_: object, **__: object) -> object:
        return self.answer


def test_a_project_that_is_not_ready(sample: Sample) -> None:
    """A Python that nobody has, no way back, a torn GIF, a guide missing, no index, a command line that is broken."""
    sample.replace("pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.99"')
    (sample.folder / "docs/rollback.md").unlink()
    torn = sample.folder / "data/samples/gradient.gif"
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    (sample.folder / "docs/migration/breaking-changes-summary.md").unlink()
    sample.append("src/giflab/cli/__init__.py", "\nraise SystemError('broken')\n")
    pip = sample.place / "pip.conf"
    pip.write_text("[global]\nindex-url = http://127.0.0.1:9/simple\n", "utf-8")
    sample.environment = {"PIP_CONFIG_FILE": str(pip)}

    seen = sample.look("preflight or phase1")

    seen.must_be("preflight.python-environment", "FAIL", "GifLab's metadata ask for >=3.99")
    seen.must_be("preflight.backup-strategy", "FAIL", "neither a tag or branch named backup...")
    seen.must_be("preflight.test-data", "FAIL", "1 of 4 GIFs do not decode", "gradient.gif")
    seen.must_be("preflight.guides-present", "FAIL", "missing: docs/migration/breaking-changes-summary.md")
    seen.must_be("preflight.network-access", "FAIL", "does not answer at http://127.0.0.1:9/simple/click/")
    seen.must_be("preflight.performance-baseline", "FAIL", "--help fails", "broken")
    for name in ("poetry", "memory", "disk-space", "permissions"):
        seen.must_be(f"preflight.{name}", "PASS")
    for name in ("staging-environment", "monitoring", "alerting", "migration-guide", "rollback-plan"):
        seen.must_be(f"preflight.{name}", "PENDING")
    assert seen.phase("preflight")["verdict"] == "NO-GO"
    assert seen.phase("phase1")["verdict"] == "BLOCKED"
    seen.must_be("phase1.core-imports", "BLOCKED", "preflight.python-environment")
    assert seen.exit_code == 1


def test_guides_that_say_nothing_and_no_gifs(sample: Sample) -> None:
    for path in (sample.folder / "data/samples").iterdir():
        path.unlink()
    guide = sample.folder / "docs/migration/dependency-migration.md"
    guide.write_text("# To be written\n", "utf-8")
    seen = sample.look("preflight", "-k", "test_data or guides")
    seen.must_be("preflight.test-data", "FAIL", "GIFs = 0 (min 1)")
    seen.must_be(
        "preflight.guides-present", "FAIL", "nothing to review in docs/migration/dependency-migration.md (4 words)"
    )


def test_a_page_that_is_no_index() -> None:
    """Something answers, as a captive portal does, but it is no package index."""
    with pytest.raises(AssertionError, match="is no package index"):
        ask_index(Told({"url": "u", "status": 200, "kind": "text/html", "files": 0}))


def ask_index(target: Told) -> None:
    """The network check, its settings and project told beforehand."""
    answers = iter([{}, {"pyproject.toml": '[project]\ndependencies = ["click"]\n'}, target.answer])
    target.call = lambda *_, **__: next(answers)  # type: ignore[method-assign]
    preflight.test_network_access(target, EvidenceLog())  # type: ignore[arg-type]


def test_an_index_that_refuses() -> None:
    with pytest.raises(AssertionError, match=r"does not answer at https://pypi\.org/simple/click/: HTTP Error 403"):
        ask_index(Told({"url": "u", "error": "HTTP Error 403: Forbidden"}))


def test_the_index_that_pip_is_told_of_is_asked() -> None:
    assert preflight.index_page({}, "Pillow") == "https://pypi.org/simple/pillow/"
    assert preflight.index_page({"index-url": "https://mirror.local/root/"}, "A_b") == "https://mirror.local/root/a-b/"


def test_too_little_memory(sample: Sample) -> None:
    shim = sample.place / "shim"
    shim.mkdir()
    (shim / "psutil.py").write_text(POOR_MEMORY, "utf-8")
    sample.python_path = f"{shim}:src"
    seen = sample.look("preflight", "-k", "test_memory")
    seen.must_be("preflight.memory", "FAIL", "available memory = 1.9 GB (min 2)")


def test_too_little_disk() -> None:
    with pytest.raises(AssertionError, match=r"free space at /opt/app = 499 MB \(min 500\)"):
        preflight.test_disk_space(Told({"/": 10**9, "/opt/app": 499 * 10**6}), EvidenceLog())  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written(sample: Sample) -> None:
    """Even for root, nothing can be made in /proc."""
    if not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    seen = sample.look("preflight", "-k", "permissions", spec="popen//chdir=/proc")
    seen.must_be("preflight.permissions", "FAIL", "no file can be made in /proc")


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """This interpreter under a path beside which there are no other commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(os.path.realpath(sys.executable))
    return python


def look_bare(sample: Sample, python: Path) -> Seen:
    packages = sysconfig.get_paths()["purelib"]
    spec = f"popen//python={python}//chdir={sample.folder}//env:PYTHONPATH=src:{packages}//env:PATH=/nowhere"
    return sample.look("preflight", "-k", "test_poetry", spec=spec)


def test_no_poetry(sample: Sample, bare_python: Path) -> None:
    look_bare(sample, bare_python).must_be("preflight.poetry", "FAIL", "there is no poetry command")


def test_poetry_too_old(sample: Sample, bare_python: Path) -> None:
    poetry = bare_python.with_name("poetry")
    poetry.write_text("#!/bin/sh\necho Poetry version 1.0.10\n", "utf-8")
    poetry.chmod(0o755)
    look_bare(sample, bare_python).must_be("preflight.poetry", "FAIL", "Poetry is 1.0.10, expected 1.1.0 or newer")
