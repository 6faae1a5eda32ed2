"""``deploycheck init``: from a document as teams write them to a checklist that runs."""

from __future__ import annotations

import codecs
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Cli = Callable[..., Result]
DOCUMENTS = sorted((Path(__file__).parent / "documents").glob("*.md"))
COMMENT = re.compile(rb" <!-- deploycheck: phase=\w+ -->")
TOP = re.compile(rb"# Checklist\r?\n\r?\n(?=- \[ \] a box above every heading)")
LIST = "# Release\n\n## Build\n\n- [ ] **Built**: it is\n\n## Ship\n\n- [ ] Shipped\n"


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """The working directory, with a small document in it."""
    (pytester.path / "list.md").write_text(LIST, encoding="utf-8")
    return pytester.path


def files(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, by its path."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["as it is", "of Windows"])
def test_documents_as_teams_write_them_run_at_once(
    form: str, document: Path, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """Nothing but comments, and a heading above lines without one, is added; every line is PENDING, the run is HOLD."""
    raw = document.read_bytes()
    if form == "of Windows":
        raw = codecs.BOM_UTF8 + raw.replace(b"\n", b"\r\n")
    path = pytester.path / document.name
    path.write_bytes(raw)

    assert deploycheck("init", document.name, "--write").exit_code == 0

    assert TOP.sub(b"", COMMENT.sub(b"", path.read_bytes())) == raw
    done = pytester.runpytest_subprocess("-p", "no:randomly")
    assert done.ret == 10
    done.stdout.re_match_lines([r"HOLD  (\d+)/\1 checks accounted for: \1 PENDING"])
    before = files(pytester.path)
    again = deploycheck("init", document.name, "--write")
    assert "nothing to change" in again.output
    assert files(pytester.path) == before


def test_without_write_nothing_is_written(folder: Path, deploycheck: Cli) -> None:
    """The diff shows every file as it would be."""
    before = files(folder)

    result = deploycheck("init", "list.md")

    assert result.exit_code == 0
    assert files(folder) == before
    for line in (
        "--- list.md",
        "-## Build",
        "+## Build <!-- deploycheck: phase=phase1 -->",
        "+++ pytest.ini",
        "+deploycheck_checklist = list.md",
        "+++ test_checklist.py",
        '+# @pytest.mark.check("phase1.built")',
        "phase1: Build (1 line)",
        "nothing is written yet; say --write to do it, --level or --phase to divide it otherwise",
    ):
        assert line in result.output.splitlines()


def test_blocks_that_will_run_are_told(folder: Path, deploycheck: Cli) -> None:
    """Before anything is written: whoever takes over a document should know what it executes."""
    (folder / "list.md").write_text(LIST + "\n  ```bash check\n  touch ran\n  ```\n", encoding="utf-8")

    assert "runs: the block at list.md:11, each time its phase is checked" in deploycheck("init", "list.md").output
    assert not (folder / "ran").exists()


def test_the_proposal_can_be_steered(folder: Path, deploycheck: Cli) -> None:
    """By the level of the headings, and by their names."""
    assert "phase1: Release (2 lines)" in deploycheck("init", "list.md", "--level", "1").output
    named = deploycheck("init", "list.md", "--phase", "ship=deploy", "--phase", "Build = build").output
    assert "build: Build (1 line)\ndeploy: Ship (1 line)\n" in named


def test_the_example_runs_when_its_marks_are_taken_off(
    folder: Path, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """As it stands it automates nothing; without the marks it is a test of the first line."""
    deploycheck("init", "list.md", "--write")
    test_file = folder / "test_checklist.py"
    marks_off = re.sub(r"^# ?", "", test_file.read_text("utf-8"), flags=re.MULTILINE)
    test_file.write_text(marks_off.replace("git", "echo").replace('== ""', '!= ""'), encoding="utf-8")

    done = pytester.runpytest_subprocess("-p", "no:randomly", "-v")

    done.stdout.fnmatch_lines(["test_checklist.py::test_first_line PASSED*"])
    assert done.ret == 10


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_checklist_is_reached_beside_test_paths(
    workers: str, folder: Path, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """A project keeps its settings, and its tests go on running."""
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text("def test_own(): pass\n")
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]  # ours\n')

    deploycheck("init", "list.md", "--write")

    assert (folder / "pyproject.toml").read_text() == (
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]  # ours\ndeploycheck_checklist = "list.md"\n'
    )
    assert (folder / "tests" / "test_checklist.py").is_file()
    done = pytester.runpytest_subprocess("-p", "no:randomly", workers)
    assert done.ret == 10
    done.assert_outcomes(passed=1)
    assert pytester.runpytest_subprocess("-p", "no:randomly", "tests").ret == 0


def test_what_is_there_is_kept_and_told(folder: Path, deploycheck: Cli) -> None:
    """A test file, another checklist, a list of phases: all somebody's own."""
    (folder / "test_checklist.py").write_text("# mine\n")
    ini = "[pytest]\ndeploycheck_checklist = other.md\ndeploycheck_phases =\n    phase1: One\n"
    (folder / "pytest.ini").write_text(ini)

    result = deploycheck("init", "list.md", "--write")

    assert (folder / "test_checklist.py").read_text() == "# mine\n"
    assert (folder / "pytest.ini").read_text() == ini
    assert "kept: pytest.ini names another checklist, other.md; set deploycheck_checklist = list.md" in result.output
    assert "missing: add `phase2: Ship` to deploycheck_phases in pytest.ini" in result.output
    assert "written: list.md\n" in result.output


def test_a_document_in_a_folder_is_named_from_where_the_settings_lie(folder: Path, deploycheck: Cli) -> None:
    """Paths in pytest's settings start at its root."""
    (folder / "docs").mkdir()
    shutil.move(folder / "list.md", folder / "docs" / "list.md")

    deploycheck("init", "docs/list.md", "--write")

    assert (folder / "pytest.ini").read_text() == "[pytest]\ndeploycheck_checklist = docs/list.md\n"


def test_a_links_target_and_its_mode_are_kept(folder: Path, deploycheck: Cli) -> None:
    """The document may be a link, and for some people only."""
    (folder / "list.md").chmod(0o640)
    (folder / "link.md").symlink_to("list.md")

    deploycheck("init", "link.md", "--write")

    assert (folder / "link.md").is_symlink()
    assert "deploycheck: phase=phase1" in (folder / "list.md").read_text()
    assert (folder / "list.md").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_list_without_a_heading_runs_under_one_that_is_put_above_it(
    mark: bytes, folder: Path, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """A phase needs a heading to stand on: it is shown, told, and all that is added."""
    raw = b"---\r\ntitle: Shop\r\n---\r\n- [ ] Built\r\n- [x] Shipped"
    (folder / "list.md").write_bytes(mark + raw)

    shown = deploycheck("init", "list.md").output.splitlines()
    assert "+# Checklist <!-- deploycheck: phase=phase1 -->" in shown
    assert "one heading is new: '# Checklist' at the top, because task lines stand under none" in shown
    assert (folder / "list.md").read_bytes() == mark + raw

    assert deploycheck("init", "list.md", "--write").exit_code == 0
    added = b"\r\n# Checklist <!-- deploycheck: phase=phase1 -->\r\n\r\n"
    assert (folder / "list.md").read_bytes() == mark + raw.replace(b"---\r\n- [", b"---\r\n" + added + b"- [")
    done = pytester.runpytest_subprocess("-p", "no:randomly")
    assert done.ret == 10
    done.stdout.fnmatch_lines(["HOLD  2/2 checks accounted for: 2 PENDING"])
    assert "nothing to change" in deploycheck("init", "list.md").output


def test_nothing_in_a_document_acts_on_the_terminal(folder: Path, deploycheck: Cli) -> None:
    """In the diff, in a heading, in what is told of it."""
    (folder / "list.md").write_text("# A\x1b[2J\n\n- [ ] a\x07\n- [] \u202eb\n", encoding="utf-8")

    output = deploycheck("init", "list.md").output

    assert "+# A\\x1b[2J <!-- deploycheck: phase=phase1 -->" in output
    assert "phase1: A\\x1b[2J (1 line)" in output
    assert not {"\x1b", "\x07", "\u202e"} & set(output)


def test_what_nearly_is_a_check_is_told_by_where_it_stands(folder: Path, deploycheck: Cli) -> None:
    """Before anything is written, and after a heading has moved it down."""
    (folder / "list.md").write_text("- [ ] Built\n- [] Shipped\n\n```\n- [ ] Told\n", encoding="utf-8")
    slips = (
        "no check: list.md:{}: '[] Shipped' is nearly a box, and none; write `- [ ] ` before its text",
        "no check: list.md:{}: the task line is text of the block at line {}, which is never closed",
    )

    for arguments, moved in ((), 0), (("--write",), 2), ((), 2):
        output = deploycheck("init", "list.md", *arguments).output
        assert slips[0].format(2 + moved) in output
        assert slips[1].format(5 + moved, 4 + moved) in output


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        (None, (), "there is no such file"),
        (b"# A\n\nText\n", (), "list.md: it has no task-list lines"),
        (b"- [] a\n", (), "list.md:1: '[] a' is nearly a box, and none; write `- [ ] ` before its text"),
        (b"- [ ] a <!-- deploycheck: id= -->\n", (), "list.md:1: 'id=' is not understood here"),
        (LIST.encode("utf-16"), (), "list.md: it is UTF-16, not UTF-8; save it as UTF-8"),
        (LIST.encode(), ("--phase", "Build"), 'write it as "Heading=marker"'),
        (LIST.encode(), ("--phase", "Nowhere=x"), "no heading can be meant by 'Nowhere'"),
        (LIST.encode(), ("--phase", "Build=skip"), "means something else to pytest"),
        (LIST.encode() + b"\n```bash check\nx\n```\n", (), "list.md:11: this block is marked to run"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    content: bytes | None, arguments: tuple[str, ...], complaint: str, folder: Path, deploycheck: Cli
) -> None:
    """Exit 4, with the place and the way out."""
    (folder / "list.md").unlink()
    if content is not None:
        (folder / "list.md").write_bytes(content)
    before = files(folder)

    result = deploycheck("init", "list.md", "--write", *arguments)

    assert result.exit_code == 4
    assert complaint in result.output
    assert "Traceback" not in result.output
    assert files(folder) == before
