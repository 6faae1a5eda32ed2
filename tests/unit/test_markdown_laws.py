"""Laws of the Markdown reader: no text breaks it, no box is lost, ids are unique and stay."""

from __future__ import annotations

import re
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdowns import PHASE

from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown import read_checklist


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file that every document of this module is written to."""
    return tmp_path_factory.mktemp("markdown") / "list.md"


_fragments = st.sampled_from(
    [
        *(
            "# ",
            "## ",
            "- ",
            "[ ] ",
            "[x] ",
            "1. ",
            "> ",
            "    ",
            "  ",
            "\n",
            "\n\n",
            "\r\n",
            "\t",
            "```",
            "---",
            "===",
        ),
        *(
            "<!-- deploycheck: ",
            "<!--deploycheck:",
            "-->",
            " -->",
            "<!-- ",
            "phase=phase1",
            "phase=p2",
            "id=a",
            "id=",
            "valid=",
            "1h",
        ),
        *(
            "severity=",
            "advisory",
            "owner='",
            "'",
            '"',
            "rollback=planned",
            "signers=2",
            "waivable=no",
            "bash check",
            "console check timeout=1m",
            "**",
            "`",
            "\\",
            "|",
            "|---|\n",
            "<b>",
            "</b>",
        ),
        *(
            "&amp;",
            "word",
            "ü",
            "\x00",
            "\u2028",
            "\ufeff",
            "[",
            "]",
            "(",
            ")",
            "![",
            "*",
            "_",
            "~~~",
            "<div>\n",
            "=",
            ":",
        ),
    ]
)
soup = st.lists(_fragments | st.text(max_size=4), max_size=40).map("".join)


@settings(max_examples=300)
@given(soup)
def test_any_text_in_a_phase_is_a_checklist_or_refused_as_one(page: Path, text: str) -> None:
    page.write_text(PHASE + text, encoding="utf-8", errors="ignore", newline="")
    _read_or_refuse(page)


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_checklist_or_refused_as_one(page: Path, data: bytes) -> None:
    page.write_bytes(data)
    _read_or_refuse(page)


def _read_or_refuse(page: Path) -> None:
    try:
        checklist = read_checklist(page, shown_as="list.md")
    except ChecklistError as error:
        assert str(error).startswith("list.md:")
    else:
        markers = {phase.marker for phase in checklist.phases}
        assert markers
        assert {line.phase for line in checklist.lines} <= markers
        assert len({line.id for line in checklist.lines}) == len(checklist.lines)


_bullets = st.sampled_from(["-", "*", "+", "1."])
_boxes = st.sampled_from(["[ ]", "[x]", "[X]"])
_comments = st.sampled_from(["", " <!-- deploycheck: owner=sre -->", " <!-- a note -->"])


@st.composite
def task_lists(draw: st.DrawFn) -> tuple[str, int]:
    """A list of tasks, some nested, tight or loose, with `@` where each task's name goes; and how many there are."""
    count = draw(st.integers(1, 4))
    gap = draw(st.sampled_from(["\n", "\n\n"]))
    lines, depth = [], -1
    for _ in range(count):
        depth = draw(st.integers(0, min(depth + 1, 3)))
        # Every item's text begins in the fourth column of its own.
        lines.append(f"{'    ' * depth}{draw(_bullets):4}{draw(_boxes)} @{draw(_comments)}")
    return gap.join(lines), count


_noise = st.sampled_from(
    [
        "A paragraph.",
        "```\n- [ ] fenced\n```",
        "## A sub-heading",
        "- plain\n- items",
        "> a quote\n> - [link](x)",
        "| a | b |\n|---|---|\n| [ ] | - [ ] |",
        "<details>\n<summary>more</summary>",
        "</details>",
        "***",
        "<!-- a comment\nof two lines -->",
        "Underlined\n---",
        "# Next <!-- deploycheck: phase=phase2 -->",
        "    - [ ] code",
    ]
)


@settings(max_examples=300)
@given(st.lists(task_lists() | _noise.map(lambda text: (text, 0)), max_size=8))
def test_no_task_line_is_lost_and_none_is_invented(page: Path, blocks: list[tuple[str, int]]) -> None:
    document = PHASE
    expected: list[str] = []
    for text, count in blocks:
        # A paragraph keeps indented code from going on with a list before it.
        document += "Between.\n\n"
        for _ in range(count):
            expected.append(f"task {len(expected)}")
            text = text.replace("@", expected[-1], 1)  # noqa: PLW2901  # names are given one by one
        document += f"{text}\n\n"
    page.write_text(document, encoding="utf-8")
    checklist = read_checklist(page, shown_as="list.md")
    assert [line.title.rpartition(": ")[2] for line in checklist.lines] == expected
    assert checklist.strays == ()
    numbered = document.splitlines()
    for line in checklist.lines:
        assert line.title.rpartition(": ")[2] in numbered[int(line.source.rpartition(":")[2]) - 1]


