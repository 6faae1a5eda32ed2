"""A check or its fixture forks, and the child comes back: it must not do anything a second time."""

from __future__ import annotations

import pytest
from gating import Gate
from trapping import BESIDE, way

FORKING = """
import os
@pytest.fixture{scope}
def forked():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    {after}
@pytest.mark.phase1
@pytest.mark.check(mutating=True)
def test_deploys(forked, evidence):
    say("deploys")
    evidence.text("said", "once")
@pytest.mark.phase1
def test_next(): say("next")
"""


@way("a fixture splits the process in two, and both go on", says="the other half ends at once; every check runs once")
@pytest.mark.parametrize("scope", ["", "(scope='module')", "(autouse=True)"])
@pytest.mark.parametrize("after", ["yield; say('torn down')", "return 1"])
def test_the_child_of_a_fixture_does_not_run_the_check(scope: str, after: str, gate: Gate) -> None:
    """Its body, the checks after it and its teardown run once, and the record is whole."""
    gate.write(
        {
            "test_beside.py": BESIDE,
            "test_it.py": "import pytest; from saying import say\n" + FORKING.format(scope=scope, after=after),
        }
    )

    seen = gate.run(process=True)

    said = gate.seen()
    for word in ("deploys", "next", "later", "deployed"):
        assert said.count(word) == 1, said
    assert said.count("torn down") == (0 if "return" in after else 2 if "autouse" in scope else 1)
    assert seen.ret == 0
    assert [item["name"] for item in seen.check("phase1.test_deploys")["evidence"]] == ["said"]


@way(
    "a check splits the process in two, and the other half tears its fixtures down", says="the other half ends at once"
)
def test_the_child_of_a_check_does_not_tear_down(gate: Gate) -> None:
    """The fixture's end is the parent's to see to."""
    seen = gate(
        """
        import os
        @pytest.fixture
        def resource():
            yield
            say("released")
        @pytest.mark.phase1
        def test_forks(resource):
            child = os.fork()
            if child:
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
        """,
        process=True,
    )

    assert gate.seen() == ["released"]
    assert seen.status("phase1.test_forks") == "PASS"
