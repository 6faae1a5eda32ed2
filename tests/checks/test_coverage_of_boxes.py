"""Every box of the document that the checklist follows is a line of it, and every line is a box or a named extra."""

import re
from pathlib import Path

from operating import ROOT

from pytest_deploycheck.markdown import read_checklist

BOXES = 104
TABLE = Path(__file__).with_name("boxes.md")
CHECKLIST = ROOT / "checks" / "checklist.md"
EXTRAS = {
    "files to review": 1,
    "rollback procedure": 2,
    "warning sign": 5,
    "immediate rollback trigger": 5,
    "planned rollback trigger": 4,
}


def rows(columns: int) -> list[list[str]]:
    """The rows of the tables with so many columns, without their heads."""
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text("utf-8").splitlines()
        if "|" in line
    ]
    return [row for row in found if len(row) == columns and "check" not in row and not set(row[0]) <= {"-"}]


def lines() -> list[str]:
    """The ids of the checklist's lines, in its order."""
    return [line.id for line in read_checklist(CHECKLIST, shown_as="checklist.md").lines]


def test_the_boxes_are_numbered_and_each_has_its_own_check() -> None:
    boxes = rows(3)
    assert [int(number) for number, _, _ in boxes] == list(range(1, BOXES + 1))
    assert len({check for _, _, check in boxes}) == BOXES


def test_every_box_is_a_line_of_the_checklist_in_the_same_order() -> None:
    boxes = [check for _, _, check in rows(3)]
    assert [line for line in lines() if line in boxes] == boxes


def test_every_line_is_a_box_or_a_named_extra() -> None:
    boxes = {check for _, _, check in rows(3)}
    extras = [check for _, check in rows(2)]
    assert [line for line in lines() if line not in boxes] == [line for line in lines() if line in extras]
    assert set(lines()) == boxes | set(extras)
    assert len(lines()) == BOXES + sum(EXTRAS.values())


def test_the_extras_are_what_the_document_says_outside_its_boxes() -> None:
    kinds = [kind for kind, _ in rows(2)]
    assert {kind: kinds.count(kind) for kind in kinds} == EXTRAS


def test_triggers_say_which_rollback_they_ask_for() -> None:
    asked = {
        line.id: line.rollback for line in read_checklist(CHECKLIST, shown_as="checklist.md").lines if line.rollback
    }
    assert asked == {check: kind.split()[0] for kind, check in rows(2) if kind.endswith("trigger")}


def test_no_line_lies_outside_a_phase_or_has_no_owner() -> None:
    checklist = read_checklist(CHECKLIST, shown_as="checklist.md")
    assert checklist.strays == ()
    assert [line.id for line in checklist.lines if not line.owner or line.ticked] == []


def test_ids_are_given_on_the_line_so_that_its_words_may_change() -> None:
    tasks = re.findall(r"^- \[ \] \*\*.+$", CHECKLIST.read_text("utf-8"), re.MULTILINE)
    assert len(tasks) == len(lines())
    assert [task for task in tasks if "<!-- deploycheck: id=" not in task] == []
