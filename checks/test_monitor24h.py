"""The first 24 hours: the critical numbers, the warning signs, the rollback triggers. Each run is one look at them."""

from __future__ import annotations

import pytest

from checks import health, vitals
from checks.judging import COMMANDS, SLOW_COMMAND_S, THRESHOLDS, import_trouble
from checks.probes import operations
from checks.probes.logs import read_logs, told
from pytest_deploycheck import inconclusive
from pytest_deploycheck.fixtures import EvidenceLog
from pytest_deploycheck.target import Target

DAY = 24.0
#: How many different hours of a day make an error one that keeps coming back.
PERSISTENT_HOURS = 3
#: Megabytes that a process may grow by over 5,000 memory readings.
GROWTH_MB = 32.0


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.availability",
    remediation="Run python -m giflab --help on the host, read its error, decide on a rollback.",
)
def test_availability(target: Target, evidence: EvidenceLog) -> None:
    """The command line answers, and a sample is read and measured."""
    health.command_line_is_there(target, evidence)
    health.sample_is_measured(target, evidence, health.sample_paths(target)[0])


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.memory-usage", remediation="Find what uses the memory (ps aux --sort=-rss); stop what is not needed."
)
def test_memory_usage(target: Target, evidence: EvidenceLog) -> None:
    """The pressure level is NORMAL in every one of several readings; the size of a working process is recorded."""
    vitals.memory_is_calm(target, evidence, below=THRESHOLDS["warning"])
    grown = target.call(operations.watch_growth, 200, 10, fresh=True, timeout=300)
    evidence.measure("resident after work", grown["resident"], "MB", min=1)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.performance", remediation="See what else runs on the host; profile python -X importtime -m giflab."
)
def test_performance(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline) -> None:
    """Starting a command and importing the metrics take at most 20 % longer than before the deployment."""
    vitals.speed_holds(target, evidence, baseline, "cli_help_s", "import_s")


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.error-rates", remediation="Read the log around the errors named, and compare with the day before."
)
def test_error_rates(target: Target, evidence: EvidenceLog) -> None:
    """Of 1,000 log lines, no more are errors than before the deployment, give or take a fifth."""
    logs = read_logs(target, evidence, hours=DAY)
    rate = 1000 * logs.errors_since / logs.lines_since
    if not logs.lines_before and logs.errors_since:
        inconclusive(
            f"{logs.errors_since} errors are logged, but no log is from before the deployment to compare with; "
            "let GIFLAB_LOGS match the older log files too"
        )
    before = 1000 * logs.errors_before / logs.lines_before if logs.lines_before else 0.0
    evidence.measure("errors of 1,000 lines before", before)
    evidence.measure("errors of 1,000 lines", rate, max=before * vitals.SLOWER)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.cli-functionality", remediation="Run the command named by hand, read its error, mend its module."
)
def test_cli_functionality(target: Target, evidence: EvidenceLog) -> None:
    """All nine commands are listed and answer, and bad input still gets a message that helps."""
    health.commands_answer(target, evidence)
    health.errors_are_helpful(target, evidence)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.warning-memory", remediation="Find what uses the memory, before the emergency level leaves work out."
)
def test_warning_memory(target: Target, evidence: EvidenceLog) -> None:
    """In several readings, memory in use does not stay above 80 %."""
    taken = vitals.memory_levels(target, evidence)
    evidence.measure("lowest memory in use", min(r["share"] for r in taken), "of 1", max=THRESHOLDS["critical"])


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.warning-slow-commands",
    remediation="Profile the command named: python -X importtime -m giflab NAME --help.",
)
def test_warning_slow_commands(target: Target, evidence: EvidenceLog) -> None:
    """No command takes more than 5 seconds to answer, not even when it is asked a second time."""
    answers = health.ask_commands(target, evidence, limit=SLOW_COMMAND_S)
    for name in COMMANDS:
        # One that breaks off is quick, too.
        reason = health.refusal(answers[name])
        assert not reason, f"{name} does not answer, so its time says nothing: {reason}"
        evidence.measure(f"{name} --help", answers[name].seconds, "s", max=SLOW_COMMAND_S)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.warning-import-errors", remediation="Install what the error names: python -m giflab deps install-help."
)
def test_warning_import_errors(target: Target, evidence: EvidenceLog) -> None:
    """No failed import is in the logs since the deployment."""
    failed = [trouble for trouble in read_logs(target, evidence, hours=DAY).recent if trouble.is_import]
    assert not failed, f"{len(failed)} kinds of failed import are in the logs, expected none: {told(failed)}"


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.warning-test-failures", remediation="Run pytest tests in GifLab's folder and mend what fails."
)
def test_warning_test_failures(target: Target, evidence: EvidenceLog) -> None:
    """GifLab's own tests, run anew in a copy, do not fail."""
    health.suite_passes(target, evidence, least=1)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.warning-monitoring-overhead", remediation="Read memory less often, or find what makes a reading slow."
)
def test_warning_monitoring_overhead(target: Target, evidence: EvidenceLog) -> None:
    """A memory reading costs at most 1 % of the metrics run that it accompanies."""
    vitals.overhead_is_low(target, evidence, percent=1)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-broken-functionality",
    rollback="immediate",
    remediation="Roll back now, as rehearsed under Deployment: the command line or the metrics are lost.",
)
def test_trigger_broken_functionality(target: Target, evidence: EvidenceLog) -> None:
    """The command line, the commands that process GIFs and the metrics are there."""
    health.command_line_is_there(target, evidence)
    health.metrics_are_right(target, evidence)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-memory-exhaustion",
    rollback="immediate",
    remediation="Roll back now, or switch monitoring off (partial rollback): it uses up the memory it should watch.",
)
def test_trigger_memory_exhaustion(target: Target, evidence: EvidenceLog) -> None:
    """Thousands of memory readings do not make a process grow, and memory is not used up."""
    grown = target.call(operations.watch_growth, 5000, 10, fresh=True, timeout=300)
    evidence.measure("growth over 5,000 memory readings", grown["monitoring"], "MB", max=GROWTH_MB)
    taken = vitals.memory_levels(target, evidence)
    evidence.measure("lowest memory in use", min(r["share"] for r in taken), "of 1", max=THRESHOLDS["emergency"])


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-import-failures",
    rollback="immediate",
    remediation="Roll back now, as rehearsed under Deployment: GifLab does not start.",
)
def test_trigger_import_failures(target: Target, evidence: EvidenceLog) -> None:
    """A new interpreter can import what everything else needs, and no command stops at an import."""
    health.imports_resolve(target, evidence)
    answers = health.ask_commands(target, evidence, limit=SLOW_COMMAND_S)
    broken = {name: reason for name, answer in answers.items() if (reason := import_trouble(answer.output))}
    assert not broken, f"{len(broken)} commands stop at an import: {broken}"


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-performance",
    rollback="immediate",
    remediation="Roll back now, as rehearsed under Deployment: GifLab is more than 20 % slower than before.",
)
def test_trigger_performance(target: Target, evidence: EvidenceLog, baseline: vitals.Baseline) -> None:
    """A metrics run takes at most 20 % longer than before the deployment."""
    vitals.speed_holds(target, evidence, baseline, "metrics_run_ms")


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-data-corruption",
    rollback="immediate",
    remediation="Stop all processing and roll back now; then look through what was written since the deployment.",
)
def test_trigger_data_corruption(target: Target, evidence: EvidenceLog) -> None:
    """Known values come out right, GIFs are read as they are, originals stay untouched, what is written decodes."""
    health.metrics_are_right(target, evidence)
    health.samples_are_read(target, evidence)
    health.batch_is_processed(target, evidence)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-monitoring-overhead",
    rollback="planned",
    remediation="Plan a rollback, or switch monitoring off (partial rollback), if the overhead stays where it is.",
)
def test_trigger_monitoring_overhead(target: Target, evidence: EvidenceLog) -> None:
    """A memory reading costs at most 5 % of the metrics run that it accompanies, at the best of three looks."""
    vitals.overhead_is_low(target, evidence, percent=5)


@pytest.mark.monitor24h
@pytest.mark.check(
    "monitor24h.trigger-persistent-errors",
    rollback="planned",
    remediation="Plan a rollback, unless the error named can be mended where it is.",
)
def test_trigger_persistent_errors(target: Target, evidence: EvidenceLog) -> None:
    """No kind of error is logged in three different hours of the last 24, or in more."""
    recent = read_logs(target, evidence, hours=DAY).recent
    lasting = [trouble for trouble in recent if trouble.hours >= PERSISTENT_HOURS]
    assert not lasting, f"{len(lasting)} kinds of error keep coming back, expected none: {told(lasting)}"
