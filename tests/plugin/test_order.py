"""Phases run in their order whatever else orders the items; a phase that stays shut runs nothing."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

#: Four phases over two files, in no order; each check says its name.
BACKWARDS = {
    "test_a.py": HEAD
    + "".join(f"@pytest.mark.phase{n}\ndef test_a{n}(): say('a{n}')\n" for n in (3, 1, 4, 2))
    + "def test_unit(): say('unit')\n",
    "test_b.py": HEAD + "".join(f"@pytest.mark.phase{n}\ndef test_b{n}(): say('b{n}')\n" for n in (4, 3, 2, 1)),
}
IN_ORDER = ["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "unit"]

SHUFFLE = """
import pytest
@pytest.hookimpl({how})
def pytest_collection_modifyitems(items):
    {first}items.sort(key=lambda item: item.name, reverse=True)
"""


def phases_of(seen: list[str]) -> list[str]:
    """The phase of each check that said its name, unphased tests being 9."""
    return [name[1:] if name != "unit" else "9" for name in seen]


def test_phases_run_in_order_and_checks_in_the_collected_one(gate: Gate) -> None:
    """Within a phase nothing moves; what belongs to no phase comes last."""
    gate.write(BACKWARDS)

    assert gate.run().ret == 0
    assert gate.seen() == IN_ORDER


def test_the_order_of_files_on_the_command_line_is_the_collected_one(gate: Gate) -> None:
    """Within a phase the user may order; across phases not."""
    gate.write(BACKWARDS)

    gate.run("test_b.py", "test_a.py")

    assert gate.seen() == ["b1", "a1", "b2", "a2", "b3", "a3", "b4", "a4", "unit"]


@pytest.mark.parametrize(
    ("how", "first"),
    [("", ""), ("trylast=True", ""), ("tryfirst=True", ""), ("wrapper=True, tryfirst=True", "yield; ")],
    ids=["a hook", "trylast", "tryfirst", "a wrapper"],
)
def test_a_conftest_that_reorders_items(how: str, first: str, gate: Gate) -> None:
    """It may shuffle within a phase."""
    gate.write({**BACKWARDS, "conftest.py": SHUFFLE.format(how=how, first=first)})

    assert gate.run().ret == 0
    assert phases_of(gate.seen()) == phases_of(IN_ORDER)
    assert gate.seen() == ["b1", "a1", "b2", "a2", "b3", "a3", "b4", "a4", "unit"]


def test_a_conftest_that_reorders_after_the_collection(gate: Gate) -> None:
    """It comes after every place to sort: then phases are found undecided, and nothing is GO."""
    gate.write(
        {
            **BACKWARDS,
            "conftest.py": """
            import pytest
            @pytest.hookimpl(trylast=True)
            def pytest_collection_finish(session):
                session.items.reverse()
            """,
        }
    )

    seen = gate.run()

    assert seen.json["verdict"] != "GO"
    assert seen.ret != 0


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_pytest_randomly(seed: str, gate: Gate) -> None:
    """It shuffles modules, classes and functions."""
    pytest.importorskip("pytest_randomly")
    gate.write(BACKWARDS)

    seen = gate.run("-p", "randomly", "-p", "no:cacheprovider", f"--randomly-seed={seed}")

    assert seen.ret == 0
    assert phases_of(gate.seen()) == phases_of(IN_ORDER)


def test_failed_first(gate: Gate) -> None:
    """``--ff`` moves what failed to the front, of its phase."""
    gate.write({**BACKWARDS, "test_b.py": BACKWARDS["test_b.py"].replace("say('b4')", "assert 0")})
    assert gate.run("-p", "cacheprovider").ret == 1
    (gate.path / "seen.txt").unlink()
    gate.write(BACKWARDS)

    seen = gate.run("-p", "cacheprovider", "--ff")

    assert seen.ret == 0
    assert gate.seen() == ["a1", "b1", "a2", "b2", "a3", "b3", "b4", "a4", "unit"]


def test_new_first(gate: Gate) -> None:
    """``--nf`` orders by the files' times."""
    gate.write(BACKWARDS)

    assert gate.run("-p", "cacheprovider", "--nf").ret == 0
    assert phases_of(gate.seen()) == phases_of(IN_ORDER)


