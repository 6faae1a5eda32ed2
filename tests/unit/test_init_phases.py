"""Proposing phases: which headings, under which markers, and where the comments go."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown.document import Task, parse
from pytest_deploycheck.markdown.propose import Proposal, propose
from pytest_deploycheck.markdown.reader import read_text

COMMENT = re.compile(r" <!-- deploycheck: phase=\w+ -->")


def proposed(text: str, level: int | None = None, **named: str) -> Proposal:
    """A proposal; underscores in the headings' names stand for spaces."""
    by_name = {name.replace("_", " "): marker for name, marker in named.items()}
    return propose(text, shown_as="list.md", level=level, named=by_name)


def phases(text: str, level: int | None = None, **named: str) -> list[tuple[str, str, int]]:
    """Title, marker and number of tasks of each phase."""
    return [(phase.title, phase.marker, phase.tasks) for phase in proposed(text, level, **named).phases]


def refusal(text: str, level: int | None = None, **named: str) -> str:
    """What the refused proposal is told."""
    with pytest.raises(ChecklistError) as caught:
        proposed(text, level, **named)
    return str(caught.value)


def sections(*headings: str) -> str:
    """A document with one task below each heading."""
    return "".join(f"{heading}\n\n- [ ] task {number}\n\n" for number, heading in enumerate(headings))


# -- which headings ----------------------------------------------------------------------------------------------------


def test_the_outermost_level_with_several_headings_is_taken() -> None:
    document = sections("# Title\n\n## A\n\n### A1", "### A2", "## B") + "## No tasks\n"
    assert phases(document) == [("A", "phase1", 2), ("B", "phase2", 1)]


def test_a_document_with_one_heading_is_one_phase() -> None:
    assert phases(sections("# Title\n\n## Only")) == [("Title", "phase1", 1)]


def test_a_level_at_which_one_heading_holds_nearly_all_divides_too_little() -> None:
    document = "# Work\n" + sections(*(f"## S{number}" for number in range(9))) + sections("# Appendix")
    assert [title for title, _, _ in phases(document)] == [*(f"S{number}" for number in range(9)), "Appendix"]
    assert phases(document, level=1) == [("Work", "phase1", 9), ("Appendix", "phase2", 1)]


def test_tasks_beside_the_level_belong_to_the_nearest_heading() -> None:
    document = "# Title\n\n- [ ] direct\n\n" + sections("### Deep", "## A", "## B")
    assert phases(document) == [("Title", "phase1", 1), ("Deep", "phase2", 1), ("A", "phase3", 1), ("B", "phase4", 1)]


@pytest.mark.parametrize("heading", ["> # Quoted", "- # In a list", "```\n# Fenced\n```", "<!--\n# Commented\n-->"])
def test_what_is_no_heading_is_no_phase(heading: str) -> None:
    assert phases(f"# Title\n\n{heading}\n\n- [ ] task\n") == [("Title", "phase1", 1)]


def test_tasks_without_a_heading_get_one_above_them() -> None:
    assert phases("Intro.\n\n- [ ] a\n- [ ] b\n") == [("Checklist", "phase1", 2)]
    assert proposed("- [ ] a\n").heading == "# Checklist"
    assert proposed("- [ ] a\n").first_id == "phase1.a"
    assert proposed("# Title\n\n- [ ] a\n").heading == ""


def test_the_new_heading_leaves_the_others_as_they_divide() -> None:
    below = "# Title\n\n" + sections("## A", "## B")
    assert phases("- [ ] above\n\n" + below) == [("Checklist", "phase1", 1), ("A", "phase2", 1), ("B", "phase3", 1)]
    assert proposed("- [ ] above\n\n### Deep\n\n# Title\n").heading == "### Checklist"


def test_the_new_heading_can_be_named_where_no_other_is_meant() -> None:
    document = "- [ ] above\n\n# My checklist\n\n- [ ] below\n"
    assert phases("- [ ] a\n", Checklist="smoke") == [("Checklist", "smoke", 1)]
    assert phases(document, checklist="smoke") == [("Checklist", "phase1", 1), ("My checklist", "smoke", 1)]


