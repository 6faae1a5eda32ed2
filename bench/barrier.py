"""The barrier between phases under pytest-xdist, over randomised runs: many checks, workers, failures and crashes.

Run it from anywhere: ``python bench/barrier.py [--runs 200] [--seed N]``. Each run is a checklist of its own. From the
timestamps that its checks leave: nothing of a phase began before everything of the phases before had ended, and what is
to run alone ran alone. From the JSON: every check is accounted for, with the status and the verdict that follow from
what each was written to do. A run that takes longer than a minute hangs. Exit status 1 where anything of that is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

DEADLINE_S = 60
HEAD = """
import os, pathlib, time
import pytest

def run(name, seconds, end):
    start = time.monotonic()
    time.sleep(seconds)
    pathlib.Path("spans", name).write_text(f"{start} {time.monotonic()}")
    if end == "crash":
        os._exit(0)
    assert end != "fail"
"""
#: What a check was written to do -> how it ends.
STATUSES = {"pass": "PASS", "fail": "FAIL", "crash": "ERROR"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A check as it was written; `phase` counts from 1."""

    name: str
    phase: int
    seconds: float
    end: str
    #: The decorator that has it run alone, if it is to.
    alone: str = ""

    @property
    def source(self) -> str:
        """The test function."""
        marks = f"@pytest.mark.phase{self.phase}\n" + (f"@{self.alone}\n" if self.alone else "")
        return f"{marks}def test_{self.name}(): run({self.name!r}, {self.seconds:.3f}, {self.end!r})\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One randomised run."""

    items: tuple[Item, ...]
    workers: int
    dist: str

    def statuses(self) -> dict[str, str]:
        """How each check must end: a phase with a check that failed is NO-GO and blocks all later ones."""
        bad = [item.phase for item in self.items if item.end != "pass"]
        shut = min(bad, default=sys.maxsize)
        return {
            f"phase{item.phase}.test_{item.name}": "BLOCKED" if item.phase > shut else STATUSES[item.end]
            for item in self.items
        }


def make_case(chance: random.Random) -> Case:
    """A checklist of two to five phases with up to 25 checks each; most are green, or no later phase would run."""
    items: list[Item] = []
    for phase in range(1, chance.randint(2, 5) + 1):
        count = chance.choice([0, 1, 1, 2, 3, 5, 8, 13, 25])
        ends = ["pass"] * count
        for end in ("fail", "crash"):
            if count and chance.random() < 0.15:
                ends[chance.randrange(count)] = end
        for number, end in enumerate(ends):
            alone = chance.choices(["", "pytest.mark.serial", "pytest.mark.check(mutating=True)"], [18, 1, 1])[0]
            seconds = chance.choice([0, 0, 0.002, 0.01, 0.04])
            items.append(Item(name=f"p{phase}n{number}", phase=phase, seconds=seconds, end=end, alone=alone))
    if not items:
        return make_case(chance)
    chance.shuffle(items)
    return Case(items=tuple(items), workers=chance.randint(1, 4), dist=chance.choice(["load", "worksteal"]))


