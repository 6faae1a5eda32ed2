"""A check that was expected to fail is no evidence, whichever way it ended."""

from __future__ import annotations

import pytest
from gating import Gate
from trapping import FAILS, PASSES, Trap, refused, skipped, spring

UNITTEST = """
import unittest
class TrapTest(unittest.TestCase):
    @unittest.expectedFailure
    @pytest.mark.phase1
    def test_trap(self): {body}
"""

TRAPS: dict[str, Trap] = {
    "the check is expected to fail, and does": skipped(
        "@pytest.mark.xfail" + FAILS, reason="expected to fail and failed"
    ),
    "the check is expected to fail, and passes": skipped(
        "@pytest.mark.xfail" + PASSES, reason="expected to fail and passed"
    ),
    "the check is strictly expected to fail, and passes": Trap(source="@pytest.mark.xfail(strict=True)" + PASSES),
    "the ini file makes every expected failure strict": Trap(
        source="@pytest.mark.xfail" + PASSES, ini="xfail_strict = true"
    ),
    "the check is expected to fail and is not even run": skipped("@pytest.mark.xfail(run=False)" + FAILS),
    "the check is expected to fail with another exception": Trap(source="@pytest.mark.xfail(raises=OSError)" + FAILS),
    "a condition expects the check to fail": skipped(
        "@pytest.mark.xfail(True, reason='known')" + FAILS, reason="known"
    ),
    "the check expects to fail as it goes": skipped(
        "@pytest.mark.phase1\ndef test_trap(): pytest.xfail('known')", reason="known"
    ),
    "the check marks itself as expected to fail as it goes": skipped(
        """
        @pytest.mark.phase1
        def test_trap(request):
            request.node.add_marker(pytest.mark.xfail(reason="known"))
            assert 0
        """,
        reason="known",
    ),
    "the check marks itself as expected to fail and passes": skipped(
        """
        @pytest.mark.phase1
        def test_trap(request):
            request.node.add_marker(pytest.mark.xfail(reason="known"))
        """,
        reason="known",
    ),
    "a fixture of the check expects to fail": skipped(
        """
        @pytest.fixture
        def database(): pytest.xfail("known")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        reason="known",
    ),
    "a fixture of the check fails as expected": skipped(
        """
        @pytest.fixture
        def database(): assert 0
        @pytest.mark.phase1
        @pytest.mark.xfail
        def test_trap(database): pass
        """,
        reason="expected to fail",
    ),
    "a fixture expects the check to fail": skipped(
        """
        @pytest.fixture
        def database(request): request.applymarker(pytest.mark.xfail(reason="known"))
        @pytest.mark.phase1
        def test_trap(database): assert 0
        """,
        reason="known",
    ),
    "the teardown of the check expects to fail": skipped(
        """
        @pytest.fixture
        def database():
            yield
            pytest.xfail("known")
        @pytest.mark.phase1
        def test_trap(database): pass
        """,
        reason="known",
    ),
    "the teardown of a check that is expected to fail crashes": skipped(
        """
        @pytest.fixture
        def database():
            yield
            assert 0
        @pytest.mark.phase1
        @pytest.mark.xfail
        def test_trap(database): assert 0
        """
    ),
    "one of the parameters is expected to fail": skipped(
        """
        @pytest.mark.phase1
        @pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.xfail)])
        def test_trap(x): assert x == 1
        """
    ),
    "the class of the check is expected to fail": skipped(
        """
        @pytest.mark.xfail(reason="known")
        class TestAll:
            @pytest.mark.phase1
            def test_trap(self): assert 0
        """,
        reason="known",
    ),
    "a hook expects the check to fail": skipped(
        FAILS,
        conftest="""
        import pytest
        def pytest_collection_modifyitems(items):
            for item in items:
                if item.name == "test_trap":
                    item.add_marker(pytest.mark.xfail(reason="known"))
        """,
        reason="known",
    ),
    "expected failures are run as if they were not": Trap(
        source="@pytest.mark.xfail" + FAILS, arguments=("--runxfail",)
    ),
    "nobody reads the marks of expected failures": refused(
        "@pytest.mark.xfail" + PASSES, arguments=("-p", "no:skipping"), reason="'skipping' is switched off"
    ),
    "nobody reads the marks of skips": refused(
        "@pytest.mark.skip" + PASSES, arguments=("-p", "no:skipping"), reason="'skipping' is switched off"
    ),
    "unittest expects the check to fail, and it does": skipped(UNITTEST.format(body="assert 0")),
    "unittest expects the check to fail, and it passes": Trap(source=UNITTEST.format(body="pass")),
    "a part of the check is expected to fail": skipped(
        """
        @pytest.mark.phase1
        def test_trap(subtests):
            with subtests.test("first"): pytest.xfail("known")
        """
    ),
    "a hook calls the failure known": skipped(
        FAILS,
        conftest="""
        import pytest
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.failed:
                report.outcome, report.wasxfail = "skipped", "known"
            return report
        """,
        reason="known",
    ),
    "a hook calls the failure known and the check passed": skipped(
        FAILS,
        conftest="""
        import pytest
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.failed:
                report.outcome, report.wasxfail = "passed", ""
            return report
        """,
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_an_expected_failure_is_no_evidence(told: str, gate: Gate) -> None:
    """INCOMPLETE where nothing was shown; NO-GO where pytest itself calls it a failure."""
    spring(TRAPS[told], gate)
