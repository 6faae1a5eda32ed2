"""Success criteria: what has to be true, measured once more, before the deployment is called a success."""

from __future__ import annotations

import pytest

from checks import health, vitals
from checks.judging import LEAST_PASSED, THRESHOLDS
from checks.probes.logs import read_logs, told
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

WEEK = 7 * 24.0


@pytest.mark.success
@pytest.mark.check("success.test-suite", remediation="Run pytest tests in GifLab's folder and mend what fails.")
def test_test_suite(target: Target, evidence: EvidenceLog) -> None:
    """On the production installation, in a copy, 104 tests or more pass and none fails."""
    health.suite_passes(target, evidence, least=LEAST_PASSED)


@pytest.mark.success
@pytest.mark.check(
    "success.cli-commands", remediation="Run the command named by hand, read its error, mend its module."
)
def test_cli_commands(target: Target, evidence: EvidenceLog) -> None:
    """All nine commands answer in time (the source counts 8, and names nine), and one does its work on real GIFs."""
    health.commands_answer(target, evidence)
    health.batch_is_processed(target, evidence)


@pytest.mark.success
@pytest.mark.check(
    "success.memory-monitoring", remediation="Install psutil; find what makes a memory reading slow on this host."
)
def test_memory_monitoring(target: Target, evidence: EvidenceLog) -> None:
    """Memory is read as the operating system reports it, at less than 1 % of a metrics run."""
    vitals.memory_is_read_right(target, evidence, vitals.memory_levels(target, evidence, readings=1)[0])
    vitals.overhead_is_low(target, evidence, percent=1)


@pytest.mark.success
@pytest.mark.check(
    "success.import-errors", remediation="Install what the error names: python -m giflab deps install-help."
)
def test_import_errors(target: Target, evidence: EvidenceLog) -> None:
    """The logs since the deployment hold no failed import."""
    failed = [trouble for trouble in read_logs(target, evidence, hours=WEEK).recent if trouble.is_import]
    assert not failed, f"{len(failed)} kinds of failed import are in the logs, expected none: {told(failed)}"


@pytest.mark.success
@pytest.mark.check(
    "success.error-messages", remediation="Give the case named a message of one line and a failing exit status."
)
def test_error_messages(target: Target, evidence: EvidenceLog) -> None:
    """Bad input to each command, and the renamed command, get one line that explains and a failure."""
    health.errors_are_helpful(target, evidence)


@pytest.mark.success
@pytest.mark.check(
    "success.dependency-checking", remediation="Run the deps command named by hand and read what it says."
)
def test_dependency_checking(target: Target, evidence: EvidenceLog) -> None:
    """The three deps commands work, and what they say of required packages is true."""
    health.deps_commands_work(target, evidence)
    health.dependencies_are_there(target, evidence)


@pytest.mark.success
@pytest.mark.check("success.performance", remediation="Profile what is slower; roll back if it is more than 20 %.")
def test_performance(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline) -> None:
    """A metrics run, the import and the start of a command take at most 20 % longer than before the deployment."""
    vitals.speed_holds(target, evidence, baseline, "metrics_run_ms", "import_s", "cli_help_s")


@pytest.mark.success
@pytest.mark.check(
    "success.memory-usage", remediation="Find what uses the memory (ps aux --sort=-rss), or give the host more."
)
def test_memory_usage(target: Target, evidence: EvidenceLog) -> None:
    """The pressure level is NORMAL in every one of several readings."""
    vitals.memory_is_calm(target, evidence, below=THRESHOLDS["warning"])
