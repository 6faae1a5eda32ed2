"""Damage that nothing else would show: two of a thing where one is looked at, and checks that are told to be silent."""

import os
import py_compile
import shutil
from pathlib import Path

import pytest
from looking import Sample

from checks.probes.build import find_broken_imports
from checks.probes.installed import describe_package, find_damage

#: All that psutil has, and one function of its own: mypy uses psutil, too.
SHADOW = """
import sysconfig

__package__, __path__ = "psutil", [sysconfig.get_path("platlib") + "/psutil"]
exec(open(__path__[0] + "/__init__.py").read())
cpu_percent = lambda *_: 0.0
"""
CROSS_AND_EXIT_0 = """
    try:
        from ..features import content_feature
    except ImportError:
        click.echo("\u274c content features are not available")
        return
"""


def test_four_kinds_of_damage_that_look_sound_from_outside(sample: Sample) -> None:
    """A module in psutil's place, an older GifLab before this one, a type check told to ignore, a command twice."""
    older = sample.place / "older"
    shutil.copytree(sample.folder / "src/giflab", older / "giflab")
    (older / "psutil.py").write_text(SHADOW, "utf-8")
    sample.python_path = f"{older}:src"
    sample.append("pyproject.toml", '\n[[tool.mypy.overrides]]\nmodule = ["giflab.*"]\nignore_errors = true\n')
    sample.append("src/giflab/composite.py", "\n# newer\n")
    for folder in (older, sample.folder / "src"):
        with (folder / "giflab/cli/reviewing.py").open("a", encoding="utf-8") as commands:
            commands.write("\n\ntag = validate\n")

    seen = sample.look("phase1 or phase2")

    seen.must_be("phase1.dependencies", "FAIL", "psutil is imported from", "older/psutil.py")
    seen.must_be("phase1.core-imports", "FAIL", "older/giflab", "has another", "composite.py")
    seen.must_be("phase1.type-errors", "FAIL", "mypy does not see an error put into src/giflab/metrics.py")
    seen.must_be("phase1.cli-commands", "FAIL", "tag and validate are one and the same command")
    assert seen.phase("phase1")["verdict"] == "NO-GO"
    assert seen.phase("phase2")["verdict"] == "BLOCKED"


def test_a_file_that_mypy_ignores_and_a_cross_with_exit_status_0(sample: Sample) -> None:
    metrics = sample.module("metrics.py")
    metrics.write_text(f"# mypy: ignore-errors\n{metrics.read_text('utf-8')}\nWRONG: int = 'text'\n", "utf-8")
    sample.replace("src/giflab/cli/reviewing.py", "    from ..features import content_features\n", CROSS_AND_EXIT_0)
    seen = sample.look("phase1", "-k", "type_errors or cli_commands")
    seen.must_be("phase1.type-errors", "FAIL", "put into src/giflab/metrics.py: is it told to ignore that file?")
    seen.must_be("phase1.cli-commands", "FAIL", "imports inside the commands fail", "content_feature")


