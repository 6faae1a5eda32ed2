"""How the checks read what commands print."""

from pathlib import Path

import pytest

from checks.errands import Answer
from checks.judging import (
    beyond,
    core_dependencies,
    import_trouble,
    listed_commands,
    read_mypy,
    read_recorded,
    read_report,
)

ONE = 'src/a.py:3: error: Incompatible return value type (got "int", expected "str")  [return-value]\n'
OTHER = "src/a.py:9:5: error: Name 'x' is not defined  [name-defined]\n"
FIRST = ("src/a.py", "return-value", 'Incompatible return value type (got "int", expected "str")')


def test_mypys_errors_are_read_without_their_lines() -> None:
    assert read_mypy(
        f"{ONE}src/a.py:3: note: see there\n{OTHER}Found 2 errors in 1 file (checked 2 source files)\n"
    ) == [
        FIRST,
        ("src/a.py", "name-defined", "Name 'x' is not defined"),
    ]
    assert read_mypy("Success: no issues found in 2 source files\n") == []


@pytest.mark.parametrize("output", ["", ONE, f"{ONE}Found 2 errors in 1 file\n", "mypy: can't read file 'src/a.py'\n"])
def test_output_without_a_fitting_summary_is_no_good_news(output: str) -> None:
    with pytest.raises(RuntimeError, match="did not come to its end"):
        read_mypy(output)


def test_a_swapped_error_shows_although_the_count_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "recorded.txt"
    file.write_text("# known\n\n" + "\t".join(FIRST) + "\n", "utf-8")
    recorded = read_recorded(file)
    assert beyond([FIRST], recorded) == []
    swapped = ("src/a.py", "name-defined", "Name 'x' is not defined")
    assert beyond([swapped], recorded) == [swapped]
    assert beyond([FIRST, FIRST], recorded) == [FIRST]


def test_a_recorded_line_without_tabs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "recorded.txt"
    file.write_text("src/a.py return-value wrong\n", "utf-8")
    with pytest.raises(ValueError, match="separated by tabs"):
        read_recorded(file)


def test_commands_are_read_from_the_listing_alone() -> None:
    page = (
        "Usage: x [OPTIONS]\n\n  run it\n\nCommands:\n"
        "  cache         Show it.\n                more of it\n  view-failures  What failed.\n"
    )
    assert listed_commands(page) == ["cache", "view-failures"]
    assert listed_commands("Error: no\n  run\n") == []


def test_a_polite_line_about_a_failed_import_is_trouble_too() -> None:
    assert import_trouble("Error: x.csv: no such file") == ""
    for line in (
        "Error: 'tag' can't be loaded (x)",
        "Traceback (most recent call last):",
        "Error: No module named 'y'; see z",
    ):
        assert import_trouble(f"first\n{line}\n") == line


def test_reports_that_are_none_fail() -> None:
    for text in ("", "all is well", "[]"):
        with pytest.raises(AssertionError, match="deps check --json prints"):
            read_report(text)
    with pytest.raises(AssertionError, match="no core dependencies"):
        core_dependencies({"core": {}, "optional": {"x": {}}})
    assert core_dependencies({"Core Dependencies": {"numpy": {"available": True}}}) == {"numpy": {"available": True}}


def test_a_program_that_failed_has_no_value() -> None:
    with pytest.raises(RuntimeError, match="ended with 1: boom"):
        _ = Answer(argv=("x",), status=1, stdout="", stderr="boom", seconds=1).value
    with pytest.raises(RuntimeError, match="did not end in time"):
        _ = Answer(argv=("x",), status=None, stdout="{}", stderr="", seconds=1).value
    assert Answer(argv=("x",), status=0, stdout='chatter\n{"a": 1}\n', stderr="", seconds=1).value == {"a": 1}
