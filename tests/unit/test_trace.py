"""From lines to tests, and what became of the lines."""

from __future__ import annotations

from dataclasses import replace

from builders import checks, make_check
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.model import Check, Kind
from pytest_deploycheck.core.trace import trace


def manual(id: str, title: str, text: str = "") -> Check:
    return make_check(id, title=title, text=text, kind=Kind.MANUAL, nodeid="")


A, B, C = (manual(f"phase1.{word}", f"The {word} is there") for word in ("alpha", "beta", "gamma"))
lists = st.lists(checks, max_size=8, unique_by=lambda check: check.id)


def test_a_line_knows_its_tests_once() -> None:
    """Parameters and targets are no further tests."""
    found = trace(
        [],
        [
            make_check("phase1.x[1]", title="X works [1]", nodeid="t.py::test_x[1]"),
            make_check("phase1.x[2]", title="X works [2]", nodeid="t.py::test_x[2]"),
            make_check("phase1.y", title="Y", nodeid="", source="list.md:3"),
            A,
        ],
    )

    assert [(line.id, line.title, line.tests) for line in found.lines] == [
        ("phase1.x", "X works", ("t.py::test_x",)),
        ("phase1.y", "Y", ()),
        ("phase1.alpha", "The alpha is there", ()),
    ]
    assert found.counts == {"lines": 3, "automated": 2, "manual": 1, "changed": 0, "renamed": 0, "gone": 0}


def test_who_judges_is_told_in_words() -> None:
    """A person, a test, a block of the line's own, or nobody yet."""
    listed = [
        A,
        make_check("phase1.x", source="l.md:2"),
        make_check("phase1.b", source="l.md:3", nodeid="l.md::phase1.b"),
    ]
    listed.append(make_check("phase1.none", nodeid=""))

    assert [line.judge for line in trace([], listed).lines] == [
        "a person",
        "test_it.py::test_x",
        "its own block",
        "a test that was not collected",
    ]


def test_a_line_whose_words_changed_says_what_they_were() -> None:
    """Its title, or what stands under it; not how its lines are broken."""
    before = [replace(A, text="Look at\n\nthe page."), B]
    now = [replace(A, text="Look at the\r\npage."), replace(B, title="The beta is here")]

    assert [line.was for line in trace(before, now).lines] == ["", "The beta is there"]


def test_a_renamed_line_is_known_by_its_neighbours() -> None:
    """However different its new words are."""
    found = trace([A, B, C], [A, manual("phase1.other", "Wholly different words"), C])

    assert [line.renamed_from for line in found.lines] == ["", "phase1.beta", ""]
    assert found.lines[1].proposal == "<!-- deploycheck: id=phase1.beta -->"
    assert found.gone == ()


def test_of_several_in_one_place_the_likeness_decides() -> None:
    """One was renamed, one is new, one is gone."""
    before = [A, manual("phase1.db", "Database is backed up"), manual("phase1.dns", "DNS answers"), C]
    now = [A, manual("phase1.odd", "Coffee"), manual("phase1.database", "The database is backed up"), C]
    found = trace(before, now)

    assert {line.id: line.renamed_from for line in found.lines if line.renamed_from} == {"phase1.database": "phase1.db"}
    assert [line.id for line in found.gone] == ["phase1.dns"]


def test_a_line_that_moved_keeps_its_words() -> None:
    """To another phase, or to another place."""
    found = trace([A, B, C], [B, C, replace(A, id="phase2.alpha", phase="phase2")])

    assert found.lines[2].renamed_from == "phase1.alpha"


def test_a_deleted_and_an_added_line_elsewhere_are_no_renaming() -> None:
    """Their neighbours are others."""
    found = trace([A, B, C], [B, C, manual("phase1.delta", "The delta is there")])

    assert not any(line.renamed_from for line in found.lines)
    assert [line.id for line in found.gone] == ["phase1.alpha"]


def test_nothing_before_is_nothing_changed() -> None:
    """A first run has no news."""
    assert trace([], [A, B]).counts["renamed"] == 0


@given(lists)
def test_a_list_compared_with_itself_has_no_news(listed: list[Check]) -> None:
    counts = trace(listed, listed).counts

    assert (counts["changed"], counts["renamed"], counts["gone"]) == (0, 0, 0)


@given(lists, lists)
def test_every_vanished_line_is_gone_or_renamed_and_no_line_is_renamed_twice(
    before: list[Check], now: list[Check]
) -> None:
    found = trace(before, now)
    old, new = {check.id for check in before}, {check.id for check in now}
    renamed = [line.renamed_from for line in found.lines if line.renamed_from]

    assert {line.id for line in found.lines} == new
    assert len(set(renamed)) == len(renamed)
    assert {*renamed, *(line.id for line in found.gone)} == old - new if before else True
    assert not {*renamed} & new
