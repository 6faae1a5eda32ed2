"""Each automated check after the deployment turns red on a copy that is broken as reality breaks things."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from operating import Copy

BASELINE = "checks/test_preflight.py::test_performance_baseline"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of the sample target that logs, not broken yet."""
    copy = Copy(place=tmp_path)
    copy.append("logs/giflab.log", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} - giflab - INFO - 4 results\n")
    return copy


def test_all_is_well(copy: Copy) -> None:
    """On a sound copy every check passes or has a reason not to apply; only people's words are missing."""
    with copy.slowed():
        copy.run(BASELINE)
    before = copy.files()

    seen = copy.run("-m", "postdeploy")

    assert copy.files() == before
    ended = {entry["id"]: entry["status"] for entry in seen.document["checks"] if entry["phase"] == "postdeploy"}
    assert ended.pop("postdeploy.dashboard-updates") == "PENDING"
    assert ended.pop("postdeploy.log-quality") == "NOT_APPLICABLE"
    assert set(ended.values()) == {"PASS"}, ended
    assert len(ended) == 18
    assert seen.phase("postdeploy")["verdict"] == "HOLD"


def test_slower_than_before(copy: Copy) -> None:
    """A metrics run that got slower: the release is to be rolled back."""
    copy.run(BASELINE)
    copy.slow_metrics()

    seen = copy.run("-m", "postdeploy", "-k", "test_performance and speed")

    seen.must_be("postdeploy.performance[speed]", "FAIL", "metrics_run_ms, share of the baseline", "max 1.2")
    assert seen.phase("postdeploy")["verdict"] == "NO-GO"
    assert seen.document["verdict"] == "ROLLBACK"
    assert seen.exit_code == 13


def test_dear_monitoring(copy: Copy) -> None:
    """A reading that costs more than 5 % of the metrics run it accompanies."""
    copy.slow_memory_readings()

    seen = copy.run("-m", "postdeploy", "-k", "test_performance and overhead")

    seen.must_be("postdeploy.performance[overhead]", "FAIL", "monitoring overhead", "max 1")
    seen.must_be("postdeploy.performance[heavy-overhead]", "FAIL", "monitoring overhead", "max 5")
    assert seen.phase("postdeploy")["verdict"] == "NO-GO"


def test_without_a_baseline_or_logs(copy: Copy) -> None:
    """What cannot be compared or read is INCONCLUSIVE and says the way out; it never passes."""
    copy.environment = {"GIFLAB_LOGS": str(copy.place / "elsewhere/*.log")}

    seen = copy.run("-m", "postdeploy", "-k", "logs or quality or (test_performance and speed)")

    seen.must_be("postdeploy.performance[speed]", "INCONCLUSIVE", "pytest -m preflight")
    seen.must_be("postdeploy.error-logs", "INCONCLUSIVE", "set GIFLAB_LOGS")
    seen.must_be("postdeploy.log-quality", "INCONCLUSIVE", "elsewhere/*.log")

    copy.environment = {"GIFLAB_DEPLOYED_AT": "2999-01-01T00:00:00Z"}
    seen = copy.run("-m", "postdeploy", "-k", "logs")
    seen.must_be("postdeploy.error-logs", "INCONCLUSIVE", "no line since 2999-01-01")