def play(case: Case, folder: Path) -> tuple[float, list[str]]:
    """Run it in an empty folder; how long that took, in seconds, and what is wrong."""
    (folder / "spans").mkdir()
    (folder / "test_it.py").write_text(HEAD + "".join(item.source for item in case.items), encoding="utf-8")
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "xdist", "-p", "deploycheck", "-p", "no:cacheprovider"]
    command += [
        f"-n{case.workers}",
        f"--dist={case.dist}",
        "--deploycheck-release=bench",
        "--deploycheck-json=run.json",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.monotonic()
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return time.monotonic() - began, ["it hangs"]
    took = time.monotonic() - began
    if not (folder / "run.json").is_file():
        return took, [f"no JSON, exit {code}"]
    return took, [*wrong_verdicts(case, folder, code), *wrong_times(case, folder)]


def wrong_verdicts(case: Case, folder: Path, code: int) -> list[str]:
    """Where the document differs from what the checks were written to do."""
    document = json.loads((folder / "run.json").read_text("utf-8"))
    wanted = case.statuses()
    found = {row["id"]: row["status"] for row in document["checks"]}
    wrong = [f"{name}: {found.get(name)}, not {status}" for name, status in wanted.items() if found.get(name) != status]
    wrong += [f"{name} is nowhere in the checklist" for name in found.keys() - wanted.keys()]
    verdicts = {row["marker"]: row["verdict"] for row in document["phases"]}
    for marker in {f"phase{item.phase}" for item in case.items}:
        own = {status for name, status in wanted.items() if name.startswith(f"{marker}.")}
        verdict = "NO-GO" if own & {"FAIL", "ERROR"} else "BLOCKED" if "BLOCKED" in own else "GO"
        if verdicts.get(marker) != verdict:
            wrong.append(f"{marker}: {verdicts.get(marker)}, not {verdict}")
    wanted_code = int(set(wanted.values()) != {"PASS"})
    if (code, document["exit_code"]) != (wanted_code, wanted_code):
        wrong.append(f"exit {code}, and {document['exit_code']} in the document, not {wanted_code}")
    return wrong


def wrong_times(case: Case, folder: Path) -> list[str]:
    """Which checks ran when they must not have, or did not run."""
    wanted = case.statuses()
    spans: dict[Item, tuple[float, float]] = {}
    wrong = []
    for item in case.items:
        path = folder / "spans" / item.name
        if path.exists() is (wanted[f"phase{item.phase}.test_{item.name}"] == "BLOCKED"):
            wrong.append(f"{item.name} {'was' if path.exists() else 'was not'} executed")
        elif path.exists():
            start, end = map(float, path.read_text().split())
            spans[item] = start, end
    for item, (start, end) in spans.items():
        for other, (other_start, other_end) in spans.items():
            if other.phase > item.phase and other_start < end:
                wrong.append(f"{other.name} began before {item.name} had ended")
            if item.alone and other is not item and other_start < end and start < other_end:
                wrong.append(f"{other.name} ran beside {item.name}")
    return wrong


def main() -> int:
    """Play and print; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description="The barrier between phases, across workers.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}, {options.runs} runs", flush=True)
    counts: Counter[str] = Counter()
    times: dict[tuple[str, int], list[float]] = {}
    for number in range(options.runs):
        case = make_case(chance)
        with tempfile.TemporaryDirectory() as name:
            took, wrong = play(case, Path(name))
            if wrong:
                print(f"run {number} ({case.dist}, {case.workers} workers): {'; '.join(wrong[:5])}", flush=True)
                print((Path(name) / "out.txt").read_text(errors="replace")[-2000:], flush=True)
        times.setdefault((case.dist, case.workers), []).append(took)
        count(counts, case, wrong)
    print_table(counts, times)
    return int(counts["wrong"] > 0)


def count(counts: Counter[str], case: Case, wrong: Sequence[str]) -> None:
    """Add up what was played, to show that the interesting things happened."""
    counts["wrong"] += bool(wrong)
    counts["checks"] += len(case.items)
    counts["alone"] += sum(bool(item.alone) for item in case.items)
    ran = case.statuses()
    counts["executed"] += sum(status != "BLOCKED" for status in ran.values())
    counts["crashes"] += sum(status == "ERROR" for status in ran.values())
    counts["failures"] += sum(status == "FAIL" for status in ran.values())
    counts["blocked runs"] += "BLOCKED" in ran.values()
    counts["green runs"] += set(ran.values()) == {"PASS"}


def print_table(counts: Counter[str], times: dict[tuple[str, int], list[float]]) -> None:
    """What happened, and how long runs took by way of distributing and workers."""
    for name in ("checks", "executed", "alone", "failures", "crashes", "green runs", "blocked runs", "wrong"):
        print(f"{name:<14} {counts[name]:>6}")
    print(f"{'dist':<10} {'workers':>7} {'runs':>5} {'median s':>9} {'worst s':>8}")
    for (dist, workers), taken in sorted(times.items()):
        print(f"{dist:<10} {workers:>7} {len(taken):>5} {median(taken):>9.2f} {max(taken):>8.2f}")


if __name__ == "__main__":
    sys.exit(main())
