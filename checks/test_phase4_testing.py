"""Phase 4, comprehensive testing: GifLab's own tests hold here, and its flags do what they say."""

from __future__ import annotations

import pytest

from checks.errands import ARCHITECTURE_TESTS, SETTINGS, Errands
from checks.judging import (
    COMMANDS,
    LEAST_PASSED,
    cases_in,
    cases_of,
    counted,
    import_trouble,
    last_line,
    refuse_broken,
    refuse_left_out,
)
from pytest_deploycheck.fixtures import EvidenceLog

COMPONENTS = ("test_caching_architecture", "test_memory_monitoring", "test_cli_commands")


@pytest.mark.phase4
@pytest.mark.check("phase4.full-suite", remediation="Run pytest tests in GifLab's folder and mend what fails.")
def test_full_suite(evidence: EvidenceLog, errands: Errands) -> None:
    """In a copy, 104 of GifLab's own tests or more pass and none fails: counted, whatever pytest's exit status."""
    results = errands.ask("phase4")["suite"].value
    cases = cases_of(results)
    counts = counted(cases)
    evidence.measure("duration", results["seconds"], "s")
    evidence.measure("skipped", counts["skipped"])
    refuse_broken(cases)
    refuse_left_out(results)
    assert results["status"] == 0, f"pytest ends with {results['status']}, though no test failed"
    evidence.measure("passed", counts["passed"], min=LEAST_PASSED)
    evidence.measure("failed", counts["failure"], max=0)
    evidence.measure("errors", counts["error"], max=0)


@pytest.mark.phase4
@pytest.mark.check(
    "phase4.component-tests", remediation="Run the file named with pytest in GifLab's folder and mend what fails."
)
@pytest.mark.parametrize("component", COMPONENTS)
def test_component_tests(evidence: EvidenceLog, errands: Errands, component: str) -> None:
    """The component's file passes: read from the results of the full suite, which need not run twice."""
    cases = cases_in(errands.ask("phase4")["suite"].value, f"tests/{component}.py")
    refuse_broken(cases)
    evidence.measure("passed", counted(cases)["passed"], min=1)


@pytest.mark.phase4
@pytest.mark.check("phase4.integration", remediation="Run the command named by hand, read its error, mend its module.")
def test_integration(evidence: EvidenceLog, errands: Errands) -> None:
    """All nine commands answer, and run into GifLab's own code: asked in phase 1, or now if this phase runs alone."""
    answers = errands.ask("phase1")
    pages = {name: answers[f"help {name}"] for name in COMMANDS}
    silent = [name for name, page in pages.items() if page.status != 0 or "Usage:" not in page.stdout]
    refusals = answers["refusals"].value
    assert not silent, f"no help from {', '.join(silent)}"
    broken = [f"{name} ({trouble})" for name in COMMANDS if (trouble := import_trouble(refusals[name]["output"]))]
    assert not broken, f"these commands do not start: {'; '.join(broken)}"
    stuck = [name for name in COMMANDS if refusals[name]["status"] is None]
    assert not stuck, f"these commands do not end on bad input: {', '.join(stuck)}"
    evidence.measure("commands that answer", len(pages), min=len(COMMANDS))


@pytest.mark.phase4
@pytest.mark.check("phase4.toggle", remediation="See where src/giflab/metrics.py reads ENABLE_EXPERIMENTAL_CACHING.")
def test_toggle(evidence: EvidenceLog, errands: Errands) -> None:
    """Settings changed in a copy switch caching on, and changed back off again; GifLab works under each of them."""
    found = errands.ask("phase4")["settings"].value
    evidence.table("under the settings", [{"settings": name, **flags} for name, flags in found.items()])
    for name, settings in SETTINGS.items():
        flags, expected = found[name], bool(settings)
        assert "error" not in flags, f"with the settings {name!r}, GifLab fails: {last_line(flags['error'])}"
        for key, said in (
            ("ENABLE_EXPERIMENTAL_CACHING", flags["experimental"]),
            ("CACHING_ENABLED", flags["runtime"]),
            ('get_caching_status()["enabled"]', flags["status"].get("enabled")),
            ("whether the caching module is loaded", bool(flags["loaded"])),
        ):
            assert said is expected, f"with the settings {name!r}, {key} is {said}, expected {expected}"


@pytest.mark.phase4
@pytest.mark.check(
    "phase4.architecture-tests", remediation="Make tests/test_caching_architecture.py judge the flags as they are."
)
def test_architecture_tests(evidence: EvidenceLog, errands: Errands) -> None:
    """The architecture tests pass as GifLab is configured, and some of them fail in a copy with the flag on."""
    answers = errands.ask("phase4")
    before = cases_in(answers["suite"].value, ARCHITECTURE_TESTS)
    refuse_broken(before)
    after = cases_of(answers["flag on"].value)
    counts = counted(after)
    evidence.measure("tests with the flag on", len(after), min=1)
    evidence.measure("errors with the flag on", counts["error"])
    evidence.text(
        "failures", "\n".join(f"{name}: {message}" for _, name, outcome, message in after if outcome == "failure")
    )
    evidence.measure("failures with the flag on", counts["failure"], min=1)