# Tables without pipes at their edges are read differently by different readers, so there is none in this soup.
_written = st.lists(
    st.sampled_from(
        [
            *(
                "- [ ] ",
                "* [x] ",
                "+ [X] ",
                "1. [ ] ",
                "10) [x] ",
                "- ",
                "2. ",
                "> ",
                "[ ] ",
                "[x]",
                "    ",
                "  ",
                "\t",
            ),
            *(
                "word ",
                "**bold** ",
                "`code ` ",
                "\n",
                "\n",
                "\n\n",
                "# ",
                "## head\n",
                "---\n",
                "===\n",
                "```\n",
                "~~~\n",
            ),
            *(
                "<!-- ",
                " -->",
                "<div>\n",
                "</div>\n",
                "<details>\n",
                "<pre>\n",
                "[x]: target\n",
                "\\",
                "&amp;",
                "é",
                "-\n",
            ),
        ]
    ),
    max_size=30,
).map("".join)


def _boxes_on_github(text: str) -> set[int]:
    """The lines on which GitHub's own reader shows a box."""
    html = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_SOURCEPOS)
    return {
        int(found[1])
        for found in re.finditer(r'<li data-sourcepos="(\d+):[^"]*">\s*(?:<p[^>]*>)?\s*<input type="checkbox"', html)
    }


@settings(max_examples=400)
@given(_written)
@example("- [ ] a\n  ---\n")
@example("- [x] a |\n---\n")
@example("---\n- [ ] a\n---\n")
@example("[x]: target\n\n- [x] done\n")
def test_every_box_that_github_shows_is_a_line_or_a_stray(page: Path, text: str) -> None:
    after, before = _read(page, PHASE + text), _read(page, f"{text}\n\n{PHASE}")
    assert not isinstance(after, str)
    assert {line + PHASE.count("\n") for line in _boxes_on_github(text)} <= _sources(after)
    # An open fence or comment hides the phase behind it, which is refused.
    assert isinstance(before, str) or _boxes_on_github(text) <= _sources(before)


def _sources(checklist: Checklist) -> set[int]:
    sources = [*checklist.strays, *(line.source for line in checklist.lines)]
    return {int(source.rpartition(":")[2]) for source in sources}


def _read(page: Path, document: str) -> Checklist | str:
    """The checklist, or what its refusal says."""
    page.write_text(document, encoding="utf-8", errors="ignore", newline="")
    try:
        return read_checklist(page, shown_as="list.md")
    except ChecklistError as error:
        return str(error)


@given(soup)
def test_line_ends_of_windows_change_nothing(page: Path, text: str) -> None:
    text = (PHASE + text).replace("\r", "")
    here, there = _read(page, text), _read(page, text.replace("\n", "\r\n"))
    if isinstance(here, str) or isinstance(there, str):
        assert here == there
    else:
        assert (here.lines, here.phases, here.strays) == (there.lines, there.phases, there.strays)


_titles = st.lists(st.sampled_from(["one", "two", "One!", "one 2", "größe", "🚀", "!!", "два"]), max_size=8)


@given(_titles, st.integers(0, 8), st.text("abc \n*", max_size=20), st.booleans())
def test_an_edit_elsewhere_leaves_ids_and_texts_alone(
    page: Path, titles: list[str], place: int, prose: str, ticked: bool
) -> None:
    """A paragraph more, another line of another name, a tick: no id moves."""
    before = [f"- [ ] {title}\n\n  About it.\n" for title in titles]
    box = "x" if ticked else " "
    after = [f"- [{box}] {title}\n\n  About it.\n" for title in titles]
    after.insert(place, f"- [ ] something else\n\n  {prose.strip()}\n\nBetween: {prose.strip()}\n\n".replace("*", ""))
    old = _read(page, PHASE + "\n".join(before))
    new = _read(page, PHASE + "\n".join(after))
    assert not isinstance(old, str)
    assert not isinstance(new, str)
    kept = [(line.id, line.title, line.text) for line in new.lines if line.title != "something else"]
    assert kept == [(line.id, line.title, line.text) for line in old.lines]


def test_no_line_of_five_thousand_is_lost(page: Path) -> None:
    line = "{}- [ ] **Größe {}**: see [the guide](x.md) <!-- deploycheck: owner=sre -->\n\n{}  Then `wait`.\n\n"
    page.write_text(PHASE + "".join(line.format("  " * (n % 6), n, "  " * (n % 6)) for n in range(5000)), "utf-8")
    assert len({line.id for line in read_checklist(page, shown_as="list.md").lines}) == 5000


@pytest.mark.timeout(30)  # a reader that goes back and forth would need minutes
@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        "![" * 1500 + "a" + "](b)" * 1500,
        "*a _b " * 5000,
        "<!-- " * 5000,
        "`" * 5000,
        "> " * 5000,
        "- " * 3000,
    ],
    ids=["brackets", "pictures", "emphasis", "comments", "ticks", "quotes", "lists"],
)
def test_what_is_made_to_break_readers_is_read_or_refused(page: Path, text: str) -> None:
    assert _read(page, f"{PHASE}- [ ] {text}\n\n{text}")
