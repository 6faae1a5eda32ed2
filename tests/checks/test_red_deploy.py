"""Each automated check of the deployment turns red on a copy that is broken as reality breaks things."""

import json
from pathlib import Path

import pytest
from operating import ROOT, Copy

DEPLOY_ALONE = f"""[pytest]
pythonpath = {ROOT}
filterwarnings = error
markers =
    phase4: what is imported from there is not run
deploycheck_phases =
    deploy: Deployment
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of the sample target, not broken yet."""
    return Copy(place=tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """An ini file by which the deployment is the only phase, so that its mutating checks may run."""
    folder = tmp_path / "alone"
    folder.mkdir()
    ini = folder / "pytest.ini"
    ini.write_text(DEPLOY_ALONE, "utf-8")
    return ini


def checks_file(name: str = "") -> str:
    """The deployment's checks, or one of them."""
    return f"{ROOT / 'checks' / 'test_deploy.py'}{'::' if name else ''}{name}"


def test_nothing_to_return_to(copy: Copy) -> None:
    """No backup ref, an uncommitted change, no saved list of packages: the ways back are closed, the rest works."""
    copy.commit("released")
    copy.append("src/giflab/composite.py", "\n# a change in haste\n")
    copy.append("src/giflab/forgotten.py", '"""Never added."""\n')
    copy.environment = {"GIFLAB_BACKUP": str(copy.place / "backup")}

    seen = copy.run("-m", "deploy")

    seen.must_be("deploy.code-backup", "FAIL", "2 changes are not committed", "composite.py", "forgotten.py")
    seen.must_be("deploy.emergency-rollback", "FAIL", "no branch or tag whose name begins with backup-")
    seen.must_be("deploy.environment-backup", "FAIL", "there is no environment*.txt")
    for name in ("installation-check", "smoke-test", "cli-validation", "core-functionality", "performance-check"):
        seen.must_be(f"deploy.{name}", "PASS")
    seen.must_be("deploy.partial-rollback", "PASS")
    for name in ("installation", "configuration-backup", "data-backup"):
        seen.must_be(f"deploy.{name}", "BLOCKED")
    assert seen.phase("deploy")["verdict"] == "NO-GO"
    assert "deploy.code-backup FAIL" in seen.phase("deploy")["reason"]
    assert seen.exit_code == 1


def test_a_backup_that_does_not_compile(copy: Copy) -> None:
    """A backup ref alone is no way back: what it names must be whole."""
    sound = (copy.folder / "src/giflab/organizing.py").read_text("utf-8")
    copy.append("src/giflab/organizing.py", "\ndef broken(:\n")
    copy.keep_tests("test_frames.py", "test_cli_commands.py")
    copy.commit("before", tag="backup-before")
    (copy.folder / "src/giflab/organizing.py").write_text(sound, "utf-8")
    copy.commit("after")

    seen = copy.run("-m", "deploy", "-k", "code_backup or emergency_rollback")

    seen.must_be("deploy.code-backup", "FAIL", "backup-before has modules that do not compile", "organizing.py")
    seen.must_be("deploy.emergency-rollback", "FAIL", "the backup's tests: exit status 1")
    assert seen.phase("deploy")["verdict"] == "NO-GO"


def test_a_backup_that_cannot_be_installed(copy: Copy) -> None:
    """The rehearsal installs what it returns to, and goes green on a sound backup."""
    copy.keep_tests("test_frames.py")
    copy.commit("before", tag="backup-before")
    seen = copy.run("-m", "deploy", "-k", "code_backup or emergency_rollback")
    seen.must_be("deploy.code-backup", "PASS")
    seen.must_be("deploy.emergency-rollback", "PASS")

    copy.replace(
        "pyproject.toml", 'packages = [{ include = "giflab", from = "src" }]', 'packages = [{ include = "gone" }]'
    )
    copy.commit("worse", tag="backup-worse")
    copy.environment = {"GIFLAB_BACKUP_REF": "backup-worse"}
    seen = copy.run("-m", "deploy", "-k", "emergency_rollback")
    seen.must_be("deploy.emergency-rollback", "FAIL", "the installation: exit status 1, expected 0")


def test_wrong_values_and_lost_parts(copy: Copy) -> None:
    """A wrong formula, a lost frame, a command that is gone, slow readings, settings without defaults: all are seen."""
    copy.replace(
        "src/giflab/quality.py",
        "return float(np.mean(difference * difference))",
        "return 1.5 * float(np.mean(difference**2))",
    )
    copy.replace("src/giflab/frames.py", "return range(count)", "return range(max(1, count - 1))")
    copy.replace(
        "src/giflab/cli/__init__.py",
        '    "tag": ("reviewing", "Add content features to a results table."),\n',
        "",
    )
    copy.replace(
        "src/giflab/monitoring/memory.py",
        "            memory = self._reader()\n",
        "            __import__('time').sleep(0.02)\n            memory = self._reader()\n",
    )
    copy.replace("src/giflab/config.py", 'section.get("thresholds", {})', 'section["thresholds"]')

    seen = copy.run("-m", "deploy", "-k", "not backup and not emergency")

    seen.must_be("deploy.smoke-test", "FAIL", "MSE of GIFs 10 grey levels apart = 150")
    seen.must_be("deploy.core-functionality", "FAIL", "frames read and counted, expected")
    seen.must_be("deploy.cli-validation", "FAIL", "lists 8 of 9 commands; missing: ['tag']")
    seen.must_be("deploy.performance-check", "FAIL", "10 memory readings", "breaks its limit")
    seen.must_be("deploy.partial-rollback", "FAIL", "KeyError: 'thresholds'")
    seen.must_be("deploy.installation-check", "PASS")
    assert seen.phase("deploy")["verdict"] == "NO-GO"


def test_a_dependency_that_is_broken(copy: Copy) -> None:
    """OpenCV is there but cannot be loaded, as on a host that lacks a system library."""
    copy.append("shadow/cv2/__init__.py", 'raise ImportError("libGL.so.1: cannot open shared object file")\n')
    copy.python_path = "shadow:src"

    seen = copy.run("-m", "deploy", "-k", "installation_check or smoke or core_functionality")

    seen.must_be("deploy.installation-check", "FAIL", "required dependencies are missing: opencv-python")
    seen.must_be("deploy.smoke-test", "FAIL", "imports fail", "calculate_comprehensive_metrics", "libGL.so.1")
    assert seen.check("deploy.core-functionality")["status"] in ("FAIL", "ERROR")
    assert seen.phase("deploy")["verdict"] == "NO-GO"


def test_a_report_that_lies(copy: Copy) -> None:
    """`deps check` that calls everything available is found out by importing."""
    copy.append("shadow/rich/__init__.py", 'raise ImportError("damaged")\n')
    copy.python_path = "shadow:src"
    copy.replace(
        "src/giflab/lazy_imports.py",
        "    if isinstance(found, str):\n        return Probe(available=False, error=found)\n",
        "    if isinstance(found, str):\n        return Probe(available=True)\n",
    )

    seen = copy.run("-m", "deploy", "-k", "installation_check")

    seen.must_be("deploy.installation-check", "FAIL", "the report is wrong about 1 of 5", "rich", "damaged")


def test_saved_files_that_do_not_come_back(copy: Copy, alone: Path) -> None:
    """A copy is made once and checked each time: damage to it is found, and no files are no backup."""
    backup = copy.place / "backup"
    copy.environment = {"GIFLAB_BACKUP": str(backup)}
    selected = (checks_file("test_configuration_backup"), checks_file("test_data_backup"))

    seen = copy.run(*selected, ini=alone)
    seen.must_be("deploy.configuration-backup", "PASS")
    seen.must_be("deploy.data-backup", "PASS")
    saved = {path.name.partition("-")[0]: path for path in backup.iterdir()}
    assert set(saved) == {"configuration", "data"}
    manifest = json.loads((saved["configuration"] / "manifest.json").read_text("utf-8"))
    assert str(copy.folder / "src/giflab/config.py") in manifest

    (config,) = saved["configuration"].rglob("config.py")
    config.write_text("", "utf-8")
    (gif, *_) = sorted(saved["data"].rglob("*.gif"))
    gif.unlink()
    seen = copy.run(*selected, ini=alone)
    seen.must_be("deploy.configuration-backup", "FAIL", "1 of", "do not come back", "config.py")
    seen.must_be("deploy.data-backup", "FAIL", "do not come back", gif.name)
    assert seen.phase("deploy")["verdict"] == "NO-GO"

    copy.environment |= {"GIFLAB_CONFIGURATION": "absent/*", "GIFLAB_DATA": "absent/*"}
    seen = copy.run(*selected, ini=alone)
    seen.must_be("deploy.configuration-backup", "FAIL", "no configuration file was found")
    seen.must_be("deploy.data-backup", "INCONCLUSIVE", "GIFLAB_DATA")


def test_an_installation_that_lacks_modules(copy: Copy, alone: Path) -> None:
    """What the package leaves out, and a module that does not import, are seen in what was installed."""
    seen = copy.run(checks_file("test_installation"), ini=alone)
    seen.must_be("deploy.installation", "PASS")

    copy.append("src/giflab/organizing.py", "\nimport no_such_package\n")
    seen = copy.run(checks_file("test_installation"), ini=alone)
    seen.must_be("deploy.installation", "FAIL", "giflab.organizing", "no_such_package")

    left_out = 'packages = [{ include = "giflab", from = "src" }]\nexclude = ["src/giflab/monitoring/*"]'
    copy.replace("pyproject.toml", 'packages = [{ include = "giflab", from = "src" }]', left_out)
    seen = copy.run(checks_file("test_installation"), ini=alone)
    seen.must_be(
        "deploy.installation", "FAIL", "modules of the source tree are not installed", "giflab.monitoring.memory"
    )
    assert seen.phase("deploy")["verdict"] == "NO-GO"
