"""Which headings are phases, and which files can be read at all."""

from __future__ import annotations

import codecs
import hashlib
import os
from pathlib import Path

import pytest
from markdowns import PHASE, Reader

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown import read_checklist


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Reads a document."""
    return Reader(tmp_path / "list.md")


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


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("🚀 **Ship** it", "🚀 Ship it"),
        ("See [the guide](x.md) &amp; `go`", "See the guide & go"),
        ("~~Old~~ <b>new</b>", "Old new"),
        ("Größe", "Größe"),
    ],
)
def test_a_phases_title_is_what_a_reader_sees(read: Reader, heading: str, title: str) -> None:
    assert read(f"# {heading} <!-- deploycheck: phase=phase1 -->\n").phases[0].title == title


@pytest.mark.parametrize("heading", ["> # Quoted", "- # In a list", "> Quoted\n> ==="])
def test_a_heading_in_a_quote_or_a_list_divides_nothing(read: Reader, heading: str) -> None:
    assert [line.id for line in read.lines(f"- [ ] a\n\n{heading}\n\n- [ ] b\n")] == ["phase1.a", "phase1.b"]


def test_a_phase_in_a_quote_is_refused(read: Reader) -> None:
    said = read.refusal(f"{PHASE}> # Quoted <!-- deploycheck: phase=phase2 -->\n")
    assert said.startswith(
        "docs/list.md:3: this deploycheck comment stands on nothing; put phase=... on a heading's own"
    )


@pytest.mark.parametrize("marker", ["skip", "xfail", "check", "serial", "usefixtures"])
def test_a_marker_that_means_something_else_is_refused(read: Reader, marker: str) -> None:
    said = read.refusal(f"# One <!-- deploycheck: phase={marker} -->\n")
    assert said.startswith(f"docs/list.md:1: the marker {marker!r} means something else to pytest")


@pytest.mark.parametrize("marker", ["class", "not", "phase-1", "1st", "phase1.x", "päs!"])
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


@pytest.mark.parametrize(
    ("encoding", "complaint"),
    [
        ("utf-16", "it is UTF-16, not UTF-8"),
        ("utf-32", "it is UTF-32, not UTF-8"),
        ("utf-16-le", "it looks like UTF-16, not UTF-8"),
        ("latin-1", "it is not UTF-8 (byte 50)"),
    ],
)
def test_the_message_about_the_encoding_says_what_to_do(read: Reader, encoding: str, complaint: str) -> None:
    said = read.refusal(f"{PHASE}- [ ] é\n".encode(encoding))
    assert said == f"docs/list.md: {complaint}; save it as UTF-8"


def test_a_file_that_is_not_there_is_refused_with_the_key_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ChecklistError, match=r"^docs/no\.md: the checklist cannot be read .*deploycheck_checklist"):
        read_checklist(tmp_path / "no.md", shown_as="docs/no.md")
    with pytest.raises(ChecklistError, match="cannot be read"):
        read_checklist(tmp_path, shown_as="docs")
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(ChecklistError, match=r"^pipe\.md: the checklist cannot be read \(it is no file\)"):
        read_checklist(tmp_path / "pipe.md", shown_as="pipe.md")


def test_the_digest_is_of_the_bytes(read: Reader) -> None:
    document = (PHASE + "- [ ] one\r\n").encode()
    assert read(document).digest == hashlib.sha256(document).hexdigest()
    assert read(document).path == "docs/list.md"