def test_lines_are_numbered_as_in_the_document_that_was_given() -> None:
    document = "- [ ] above\n- [] near\n- [ ] run\n\n  ```sh check\n  true\n  ```\n\n# Title\n\n- [ ] below\n"
    proposal = proposed(document)
    assert [phase.line for phase in proposal.phases] == [0, 9]
    assert proposal.running == ("list.md:5",)
    assert proposal.loose == ("list.md:2: '[] near' is nearly a box, and none; write `- [ ] ` before its text",)
    assert proposal.again().running == ("list.md:7",)
    assert proposal.again().text == proposal.text
    assert refusal("- [ ] a <!-- deploycheck: owner= -->\n").startswith("list.md:1: ")
    twice = "- [ ] a <!-- deploycheck: id=x -->\n- [ ] b <!-- deploycheck: id=x -->\n"
    assert refusal(twice).startswith("list.md:2: the id 'x' is used twice (first at list.md:1)")
    assert refusal("- [ ] a\n\n  ```sh check\n  # idle\n  ```\n").startswith("list.md:3: ")


def test_a_document_of_near_lines_alone_is_told_where_they_are() -> None:
    assert refusal("Intro.\n\n- [] a\n").splitlines() == [
        "list.md: it has no task-list lines; write items as `- [ ] The backup is taken`",
        "list.md:3: '[] a' is nearly a box, and none; write `- [ ] ` before its text",
    ]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("", "list.md: it has no task-list lines"),
        ("# Title\n\n- plain\n\n```\n- [ ] fenced\n```\n", "list.md: it has no task-list lines"),
        ("# A <!-- deploycheck: phas=x -->\n- [ ] a\n", "list.md:1: 'phas=x' is not understood here"),
        ("# A\n- [ ] a <!-- deploycheck: id=a id=b -->\n", "list.md:2: id is given twice"),
    ],
)
def test_a_document_that_cannot_run_is_refused_with_the_way_out(document: str, complaint: str) -> None:
    assert refusal(document).startswith(complaint)


# -- markers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "marker"),
    [
        ("Pre-flight", "preflight"),
        ("1. Pre-deployment checks", "preflight"),
        ("Before we deploy", "preflight"),
        ("Deployment", "deploy"),
        ("**Go-live**", "deploy"),
        ("Deployment checklist", "phase1"),
        ("Post-deployment", "postdeploy"),
        ("After the launch", "postdeploy"),
        ("First 24 hours", "monitor24h"),
        ("Week 1", "week1"),
        ("Rollback", "rollback"),
        ("Success criteria", "success"),
        ("Communication", "communication"),
        ("Phase 7: Canary", "phase7"),
        ("Anything else", "phase1"),
        ("📦", "phase1"),
        ("", "phase1"),
    ],
)
def test_a_heading_that_says_its_place_is_called_by_it(heading: str, marker: str) -> None:
    assert [found for _, found, _ in phases(sections(f"# {heading}"))] == [marker]


def test_markers_do_not_clash() -> None:
    document = sections("## A", "## Phase 1", "## B", "## Rollback", "## Roll back the base", "## C")
    assert [marker for _, marker, _ in phases(document)] == [
        "phase2",
        "phase1",
        "phase3",
        "rollback",
        "rollback2",
        "phase4",
    ]


def test_markers_that_are_there_stay_and_are_not_taken_again() -> None:
    document = sections("## A", "## B <!-- deploycheck: phase=phase1 -->", "## C")
    proposal = proposed(document)
    assert [(phase.marker, phase.new) for phase in proposal.phases] == [
        ("phase2", True),
        ("phase1", False),
        ("phase3", True),
    ]
    assert COMMENT.sub("", proposal.text) == COMMENT.sub("", document)


def test_a_heading_can_be_named() -> None:
    document = sections("## Getting ready", "## The switch", "## Later")
    assert phases(document, the_switch="deploy", READY="preflight") == [
        ("Getting ready", "preflight", 1),
        ("The switch", "deploy", 1),
        ("Later", "phase1", 1),
    ]