BLOCKED = """
@pytest.fixture(scope="session", autouse=True)
def for_the_session(): say("session"); yield; say("session ends")
@pytest.fixture(scope="module")
def for_the_module(): say("module"); yield; say("module ends")
@pytest.fixture
def for_the_test(): say("test"); yield; say("test ends")

@pytest.mark.phase1
def test_fails(): assert 0, "no space"

@pytest.mark.phase2
class TestLater:
    @classmethod
    def setup_class(cls): say("class")
    def setup_method(self): say("method")
    def test_later(self, for_the_module, for_the_test): say("later")
    def teardown_method(self): say("method ends")

@pytest.mark.phase2
@pytest.mark.parametrize("n", [1, 2])
def test_again(n, for_the_test): say(n)
"""


def test_a_blocked_check_runs_no_fixture(gate: Gate) -> None:
    """Of any scope, its class's and its method's setup among them; only what the first phase itself used."""
    seen = gate(BLOCKED)

    assert gate.seen() == ["session", "session ends"]
    for id in ("phase2.test_later", "phase2.test_again[1]", "phase2.test_again[2]"):
        row = seen.check(id)
        assert row["status"] == "BLOCKED"
        assert "phase1.test_fails" in row["reason"]
        assert "no space" in row["reason"]
    assert seen.phase("phase2")["counts"]["BLOCKED"] == 3


def test_a_blocked_unittest_runs_nothing(gate: Gate) -> None:
    """Neither its class's setup nor its own."""
    gate(
        """
        import unittest
        @pytest.mark.phase1
        def test_fails(): assert 0
        class LaterTest(unittest.TestCase):
            @classmethod
            def setUpClass(cls): say("class")
            def setUp(self): say("test")
            @pytest.mark.phase2
            def test_later(self): say("later")
            def tearDown(self): say("test ends")
        """
    )

    assert gate.seen() == []


def test_a_blocked_check_stays_blocked_when_a_hook_turns_every_report_green(gate: Gate) -> None:
    """pytest goes on to the call when the setup's report says passed."""
    seen = gate(
        "@pytest.mark.phase1\ndef test_fails(): assert 0\n@pytest.mark.phase2\ndef test_later(): say('later')\n",
        files={
            "conftest.py": """
            import pytest
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_makereport():
                report = yield
                report.outcome = "passed"
                return report
            """
        },
    )

    assert gate.seen() == []
    assert seen.status("phase2.test_later") == "BLOCKED"
    assert seen.ret == 1


def test_other_reporters_see_a_blocked_check_as_skipped_with_its_reason(gate: Gate) -> None:
    """JUnit knows no other word that is no success; each phase that is not GO fails beside its checks."""
    gate(
        "@pytest.mark.phase1\ndef test_fails(): assert 0\n@pytest.mark.phase2\ndef test_later(): pass\n",
        "--junitxml=junit.xml",
    )

    junit = (gate.path / "junit.xml").read_text("utf-8")
    assert 'failures="3" skipped="1"' in junit
    assert "phase1 is NO-GO: phase1.test_fails FAIL" in junit


def test_phases_without_trouble_before_them_run_after_hold(gate: Gate) -> None:
    """HOLD opens the next phase; what stands still stands still."""
    seen = gate(
        """
        from pytest_deploycheck import inconclusive
        @pytest.mark.phase1
        def test_first(): inconclusive("too few samples")
        @pytest.mark.phase2
        def test_second(): say("second")
        """
    )

    assert gate.seen() == ["second"]
    assert seen.ret == 10
