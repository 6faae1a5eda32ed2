"""Lines that nearly are checks: they are no lines of the checklist, and each is called out with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdowns import PHASE, Reader

from pytest_deploycheck.core.checklist import Checklist


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "- [] B",
            "- [  ] B",
            "- [-] D",
            "- [ ]F",
            "- [x]F",
            "- [\u00a0] G",
            "- [ x] H",
            "1. [v] K",
            "* [✓] L",
            "- ☐ M",
        ),
        *("-[ ] I", "*[x] J", "1.[ ] N", "\N{EN DASH} [ ] O", "[ ] in no list", "[x] ticked in no list"),
        *("## [ ] P", "- # [ ] Q", "-     [ ] R", "<p><input type='checkbox'> S", "- <INPUT checked type=checkbox> T"),
    ],
)
def test_a_box_that_nearly_is_one_is_called_out(read: Reader, line: str) -> None:
    checklist = read(f"{PHASE}- [ ] real\n\nBetween.\n\n{line}\n")
    assert [check.id for check in checklist.lines] == ["phase1.real"]
    (told,) = checklist.loose
    assert told.startswith("docs/list.md:7: ")
    assert told.endswith("; write `- [ ] ` before its text")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "- plain",
            "- [x](link.md)",
            "- [](#there)",
            "- [docs] are good",
            "- \\[ ] escaped",
            "- a [ ] later",
            "- [1] note",
        ),
        *("- [ ] real", "- [x]", "-- [ ] x", "`[] x`", "text [ ] text"),
        *("`<input type=checkbox>`", "<input type=text>", "<!-- <input type=checkbox> -->", "- # plain", "-     code"),
        *("| a [ ] |\n|---|\n| [x](y) |", "| a |\n|---|\n| `[ ]` |"),
    ],
)
def test_what_nobody_meant_as_a_box_is_left_alone(read: Reader, line: str) -> None:
    assert read(f"{PHASE}{line}\n").loose == ()


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        (
            "```\ncode\n\n- [ ] B\n- [ ] C\n",
            6,
            "(and 1 more) is text of the block at line 3, which is never closed; close",
        ),
        ("````\ncode\n```\n- [ ] B\n", 6, "never closed; close it with ````"),
        ("~~~\n- [ ] B\n```\n", 4, "never closed"),
        ("```sh\nls\n- [ ] B\n```sh\nls\n```\n", 5, "closed only by the end of another block"),
        ("- item\n\n  ```\n  - [ ] B\n\n- [ ] real\n", 6, "never closed"),
        ("> ```\n> - [ ] B\n", 4, "never closed"),
        ("<!-- todo\n\n- [ ] B\n", 5, "the HTML at line 3, which is never closed; close it"),
        ("<!-- todo\n\n- [ ] B\n\n<!-- x -->\n", 5, "closed only by the end of another comment"),
        ("<pre>\n- [ ] B\n", 4, "never closed"),
        ("<script>\n\n- [ ] B\n", 5, "never closed"),
        ("<?php\n\n- [ ] B\n", 5, "never closed"),
        ("<div>\n- [ ] B\n</div>\n", 4, "goes on to the next empty line; put an empty line"),
        ("Words\n2. [ ] B\n", 4, "goes on with the paragraph above it; put an empty line"),
        ("Words\n\n      - [ ] B\n", 5, "is indented so far that it is code"),
        (
            "| a | b |\n|---|---|\n| c | d |\n| [ ] | e |\n| - [x] f | [x] |\n",
            6,
            "'[ ]' (and 2 more) stands in a table",
        ),
        ("| ☐ | b |\n|---|---|\n", 3, "'☐' stands in a table, where nothing is checked; write a list"),
        ("<ul>\n<li>\n<input type=checkbox>\n<li>\n</ul>\n", 5, "is a box of HTML, where nothing is checked"),
    ],
)
def test_a_line_that_something_swallows_is_called_out(read: Reader, body: str, place: int, words: str) -> None:
    (told,) = read(PHASE + body).loose
    assert told.startswith(f"docs/list.md:{place}: ")
    assert words in told


@pytest.mark.parametrize(
    "body",
    [
        "```markdown\n- [ ] example\n```\n",
        "````\n```sh\n- [ ] example\n```\n````\n",
        "> ```\n> - [ ] example\n> ```\n",
        "- [ ] one\n\n  ~~~\n  - [ ] example\n  ~~~~\n",
        "<!--\n- [ ] put aside\n-->\n",
        "<pre>\n- [ ] example\n</pre>\n",
        "```\nnever closed, and nothing in it\n",
        "<div>\n\n- [ ] real\n\n</div>\n",
    ],
)
def test_examples_and_lines_put_aside_are_left_alone(read: Reader, body: str) -> None:
    assert read(PHASE + body).loose == ()


def test_the_notes_of_a_run_name_them_and_lines_under_no_phase(read: Reader) -> None:
    slips = "".join("- [] x\n" for _ in range(7))
    notes = list(read(f"- [ ] a\n- [ ] b\n\n{PHASE}- [ ] one\n{slips}").notes())
    assert notes[0].startswith(
        "no check: 2 task lines stand under no phase's heading, the first at docs/list.md:1; put "
    )
    assert notes[1] == "no check: docs/list.md:7: '[] x' is nearly a box, and none; write `- [ ] ` before its text"
    assert len(notes) == 7
    assert notes[-1] == "no check: 2 more places; `deploycheck lint` names them"


def test_a_checklist_without_slips_has_no_notes() -> None:
    assert [*Checklist(path="x.md", digest="", phases=(), lines=()).notes()] == []
