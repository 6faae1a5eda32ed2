"""``deploycheck trace``: from lines to tests, and what became of the lines."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Cli = Callable[..., Result]


def test_markdown_says_which_test_judges_which_line(desk: Cli) -> None:
    """A table for each phase; what could be markup is none."""
    Path("list.md").write_text(Path("list.md").read_text().replace("support knows", r"a|b \[c\](d) knows"))

    said = desk("trace").output

    assert "4 lines: 1 judged by tests, 3 by people." in said
    assert "No run is on record to compare them with." in said
    assert "## phase1: Before" in said
    row = next(line for line in said.splitlines() if "phase1.config" in line)
    assert row.endswith("::test\\_config |")
    assert r"a\|b \[c\](d) knows" in said


def test_json_says_what_changed_since_the_newest_run(desk: Cli, run_gate: Callable[..., int]) -> None:
    """Words, names, and lines that are gone."""
    run_gate()
    text = Path("list.md").read_text()
    text = text.replace("the settings parse", "the settings parse and are complete")
    text = text.replace("**Told**: support knows", "**Support**: it knows")
    Path("list.md").write_text(text[: text.index("- [ ] **Start page**")] + "- [ ] **Page** a\n- [ ] **Cart** b\n")

    document = json.loads(desk("trace", "--json").output)

    assert document["schema"] == "pytest-deploycheck/trace/1"
    assert document["compared_with"]["release"] == "r1"
    lines = {line["id"]: line for line in document["lines"]}
    assert lines["phase1.config"]["was"] == "Config: the settings parse."
    assert lines["phase1.config"]["tests"][0].endswith("::test_config")
    assert lines["phase1.support"]["renamed_from"] == "phase1.told"
    assert lines["phase1.support"]["proposal"] == "<!-- deploycheck: id=phase1.told -->"
    assert [line["id"] for line in document["gone"]] == ["phase2.start-page"]
    assert document["counts"] == {"lines": 5, "automated": 1, "manual": 4, "changed": 1, "renamed": 1, "gone": 1}
    said = desk("trace").output
    assert "## Changed words" in said
    assert "`<!-- deploycheck: id=phase1.told -->`" in said
    assert "- phase2.start-page (was at list.md:" in said


def test_a_record_that_cannot_be_read_is_said_and_is_no_obstacle(desk: Cli, run_gate: Callable[..., int]) -> None:
    """It is about the lines; the record only adds to it."""
    run_gate()
    journal = next(Path(".deploycheck").glob("*/*.jsonl"))
    journal.write_text(journal.read_text().replace("support knows", "somebody knows"))

    result = desk("trace", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["compared_with"] is None
    assert "note: nothing on record to compare with: " in result.stderr
