"""Reports, the JSON and the record in places that cannot take them: told before the first check, or never a success."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gating import HEAD, Gate
from trapping import BESIDE, LATER, PASSES, assert_on_record, way

OPTIONS = ("report", "json", "record")
#: A check that leaves a trace: a place that cannot be written shows before it.
TRACES = HEAD + '@pytest.mark.phase1\ndef test_trap(): say("trap")\n'
#: What one file may grow to in a process, in bytes: to the one who writes it, a disk that is full.
LIMIT = 40_000


def in_the_way(place: str, path: Path) -> str:
    """Make something of that kind in the folder, and return its path."""
    match place:
        case "a folder":
            (path / "place").mkdir()
        case "under a file":
            (path / "file").write_text("")
            return str(path / "file" / "place")
        case "a pipe":
            os.mkfifo(path / "place")
        case "a full disk":
            (path / "place").symlink_to("/dev/full")
        case "a full folder":
            return "/dev/full/place"
        case "a link to nowhere":
            (path / "place").symlink_to(path / "no" / "such" / "folder")
        case "too long a name":
            return str(path / ("x" * 300))
        case "no folder of this machine":
            return "/proc/nowhere/place"
    return str(path / "place")


@pytest.mark.parametrize(
    "place", ["a folder", "a pipe", "under a file", "a full folder", "too long a name", "no folder of this machine"]
)
@pytest.mark.parametrize("option", OPTIONS)
@way(
    "the report, the JSON or the record cannot be written (3 options, 6 places)",
    says="usage error before the first check: the exit is 4",
)
def test_a_place_that_cannot_be_written(option: str, place: str, gate: Gate) -> None:
    """It is told at once, with the place, not after an hour of checks; nothing on record says GO."""
    if (option, place) == ("record", "a folder"):
        place = "under a file"  # a folder is what a record wants
    where = in_the_way(place, gate.path)
    gate.write({"test_it.py": TRACES})

    seen = gate.run(f"--deploycheck-{option}={where}", json="" if option == "json" else "run.json")

    assert seen.ret == 4, seen.stdout
    assert gate.seen() == []
    assert Path(where).name[:20] in seen.stdout + seen.stderr
    for journal in gate.path.glob(".deploycheck/*/*.jsonl"):
        assert '"run_finished"' not in journal.read_text("utf-8")


@pytest.mark.parametrize("option", OPTIONS[:2])
@way(
    "the report or the JSON becomes unwritable while the checks run",
    says="an internal error: the exit is 3; the verdict is on record",
)
def test_a_report_that_cannot_be_written_in_the_end(option: str, gate: Gate) -> None:
    """A run whose report is missing is no success for the pipeline that waits for it."""
    spoil = """
    @pytest.mark.phase1
    def test_trap():
        import pathlib
        for name in ("place", ".place"):
            pathlib.Path(name).unlink(missing_ok=True)
        pathlib.Path("place").mkdir()
    """
    gate.write({"test_it.py": HEAD + spoil.replace("\n    ", "\n")})

    seen = gate.run(f"--deploycheck-{option}=place", json="" if option == "json" else "run.json")

    assert seen.ret == 3, seen.stdout
    assert "place" in seen.stdout + seen.stderr


@way("the disk fills while the checks run", says="an internal error: the exit is 3; the record reads INCOMPLETE")
def test_the_disk_fills_in_mid_run(gate: Gate) -> None:
    """The check after which nothing could be written down is the last one; later phases stay shut."""
    many = """
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(12))
def test_trap(n, evidence): evidence.text("seen", "x" * 6000)
"""
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))"
    gate.write({"test_beside.py": BESIDE, "test_it.py": HEAD + many, "conftest.py": limit})

    seen = gate.run(process=True)

    assert seen.ret == 3, seen.stdout + seen.stderr
    assert not LATER & set(gate.seen())
    assert_on_record(gate, verdict="INCOMPLETE", exit_code=11)


@pytest.mark.parametrize("source", [PASSES, PASSES.replace("pass", "assert 0")], ids=["GO", "NO-GO"])
@way("the terminal is a full disk", says="never 0")
def test_the_output_cannot_be_written(source: str, gate: Gate) -> None:
    """What people would have read is lost: the exit says that something went wrong."""
    gate.write({"test_it.py": HEAD + source})
    command = [sys.executable, "-m", "pytest", "--deploycheck-release=r1"]

    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=gate.path, stdout=full, stderr=full)

    assert done.returncode != 0
