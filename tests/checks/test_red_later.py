"""Each automated check of the first day, the first week and the success criteria turns red on a broken copy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from operating import Copy

BASELINE = "checks/test_preflight.py::test_performance_baseline"
NOW = datetime.now(UTC)
LATER = "monitor24h or week1 or success"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of the sample target, not broken yet, whose log has one old error, and little to say since."""
    copy = Copy(place=tmp_path)
    log(copy, days=30, text="ERROR - cannot write results.csv: No space left on device")
    for _ in range(9):
        log(copy, days=30, text="INFO - 4 results")
    log(copy, days=0, text="INFO - 4 results")
    return copy


def log(copy: Copy, *, text: str, days: float = 0.0, hours: float = 0.0) -> None:
    """Add a line to the copy's log that is so many days and hours old."""
    at = NOW - timedelta(days=days, hours=hours)
    copy.append("logs/giflab.log", f"{at:%Y-%m-%dT%H:%M:%SZ} - giflab - {text}\n")


def record_numbers(copy: Copy) -> None:
    """Record the baseline, and the memory of the first day, as long as all is well."""
    copy.run(BASELINE)
    seen = copy.run("-m", "postdeploy or monitor24h", "-k", "test_memory_usage")
    seen.must_be("postdeploy.memory-usage", "PASS")
    seen.must_be("monitor24h.memory-usage", "PASS")


def test_all_is_well(copy: Copy) -> None:
    """On a sound copy every check passes; only people's words are missing."""
    copy.keep_tests("test_frames.py", "test_quality.py", "test_results.py", "test_memory_monitoring.py")
    with copy.slowed():
        record_numbers(copy)
    before = copy.files()

    seen = copy.run("-m", LATER, "-k", "not test_test_suite")

    assert copy.files() == before
    automated = [entry for entry in seen.document["checks"] if entry["kind"] == "automated"]
    ended = {
        entry["id"]: entry["status"] for entry in automated if entry["phase"] in ("monitor24h", "week1", "success")
    }
    assert ended.pop("success.test-suite") == "NOT_RUN"
    assert set(ended.values()) == {"PASS"}, ended
    assert len(ended) == 17 + 3 + 7


def test_faults_of_the_first_day(copy: Copy) -> None:
    """Memory is short and leaks, results are damaged, a test fails, everything is slow, the logs complain."""
    record_numbers(copy)
    copy.keep_tests("test_quality.py")
    copy.append("tests/test_quality.py", "\n\ndef test_that_fails():\n    assert 1 + 1 == 3\n")
    copy.replace(
        "src/giflab/monitoring/memory.py",
        '    return importlib.import_module("psutil").virtual_memory()\n',
        '    memory = importlib.import_module("psutil").virtual_memory()\n'
        "    _leak.append(bytearray(16384))\n    __import__('time').sleep(0.02 if len(_leak) < 400 else 0)\n"
        "    return type(memory)(memory.total, memory.total // 10, 90.0, *memory[3:])\n\n\n_leak = []\n",
    )
    copy.replace("src/giflab/metrics.py", "import time\n", "import time\n\ntime.sleep(1)\n")
    copy.replace(
        "src/giflab/cli/__init__.py", "import importlib\n", "import importlib\nimport time\n\ntime.sleep(0.6)\n"
    )
    copy.slow_metrics()
    copy.replace(
        "src/giflab/pipelines.py",
        "loop=0, optimize=True)\n",
        "loop=0, optimize=True)\n    path.write_bytes(path.read_bytes()[:-60])\n",
    )
    for hours in (0, 2, 4):
        log(copy, hours=hours, text="ERROR - cannot load the palette of frame 7")
    log(copy, hours=1, text="ERROR - ModuleNotFoundError: No module named 'rich'")

    unharmed = "availability or functionality or slow_commands or import_failures"
    seen = copy.run("-m", "monitor24h", "-k", f"not ({unharmed})")

    seen.must_be("monitor24h.memory-usage", "FAIL", "memory in use = 0.9", "max 0.7")
    seen.must_be("monitor24h.performance", "FAIL", "share of the baseline", "max 1.2")
    seen.must_be("monitor24h.error-rates", "FAIL", "errors of 1,000 lines = 800", "max 120")
    seen.must_be("monitor24h.warning-memory", "FAIL", "lowest memory in use = 0.9", "max 0.8")
    seen.must_be("monitor24h.warning-import-errors", "FAIL", "No module named 'rich'")
    seen.must_be("monitor24h.warning-test-failures", "FAIL", "test_that_fails")
    seen.must_be("monitor24h.warning-monitoring-overhead", "FAIL", "monitoring overhead", "max 1")
    seen.must_be("monitor24h.trigger-memory-exhaustion", "FAIL", "growth over 5,000 memory readings", "max 32")
    seen.must_be("monitor24h.trigger-performance", "FAIL", "metrics_run_ms, share of the baseline")
    seen.must_be("monitor24h.trigger-data-corruption", "FAIL", "giflab run")
    seen.must_be("monitor24h.trigger-persistent-errors", "FAIL", "1 kinds", "cannot load the palette")
    assert seen.phase("monitor24h")["verdict"] == "NO-GO"
    assert "monitor24h.memory-usage FAIL" in seen.phase("monitor24h")["reason"]
    assert seen.document["verdict"] == "ROLLBACK"
    assert seen.exit_code == 13

    seen = copy.run("-m", "week1 or success", "-k", "not (error_messages or dependency_checking)")

    seen.must_be("week1.baseline-comparison", "FAIL", "share of the baseline")
    seen.must_be("week1.memory-trends", "FAIL", "growth over")
    seen.must_be("week1.error-patterns", "FAIL", "2 kinds of error are new", "cannot load the palette")
    seen.must_be("success.test-suite", "FAIL", "test_that_fails")
    seen.must_be("success.cli-commands", "FAIL", "giflab run")
    seen.must_be("success.memory-monitoring", "FAIL", "available, off by")
    seen.must_be("success.import-errors", "FAIL", "No module named 'rich'")
    seen.must_be("success.performance", "FAIL", "share of the baseline")
    seen.must_be("success.memory-usage", "FAIL", "memory in use = 0.9")
    assert seen.phase("week1")["verdict"] == seen.phase("success")["verdict"] == "NO-GO"


