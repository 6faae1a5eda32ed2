"""Lines of a Markdown checklist that nobody judges: ticked, misspelt, stray, or under an empty heading."""

from __future__ import annotations

from typing import Any

import pytest
from gating import HEAD, Gate
from trapping import LATER, PHASES, Trap, missing, refused, spring, way

ONE = "# One <!-- deploycheck: phase=phase1 -->\n"
TWO = "# Two <!-- deploycheck: phase=phase2 -->\n- [ ] **Later**: it is\n"
FINE = "- [ ] **Fine**: it is\n"
TRAP = "- [ ] **Test trap**: it holds <!-- deploycheck: id=phase1.test_trap -->\n"
BESIDE = (
    HEAD
    + '@pytest.mark.check("phase1.fine")\ndef test_fine(): pass\n'
    + '@pytest.mark.check("phase2.later")\ndef test_later(): say("later")\n'
)
JUDGES = '@pytest.mark.check("{id}")\ndef test_trap(): assert 0'


def lined(text: str, *, source: str = JUDGES.format(id="phase1.test_trap"), **rest: Any) -> dict[str, Any]:
    """A checklist with the usual checks beside it."""
    return {"checklist": text, "files": {"test_beside.py": BESIDE}, "source": source, **rest}


TRAPS: dict[str, Trap] = {
    "the check of a ticked line fails": Trap(**lined(ONE + FINE + TRAP.replace("[ ]", "[x]") + TWO)),
    "the check's id is in no line": refused(
        **lined(ONE + FINE + TRAP + TWO, source=JUDGES.format(id="phase1.trapp")), reason=r"test_it\.py:2"
    ),
    "a line stands there twice": refused(**lined(ONE + FINE + TRAP + TRAP + TWO), reason="phase1.test_trap"),
    "two checks judge one line": refused(
        **lined(
            ONE + FINE + TRAP + TWO,
            source=JUDGES.format(id="phase1.test_trap")
            + "\n"
            + JUDGES.format(id="phase1.test_trap").replace("def test_trap(): assert 0", "def test_other(): pass"),
        ),
        reason="phase1.test_trap",
    ),
    "a heading's comment is misspelt": refused(
        **lined(ONE.replace("phase=", "phas=") + FINE + TRAP + TWO), reason="phas"
    ),
    "a heading's comment has no colon": refused(
        **lined(ONE.replace("deploycheck:", "deploycheck") + FINE + TRAP + TWO)
    ),
    "a heading is no heading": refused(**lined(ONE.replace("# ", "") + FINE + TRAP + TWO)),
    "a line's comment is misspelt": refused(**lined(ONE + FINE + TRAP.replace("id=", "idd=") + TWO), reason="idd"),
    "the heading of the check's phase stands there a second time": Trap(**lined(ONE + FINE + TWO + ONE + TRAP)),
    "there is no checklist in its place": refused(
        source="def test_trap(): pass", ini="deploycheck_checklist = nowhere.md", reason="nowhere.md"
    ),
    "there is nothing in the checklist": refused(source=JUDGES.format(id="phase1.test_trap"), checklist="nothing yet"),
    "a phase has no line": missing(
        **lined(
            ONE + "\nNothing yet.\n\n" + TWO,
            source="",
            files={"test_beside.py": HEAD + '@pytest.mark.check("phase2.later")\ndef test_later(): say("later")'},
        )
    ),
    "a phase that is declared has no check": missing(
        files={"test_beside.py": HEAD + '@pytest.mark.phase2\ndef test_later(): say("later")'},
        ini=PHASES,
        reason="no checks",
    ),
    "the ini file's phases lack one of the checklist": refused(
        **lined(ONE + FINE + TRAP + TWO, ini="deploycheck_phases = phase2: two"), reason="phase1"
    ),
    "a check of the ini file's first phase is under the checklist's second": Trap(
        **lined(TWO + ONE + FINE + TRAP, ini="deploycheck_phases =\n    phase1: one\n    phase2: two")
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_line_that_is_not_judged_is_not_done(told: str, gate: Gate) -> None:
    """What is in the document is in the denominator; what cannot be meant is refused."""
    spring(TRAPS[told], gate)


@pytest.mark.parametrize("line", ["- [x] **Told**: people know", "- [ ] **Told**: people know"], ids=["ticked", "open"])
@way(
    "nobody signed a line that a person must judge, ticked or not", says="PENDING; phase1 HOLD; no mutating check runs"
)
def test_a_tick_is_no_evidence(line: str, gate: Gate) -> None:
    """A tick in the document changes nothing: later phases may run, but nothing that changes the target."""
    checklist = f"{ONE}{FINE}{line}\n# Three <!-- deploycheck: phase=phase3 -->\n- [ ] **Deploy**: it is\n"
    gate.write(
        {
            "test_it.py": HEAD
            + '@pytest.mark.check("phase1.fine")\ndef test_fine(): pass\n'
            + '@pytest.mark.check("phase3.deploy", mutating=True)\ndef test_deploy(): say("deployed")\n'
        },
        checklist=checklist,
    )

    seen = gate.run()

    assert (seen.status("phase1.told"), seen.verdict("phase1"), seen.status("phase3.deploy")) == (
        "PENDING",
        "HOLD",
        "BLOCKED",
    )
    assert seen.ret == 12
    assert not LATER & set(gate.seen())


@pytest.mark.parametrize("hiding", [".github/checklist.md", "build/checklist.md", "checklist.md"])
@way(
    "no test is a check yet, and pytest passes over the checklist's folder, or a conftest over the document",
    says="PENDING; phase1 HOLD; exit 10",
)
def test_a_checklist_that_pytest_does_not_come_to_is_due(hiding: str, gate: Gate) -> None:
    """The project's own tests are green, and the run is not."""
    gate.write(
        {
            hiding: ONE + FINE,
            "test_own.py": "def test_own(): pass\n",
            "conftest.py": "collect_ignore_glob = ['*.md']\n" if "/" not in hiding else "",
        },
        ini=f"deploycheck_checklist = {hiding}",
    )

    seen = gate.run()

    assert (seen.status("phase1.fine"), seen.verdict("phase1"), seen.ret) == ("PENDING", "HOLD", 10)
