"""How long phases 1 to 4 take: as this checklist through pytest, and as the commands of the document it follows.

Run it from the project's folder: ``python bench/checklist.py [--rounds 3]``. The document's commands run one after
another, as a person would paste them: as they are written, through ``poetry run``, and again straight through
this interpreter, which spares them Poetry's start. pytest runs the four phases once. The three take turns, round by
round, on the sample target; caches are warm for all of them, because a first round is not counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "checks" / "giflab"
COMMANDS = "cache deps metrics organize-directories run select-pipelines tag validate view-failures"

#: Box of the document, and what it has people run; PYTHON stands for the interpreter.
BY_HAND = (
    # Installing for good would change the environment that everything else is measured in; deciding what is to be
    # installed, which is what takes the time where nothing is, happens twice all the same.
    ("dependencies", "poetry install --dry-run && poetry install --dry-run"),
    (
        "core imports",
        (
            'PYTHON -c "from giflab.cli import metrics, cache; '
            "from giflab.metrics import calculate_comprehensive_metrics; "
            'from rich.console import Console"'
        ),
    ),
    ("type errors", "PYTHON -m mypy src/giflab/metrics.py src/giflab/parallel_metrics.py"),
    ("CLI commands", "PYTHON -m giflab --help"),
    (
        "feature flags",
        'PYTHON -c "from giflab.config import ENABLE_EXPERIMENTAL_CACHING, FRAME_CACHE; print(FRAME_CACHE)"',
    ),
    (
        "fallback",
        (
            'PYTHON -c "import numpy as np, cv2; from giflab.metrics import resize_frame_cached as resize; '
            'print(resize(np.zeros((100, 100, 3), dtype=np.uint8), (50, 50)).shape)"'
        ),
    ),
    ("circular imports", 'PYTHON -c "from giflab import metrics"'),
    ("deps group", "PYTHON -m giflab deps --help"),
    ("dependency report", "PYTHON -m giflab deps status"),
    (
        "error handling",
        (
            'PYTHON -c "from giflab.lazy_imports import is_pil_available, is_matplotlib_available; '
            'print(is_pil_available(), is_matplotlib_available())"'
        ),
    ),
    (
        "monitor start",
        (
            'PYTHON -c "from giflab.monitoring import SystemMemoryMonitor; monitor = SystemMemoryMonitor(); '
            'print(monitor.get_memory_stats().available_gb, monitor.get_pressure_level().name)"'
        ),
    ),
    (
        "thresholds",
        "PYTHON -c \"from giflab.config import MONITORING; print(MONITORING['memory_pressure']['thresholds'])\"",
    ),
    (
        "overhead",
        (
            'PYTHON -c "from giflab.monitoring import SystemMemoryMonitor; monitor = SystemMemoryMonitor(); '
            '[monitor.get_memory_stats() for _ in range(10)]"'
        ),
    ),
    ("CLI integration", "PYTHON -m giflab deps check --verbose"),
    ("alert integration", 'PYTHON -c "from giflab.monitoring.memory_integration import MemoryPressureIntegration"'),
    ("full suite", "PYTHON -m pytest tests/ --tb=short"),
    ("component tests", "PYTHON -m pytest tests/test_caching_architecture.py -v"),
    ("component tests", "PYTHON -m pytest tests/test_memory_monitoring.py -v"),
    ("component tests", "PYTHON -m pytest tests/test_cli_commands.py -v"),
    ("integration", f"for command in {COMMANDS}; do PYTHON -m giflab $command --help || exit 1; done"),
    (
        "toggle",
        (
            'PYTHON -c "from giflab.config import ENABLE_EXPERIMENTAL_CACHING; import giflab.metrics; '
            'print(ENABLE_EXPERIMENTAL_CACHING, giflab.metrics.CACHING_ENABLED)"'
        ),
    ),
    ("architecture tests", "PYTHON -m pytest tests/test_caching_architecture.py::test_feature_flag_disabled -v"),
    ("architecture tests", "PYTHON -m pytest tests/test_caching_architecture.py::test_conditional_import_system -v"),
)


def main() -> int:
    """Measure and print; 0 when the goal is reached."""
    parser = argparse.ArgumentParser(description="Phases 1 to 4: through pytest, and by hand.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--goal", type=float, default=1 / 3, help="share of the time by hand, as written")
    options = parser.parse_args()
    through_pytest: list[float] = []
    written: list[dict[int, float]] = []
    straight: list[dict[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "by-hand"
        # The commands leave caches behind, which shall not lie in the sample's own folder.
        shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        for number in range(options.rounds + 1):
            written.append(run_by_hand(project, "poetry run python"))
            straight.append(run_by_hand(project, sys.executable))
            through_pytest.append(run_pytest(Path(folder) / f"record-{number}"))
    print_table(written[1:], straight[1:])
    ours = median(through_pytest[1:])
    print(f"\nmedians of {options.rounds} rounds; pytest -m 'phase1 or phase2 or phase3 or phase4': {ours:.1f} s")
    ratios = []
    for name, rounds in (("as written", written[1:]), ("without poetry run", straight[1:])):
        hand = median(sum(spent.values()) for spent in rounds)
        ratios.append(ours / hand)
        print(f"by hand, {name}: {hand:.1f} s, ratio {ours / hand:.2f}")
    print(f"goal: {options.goal:.2f} of the commands as written")
    return int(ratios[0] > options.goal)


def run_by_hand(project: Path, python: str) -> dict[int, float]:
    """Seconds of each command, run by that interpreter in a copy of the sample project."""
    # Where this interpreter has a virtual environment, it is the one that Poetry uses too.
    environment = clean_environment() | {"PYTHONPATH": "src", "POETRY_VIRTUALENVS_CREATE": "false"}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    if sys.prefix != sys.base_prefix:
        environment["VIRTUAL_ENV"] = sys.prefix
    spent = {}
    for number, (box, command) in enumerate(BY_HAND):
        shell = command.replace("PYTHON", python)
        started = time.perf_counter()
        done = subprocess.run(
            shell, shell=True, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        spent[number] = time.perf_counter() - started
        if done.returncode:
            sys.exit(f"{box}: {shell}\nended with {done.returncode}:\n{(done.stdout + done.stderr)[-1000:]}")
    return spent


def run_pytest(record: Path) -> float:
    """Seconds of the four phases; they have to be GO, or the measurement is worth nothing."""
    options = ["--deploycheck-record", str(record), "--deploycheck-prerequisites", "ignore"]
    options += ["--deploycheck-report", str(record.with_suffix(".html"))]
    command = [sys.executable, "-m", "pytest", "checks", "-q", "-m", "phase1 or phase2 or phase3 or phase4", *options]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"the phases are not GO (exit {done.returncode}):\n{done.stdout[-2000:]}")
    return spent


def clean_environment() -> dict[str, str]:
    """The environment without what other tools told pytest and Python."""
    unwanted = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def print_table(written: Sequence[dict[int, float]], straight: Sequence[dict[int, float]]) -> None:
    """The median seconds of each command, both ways."""
    print(f"{'by hand':20} {'as written':>12} {'without poetry run':>20}")
    for number, (box, _) in enumerate(BY_HAND):
        both = [median(spent[number] for spent in rounds) for rounds in (written, straight)]
        print(f"{box:20} {both[0]:10.2f} s {both[1]:18.2f} s")


if __name__ == "__main__":
    sys.exit(main())
