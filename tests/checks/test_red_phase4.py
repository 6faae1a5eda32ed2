"""Each check of phase 4 turns red on a copy of the sample that is broken as reality breaks things."""

from types import SimpleNamespace
from typing import Any

import pytest
from looking import Sample

from checks import test_phase4_testing as phase4
from checks.errands import Answer
from pytest_deploycheck.fixtures import EvidenceLog

CACHING, MEMORY, COMMANDS = (
    f"test_{name}.py" for name in ("caching_architecture", "memory_monitoring", "cli_commands")
)
DEAF = (
    "from giflab import metrics\n\n\ndef test_feature_flag_disabled():\n    assert metrics.CACHING_ENABLED is False\n"
)


def test_everything_at_once(sample: Sample) -> None:
    """Too few tests, a component's gone, architecture tests and metrics that are deaf to the flag, a command broken."""
    sample.keep_tests(CACHING, MEMORY)
    (sample.folder / "tests" / CACHING).write_text(DEAF, "utf-8")
    sample.append("src/giflab/metrics.py", "\nCACHING_ENABLED = False\n")
    sample.append("src/giflab/cli/reviewing.py", "\nimport pandaz\n")

    seen = sample.look("phase4 or deploy", "-k", "test_phase4 or smoke")

    seen.must_be("phase4.full-suite", "FAIL", "passed =", "(min 104)")
    seen.must_be("phase4.component-tests[test_caching_architecture]", "PASS")
    seen.must_be("phase4.component-tests[test_memory_monitoring]", "PASS")
    seen.must_be("phase4.component-tests[test_cli_commands]", "FAIL", "tests/test_cli_commands.py has no tests")
    seen.must_be("phase4.integration", "FAIL", "no help from select-pipelines, tag, validate, view-failures")
    seen.must_be("phase4.toggle", "FAIL", "with the settings 'flag on', CACHING_ENABLED is False, expected True")
    seen.must_be("phase4.architecture-tests", "FAIL", "failures with the flag on = 0 (min 1)")
    assert seen.phase("phase4")["verdict"] == "NO-GO"
    assert seen.phase("deploy")["verdict"] in ("BLOCKED", "INCOMPLETE")
    seen.must_be("deploy.smoke-test", "BLOCKED", "phase4.full-suite")


def test_a_flag_that_breaks_what_it_switches_on(sample: Sample) -> None:
    sample.append("src/giflab/caching.py", "\nraise ValueError('never tried')\n")
    seen = sample.look("phase4", "-k", "toggle")
    seen.must_be("phase4.toggle", "FAIL", "with the settings 'flag on', GifLab fails: ValueError: never tried")


def test_a_command_that_starts_only_for_its_help(sample: Sample) -> None:
    sample.append("src/giflab/cli/reviewing.py", "\ntag.callback = lambda **_: __import__('pandaz')\n")
    seen = sample.look("phase4", "-k", "test_phase4 and integration")
    seen.must_be("phase4.integration", "FAIL", "these commands do not start: tag (", "No module named 'pandaz'")


def test_a_failing_test_and_one_that_cannot_be_collected(sample: Sample) -> None:
    sample.keep_tests(CACHING)
    sample.append(f"tests/{CACHING}", "\n\ndef test_that_fails():\n    assert 1 + 1 == 3\n")
    sample.append("tests/test_memory_monitoring.py", "import pandaz\n")
    seen = sample.look("phase4", "-k", "full_suite or component_tests or architecture")
    seen.must_be(
        "phase4.full-suite", "FAIL", "2 of", "tests fail, expected none", "test_that_fails", "test_memory_monitoring"
    )
    seen.must_be("phase4.component-tests[test_caching_architecture]", "FAIL", "test_that_fails (assert (1 + 1) == 3)")
    seen.must_be("phase4.component-tests[test_memory_monitoring]", "FAIL", "tests/test_memory_monitoring.py")
    seen.must_be("phase4.architecture-tests", "FAIL", "test_that_fails")


def test_tests_that_cannot_be_run_are_an_error(sample: Sample) -> None:
    """Nothing was counted, so nothing failed, and nothing passed."""
    sample.append("tests/conftest.py", "\nraise RuntimeError('no conftest')\n")
    seen = sample.look("phase4", "-k", "full_suite")
    seen.must_be("phase4.full-suite", "ERROR", "pytest gave no results (status 4)", "no conftest")
    assert seen.phase("phase4")["verdict"] == "NO-GO"


def judge(results: dict[str, Any]) -> None:
    import json

    answer = Answer(argv=(), status=0, stdout=json.dumps(results), stderr="", seconds=1)
    phase4.test_full_suite(EvidenceLog(), SimpleNamespace(ask=lambda _: {"suite": answer}))  # type: ignore[arg-type]


def suite(passed: int, *more: list[str], status: int = 0, error: str = "") -> dict[str, Any]:
    cases = [["tests/test_x.py", f"test_{number}", "passed", ""] for number in range(passed)]
    found = {"cases": [*cases, *more], "deselected": 0, "silent": [], "error": error}
    return {**found, "status": status, "seconds": 1.0}


def test_104_passed_is_enough_and_103_is_not() -> None:
    judge(suite(104))
    with pytest.raises(AssertionError, match=r"passed = 103 \(min 104\)"):
        judge(suite(103, ["tests/test_x.py", "test_left_out", "skipped", "no reason"]))


def test_exit_status_and_counts_have_to_agree() -> None:
    """A plugin may fail the session although no test failed; a quiet exit does not make a failure pass."""
    with pytest.raises(AssertionError, match="pytest ends with 1, though no test failed"):
        judge(suite(104, status=1))
    with pytest.raises(AssertionError, match="1 of 105 tests fail"):
        judge(suite(104, ["tests/test_x.py", "test_y", "failure", "assert 0"]))


def test_tests_that_hang_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="did not end within"):
        judge(suite(104, status=-9, error="the tests did not end within 1800 s"))
