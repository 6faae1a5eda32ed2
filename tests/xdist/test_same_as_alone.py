"""Whatever becomes of the checks, workers change nothing: statuses, reasons, verdicts, order and exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from crossing import DISTS, assert_same
from gating import HEAD, Gate


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A checklist, how it is run, and the exit code that it comes to."""

    ret: int
    source: str
    arguments: tuple[str, ...] = ()
    ini: str = ""
    checklist: str = ""
    workers: int = 2
    #: Arguments of runs that come first, on the same record.
    before: tuple[Sequence[str], ...] = ()
    #: Words that must stand among the statuses of the checks.
    statuses: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


THREE = """
@pytest.mark.phase2
def test_second(): say("second"){2}
@pytest.mark.phase1
def test_first(): say("first"){1}
@pytest.mark.phase1
def test_beside(): say("beside")
@pytest.mark.phase3
def test_third(): say("third"){3}
"""


def three(**ends: str) -> str:
    """`THREE`, with something else that a check does: its number, after an underscore, and the statement."""
    extra = {number: f"; {ends[f'_{number}']}" if f"_{number}" in ends else "" for number in (1, 2, 3)}
    return THREE.format(0, extra[1], extra[2], extra[3])


MANY_ENDS = """
import warnings
from pytest_deploycheck import inconclusive, not_applicable

@pytest.mark.phase1
def test_passes(): pass

@pytest.mark.phase1
def test_fails(): assert 1 == 2, "one is not two"

@pytest.mark.phase1
def test_breaks(): raise ValueError("broken")

@pytest.mark.phase1
@pytest.mark.check(severity="advisory")
def test_advises(): assert 0, "only advice"

@pytest.mark.phase1
def test_skips(): pytest.skip("not today")

@pytest.mark.phase1
@pytest.mark.xfail(reason="known")
def test_expects_to_fail(): assert 0

@pytest.mark.phase1
@pytest.mark.xfail(reason="known")
def test_passes_all_the_same(): pass

@pytest.mark.phase1
def test_does_not_apply(): not_applicable("no database here")

@pytest.mark.phase1
def test_cannot_tell(): inconclusive("too few samples")

@pytest.mark.phase1
def test_returns(): return True

@pytest.mark.phase2
@pytest.mark.parametrize("size", [])
def test_of_nothing(size): pass

@pytest.mark.phase2
@pytest.mark.parametrize("size", [1, 2])
def test_of_sizes(size): assert size == 1

@pytest.mark.phase2
def test_in_parts(subtests):
    for part in range(3):
        with subtests.test(part=part):
            assert part != 1

@pytest.fixture
def broken():
    raise OSError("no such host")

@pytest.fixture
def leaking():
    yield
    raise OSError("left behind")

@pytest.mark.phase2
def test_without_fixture(broken): pass

@pytest.mark.phase2
def test_leaves(leaking): pass

@pytest.mark.phase2
@pytest.mark.check(mutating=True)
def test_changes(): say("changed")

@pytest.mark.phase3
def test_measures(evidence):
    evidence.measure("load", 0.5, "cores", max=1.0)
    evidence.text("note", "as seen")
    evidence.measure("wait", 9.0, "s", max=1.0)

@pytest.mark.phase3
def test_swallows(evidence):
    try:
        evidence.measure("wait", 9.0, "s", max=1.0)
    except AssertionError:
        pass

@pytest.mark.phase3
@pytest.mark.timeout(0.2)
def test_takes_long():
    import time
    time.sleep(20)

@pytest.mark.phase3
@pytest.mark.check("phase3.under-another-name", title="A title", owner="ann", remediation="Ask her.")
def test_is_called_otherwise(): pass
"""
LINES = """
# Release
## One <!-- deploycheck: phase=phase1 -->
- [ ] **Signed** by somebody
- [ ] **Automated** first <!-- deploycheck: id=phase1.first -->
- [x] **Ticked** long ago
## Two <!-- deploycheck: phase=phase2 -->
- [ ] **Automated** second <!-- deploycheck: id=phase2.second severity=advisory -->
- [ ] **Elsewhere** <!-- deploycheck: id=phase2.elsewhere -->
"""
FOR_LINES = """
@pytest.mark.check("phase1.first")
def test_first(): pass
@pytest.mark.check("phase2.second")
def test_second(): assert 0
"""
TARGETS = """
@pytest.mark.phase1
def test_place(target):
    code = target.run("test", "-f", "here").returncode
    assert code == 0
@pytest.mark.phase1
@pytest.mark.parametrize("size", [1, 2])
def test_size(target, size): pass
@pytest.mark.phase2
def test_later(target): pass
"""
RERUN = """
@pytest.mark.phase1
def test_passes_the_second_time():
    import pathlib
    tried = pathlib.Path("seen.txt").exists()
    say("tried")
    assert tried

@pytest.mark.phase1
def test_never_passes(): assert 0

@pytest.mark.phase2
def test_later(): pass
"""
BESIDE = """
def test_unit(): say("unit")
class TestUnits:
    def test_one(self): say("one")
    def test_two(self): assert 0, "a plain failure"
"""
MUTATING = """
@pytest.mark.phase2
@pytest.mark.check(mutating=True)
def test_second(): say("changed")
@pytest.mark.phase2
def test_looks(): say("looked")
@pytest.mark.phase1
def test_first(): pass
"""

