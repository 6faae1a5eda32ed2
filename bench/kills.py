"""Kill a gate at random moments: its journal stays readable, never says GO, and resuming ends GO.

Run it from anywhere: ``python bench/kills.py [--times 100] [--seed N]``. Each time a checklist of 40 checks in three
phases is started as a process of its own and killed by SIGKILL at a random moment of its life, sometimes the resumed
run as well; then it is resumed until it ends. A check leaves its name in a file as its last act, so the file shows that
every check was run to its end. A kill that came before there was a journal, or after it was sealed, is not counted. The
exit status is 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from pytest_deploycheck.cli import main as deploycheck
from pytest_deploycheck.core.model import Run, Status, Verdict
from pytest_deploycheck.record.store import NeverBegunError, find_run, journal_path, read_run

CHECKS = 40
PHASES = 3
#: Long enough that most kills come while checks run.
NAP_S = 0.015
RELEASE = "r1"
#: A run that does not end by then hangs.
TIMEOUT_S = 120
SOURCE = """
import time
import pytest

{checks}

def end(name):
    time.sleep({nap})
    with open("done.txt", "a") as file:
        file.write(name + "\\n")
"""
CHECK = """
@pytest.mark.phase{phase}
def test_{number}(): end("test_{number}")
"""


@dataclass(kw_only=True)
class Tally:
    """What came of all the kills."""

    moments: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    again: int = 0
    #: Times that a check was given up, since both kills hit it.
    given_up: int = 0
    #: Kills that came before there was a journal, or after it was sealed: they prove nothing.
    early: int = 0
    late: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """Kills that hit an open run."""
        return sum(self.moments.values())


def main() -> int:
    """Kill, resume, count; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(description="Kill -9 at random moments.")
    parser.add_argument("--times", type=int, default=100, help="how many kills must hit an open run")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        life = _life(Path(name, "whole"))
        number = 0
        while tally.kills < options.times:
            number += 1
            _once(Path(name, f"time-{number}"), chance, life, tally)
    _print(tally, life, seed)
    return int(bool(tally.wrong))


def _life(folder: Path) -> float:
    """How long an undisturbed run takes, in seconds."""
    _write(folder)
    started = time.perf_counter()
    if _finish(folder, []):
        sys.exit(f"an undisturbed run does not end with 0; see {folder}")
    return time.perf_counter() - started


def _write(folder: Path) -> None:
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    checks = "\n".join(CHECK.format(phase=n * PHASES // CHECKS + 1, number=n) for n in range(CHECKS))
    (folder / "test_it.py").write_text(SOURCE.format(checks=checks, nap=NAP_S), encoding="utf-8")


def _command(options: Sequence[str]) -> list[str]:
    quiet = [f"-pno:{name}" for name in ("randomly", "xdist", "html", "hypothesispytest", "anyio", "cacheprovider")]
    given = [f"--deploycheck-release={RELEASE}", "--deploycheck-report=", *options]
    return [sys.executable, "-m", "pytest", "-q", *quiet, *given]


def _finish(folder: Path, options: Sequence[str]) -> int:
    done = subprocess.run(_command(options), cwd=folder, capture_output=True, check=False, timeout=TIMEOUT_S)
    return done.returncode


def _once(folder: Path, chance: random.Random, life: float, tally: Tally) -> None:
    """One or two kills, then resuming to the end."""
    _write(folder)
    kills = chance.choice([1, 1, 2])
    for number in range(kills):
        run_id = f"kill-{number}"
        options = [f"--deploycheck-run-id={run_id}", *(["--deploycheck-resume"] if number else [])]
        with subprocess.Popen(
            _command(options), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child:
            time.sleep(chance.uniform(0, life))
            child.send_signal(signal.SIGKILL)
        tally.wrong += [f"{folder.name}: {what}" for what in _look(folder, run_id, tally)]
    tally.wrong += [f"{folder.name}: {what}" for what in _resume(folder, tally)]


def _look(folder: Path, run_id: str, tally: Tally) -> Iterator[str]:
    """What is wrong with the journal of a run that was killed."""
    record = folder / ".deploycheck"
    path = journal_path(record, RELEASE, run_id)
    if not path.exists():
        tally.early += 1
        return
    try:
        run = read_run(path)
    except NeverBegunError:
        tally.moments["in its first line"] += 1
        return
    if run.closed:
        tally.late += 1
        return
    tally.moments["in a check" if run.in_flight else "between two checks"] += 1
    tally.verdicts[run.selected_verdict] += 1
    if Verdict.GO in (run.verdict, run.selected_verdict) or run.exit_code == 0:
        yield f"{run_id} was killed and says GO"
    status = CliRunner().invoke(deploycheck, ["status", "--record", str(record), "--run", run_id]).exit_code
    gate = CliRunner().invoke(deploycheck, ["gate", "--release", RELEASE, str(record)]).exit_code
    if (status, gate) != (11, 11):
        yield f"{run_id} was killed, and status exits with {status}, gate with {gate}"


def _resume(folder: Path, tally: Tally) -> Iterator[str]:
    """What is wrong with how the resumed run ends."""
    code = _finish(folder, ["--deploycheck-resume"])
    run = find_run(folder / ".deploycheck", release=RELEASE)
    gave_up = [row for row in run.checks if row.status is Status.ERROR and row.carried_from]
    if gave_up:
        tally.given_up += 1
        if code != 1 or len(gave_up) != 1:
            yield f"{len(gave_up)} checks were given up, exit {code}"
        code = _finish(folder, [])
        run = find_run(folder / ".deploycheck", release=RELEASE)
    yield from _judge(folder, code, run, tally)


def _judge(folder: Path, code: int, run: Run, tally: Tally) -> Iterator[str]:
    if code or run.verdict is not Verdict.GO or any(row.status is not Status.PASS for row in run.checks):
        yield f"it ends with {code}, {run.verdict}"
    gate = CliRunner().invoke(deploycheck, ["gate", "--release", RELEASE, str(folder / ".deploycheck")]).exit_code
    if gate:
        yield f"gate exits with {gate}"
    done = Counter((folder / "done.txt").read_text(encoding="utf-8").split())
    if missing := {f"test_{n}" for n in range(CHECKS)} - set(done):
        yield f"never run to their end: {', '.join(sorted(missing))}"
    tally.kept += sum(bool(row.carried_from) for row in run.checks)
    tally.again += sum(done.values()) - CHECKS


def _print(tally: Tally, life: float, seed: int) -> None:
    print(f"{CHECKS} checks in {PHASES} phases, {life:.2f} s undisturbed; seed {seed}")
    rows = [("kills of an open run", tally.kills), *((f"  {moment}", n) for moment, n in tally.moments.most_common())]
    rows += [("not counted: before there was a journal", tally.early), ("not counted: after the seal", tally.late)]
    rows += [(f"killed runs that read {verdict}", n) for verdict, n in tally.verdicts.most_common()]
    rows += [("passes that resuming kept", tally.kept), ("checks that ran to their end twice", tally.again)]
    rows += [("checks given up after two kills in them", tally.given_up), ("wrong", len(tally.wrong))]
    for label, count in rows:
        print(f"{label:46}{count:6}")
    for what in tally.wrong:
        print(f"WRONG: {what}")


if __name__ == "__main__":
    sys.exit(main())
