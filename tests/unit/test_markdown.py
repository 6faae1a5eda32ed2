"""Reading a Markdown checklist: which lines are checks, what they are called, what stands under them."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdowns import PHASE, Reader

from pytest_deploycheck.core.model import Check, Kind, Severity


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


# -- lines -------------------------------------------------------------------------------------------------------------


def test_a_line_is_a_manual_blocker_of_its_phase(read: Reader) -> None:
    assert read.line("- [ ] **Core imports**: everything imports.") == Check(
        id="phase1.core-imports",
        phase="phase1",
        title="Core imports: everything imports.",
        kind=Kind.MANUAL,
        severity=Severity.BLOCKER,
        source="docs/list.md:3",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Core imports**: everything", "phase1.core-imports"),
        ("**Core imports:** everything", "phase1.core-imports"),
        ("__Core imports__ everything", "phase1.core-imports"),
        ("***Core*** imports", "phase1.core"),
        ("**`deps check`** answers", "phase1.deps-check"),
        ("**Read [the guide](x.md)**", "phase1.read-the-guide"),
        ("**Two\n  lines**: as one", "phase1.two-lines"),
        ("No label at all (3.8+)", "phase1.no-label-at-all-3-8"),
        ("Ships & sails &amp; floats", "phase1.ships-sails-floats"),
        ("**Größe**", "phase1.grosse"),
        ("**部署**: 检查", "phase1.bushu"),
        ("проверка сборки", "phase1.proverka-sborki"),
        ("🚀 Ship it", "phase1.ship-it"),
        ("🚀", "phase1.rocket"),
        ("*slanted* words", "phase1.slanted-words"),
    ],
)
def test_the_id_is_the_slug_of_the_bold_label_else_of_the_text(read: Reader, text: str, expected: str) -> None:
    assert read.line(f"- [ ] {text}\n").id == expected


@pytest.mark.parametrize("bullet", ["-", "*", "+", "1.", "7)"])
def test_every_kind_of_list_holds_lines(read: Reader, bullet: str) -> None:
    assert read.line(f"{bullet} [ ] one").id == "phase1.one"


@pytest.mark.parametrize(("box", "ticked"), [("[ ]", False), ("[x]", True), ("[X]", True)])
def test_a_tick_is_noted_and_changes_nothing_else(*, read: Reader, box: str, ticked: bool) -> None:
    line = read.line(f"- {box} **One**: thing")
    assert line.ticked is ticked
    assert (line.id, line.title, line.kind) == ("phase1.one", "One: thing", Kind.MANUAL)


@pytest.mark.parametrize(
    "text",
    ["- plain", "- [x](link.md)", "- [] no space", "- \\[ ] escaped", "- a [ ] later", "[ ] in no list", "- [y] other"],
)
def test_what_is_no_task_is_no_line(read: Reader, text: str) -> None:
    assert [line.id for line in read.lines(f"{text}\n\n- [ ] real\n")] == ["phase1.real"]


def test_lines_in_fences_comments_and_indented_code_are_none(read: Reader) -> None:
    body = (
        "```markdown\n- [ ] fenced\n## Other <!-- deploycheck: phase=phase9 -->\n```\n\n"
        "~~~\n- [ ] tilded\n~~~\n\n"
        "    - [ ] indented\n\n"
        "<!--\n- [ ] commented out\n-->\n\n"
        "- [ ] real\n"
    )
    checklist = read(PHASE + body)
    assert [line.id for line in checklist.lines] == ["phase1.real"]
    assert [phase.marker for phase in checklist.phases] == ["phase1"]


def test_nested_lines_are_lines_of_their_own_and_say_where_they_belong(read: Reader) -> None:
    body = "- [ ] outer\n  - [ ] inner\n    1. [ ] innermost\n- group:\n  - [ ] below a group\n\n> - [ ] quoted\n"
    assert [(line.id, line.title, line.source) for line in read.lines(body)] == [
        ("phase1.outer", "outer", "docs/list.md:3"),
        ("phase1.inner", "outer: inner", "docs/list.md:4"),
        ("phase1.innermost", "outer: inner: innermost", "docs/list.md:5"),
        ("phase1.below-a-group", "group: below a group", "docs/list.md:7"),
        ("phase1.quoted", "quoted", "docs/list.md:9"),
    ]


def test_a_childs_title_names_its_parent_by_the_bold_words_or_by_its_begin(read: Reader) -> None:
    body = f"- [ ] **Backup**: it is taken.\n  - [ ] Restored\n- [ ] {'word ' * 40}\n  - [ ] below\n"
    body += f"- [ ] {'数据' * 40}\n  - [ ] below\n"
    titles = [line.title for line in read.lines(body)]
    assert titles[1] == "Backup: Restored"
    assert titles[3] == f"{'word ' * 11}word\N{HORIZONTAL ELLIPSIS}: below"
    assert titles[5] == f"{'数据' * 30}\N{HORIZONTAL ELLIPSIS}: below"


@pytest.mark.parametrize("depth", [12, 40])
def test_no_line_is_too_deep_to_be_read(read: Reader, depth: int) -> None:
    body = "".join(f"{'  ' * level}- [ ] n{level}\n" for level in range(depth))
    assert [line.id for line in read.lines(body)] == [f"phase1.n{level}" for level in range(depth)]


def test_what_is_too_deep_all_the_same_is_refused(read: Reader) -> None:
    body = "".join(f"{'  ' * level}- [ ] n{level}\n" for level in range(80))
    assert "nested too deeply to be read" in read.refusal(PHASE + body)


def test_a_box_whose_letter_is_a_link_somewhere_is_a_box(read: Reader) -> None:
    assert read.line("- [x] done\n\n[x]: https://example.org\n").title == "done"


def test_loose_lists_and_further_paragraphs_do_not_matter(read: Reader) -> None:
    body = "- [ ] **One**: a\n\n  More about it, *at length*.\n\n- [ ] **Two**: b\n"
    assert [(line.id, line.title, line.source) for line in read.lines(body)] == [
        ("phase1.one", "One: a", "docs/list.md:3"),
        ("phase1.two", "Two: b", "docs/list.md:7"),
    ]


def test_a_title_is_what_a_reader_sees(read: Reader) -> None:
    text = "- [ ] **Run** `pytest -q`,\n  see [the *docs*](x.md) &amp; <b>wait</b> \\* <!-- not for readers -->\n"
    assert read.line(text).title == "Run pytest -q, see the docs & wait *"


# -- ids ---------------------------------------------------------------------------------------------------------------


def test_an_id_written_twice_is_refused_with_both_places(read: Reader) -> None:
    comment = "<!-- deploycheck: id=own -->"
    said = read.refusal(f"{PHASE}- [ ] **One**: a {comment}\n- [ ] **Two**: b\n- [ ] **Three**: c {comment}\n")
    assert said.startswith("docs/list.md:5: the id 'own' is used twice (first at docs/list.md:3)")


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ("- [ ] one\n- [ ] One!\n- [ ] **one**: more\n", ["one", "one-2", "one-3"]),
        # What is somebody's own text or word is not taken by a number.
        ("- [ ] one\n- [ ] one 2\n- [ ] one\n", ["one", "one-2", "one-3"]),
        ("- [ ] one\n- [ ] one\n- [ ] one 2\n", ["one", "one-3", "one-2"]),
        ("- [ ] one\n- [ ] two <!-- deploycheck: id=phase1.one -->\n", ["one-2", "one"]),
        ("- [ ] one\n- [ ] one\n- [ ] x <!-- deploycheck: id=phase1.one-2 -->\n", ["one", "one-3", "one-2"]),
        ("- [ ]\n- [ ] !!\n- [ ] **...**\n", ["item", "item-2", "item-3"]),
    ],
)
def test_lines_of_one_title_are_numbered(read: Reader, body: str, ids: list[str]) -> None:
    assert [line.id for line in read.lines(body)] == [f"phase1.{own}" for own in ids]


def test_the_same_label_in_two_phases_is_no_duplicate(read: Reader) -> None:
    body = "- [ ] one\n\n# Next <!-- deploycheck: phase=phase2 -->\n\n- [ ] one\n"
    assert [line.id for line in read.lines(body)] == ["phase1.one", "phase2.one"]


@pytest.mark.parametrize(("text", "title"), [("", "(no text)"), ("**!!**", "!!"), ("<b></b>", "(no text)")])
def test_a_line_without_a_word_is_no_less_a_line(read: Reader, text: str, title: str) -> None:
    line = read.line(f"- [ ] {text}\n")
    assert (line.id, line.title) == ("phase1.item", title)
    assert read.line(f"- [ ] {text} <!-- deploycheck: id=own -->\n").id == "own"


# -- text --------------------------------------------------------------------------------------------------------------

UNDER = """- [ ] **Dump**: it is taken. <!-- deploycheck: owner=dba -->

  It lies in `s3`. <!-- not for readers -->
  See `<!-- deploycheck: id=quoted -->`.

  ```bash
  pg_dump  # <!-- stays -->
  ```

  <!-- nor this -->
  <!-- deploycheck: valid=24h -->

      indented

  - plain
    - deeper
  - [ ] Restored

    Of the child.
  - beside it

  > quoted

  | a |
  |---|
- [ ] Next
"""
SHOWN = """It lies in `s3`.\x20
See `<!-- deploycheck: id=quoted -->`.

```bash
pg_dump  # <!-- stays -->
```

    indented

- plain
  - deeper

- beside it

> quoted

| a |
|---|"""


def test_what_stands_under_a_line_is_its_text(read: Reader) -> None:
    dump, restored, following = read.lines(UNDER)
    assert dump.text == SHOWN
    assert (dump.owner, dump.id) == ("dba", "phase1.dump")
    assert restored.text == "Of the child."
    assert following.text == ""


def test_the_text_does_not_tell_where_its_line_stands(read: Reader) -> None:
    """Moved into a quote or below another line, it stays what somebody has signed."""
    item = "- [ ] Dump\n\n  It is *taken*.\n\n  ```\n  a\n    b\n  ```\n"
    quoted = "".join(f"> {line}" for line in item.splitlines(keepends=True))
    nested = "- [ ] Outer\n\n" + "".join(f"  {line}" for line in item.splitlines(keepends=True))
    text = read.line(item).text
    assert text == "It is *taken*.\n\n```\na\n  b\n```"
    assert read.line(quoted).text == text
    assert read.lines(nested)[1].text == text