def test_the_command_line_is_lost(copy: Copy) -> None:
    """GifLab does not start any more: two triggers fire, and what merely breaks off is not called quick."""
    copy.append("src/giflab/cli/__init__.py", "\nimport no_such_package\n")

    wanted = (
        "availability or functionality or slow_commands or import_failures or error_messages or dependency_checking"
    )
    seen = copy.run("-m", LATER, "-k", wanted)

    seen.must_be("monitor24h.availability", "FAIL", "giflab cannot be reached", "no_such_package")
    seen.must_be("monitor24h.cli-functionality", "FAIL", "missing")
    seen.must_be("monitor24h.warning-slow-commands", "FAIL", "its time says nothing")
    seen.must_be("monitor24h.trigger-broken-functionality", "FAIL", "giflab cannot be reached")
    seen.must_be("monitor24h.trigger-import-failures", "FAIL", "imports fail", "no_such_package")
    seen.must_be("success.error-messages", "FAIL", "10 of 10 mistakes")
    seen.must_be("success.dependency-checking", "FAIL", "no_such_package")
    assert seen.phase("monitor24h")["verdict"] == "NO-GO"
    assert seen.exit_code == 13


def test_a_slow_command_and_dear_monitoring(copy: Copy) -> None:
    """One command that needs more than 5 seconds is a warning; monitoring at more than 5 % a reason to plan."""
    copy.replace(
        "src/giflab/cli/reviewing.py",
        '"""\n\nfrom pathlib',
        '"""\n\nimport sys, time\n\nif "select-pipelines" in sys.argv:\n    time.sleep(5.2)\n\nfrom pathlib',
    )
    copy.slow_memory_readings()

    seen = copy.run("-m", "monitor24h", "-k", "slow_commands or trigger_monitoring")

    seen.must_be("monitor24h.warning-slow-commands", "FAIL", "select-pipelines --help", "max 5")
    seen.must_be("monitor24h.trigger-monitoring-overhead", "FAIL", "monitoring overhead", "max 5")
    assert seen.phase("monitor24h")["verdict"] == "NO-GO"
    assert seen.document["verdict"] == "NO-GO"  # a planned rollback is people's decision


def test_nothing_to_compare_with(copy: Copy) -> None:
    """Without a baseline, without logs from before, the later checks are INCONCLUSIVE and say the way out."""
    (copy.folder / "logs/giflab.log").unlink()
    log(copy, text="ERROR - cannot load the palette of frame 7")

    seen = copy.run("-m", LATER, "-k", "error_rates or error_patterns or memory_trends or test_performance")

    seen.must_be("monitor24h.error-rates", "INCONCLUSIVE", "GIFLAB_LOGS match the older log files")
    seen.must_be("week1.error-patterns", "INCONCLUSIVE", "GIFLAB_LOGS match the older log files")
    seen.must_be("week1.memory-trends", "INCONCLUSIVE", "pytest -m postdeploy")
    seen.must_be("monitor24h.performance", "INCONCLUSIVE", "pytest -m preflight")
    seen.must_be("success.performance", "INCONCLUSIVE", "pytest -m preflight")


def test_without_samples_nothing_is_taken_for_damage(copy: Copy) -> None:
    """GIFs that were never there are no corrupted data: the trigger could not be judged, which asks for no rollback."""
    for path in copy.folder.rglob("*.gif"):
        path.unlink()

    seen = copy.run("-m", "monitor24h", "-k", "trigger_data_corruption")

    seen.must_be("monitor24h.trigger-data-corruption", "ERROR", "no GIF below")
    assert seen.document["verdict"] == "NO-GO"
