"""What the inactive plugin adds to the start of pytest: a project with one test and no checklist.

Run it from anywhere: ``python bench/startup.py [--rounds 30]``. Whole processes take turns, pytest alone and pytest
with the plugin; no other plugin is loaded. Printed are the medians, and the median of the rounds' own differences.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

#: Milliseconds.
GOAL_MS = 3.0


def main() -> int:
    """Measure and print; 0 when the goal is reached."""
    parser = argparse.ArgumentParser(description="The inactive plugin's cost at the start of pytest.")
    parser.add_argument("--rounds", type=int, default=30)
    rounds: int = parser.parse_args().rounds
    alone, beside = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
        for number in range(rounds + 2):
            pair = (start_ms(folder), start_ms(folder, "-p", "pytest_deploycheck.plugin"))
            if number >= 2:  # the first ones fill the caches
                alone.append(pair[0])
                beside.append(pair[1])
    added = median(after - before for before, after in zip(alone, beside, strict=True))
    print(f"pytest alone {median(alone):.1f} ms, with the plugin {median(beside):.1f} ms ({rounds} rounds)")
    print(f"added: {added:.1f} ms, goal {GOAL_MS:.0f} ms: {'reached' if added <= GOAL_MS else 'missed'}")
    return int(added > GOAL_MS)


def start_ms(folder: Path, *options: str) -> float:
    """Milliseconds of one pytest process."""
    unwanted = ("PYTEST_", "DEPLOYCHECK_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", *options]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())
