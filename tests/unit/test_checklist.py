"""A checklist as data: ids from labels, tests bound to lines, no id twice."""

from datetime import timedelta

import pytest
from builders import make_check, make_phase
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.checklist import Checklist, base_id, bind, refuse_duplicates, slug
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check, Kind, Rollback, Severity


def line(id: str, **changes: object) -> Check:
    return make_check(id, **{"kind": Kind.MANUAL, "source": "list.md:7", "nodeid": "", **changes})


def checklist(*lines: Check) -> Checklist:
    phases = tuple(make_phase(marker) for marker in dict.fromkeys(found.phase for found in lines))
    return Checklist(path="list.md", digest="0" * 64, phases=phases, lines=lines)


# -- slug --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Python Environment (3.8+)", "python-environment-3-8"),
        ("  Core   imports: ", "core-imports"),
        ("Größe & Façade", "große-facade"),
        ("--- already-a-slug ---", "already-a-slug"),
        ("deps_group complete", "deps_group-complete"),
        ("_private_", "private"),
        ("部署 检查", "部署-检查"),
        ("проверка сборки", "проверка-сборки"),
        ("100% / 20 %", "100-20"),
        ("🚀!", ""),
        ("", ""),
    ],
)
def test_a_slug_is_lower_case_words_joined_by_hyphens(label: str, expected: str) -> None:
    assert slug(label) == expected


def test_a_composed_and_a_decomposed_letter_give_the_same_slug() -> None:
    assert slug("caf\u00e9") == slug("cafe\u0301") == "cafe"


@given(st.text())
def test_a_slug_can_stand_in_an_id_and_slugging_it_again_changes_nothing(text: str) -> None:
    made = slug(text)
    assert not any(char.isspace() or char in "[]/\\\"'" for char in made)
    assert made.strip("-_") == made
    assert "--" not in made
    assert slug(made) == made


@given(st.text(), st.text(" -:.!?\t\n"))
def test_space_and_punctuation_around_a_label_do_not_change_its_slug(text: str, around: str) -> None:
    assert slug(f"{around}{text}{around}") == slug(text)


def test_the_parameters_are_no_part_of_the_lines_id() -> None:
    assert base_id("phase1.x[a-1]") == "phase1.x"
    assert base_id("phase1.x") == "phase1.x"


# -- duplicates --------------------------------------------------------------------------------------------------------


def test_an_id_used_twice_is_refused_with_both_places() -> None:
    one, other = make_check(source="a.py:3"), make_check(source="b.py:9")
    with pytest.raises(ChecklistError) as caught:
        refuse_duplicates([one, make_check("phase1.b"), other])
    assert str(caught.value).startswith("b.py:9: the id 'phase1.a' is used twice (first at a.py:3)")


def test_one_check_on_two_targets_is_no_duplicate() -> None:
    refuse_duplicates([make_check(target="a"), make_check(target="b")])


def test_equal_checks_are_duplicates_too() -> None:
    with pytest.raises(ChecklistError, match="used twice"):
        refuse_duplicates([make_check(), make_check()])


# -- bind --------------------------------------------------------------------------------------------------------------


def test_a_test_takes_its_lines_place_and_title() -> None:
    carried, left = line("phase1.a", title="The line", ticked=True), line("phase1.b")
    bound, open_lines = bind(checklist(carried, left), [make_check("phase1.a", title="the docstring")])
    assert open_lines == [left]
    (check,) = bound
    assert (check.title, check.kind, check.source, check.ticked) == ("The line", Kind.AUTOMATED, "list.md:7", True)
    assert check.nodeid == "test_it.py::test_a"


def test_what_the_test_says_beats_what_the_line_says() -> None:
    said = line("phase1.a", owner="sre", remediation="ask", rollback=Rollback.PLANNED, valid=timedelta(hours=24))
    own = make_check("phase1.a", owner="dev", remediation="mend", rollback=Rollback.IMMEDIATE, mutating=True)
    (check,), _ = bind(checklist(said), [own])
    assert (check.owner, check.remediation, check.rollback) == ("dev", "mend", Rollback.IMMEDIATE)
    assert check.valid == timedelta(hours=24)
    assert check.mutating


def test_what_the_test_leaves_open_the_line_says() -> None:
    said = line("phase1.a", owner="sre", remediation="ask", rollback=Rollback.PLANNED)
    (check,), _ = bind(checklist(said), [make_check("phase1.a")])
    assert (check.owner, check.remediation, check.rollback) == ("sre", "ask", Rollback.PLANNED)


@pytest.mark.parametrize("of_line", list(Severity))
@pytest.mark.parametrize("of_test", list(Severity))
def test_a_check_is_advisory_when_either_side_says_so(of_line: Severity, of_test: Severity) -> None:
    (check,), _ = bind(checklist(line("phase1.a", severity=of_line)), [make_check("phase1.a", severity=of_test)])
    assert (check.severity is Severity.ADVISORY) is (Severity.ADVISORY in (of_line, of_test))


def test_a_parametrised_test_shares_one_line() -> None:
    tests = [make_check("phase1.a[x]", target="t"), make_check("phase1.a[y-1]")]
    bound, open_lines = bind(checklist(line("phase1.a", title="All of them")), tests)
    assert [(check.id, check.title) for check in bound] == [
        ("phase1.a[x]", "All of them [x]"),
        ("phase1.a[y-1]", "All of them [y-1]"),
    ]
    assert bound[0].target == "t"
    assert open_lines == []


def test_a_test_whose_id_is_in_no_line_is_refused() -> None:
    with pytest.raises(ChecklistError, match=r"^test_it\.py:1: the check id 'phase1\.typo' is in no line of list\.md"):
        bind(checklist(line("phase1.a")), [make_check("phase1.typo")])


def test_a_test_whose_line_was_reworded_is_told_how_to_keep_its_id() -> None:
    lines = checklist(line("phase1.database-backed-up"), line("phase1.database-backup"))
    with pytest.raises(ChecklistError, match=r"reworded, put <!-- deploycheck: id=phase1\.database-is-backed-up -->"):
        bind(lines, [make_check("phase1.database-is-backed-up"), make_check("phase1.database-backup")])


def test_an_id_is_not_matched_by_its_beginning() -> None:
    with pytest.raises(ChecklistError, match="is in no line"):
        bind(checklist(line("phase1.ab")), [make_check("phase1.a")])


def test_a_test_marked_with_another_phase_than_its_line_is_refused() -> None:
    with pytest.raises(ChecklistError, match=r"marked phase2, but its line at list\.md:7 belongs to phase1"):
        bind(checklist(line("phase1.a"), line("phase2.b")), [make_check("phase1.a", phase="phase2")])


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_every_line_is_either_carried_or_left(lines: set[int], carried: set[int]) -> None:
    listed = [line(f"phase1.c{number}") for number in sorted(lines)]
    tests = [make_check(f"phase1.c{number}") for number in sorted(lines & carried)]
    bound, open_lines = bind(checklist(*listed), tests)
    assert sorted([*(check.id for check in bound), *(check.id for check in open_lines)]) == [
        found.id for found in listed
    ]
    assert {check.kind for check in bound} <= {Kind.AUTOMATED}
    assert {check.kind for check in open_lines} <= {Kind.MANUAL}