def test_a_named_heading_of_another_level_divides_what_it_holds() -> None:
    document = "# Work\n\n" + sections("## A", "## B", "## C") + sections("# Other")
    text = proposed(document, 1, B="smoke").text
    checklist = read_text(text, shown_as="list.md", digest="")
    assert [line.phase for line in checklist.lines] == ["phase1", "smoke", "phase1", "phase2"]
    assert [phase.title for phase in checklist.phases] == ["Work", "B", "Other"]


def test_what_a_phase_within_cut_off_goes_on_in_the_phase_around_it() -> None:
    document = (
        "## A <!-- deploycheck: phase=a -->\n\n- [ ] 1\n\n### B <!-- deploycheck: phase=b -->\n\n- [ ] 2\n\n"
        "### C\n\n- [ ] 3\n"
    )
    checklist = read_text(proposed(document).text, shown_as="list.md", digest="")
    assert [line.phase for line in checklist.lines] == ["a", "b", "a"]
    assert phases(document) == [("A", "a", 2), ("B", "b", 1)]


def test_two_headings_may_share_a_phase() -> None:
    assert phases(sections("## A", "## B", "## C"), A="build", C="build") == [("A", "build", 2), ("B", "phase1", 1)]


@pytest.mark.parametrize(
    ("name", "marker", "complaint"),
    [
        ("nowhere", "x", "list.md: no heading can be meant by 'nowhere'; headings: Part A; Part B; Notes"),
        ("part", "x", "list.md: 2 headings can be meant by 'part'"),
        ("notes", "x", "list.md:9: no task line under this heading waits for a phase; leave x away"),
        ("part a", "not-a-name", "list.md: 'not-a-name' cannot be a pytest marker"),
        ("part a", "skip", "list.md: the marker 'skip' means something else to pytest"),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(name: str, marker: str, complaint: str) -> None:
    document = sections("## Part A", "## Part B") + "## Notes\n"
    assert refusal(document, None, **{name: marker}).startswith(complaint)


def test_a_heading_that_is_a_phase_already_keeps_its_marker() -> None:
    document = sections("## A <!-- deploycheck: phase=phase1 -->")
    assert refusal(document, A="other").startswith("list.md:1: this heading is the phase phase1 already")
    assert proposed(document, A="phase1").text == document


# -- where the comment goes --------------------------------------------------------------------------------------------

MARK = "<!-- deploycheck: phase=phase1 -->"


@pytest.mark.parametrize(
    ("heading", "marked"),
    [
        ("# A", f"# A {MARK}"),
        ("  ###   A  ", f"  ###   A {MARK}  "),
        ("# A #", f"# A {MARK} #"),
        ("## A\t##  ", f"## A {MARK}\t##  "),
        ("# A \\#", f"# A \\# {MARK}"),
        ("# A #1", f"# A #1 {MARK}"),
        ("#", f"# {MARK}"),
        ("## ##", f"## {MARK} ##"),
        ("# A\\", f"# A\\ {MARK}"),
        ("A\n===", f"A {MARK}\n==="),
        ("A  \nB #  \n---", f"A  \nB # {MARK}  \n---"),
        ("# `A", f"# `A {MARK}"),
        ("# A <!-- note -->", f"# A <!-- note --> {MARK}"),
        ("# A <!-- open", f"# A <!-- open {MARK}"),
        ("# A <!B", f"# A <!B {MARK}"),
        ("# [A](b", f"# [A](b {MARK}"),
    ],
)
def test_the_comment_stands_where_the_reader_finds_it(heading: str, marked: str) -> None:
    assert proposed(f"{heading}\n\n- [ ] a\n").text == f"{marked}\n\n- [ ] a\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_stay(newline: str) -> None:
    document = sections("# A", "B\n===").replace("\n", newline)
    text = proposed(document).text
    assert COMMENT.sub("", text) == document
    assert text.count("deploycheck") == 2


TOP = f"# Checklist {MARK}"


@pytest.mark.parametrize(
    ("document", "marked"),
    [
        ("- [ ] a\n", f"{TOP}\n\n- [ ] a\n"),
        ("- [ ] a", f"{TOP}\n\n- [ ] a"),
        ("\n- [ ] a\n", f"{TOP}\n\n- [ ] a\n"),
        ("Intro\r\n- [ ] a\r\n", f"{TOP}\r\n\r\nIntro\r\n- [ ] a\r\n"),
        ("---\na: b\n---\n- [ ] a\n", f"---\na: b\n---\n\n{TOP}\n\n- [ ] a\n"),
        ("---\na: b\n...\n\n- [ ] a\n", f"---\na: b\n...\n\n{TOP}\n\n- [ ] a\n"),
        ("+++\ra = 'b'\r+++\r\r- [ ] a\r", f"+++\ra = 'b'\r+++\r\r{TOP}\r\r- [ ] a\r"),
        ("---\n- [ ] a\n---\n", f"{TOP}\n\n---\n- [ ] a\n---\n"),
    ],
)
def test_the_new_heading_stands_at_the_top_behind_front_matter(document: str, marked: str) -> None:
    assert proposed(document).text == marked


# -- laws --------------------------------------------------------------------------------------------------------------

_pieces = st.sampled_from(
    [
        *(
            "# One",
            "## Two",
            "### Three ##",
            "Four\n===",
            "Five\nSix\n---",
            "##",
            "## Phase 2",
            "# Rollback",
            "####### no",
        ),
        *("- [ ] a", "- [x] b\n  - [ ] c", "1. [ ] d", "> # Quoted\n> - [ ] e", "- plain\n\n  # In\n\n  - [ ] f"),
        *(
            "Text.",
            "```\n# - [ ] x\n```",
            "| a |\n|---|",
            "***",
            "## Kept <!-- deploycheck: phase=phase1 -->",
            "### Within <!-- deploycheck: phase=inner -->",
            "- [ ]",
        ),
    ]
)
_documents = st.lists(_pieces, min_size=1, max_size=12).map("\n\n".join)


def unmarked(proposal: Proposal, document: str) -> list[str]:
    """What the document may have been, by the line ends it has; none of these has front matter."""
    newline = next(iter(re.findall(r"\r\n?|\n", document)), "\n")
    text = COMMENT.sub("", proposal.text)
    top = f"{proposal.heading}{newline}"
    return [text.removeprefix(top), text.removeprefix(top + newline)] if proposal.heading else [text]


@settings(max_examples=300)
@given(_documents, st.none() | st.integers(1, 6), st.sampled_from(["\n", "\r\n"]))
def test_every_task_gets_a_phase_and_nothing_else_changes(document: str, level: int | None, newline: str) -> None:
    document = document.replace("\n", newline)
    try:
        proposal = proposed(document, level)
    except ChecklistError as error:
        assert "no task-list lines" in str(error)  # whether there is one is drawn
        return
    added = len(COMMENT.findall(proposal.text)) - len(COMMENT.findall(document))
    assert added >= 0
    assert COMMENT.sub("", document) in unmarked(proposal, document)
    checklist = read_text(proposal.text, shown_as="list.md", digest="")
    tasks = [part for part in parse(document, shown_as="list.md").parts if isinstance(part, Task)]
    assert len(checklist.lines) == len(tasks)
    assert checklist.strays == ()
    assert proposed(proposal.text, level).text == proposal.text
    assert proposed(proposal.text).text == proposal.text


@settings(max_examples=300)
@given(
    st.lists(_pieces | st.text(max_size=6) | st.sampled_from(["\n", "# ", "- [ ] ", "<!-- ", "`", "|", "\\"])).map(
        "".join
    )
)
def test_any_text_is_a_proposal_or_refused(text: str) -> None:
    try:
        proposal = proposed(text)
    except ChecklistError as error:
        assert str(error).startswith("list.md:")  # which of the two is drawn
    else:
        assert proposed(proposal.text).text == proposal.text
        assert COMMENT.sub("", text) in unmarked(proposal, text)
