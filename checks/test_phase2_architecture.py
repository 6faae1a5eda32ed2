"""Phase 2, architecture stability: experimental code stays off, and everything works without it."""

from __future__ import annotations

import re

import pytest

from checks.errands import Errands
from checks.judging import core_dependencies, import_trouble, listed_commands, read_report
from pytest_deploycheck.fixtures import EvidenceLog

DEPS = ("check", "install-help", "status")
#: Grey levels; how far rounding may take a resized pixel from the exact mean.
ROUNDING = 1.0


@pytest.mark.phase2
@pytest.mark.check(
    "phase2.feature-flags",
    remediation='In src/giflab/config.py set ENABLE_EXPERIMENTAL_CACHING = False and FRAME_CACHE["enabled"] = False.',
)
def test_feature_flags(evidence: EvidenceLog, errands: Errands) -> None:
    """Both flags are off, and nothing is cached once frames have been read and resized."""
    found = errands.ask("phase2")["flags"].value
    evidence.table("flags", [found])
    assert found["experimental"] is False, f"ENABLE_EXPERIMENTAL_CACHING is {found['experimental']}, expected False"
    assert found["frame_cache"] is False, f'FRAME_CACHE["enabled"] is {found["frame_cache"]}, expected False'
    assert found["runtime"] is False, f"CACHING_ENABLED is {found['runtime']} at run time, expected False"
    assert found["status"].get("enabled") is False, (
        f"get_caching_status() says {found['status']}, expected enabled: False"
    )


@pytest.mark.phase2
@pytest.mark.check(
    "phase2.fallback", remediation="Compare the fallback in src/giflab/metrics.py with cv2.resize and INTER_AREA."
)
def test_fallback(evidence: EvidenceLog, errands: Errands) -> None:
    """Without the cache, frames of any proportions are resized in shape and content, and are left as they were."""
    cases = errands.ask("phase2")["resizing"].value
    evidence.table("frames", cases)
    for case in cases:
        name = case["case"]
        assert not case["cached"], "caching is on, so what resizes is not the fallback"
        assert case["shape"] == case["expected"], f"{name}: the shape is {case['shape']}, expected {case['expected']}"
        assert case["type"] == "uint8", f"{name}: the pixels are {case['type']}, expected uint8"
        evidence.measure(
            f"{name}: furthest pixel from the mean of its area", case["off_by"], "grey levels", max=ROUNDING
        )
        assert case["input_kept"], f"{name}: resizing changed the frame that it was given"


@pytest.mark.phase2
@pytest.mark.check(
    "phase2.circular-imports",
    remediation="Move what both modules need into a third one, or the import into the function that needs it.",
)
def test_circular_imports(evidence: EvidenceLog, errands: Errands) -> None:
    """Each module of GifLab can be the first one that is imported."""
    said = errands.ask("phase2")["modules"].value
    evidence.table("first imports", [{"module": module, "error": error} for module, error in said.items()])
    evidence.measure("modules imported alone", len(said), min=2)
    broken = [f"{module}: {error}" for module, error in said.items() if error]
    assert not broken, f"{len(broken)} of {len(said)} modules cannot be imported first: {'; '.join(broken[:5])}"


@pytest.mark.phase2
@pytest.mark.check("phase2.deps-group", remediation="Register the subcommand named in the deps group.")
def test_deps_group(evidence: EvidenceLog, errands: Errands) -> None:
    """The deps group lists its three subcommands, and each of them answers."""
    answers = errands.ask("phase2")
    evidence.text("deps --help", str(answers["help deps"]))
    listed = listed_commands(answers["help deps"].stdout)
    missing = [name for name in DEPS if name not in listed]
    assert not missing, f"giflab deps lacks {', '.join(missing)}; it lists {', '.join(listed) or 'nothing'}"
    for name in DEPS:
        page = answers[f"help deps {name}"]
        assert page.status == 0, f"giflab deps {name} --help fails ({page.status}): {page.output.strip()[-300:]}"
        assert "Usage:" in page.stdout, f"giflab deps {name} --help shows no usage: {page.output.strip()[:300]!r}"


@pytest.mark.phase2
@pytest.mark.check("phase2.dependency-report", remediation="Run giflab deps status by hand and install what it misses.")
def test_dependency_report(evidence: EvidenceLog, errands: Errands) -> None:
    """The overview of deps status is without an error, and agrees with deps check: all core dependencies are there."""
    answers = errands.ask("phase2")
    core = core_dependencies(read_report(answers["report"].stdout))
    missing = [f"{name} ({entry.get('error') or 'missing'})" for name, entry in core.items() if not entry["available"]]
    assert not missing, f"deps check finds core dependencies missing: {', '.join(missing)}"
    done = answers["overview"]
    evidence.text("deps status", str(done))
    assert not import_trouble(done.output), f"deps status has an error: {import_trouble(done.output)}"
    assert done.status == 0, f"deps status ends with {done.status}: {done.output.strip()[-300:]}"
    assert not re.search(r"\berror\b", done.output, re.IGNORECASE), (
        f"deps status reports an error: {done.output.strip()[-500:]}"
    )
    counted = re.search(r"core dependencies: (\d+) of (\d+)", done.stdout, re.IGNORECASE)
    if counted:
        said, there = (int(counted[1]), int(counted[2])), len(core)
        assert said == (there, there), (
            f"deps status counts {said[0]} of {said[1]} core dependencies, expected {there} of {there}"
        )
    else:
        words = {word for name in core for word in re.findall(r"\w{3,}", name.lower())}
        named = sorted(word for word in words if word in done.stdout.lower())
        assert len(named) > 1, (
            f"deps status gives no overview of {', '.join(core)}; it says {done.stdout.strip()[:300]!r}"
        )
    evidence.text("core dependencies", f"{len(core)} of {len(core)} available: {', '.join(core)}")


@pytest.mark.phase2
@pytest.mark.check("phase2.error-handling", remediation="Mend the function named in src/giflab/lazy_imports.py.")
def test_error_handling(evidence: EvidenceLog, errands: Errands) -> None:
    """The lazy imports say what is true, with every package in place and with one of them hidden, and never raise."""
    for hidden, found in errands.ask("phase2")["availability"].value.items():
        evidence.table(
            f"with {hidden or 'nothing'} hidden", [{"function": name, **entry} for name, entry in found.items()]
        )
        for name in ("is_pil_available", "is_matplotlib_available"):
            assert name in found, (
                f"giflab.lazy_imports has no {name}(); it has {', '.join(found) or 'none of the kind'}"
            )
        for name, entry in found.items():
            if hidden and entry["module"].partition(".")[0] != hidden:
                continue  # what needs the hidden package cannot be had either, which nobody has to know
            where = f" while {hidden} is hidden" if hidden else ""
            assert entry["said"] is entry["true"], (
                f"{name}() says {entry['said']}{where}, but importing {entry['module']} "
                + ("works" if entry["true"] else f"fails: {entry.get('why')}")
            )
