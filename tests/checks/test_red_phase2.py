"""Each check of phase 2 turns red on a copy of the sample that is broken as reality breaks things."""

import pytest
from looking import Sample

CROPPING = """

def resize_frame_cached(frame, size, interpolation=cv2.INTER_AREA):
    if frame.shape[0] == frame.shape[1]:
        return _resize(frame, size, interpolation)
    return np.ascontiguousarray(frame[: size[1], : size[0]])
"""
SWAPPED = """

def resize_frame_cached(frame, size, interpolation=cv2.INTER_AREA):
    return _resize(frame, size[::-1], interpolation)
"""
LYING = """

def is_matplotlib_available() -> bool:
    return True
"""
FOUND_IS_ENOUGH = """

_PILLOW_WAS_THERE = is_pil_available()


def is_pil_available() -> bool:
    return _PILLOW_WAS_THERE
"""


def test_everything_at_once(sample: Sample) -> None:
    """The frame cache alone is on, resizing crops, a circle, a subcommand and a package are gone, an answer lies."""
    sample.append("src/giflab/config.py", '\nFRAME_CACHE["enabled"] = True\n')
    sample.append("src/giflab/metrics.py", CROPPING)
    circle = sample.module("pipelines.py")
    circle.write_text(f"from .experiment import RunSummary\n{circle.read_text('utf-8')}", "utf-8")
    sample.append("src/giflab/cli/diagnosing.py", '\ndel deps.commands["install-help"]\n')
    sample.append(
        "src/giflab/lazy_imports.py",
        '\nCORE_PACKAGES += (Package(distribution="gone", module="gone", purpose="x"),)\n' + FOUND_IS_ENOUGH,
    )

    seen = sample.look("phase2 or phase3")

    seen.must_be("phase2.feature-flags", "FAIL", 'FRAME_CACHE["enabled"] is True, expected False')
    seen.must_be("phase2.fallback", "FAIL", "wide to wide: furthest pixel from the mean of its area")
    seen.must_be("phase2.circular-imports", "FAIL", "giflab.pipelines: ImportError", "circular import")
    seen.must_be("phase2.deps-group", "FAIL", "giflab deps lacks install-help; it lists check, status")
    seen.must_be("phase2.dependency-report", "FAIL", "core dependencies missing: gone")
    seen.must_be("phase2.error-handling", "FAIL", "is_pil_available() says True while PIL is hidden")
    assert seen.phase("phase2")["verdict"] == "NO-GO"
    assert seen.phase("phase3")["verdict"] == "BLOCKED"
    seen.must_be("phase3.thresholds", "BLOCKED", "phase2.feature-flags")
    assert seen.exit_code == 1


def test_the_flag_on(sample: Sample) -> None:
    sample.append("src/giflab/config.py", "\nENABLE_EXPERIMENTAL_CACHING = True\n")
    seen = sample.look("phase2", "-k", "flags or fallback")
    seen.must_be("phase2.feature-flags", "FAIL", "ENABLE_EXPERIMENTAL_CACHING is True, expected False")
    seen.must_be("phase2.fallback", "FAIL", "what resizes is not the fallback")


def test_flags_off_but_on_at_run_time_and_axes_swapped(sample: Sample) -> None:
    """The configuration says off; the cache is loaded all the same as the first frames are read."""
    sample.append(
        "src/giflab/metrics.py",
        SWAPPED
        + """

def extract_gif_frames(path, max_frames=None, _read=extract_gif_frames):
    global CACHING_ENABLED
    from . import caching
    CACHING_ENABLED = True
    return _read(path, max_frames)
""",
    )
    seen = sample.look("phase2", "-k", "flags or fallback")
    seen.must_be("phase2.feature-flags", "FAIL", "CACHING_ENABLED is True at run time, expected False")
    seen.must_be("phase2.fallback", "FAIL", "wide to wide: the shape is [30, 20, 3], expected [20, 30, 3]")


def test_an_availability_that_is_a_lie_and_a_report_that_ends_in_a_traceback(sample: Sample) -> None:
    sample.append("src/giflab/lazy_imports.py", LYING)
    sample.append("src/giflab/cli/diagnosing.py", "\nmemory_line = None\n")
    seen = sample.look("phase2", "-k", "error_handling or dependency_report")
    seen.must_be("phase2.error-handling", "FAIL", "is_matplotlib_available() says True", "importing matplotlib fails")
    seen.must_be("phase2.dependency-report", "FAIL", "deps status has an error: Traceback")


@pytest.mark.parametrize("module", ["giflab.metrics", "giflab.config"])
def test_a_probe_that_cannot_run_is_an_error(sample: Sample, module: str) -> None:
    """The flags cannot be judged where the modules do not import: no pass, and the reason is there."""
    sample.append(f"src/{module.replace('.', '/')}.py", "\nraise RuntimeError('cannot be')\n")
    seen = sample.look("phase2", "-k", "flags or circular")
    seen.must_be("phase2.feature-flags", "ERROR", "cannot be")
    seen.must_be("phase2.circular-imports", "FAIL", f"{module}: RuntimeError: cannot be")
