"""Sign-offs and waivers across workers: the controller alone knows them, and the worker's pytest agrees."""

from __future__ import annotations

import pytest
from crossing import across, assert_same
from gating import HEAD, Gate
from signing import BOB, LINES, TESTED, approve, signoff, waiver

REJECTED = 'decision = "reject"\nnote = "no"'
SCENES = {
    "nothing signed": ((), 10),
    "all signed": ((signoff(), signoff("phase2.shipped", by=BOB)), 0),
    "rejected": ((signoff(more=REJECTED), signoff("phase2.shipped")), 1),
    "too old": ((signoff(release="r0"), signoff("phase2.shipped")), 10),
    "signed on evidence that is gone": (
        (signoff(more=f'evidence = [{{ file = "x", sha256 = "{"0" * 64}" }}]'), signoff("phase2.shipped")),
        14,
    ),
    "waived": ((waiver("phase1.backups"), waiver("phase1.tests"), signoff("phase2.shipped")), 0),
}


@pytest.mark.parametrize("told", SCENES)
def test_approvals_count_the_same_across_workers(told: str, gate: Gate) -> None:
    entries, ret = SCENES[told]
    gate.write({"test_it.py": HEAD + TESTED}, checklist=LINES)
    approve(gate, *entries)

    seen = assert_same(gate, "load")

    assert seen.ret == ret, seen.stdout


def test_a_waived_failure_is_go_across_workers(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + TESTED.replace("pass", "assert 0")}, checklist=LINES)
    approve(gate, waiver(), signoff(), signoff("phase2.shipped"))

    seen = across(gate, process=True)

    assert (seen.ret, seen.json["verdict"], seen.check("phase1.tests")["flags"]) == (0, "GO", ["waived"]), seen.stdout
    assert "1 failed, 2 passed" in seen.stdout


def test_a_file_that_cannot_be_meant_is_a_usage_error_across_workers(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + TESTED}, checklist=LINES)
    approve(gate, signoff("phase1.backup"))

    seen = across(gate, process=True)

    assert seen.ret == 4
    assert "no check is called 'phase1.backup'; did you mean phase1.backups?" in seen.stdout + seen.stderr
