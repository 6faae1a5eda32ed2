"""What the gate costs: thousands of checks that do nothing, with the plugin and with pytest alone.

Run it from anywhere: ``python bench/overhead.py [--rounds 5] [--checks 10000]``. The same files, four phases in twenty
of them, run as whole processes that take turns, round by round: pytest without the plugin, the gate without its HTML
report, the gate with it, and, where they are installed (the extra ``compat`` has them), other plugins that report or
order. No other plugin is loaded in any of them. A ratio is the median of the rounds' own ratios to
the bare run beside them; a first round, which fills the caches, is not counted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from math import inf
from pathlib import Path
from statistics import median

PHASES = 4
FILES = 20
PLUGIN = "deploycheck"
#: ru_maxrss counts kilobytes, on macOS bytes.
RSS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024
NAMES = ("bare pytest", "gate, no HTML", "gate with HTML")
MEMORY_GOAL = 1.5
#: Other plugins: name -> their entry points and their options; ``{out}`` is a path of their own.
OTHERS = {
    "pytest-html": (("metadata", "html", "html_fixtures"), ("--html={out}.html",)),
    "json-report": (("metadata", "pytest_jsonreport"), ("--json-report", "--json-report-file={out}.json")),
    "allure-pytest": (("allure_pytest",), ("--alluredir={out}",)),
    # As it comes it looks for a marker and finds none; to know how each test ended, as a gate must, is an option.
    "dependency idle": (("dependency",), ()),
    "dependency": (("dependency",), ("-o", "automark_dependency=true")),
}
#: Name -> the ratio of wall time, then of peak memory, that must not be passed.
GOALS = {NAMES[1]: (1.15, MEMORY_GOAL), NAMES[2]: (1.30, MEMORY_GOAL)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> int:
    """Measure and print; 0 when every goal is reached."""
    parser = argparse.ArgumentParser(description="The gate's cost against bare pytest.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checks", type=int, default=10_000)
    options = parser.parse_args()
    if options.rounds < 1 or options.checks < PHASES:
        parser.error(f"at least one round, and a check for each of the {PHASES} phases")
    installed = {plugin.name for plugin in entry_points(group="pytest11")}
    others = {name: way for name, way in OTHERS.items() if installed.issuperset(way[0])}
    rounds: list[dict[str, Cost]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_checks(folder, options.checks)
        for number in range(options.rounds + 1):
            record = folder / f"record-{number}"
            ways = (
                ["-p", f"no:{PLUGIN}"],
                ["--deploycheck-record", f"{record}-plain", "--deploycheck-report="],
                ["--deploycheck-record", f"{record}-html", "--deploycheck-report", f"{record}.html"],
            )
            costs = {way: run_pytest(folder, given, {PLUGIN}) for way, given in zip(NAMES, ways, strict=True)}
            for name, (plugins, given) in others.items():
                out = folder / f"{name}-{number}"
                costs[name] = run_pytest(folder, [option.format(out=out) for option in given], set(plugins))
            rounds.append(costs)
    print(f"{options.checks} checks in {PHASES} phases, {FILES} files; medians of {options.rounds} rounds")
    return print_table(rounds[1:])


def write_checks(folder: Path, count: int) -> None:
    """Test files with `count` checks, evenly over the phases, and an ini file that knows the markers."""
    markers = "".join(f"    phase{number}: phase {number}\n" for number in range(1, PHASES + 1))
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers =\n{markers}", encoding="utf-8")
    for file in range(FILES):
        phase = file % PHASES + 1
        tests = (
            f"@pytest.mark.phase{phase}\ndef test_{n}():\n    assert {n} >= 0\n" for n in range(file, count, FILES)
        )
        text = "\n\n".join(["import pytest\n", *tests])
        (folder / f"test_part_{file:02}.py").write_text(text, encoding="utf-8")


def run_pytest(folder: Path, options: Sequence[str], plugins: set[str]) -> Cost:
    """The cost of one pytest process with some plugins; it has to end with 0, or the measurement is worth nothing."""
    others = sorted({plugin.name for plugin in entry_points(group="pytest11")} - plugins)
    command = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in others), *options]
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=clean_environment(), stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{command} ended with {process.returncode}:\n{output.read().decode(errors='replace')[-2000:]}")
    return Cost(wall_s=spent, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / RSS_PER_MB)


def clean_environment() -> dict[str, str]:
    """The environment without what would change a run from outside."""
    unwanted = ("PYTEST_", "DEPLOYCHECK_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def print_table(rounds: Sequence[dict[str, Cost]]) -> int:
    """Medians and ratios of each way; 1 when a goal is missed."""
    print(f"{'':16}{'wall':>9}{'ratio':>8}{'goal':>7}{'cpu':>11}{'ratio':>8}{'peak':>11}{'ratio':>8}{'goal':>7}")
    missed = False
    for name in rounds[0]:

        def middle(of: Callable[[Cost], float], name: str = name) -> float:
            return median(of(costs[name]) for costs in rounds)

        def ratio(of: Callable[[Cost], float], name: str = name) -> float:
            return median(of(costs[name]) / of(costs[NAMES[0]]) for costs in rounds)

        wall, memory = ratio(lambda cost: cost.wall_s), ratio(lambda cost: cost.peak_mb)
        # Bare pytest and other plugins have none.
        wall_goal, memory_goal = GOALS.get(name, (inf, inf))
        missed = missed or wall > wall_goal or memory > memory_goal
        print(
            f"{name:16}{middle(lambda cost: cost.wall_s):7.2f} s{wall:8.3f}{wall_goal:7.2f}"
            f"{middle(lambda cost: cost.cpu_s):9.2f} s{ratio(lambda cost: cost.cpu_s):8.3f}"
            f"{middle(lambda cost: cost.peak_mb):8.0f} MB{memory:8.3f}{memory_goal:7.2f}"
        )
    print("a goal is missed" if missed else "every goal is reached")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