def test_many_faults_at_once(copy: Copy) -> None:
    """Wrong values, a lost command, a traceback, lying reports, silent alerts, other thresholds, errors in the logs."""
    copy.replace("src/giflab/quality.py", "np.mean(difference * difference)", "1.5 * np.mean(difference**2)")
    copy.replace("src/giflab/composite.py", "return _unit(sum(", "return float('nan') * (sum(")
    copy.replace(
        "src/giflab/cli/__init__.py",
        '    "validate": ("reviewing", ',
        '    "check": ("reviewing", ',
    )
    copy.replace(
        "src/giflab/cli/__init__.py", "        except GifLabError as error:\n", "        except KeyError as error:\n"
    )
    copy.replace(
        "src/giflab/cli/diagnosing.py", "Memory pressure: {memory['current']['level']}", "{memory['pressure']}"
    )
    copy.replace(
        "src/giflab/config.py",
        '"thresholds": {**DEFAULT_THRESHOLDS',
        '"thresholds": {**DEFAULT_THRESHOLDS, "warning": 0.001',
    )
    copy.replace("src/giflab/monitoring/memory.py", "total_gb=total / _GIB,", "total_gb=2 * total / _GIB,")
    copy.replace("src/giflab/monitoring/memory_integration.py", "        self._publish(alert)\n", "")
    copy.replace(
        "src/giflab/lazy_imports.py",
        'return _usable("matplotlib")',
        "return True",
    )
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    copy.append("logs/giflab.log", f"{now} - giflab - CRITICAL - results are lost\n{now} - giflab - ERROR - boom\n")
    copy.append("logs/giflab.log", "Traceback (most recent call last):\nModuleNotFoundError: No module named 'rich'\n")

    seen = copy.run("-m", "postdeploy")

    seen.must_be("postdeploy.metrics-calculation", "FAIL", "MSE of GIFs 10 grey levels apart = 150")
    seen.must_be("postdeploy.cli-commands[entry]", "PASS")
    seen.must_be("postdeploy.cli-commands[all]", "FAIL", "missing: ['validate']")
    seen.must_be("postdeploy.error-handling", "FAIL", "a traceback that ends in")
    seen.must_be("postdeploy.memory-monitoring", "FAIL", "total memory, off by = 1")
    seen.must_be("postdeploy.dependency-checking", "FAIL", "deps status: exit status 1", "'pressure'")
    seen.must_be("postdeploy.memory-usage", "FAIL", "WARNING, expected NORMAL throughout")
    seen.must_be(
        "postdeploy.error-logs", "FAIL", "2 kinds of critical error", "results are lost", "No module named 'rich'"
    )
    seen.must_be("postdeploy.import-health", "PASS")
    seen.must_be("postdeploy.cli-integration", "FAIL", "deps status")
    seen.must_be("postdeploy.monitoring-integration", "FAIL", "wrote nothing of level WARNING")
    seen.must_be("postdeploy.alert-integration", "FAIL", "96 % in use raised no alert")
    seen.must_be("postdeploy.dependency-integration", "FAIL", "is_matplotlib_available")
    seen.must_be("postdeploy.system-metrics", "FAIL", "1 metrics are not finite", "composite_quality")
    seen.must_be("postdeploy.alert-thresholds", "FAIL", "69.0: 'WARNING'")
    seen.must_be("postdeploy.log-quality", "FAIL", "without an explanation", "boom")
    assert seen.phase("postdeploy")["verdict"] == "NO-GO"
    assert "postdeploy.metrics-calculation FAIL" in seen.phase("postdeploy")["reason"]
    assert seen.document["verdict"] == "ROLLBACK"  # wrong values are reason enough
    assert seen.exit_code == 13


def test_lost_imports_and_a_lost_command_line(copy: Copy) -> None:
    """GifLab does not start: both ways that a deployment ends in one ask for a rollback at once."""
    copy.append("shadow/cv2/__init__.py", 'raise ImportError("libGL.so.1: cannot open shared object file")\n')
    copy.python_path = "shadow:src"
    seen = copy.run("-m", "postdeploy", "-k", "import_health")
    seen.must_be("postdeploy.import-health", "FAIL", "libGL.so.1")
    assert seen.exit_code == 13

    copy.python_path = "src"
    copy.append("src/giflab/cli/__init__.py", "\nimport no_such_package\n")
    seen = copy.run("-m", "postdeploy", "-k", "test_cli_commands")
    seen.must_be("postdeploy.cli-commands[entry]", "FAIL", "giflab cannot be reached", "no_such_package")
    seen.must_be("postdeploy.cli-commands[all]", "FAIL", "missing")
    assert seen.document["verdict"] == "ROLLBACK"
    assert seen.exit_code == 13