SCENES = {
    "all pass": Scene(ret=0, source=three(), statuses="PASS PASS PASS PASS"),
    "the first phase fails": Scene(ret=1, source=three(_1="assert 0"), statuses="FAIL PASS BLOCKED BLOCKED"),
    "the second phase fails": Scene(ret=1, source=three(_2="assert 0"), statuses="PASS PASS FAIL BLOCKED"),
    "the last phase fails": Scene(ret=1, source=three(_3="assert 0"), statuses="PASS PASS PASS FAIL"),
    "everything at once": Scene(
        ret=1,
        source=MANY_ENDS,
        arguments=("--deploycheck-keep-going", "-p", "timeout"),
        statuses="PASS FAIL ERROR SKIPPED NOT_APPLICABLE INCONCLUSIVE BLOCKED",
    ),
    "tried again": Scene(
        ret=1, source=RERUN, arguments=("-p", "rerunfailures", "--reruns=1"), statuses="PASS FAIL BLOCKED"
    ),
    "lines of a document": Scene(
        ret=11, source=FOR_LINES, checklist=LINES, arguments=("-k", "not second"), statuses="PENDING PASS NOT_RUN"
    ),
    "lines that wait for people": Scene(
        ret=10,
        source=FOR_LINES.replace("assert 0", "pass"),
        checklist=LINES.partition("- [ ] **Elsewhere")[0],
        statuses="PENDING",
    ),
    "a later phase, with a record": Scene(
        ret=0, source=MUTATING, arguments=("-m", "phase2"), before=(("-m", "phase1"),), statuses="PASS PASS PASS"
    ),
    "a later phase, without one": Scene(ret=12, source=MUTATING, arguments=("-m", "phase2"), statuses="BLOCKED PASS"),
    "a later phase that needs one": Scene(
        ret=12,
        source=MUTATING,
        arguments=("-m", "phase2", "--deploycheck-prerequisites=require"),
        statuses="BLOCKED BLOCKED NOT_RUN",
    ),
    "narrowed by a word": Scene(ret=11, source=three(), arguments=("-k", "not beside"), statuses="NOT_RUN BLOCKED"),
    "narrowed by an id": Scene(
        ret=11, source=three(), arguments=("--deselect", "test_it.py::test_beside"), statuses="NOT_RUN BLOCKED"
    ),
    "resumed": Scene(
        ret=0,
        source=three(_2="import pathlib; assert pathlib.Path('seen.txt').read_text().count('second') > 1"),
        arguments=("--deploycheck-resume",),
        before=((),),
        statuses="PASS PASS PASS PASS",
    ),
    "resumed with nothing left": Scene(
        ret=0, source=three(), arguments=("--deploycheck-resume",), before=((),), statuses="PASS"
    ),
    "two targets": Scene(
        ret=1,
        source=TARGETS,
        ini="deploycheck_target =\n    popen//chdir=one\n    popen//chdir=two",
        files={"one/here": "", "two/there": ""},
        statuses="PASS FAIL BLOCKED",
    ),
    "plain tests beside": Scene(ret=1, source=three() + BESIDE, statuses="PASS PASS PASS PASS"),
    "one worker": Scene(ret=1, source=three(_2="assert 0"), workers=1, statuses="PASS PASS FAIL BLOCKED"),
    "more workers than checks": Scene(ret=0, source=three(), workers=5, statuses="PASS"),
    "a file that cannot be collected": Scene(
        ret=2,
        source=three(),
        files={"test_broken.py": "import nosuchmodule\n"},
    ),
}
#: One way of distributing each, in turns: nothing in a scene depends on it, and the first are run with both.
CASES = [
    pytest.param(name, dist, id=f"{name}, {dist}")
    for number, name in enumerate(SCENES)
    for dist in (DISTS if number < 5 else DISTS[number % 2 :][:1])
]


@pytest.mark.parametrize(("name", "dist"), CASES)
def test_nothing_depends_on_the_workers(gate: Gate, name: str, dist: str) -> None:
    """The same document and the same exit status, but for times, the run's id and the machine."""
    scene = SCENES[name]
    gate.write({"test_it.py": HEAD + scene.source, **scene.files}, ini=scene.ini, checklist=scene.checklist)

    seen = assert_same(gate, dist, *scene.arguments, workers=scene.workers, before=scene.before)

    statuses = [check["status"] for check in seen.json["checks"]]
    assert seen.ret == scene.ret, seen.stdout
    assert set(scene.statuses.split()) <= set(statuses), statuses