def test_a_probe_that_cannot_be_heard_says_why(sample: Sample) -> None:
    sample.append("src/giflab/__init__.py", "\nimport atexit\n\natexit.register(print, 'good bye')\n")
    seen = sample.look("phase1", "-k", "core_imports")
    seen.must_be("phase1.core-imports", "ERROR", "the last line printed is 'good bye', not the probe's answer")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--deselect tests/test_results.py::test_failures_are_read", "1 tests are deselected"),
        ("--ignore tests/test_results.py", "1 test files were not run, though they have tests: tests/test_results.py"),
    ],
)
def test_tests_left_out_by_the_projects_own_options(sample: Sample, options: str, reason: str) -> None:
    sample.keep_tests("test_results.py", "test_quality.py")
    sample.replace("pyproject.toml", 'addopts = "-ra"', f'addopts = "-ra {options}"')
    seen = sample.look("phase4", "-k", "full_suite")
    seen.must_be("phase4.full-suite", "FAIL", reason)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with one distribution in it, which is whole."""
    folder = tmp_path / "site"
    (folder / "labrat").mkdir(parents=True)
    (folder / "labrat/__init__.py").write_text("paws = 4\n", "utf-8")
    (folder / "labrat/tail.py").write_text("", "utf-8")
    describe(folder, "1.0")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def describe(folder: Path, version: str) -> None:
    info = folder / f"labrat-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: labrat\nVersion: {version}\n", "utf-8")
    rows = ["labrat/__init__.py,sha256=x,9", "labrat/tail.py,sha256=x,0", "labrat/__pycache__/tail.cpython-39.pyc,,"]
    (info / "RECORD").write_text("\n".join([*rows, "../../bin/labrat,sha256=x,200", f"{info.name}/RECORD,,"]), "utf-8")


def test_what_is_whole_has_no_damage(site: Path) -> None:
    assert find_damage(["labrat", "never-heard-of"]) == []


def test_each_damage_to_what_is_installed_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "labrat/tail.py").unlink()
    (site / "labrat/__init__.py").write_text("paws = 3, and half\n", "utf-8")
    describe(site, "0.9")
    other = site.parent / "other"
    other.mkdir()
    (other / "labrat.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(other))

    twice, *rest = find_damage(["labrat"])

    assert "labrat is installed as" in twice
    assert "0.9" in twice
    assert rest == [
        "1 files of labrat are missing, labrat/tail.py among them",
        "1 files of labrat are not as installed, labrat/__init__.py among them",
        f"labrat is imported from {other / 'labrat.py'}, not as labrat has installed it",
    ]


def test_a_version_in_a_folder_behind_is_only_hidden(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = site.parent / "behind"
    shutil.copytree(site, behind)
    (behind / "labrat-1.0.dist-info").rename(behind / "labrat-0.9.dist-info")
    monkeypatch.setattr("sys.path", [*__import__("sys").path, str(behind)])
    assert find_damage(["labrat"]) == []


def test_a_package_in_one_place_is_as_it_should_be(site: Path) -> None:
    assert describe_package("labrat") == {"imported": str(site / "labrat"), "other": {}, "stale": []}


def test_the_same_package_in_two_places_differs_or_does_not(site: Path) -> None:
    """An installation from a wheel beside the source it was built from is as usual as one from another source."""
    source = site.parent / "src/labrat"
    shutil.copytree(site / "labrat", source)
    assert describe_package("labrat")["other"] == {str(source): []}
    (source / "whiskers.py").write_text("", "utf-8")
    (source / "tail.py").write_text("length = 2\n", "utf-8")
    assert describe_package("labrat")["other"] == {str(source): ["tail.py", "whiskers.py"]}


def test_bytecode_that_is_not_of_its_source_is_stale(site: Path) -> None:
    """As after a copy that keeps times: Python would run what was there before. Where it would not, nothing is stale."""
    package, tail = site / "labrat/__init__.py", site / "labrat/tail.py"
    for module in (package, tail):
        py_compile.compile(str(module))
    assert describe_package("labrat")["stale"] == []
    before = package.stat()
    package.write_text("paws = 5\n", "utf-8")
    os.utime(package, ns=(before.st_atime_ns, before.st_mtime_ns))
    tail.write_text("length = 2\n", "utf-8")  # another size, so Python compiles it anew
    py_compile.compile(str(tail), cfile=str(tail.with_name("legs.pyc")))
    assert describe_package("labrat")["stale"] == [str(package), str(site / "labrat/legs.pyc")]


def test_what_a_handler_guards_may_be_missing_unless_it_is_the_packages_own(site: Path) -> None:
    guarded = "try:\n    import never_heard_of\n    {}\nexcept ImportError:\n    pass\n"
    (site / "labrat/guard_dog.py").write_text(guarded.format("from never_heard_of import it"), "utf-8")
    assert find_broken_imports(["labrat.guard_dog"]) == []
    (site / "labrat/guard_cat.py").write_text(guarded.format("from .claws import sharp"), "utf-8")
    (broken,) = find_broken_imports(["labrat.guard_cat"])
    assert broken.endswith("guard_cat.py:3: ModuleNotFoundError: No module named 'labrat.claws'")
