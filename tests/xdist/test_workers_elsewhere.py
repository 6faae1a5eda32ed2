"""Workers over ssh: nothing is shared with them but the connection, and what they read is not what lies here."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate, Outcome

from pytest_deploycheck.cli import main

#: Stands for ssh: the command runs in another folder, with another home and nothing of this environment.
SSH = """#!/bin/sh
for command; do :; done
cd '{far}' && exec env -i HOME='{far}' PATH=/usr/bin:/bin sh -c "$command"
"""
CHECKS = f"""{HEAD}
import os, pathlib

@pytest.mark.phase1
def test_first(evidence):
    say("first")
    evidence.measure("size", 4.0, "MB", max=5.0)
    evidence.text("home", os.environ["HOME"])
    pathlib.Path("dump.bin").write_bytes(b"0123456789")
    evidence.file("dump.bin")
@pytest.mark.phase1
@pytest.mark.parametrize("n", range(4))
def test_beside(n): pass
@pytest.mark.phase2
def test_second(baseline):
    say("second")
    assert baseline("phase1.test_first", "size").value == 4.0
"""
CHECKLIST = "# Build <!-- deploycheck: phase=phase1 -->\n- [ ] **Works** <!-- deploycheck: id=phase1.works -->\n"
WORKS = HEAD + "@pytest.mark.check('phase1.works')\ndef test_works(): say('works')\n"


@pytest.fixture
def far(gate: Gate, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the disk of another machine; ``ssh`` leads there."""
    folder = tmp_path_factory.mktemp("far")
    program = tmp_path_factory.mktemp("bin") / "ssh"
    program.write_text(SSH.format(far=folder), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return folder


def over_ssh(gate: Gate, *arguments: str, checkout: Path | None = None) -> Outcome:
    """Run on two workers over there, in a checkout that they have or in what pytest-xdist copies."""
    spec = f"ssh=far//python={sys.executable}" + (f"//chdir={checkout}" if checkout else "")
    return gate.run("-p", "xdist", "--dist=load", f"--tx=2*{spec}", *arguments, process=True)


def copied(gate: Gate, far: Path) -> Path:
    """What lies here, as it is by now, in a checkout over there."""
    return shutil.copytree(gate.path, far / "checkout")


def test_the_record_arrives_here_and_nowhere_else(gate: Gate, far: Path) -> None:
    """Checks run over there, on what pytest-xdist copied; results, evidence and verdict are here."""
    gate.write({"test_it.py": CHECKS}, ini="rsyncdirs = .")
    seen = over_ssh(gate, str(gate.path))

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout
    row = seen.check("phase1.test_first")
    assert [item["text"] for item in row["evidence"] if item["name"] == "home"] == [str(far)]
    assert b"0123456789" in [path.read_bytes() for path in gate.path.glob(".deploycheck/**/*") if path.is_file()]
    assert gate.seen() == []
    assert [path.read_text("utf-8").split() for path in far.rglob("seen.txt")] == [["first", "second"]]
    assert [path for end in ("*.jsonl", "*.html", "run.json") for path in far.rglob(end)] == []
    told = CliRunner().invoke(main, ["status", "--record", str(gate.path / ".deploycheck"), "--json"])
    assert (told.exit_code, json.loads(told.output)) == (0, seen.json)


def test_a_failure_over_there_is_a_failure(gate: Gate, far: Path) -> None:
    """And the phases are kept apart there too."""
    failing = CHECKS.replace("def test_beside(n): pass", "def test_beside(n): assert n < 3")
    gate.write({"test_it.py": failing}, ini="rsyncdirs = .")
    seen = over_ssh(gate, str(gate.path))

    assert (seen.ret, seen.verdict("phase1"), seen.verdict("phase2")) == (1, "NO-GO", "BLOCKED")
    assert [path.read_text("utf-8").split() for path in far.rglob("seen.txt")] == [["first"]]


def test_an_older_checklist_over_there(gate: Gate, far: Path) -> None:
    """The checkout was not brought up to date: a line that was added since would be in nobody's denominator."""
    gate.write({"test_it.py": WORKS}, checklist=CHECKLIST)
    checkout = copied(gate, far)
    assert over_ssh(gate, checkout=checkout).ret == 0
    gate.write({"test_it.py": WORKS}, checklist=CHECKLIST + "- [ ] **Is signed**\n")
    seen = over_ssh(gate, checkout=checkout)

    assert (seen.ret, seen.document) == (4, None)
    assert "has another checklist than this process" in seen.stderr


def test_fewer_phases_over_there(gate: Gate, far: Path) -> None:
    """As with the checklist, so with what the ini file declares."""
    source = {"test_it.py": HEAD + "@pytest.mark.phase1\ndef test_a(): say('a')\n"}
    gate.write(source, ini="deploycheck_phases = phase1: one")
    checkout = copied(gate, far)
    gate.write(source, ini="deploycheck_phases =\n    phase1: one\n    phase2: two")
    seen = over_ssh(gate, checkout=checkout)

    assert (seen.ret, seen.document) == (4, None)
    assert "has other phases than this process" in seen.stderr


def test_a_target_that_is_known_here_alone(gate: Gate, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment does not reach over there: the checks would look at another installation than the record says."""
    monkeypatch.setenv("DEPLOYCHECK_TARGET", f"popen//chdir={gate.path}")
    gate.write({"test_it.py": HEAD + "@pytest.mark.phase1\ndef test_a(target): say('a')\n"})
    seen = over_ssh(gate, checkout=copied(gate, far))

    assert (seen.ret, seen.document) == (4, None)
    assert "has other targets than this process" in seen.stderr
    assert list(far.rglob("seen.txt")) == []
