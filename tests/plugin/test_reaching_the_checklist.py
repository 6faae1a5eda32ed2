"""A plain ``pytest`` comes to the checklist wherever it lies; with none of its lines collected there is no gate."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

DOCUMENT = "# Build <!-- deploycheck: phase=phase1 -->\n\n- [ ] one\n"


def project(pytester: pytest.Pytester, checklist: str, ini: str = "") -> None:
    """A project with a test of its own, and the checklist at that place."""
    pytester.makeini(f"[pytest]\ndeploycheck_checklist = {checklist}\n{ini}")
    pytester.makepyfile(test_own="def test_own(): assert int('1')")
    path = pytester.path / checklist
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DOCUMENT, encoding="utf-8")


@pytest.mark.parametrize(
    ("checklist", "ini"),
    [
        ("list.md", ""),
        ("docs/list.md", ""),
        (".github/list.md", ""),
        ("dist/release/list.md", ""),
        ("docs/ops/list.md", "norecursedirs = docs/ops\n"),
        ("docs/list.md", "testpaths = tests\n"),
        ("tests/.ops/list.md", "testpaths = tests\n"),
        ("../elsewhere/list.md", ""),
        ("docs/../list.md", ""),
    ],
)
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_plain_run_gates_it(checklist: str, ini: str, workers: str, pytester: pytest.Pytester) -> None:
    """Once, beside the project's own tests, and never as if there were none."""
    project(pytester, checklist, ini)
    if "testpaths" in ini:
        (pytester.path / "tests").mkdir(exist_ok=True)
        shutil.move(pytester.path / "test_own.py", pytester.path / "tests")

    done = pytester.runpytest_subprocess("-p", "no:randomly", workers)

    assert done.ret == 10
    done.stdout.fnmatch_lines(["HOLD  1/1 checks accounted for: 1 PENDING"])
    assert done.parseoutcomes() == {"passed": 1, "pending": 1}


@pytest.mark.parametrize("ignoring", ["collect_ignore = ['list.md']", "collect_ignore_glob = ['*.md']"])
def test_a_conftest_does_not_leave_it_out(ignoring: str, pytester: pytest.Pytester) -> None:
    """Its lines are due all the same."""
    project(pytester, "list.md")
    pytester.makeconftest(ignoring)

    assert pytester.runpytest_subprocess("-p", "no:randomly").ret == 10


def test_who_names_other_places_is_not_led_there(pytester: pytest.Pytester) -> None:
    """From the command line, or by standing in a folder below."""
    project(pytester, ".github/list.md")
    Path("below").mkdir()

    assert pytester.runpytest_subprocess("test_own.py").ret == 0
    pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("below")
        assert pytester.run("python", "-m", "pytest", "-q").ret == 5


def test_blocks_in_a_hidden_folder_run_too(pytester: pytest.Pytester) -> None:
    """As in any other place."""
    project(pytester, ".github/list.md")
    Path(".github/list.md").write_text(DOCUMENT + "\n  ```sh check\n  test -f tox.ini\n  ```\n", encoding="utf-8")

    done = pytester.runpytest_subprocess("-p", "no:randomly")

    assert done.ret == 0
    done.stdout.fnmatch_lines(["GO  1/1 checks accounted for: 1 PASS"])


@pytest.mark.parametrize("option", ["--ignore=.github", "--ignore-glob=*.md"])
def test_who_leaves_it_out_is_told(option: str, pytester: pytest.Pytester) -> None:
    """pytest's 0 is no GO."""
    project(pytester, ".github/list.md")

    done = pytester.runpytest_subprocess("-p", "no:randomly", option)

    assert done.ret == 0
    done.stdout.fnmatch_lines(["deploycheck: no test belongs to a phase: nothing was gated"])
