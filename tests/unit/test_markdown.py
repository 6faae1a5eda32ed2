"""Reading a Markdown checklist: what is a phase, what is a line, and what is refused rather than guessed."""

from __future__ import annotations

import codecs
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check, Kind, Rollback, Severity
from pytest_deploycheck.markdown import read_checklist

PHASE = "# Build <!-- deploycheck: phase=phase1 -->\n\n"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file that every document of this module is written to."""
    return tmp_path_factory.mktemp("markdown") / "list.md"


@pytest.fixture
def read(page: Path) -> Reader:
    """Reads a document."""
    return Reader(page)


class Reader:
    """Reads documents given as text or bytes."""

    def __init__(self, page: Path) -> None:
        self.page = page

    def __call__(self, document: str | bytes) -> Checklist:
        self.page.write_bytes(document if isinstance(document, bytes) else document.encode())
        return read_checklist(self.page, shown_as="docs/list.md")

    def lines(self, body: str) -> list[Check]:
        """The lines of a document of one phase; the body begins on its third line."""
        return list(self(PHASE + body).lines)

    def line(self, text: str) -> Check:
        """The only line of a document, on its third line."""
        (found,) = self.lines(text)
        return found

    def refusal(self, document: str | bytes) -> str:
        """What the refused document is told."""
        with pytest.raises(ChecklistError) as caught:
            self(document)
        return str(caught.value)


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
        ("**Größe**", "phase1.große"),
        ("**部署**: 检查", "phase1.部署"),
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


def test_nested_lines_are_lines_of_their_own(read: Reader) -> None:
    body = "- [ ] outer\n  - [ ] inner\n    1. [ ] innermost\n- group\n  - [ ] below a group\n\n> - [ ] quoted\n"
    assert [(line.id, line.source) for line in read.lines(body)] == [
        ("phase1.outer", "docs/list.md:3"),
        ("phase1.inner", "docs/list.md:4"),
        ("phase1.innermost", "docs/list.md:5"),
        ("phase1.below-a-group", "docs/list.md:7"),
        ("phase1.quoted", "docs/list.md:9"),
    ]


def test_loose_lists_and_further_paragraphs_do_not_matter(read: Reader) -> None:
    body = "- [ ] **One**: a\n\n  More about it, *at length*.\n\n- [ ] **Two**: b\n"
    assert [(line.id, line.title, line.source) for line in read.lines(body)] == [
        ("phase1.one", "One: a", "docs/list.md:3"),
        ("phase1.two", "Two: b", "docs/list.md:7"),
    ]


def test_a_title_is_what_a_reader_sees(read: Reader) -> None:
    text = "- [ ] **Run** `pytest -q`,\n  see [the *docs*](x.md) &amp; <b>wait</b> \\* <!-- not for readers -->\n"
    assert read.line(text).title == "Run pytest -q, see the docs & wait *"


# -- comments ----------------------------------------------------------------------------------------------------------


def test_a_comment_says_everything_about_its_line(read: Reader) -> None:
    line = read.line(
        "- [ ] **One**: thing <!-- deploycheck: id=own.id severity=advisory owner='release engineer' valid=24h "
        'remediation="Say \\"go\\", then -m phase1." rollback=planned -->'
    )
    assert line == Check(
        id="own.id",
        phase="phase1",
        title="One: thing",
        kind=Kind.MANUAL,
        severity=Severity.ADVISORY,
        owner="release engineer",
        valid=timedelta(hours=24),
        remediation='Say "go", then -m phase1.',
        rollback=Rollback.PLANNED,
        source="docs/list.md:3",
    )


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] one <!-- deploycheck: id=own owner=sre -->",
        "- [ ] <!-- deploycheck: id=own owner=sre --> one",
        "- [ ] one <!--deploycheck:id=own owner=sre-->",
        "- [ ] one <!-- deploycheck: id=own --> <!-- deploycheck: owner=sre -->",
        "- [ ] one <!-- deploycheck:\n  id=own\n  owner=sre -->",
        "- [ ] one\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  more\n\n  <!-- deploycheck: id=own owner=sre -->",
        "- [ ] one\n\n  more <!-- deploycheck: id=own owner=sre -->",
    ],
)
def test_a_comment_may_stand_anywhere_in_its_own_item(read: Reader, text: str) -> None:
    line = read.line(f"{text}\n")
    assert (line.id, line.owner, line.title) == ("own", "sre", "one")


def test_a_nested_lines_comment_is_not_its_parents(read: Reader) -> None:
    outer, inner = read.lines("- [ ] outer\n  - [ ] inner <!-- deploycheck: owner=sre -->\n")
    assert (outer.owner, inner.owner) == ("", "sre")


def test_a_parents_late_comment_is_not_its_childs(read: Reader) -> None:
    body = "- [ ] outer\n\n  - [ ] inner\n\n  <!-- deploycheck: owner=sre -->\n"
    assert [(line.title, line.owner) for line in read.lines(body)] == [("outer", "sre"), ("inner", "")]


def test_other_comments_are_nobodys_business(read: Reader) -> None:
    assert read.line("<!-- a note -->\n\n- [ ] one <!-- TODO: id=x -->\n").id == "phase1.one"


@pytest.mark.parametrize(
    ("comment", "complaint"),
    [
        ("phase=phase2", "'phase=phase2' is not understood here; known: id=..., owner=..., "),
        ("serverity=advisory", "'serverity=advisory' is not understood here"),
        ("title=x", "'title=x' is not understood here"),
        ("mutating", "'mutating' is not understood here"),
        ("owner=", "'owner=' is not understood here"),
        ("severity=low", "severity=low is not one of blocker, advisory"),
        ("rollback=maybe", "rollback=maybe is not one of immediate, planned"),
        ("valid=soon", "'soon' is no duration"),
        ("valid=0s", "'0s' must be longer than nothing"),
        ("owner=a owner=b", "owner is given twice"),
        ("id=a --> <!-- deploycheck: id=b", "id is given twice"),
        ("owner=O'Brien", "has an open quote"),
        ("id='two words'", "the id 'two words' must have no spaces and no brackets"),
        ("id=a[1]", "the id 'a[1]' must have no spaces and no brackets"),
    ],
)
def test_a_comment_that_cannot_be_meant_is_refused_with_its_place(read: Reader, comment: str, complaint: str) -> None:
    said = read.refusal(f"{PHASE}text\n\n- [ ] one <!-- deploycheck: {comment} -->\n")
    assert said.startswith("docs/list.md:5: ")
    assert complaint in said


@pytest.mark.parametrize(
    "body",
    [
        "<!-- deploycheck: id=x -->\n",
        "text <!-- deploycheck: id=x -->\n",
        "- plain item <!-- deploycheck: id=x -->\n",
        "- [ ] task\n  - plain item <!-- deploycheck: id=x -->\n",
        "| a |\n|---|\n| <!-- deploycheck: id=x --> |\n",
        "> <!-- deploycheck: id=x -->\n",
        "<!-- deploycheck: phase=phase2 -->\n",
        "- [ ] task\n\n<!-- deploycheck: owner=sre -->\n",
        "<div>\n<!-- deploycheck: id=x -->\n</div>\n",
    ],
)
def test_a_comment_on_nothing_is_refused(read: Reader, body: str) -> None:
    assert "stands on nothing" in read.refusal(PHASE + body + "\n- [ ] one\n")


def test_a_comment_on_nothing_before_the_first_phase_is_refused_too(read: Reader) -> None:
    said = read.refusal(f"intro\n\n<!-- deploycheck: phase=phase1 -->\n\n{PHASE}")
    assert said.startswith("docs/list.md:3: this deploycheck comment stands on nothing")


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- deploycheck id=own -->",
        "<!-- Deploycheck: id=own -->",
        "<!-- DEPLOYCHECK: id=own -->",
        "<!-- deploycheck : id=own -->",
        "<!-- deploycheck: id=own",
    ],
)
def test_a_misspelt_comment_is_not_passed_over(read: Reader, comment: str) -> None:
    document = f"{PHASE}- [ ] one {comment}\n"
    try:
        line = read(document).lines[0]
    except ChecklistError as error:
        assert str(error).startswith("docs/list.md:3: ")
    else:
        assert (line.id, line.title) == ("own", "one")


# -- ids ---------------------------------------------------------------------------------------------------------------


def test_an_id_twice_is_refused_with_both_places(read: Reader) -> None:
    said = read.refusal(f"{PHASE}- [ ] **One**: a\n- [ ] **Two**: b\n- [ ] **ONE!**: c\n")
    assert said.startswith("docs/list.md:5: the id 'phase1.one' is used twice (first at docs/list.md:3)")


def test_the_same_label_in_two_phases_is_no_duplicate(read: Reader) -> None:
    body = "- [ ] one\n\n# Next <!-- deploycheck: phase=phase2 -->\n\n- [ ] one\n"
    assert [line.id for line in read.lines(body)] == ["phase1.one", "phase2.one"]


@pytest.mark.parametrize("text", ["", "🚀", "**!!**", "<b></b>"])
def test_a_line_without_a_word_needs_an_id(read: Reader, text: str) -> None:
    said = read.refusal(f"{PHASE}- [ ] {text}\n")
    assert said.startswith("docs/list.md:3: the line has no text to make an id from")
    assert read.line(f"- [ ] {text} <!-- deploycheck: id=own -->\n").id == "own"


# -- phases ------------------------------------------------------------------------------------------------------------


def test_phases_stand_in_their_order_with_their_titles(read: Reader) -> None:
    document = (
        "# Title\n\n## Second things <!-- deploycheck: phase=phase2 -->\n- [ ] b\n\n"
        "## **First** things <!-- deploycheck: phase=phase1 --> ##\n- [ ] a\n"
    )
    assert [(phase.marker, phase.title) for phase in read(document).phases] == [
        ("phase2", "Second things"),
        ("phase1", "First things"),
    ]


@pytest.mark.parametrize("underline", ["===", "---"])
def test_an_underlined_heading_is_one_too(read: Reader, underline: str) -> None:
    checklist = read(f"Build <!-- deploycheck: phase=phase1 -->\n{underline}\n\n- [ ] one\n")
    assert [(phase.marker, phase.title) for phase in checklist.phases] == [("phase1", "Build")]
    assert [line.source for line in checklist.lines] == ["docs/list.md:4"]


def test_a_phase_without_a_title_is_called_by_its_marker(read: Reader) -> None:
    assert read("# <!-- deploycheck: phase=phase1 -->\n\n- [ ] one\n").phases[0].title == "phase1"


def test_headings_below_a_phase_belong_to_it(read: Reader) -> None:
    body = "## Sub\n- [ ] a\n\n### Subsub\n- [ ] b\n\n## Sub again\n- [ ] c\n"
    assert {line.phase for line in read.lines(body)} == {"phase1"}


def test_a_heading_of_the_phases_level_ends_it(read: Reader) -> None:
    checklist = read(f"{PHASE}- [ ] a\n\n# Appendix\n\n- [ ] b\n- [x] c\n")
    assert [line.id for line in checklist.lines] == ["phase1.a"]
    assert checklist.strays == ("docs/list.md:7", "docs/list.md:8")


def test_lines_before_the_first_phase_are_strays(read: Reader) -> None:
    checklist = read(f"- [ ] early\n\n{PHASE}- [ ] a\n")
    assert checklist.strays == ("docs/list.md:1",)


def test_a_phase_goes_on_under_a_later_heading_and_keeps_its_place_and_title(read: Reader) -> None:
    document = (
        "# One <!-- deploycheck: phase=phase1 -->\n- [ ] a\n\n# Two <!-- deploycheck: phase=phase2 -->\n- [ ] b\n\n"
        "# More of one <!-- deploycheck: phase=phase1 -->\n- [ ] c\n"
    )
    checklist = read(document)
    assert [(phase.marker, phase.title) for phase in checklist.phases] == [("phase1", "One"), ("phase2", "Two")]
    assert [line.id for line in checklist.lines] == ["phase1.a", "phase2.b", "phase1.c"]


@pytest.mark.parametrize("marker", ["phase-1", "1st", "phase1.x", "päs!"])
def test_a_phase_that_cannot_be_a_marker_is_refused(read: Reader, marker: str) -> None:
    said = read.refusal(f"# One <!-- deploycheck: phase={marker} -->\n")
    assert said.startswith(f"docs/list.md:1: {marker!r} cannot be a pytest marker")


@pytest.mark.parametrize("comment", ["id=x", "phase=a title=b", "phase=a phase=b", "severity=advisory", "phase="])
def test_a_heading_takes_a_phase_and_nothing_else(read: Reader, comment: str) -> None:
    said = read.refusal(f"text\n\n# One <!-- deploycheck: {comment} -->\n")
    assert said.startswith("docs/list.md:3: ")


@pytest.mark.parametrize("document", ["", "# A title\n\n- [ ] one\n", "- [ ] one\n", "\n\n\n"])
def test_a_document_without_a_phase_is_refused(read: Reader, document: str) -> None:
    assert read.refusal(document).startswith("docs/list.md: no heading carries a phase; add <!-- deploycheck: phase=")


def test_a_phase_without_lines_is_kept_since_it_can_never_be_go(read: Reader) -> None:
    assert [phase.marker for phase in read(PHASE).phases] == ["phase1"]


# -- the file ----------------------------------------------------------------------------------------------------------

DOCUMENT = f"---\ntitle: x\n---\n\n{PHASE}- [ ] **One**: a\n\n  ```\n  - [ ] fenced\n  ```\n- [x] **Two**: b\n"


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_line_ends_change_nothing(read: Reader, newline: str) -> None:
    plain, other = read(DOCUMENT), read(DOCUMENT.replace("\n", newline))
    assert other.lines == plain.lines
    assert other.phases == plain.phases


def test_a_byte_order_mark_changes_nothing(read: Reader) -> None:
    document = PHASE + "- [ ] one\n"
    assert read(codecs.BOM_UTF8 + document.encode()).lines == read(document).lines


def test_front_matter_is_no_heading(read: Reader) -> None:
    assert [line.source for line in read(DOCUMENT).lines] == ["docs/list.md:7", "docs/list.md:12"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"])
def test_another_encoding_is_refused(read: Reader, encoding: str) -> None:
    assert read.refusal(f"{PHASE}- [ ] größer\n".encode(encoding)).startswith("docs/list.md: ")


def test_the_message_about_the_encoding_says_what_to_do(read: Reader) -> None:
    said = read.refusal(f"{PHASE}- [ ] one\n".encode("utf-16"))
    assert said == "docs/list.md: it is not UTF-8 (byte 0); save it as UTF-8"


def test_a_file_that_is_not_there_is_refused_with_the_key_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ChecklistError, match=r"^docs/no\.md: the checklist cannot be read .*deploycheck_checklist"):
        read_checklist(tmp_path / "no.md", shown_as="docs/no.md")
    with pytest.raises(ChecklistError, match="cannot be read"):
        read_checklist(tmp_path, shown_as="docs")


def test_the_digest_is_of_the_bytes(read: Reader) -> None:
    document = (PHASE + "- [ ] one\r\n").encode()
    assert read(document).digest == hashlib.sha256(document).hexdigest()
    assert read(document).path == "docs/list.md"


# -- laws --------------------------------------------------------------------------------------------------------------

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


_keys = st.sampled_from(["id", "severity", "owner", "valid", "remediation", "rollback", "phase", "other"])


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
    assert [line.title for line in checklist.lines] == expected
    assert checklist.strays == ()
    numbered = document.splitlines()
    for line in checklist.lines:
        assert line.title in numbered[int(line.source.rpartition(":")[2]) - 1]
