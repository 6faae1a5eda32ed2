"""Each option, its ini key and its environment variable; where the files go, and what happens when they cannot."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from gating import HEAD, RESULT, Gate

FINE = "@pytest.mark.phase1\ndef test_fine(): say('ran')\n"
TWO = "@pytest.mark.phase1\ndef test_no(): assert 0\n@pytest.mark.phase2\ndef test_later(): say('later')\n"
WHERE = "@pytest.mark.phase1\ndef test_where(target, evidence): evidence.text('folder', target.folder)\n"


def folders(document: dict[str, object]) -> list[str]:
    """The names of the targets' folders that the checks saw."""
    rows = document["checks"]
    assert isinstance(rows, list)
    return [Path(item["text"]).name for row in rows for item in row["evidence"] if item["name"] == "folder"]


# -- the same value from each source ------------------------------------------------------------------------------

SOURCES = ("command line", "environment", "ini")


def run_with(gate: Gate, monkeypatch: pytest.MonkeyPatch, source: str, option: str, value: str) -> None:
    """Run with one option given in one of the three ways."""
    name = f"deploycheck_{option}"
    arguments: tuple[str, ...] = ()
    if source == "command line":
        dashed = "--" + name.replace("_", "-")
        arguments = (dashed,) if value == "true" else (f"{dashed}={value}",)
    elif source == "environment":
        monkeypatch.setenv(name.upper(), value)
    else:
        gate.write({}, ini=f"{name} = {value}")
    gate.run(*arguments, release="", json="")


@pytest.mark.parametrize("source", SOURCES)
def test_the_release(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the folder of the journals and stands in the report."""
    gate.write({"test_it.py": HEAD + FINE})

    run_with(gate, monkeypatch, source, "release", "v2.0/rc 1")

    assert "Release <bdi>v2.0/rc 1</bdi>" in (gate.path / "deploycheck-report.html").read_text("utf-8")
    [folder] = (gate.path / ".deploycheck").iterdir()
    assert folder.name == "v2.0%2Frc%201"


@pytest.mark.parametrize("source", SOURCES)
def test_the_report(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTML file, in a folder that is made where it is not there."""
    gate.write({"test_it.py": HEAD + FINE})

    run_with(gate, monkeypatch, source, "report", "out/report.html")

    assert "<!doctype html>" in (gate.path / "out" / "report.html").read_text("utf-8")
    assert not (gate.path / "deploycheck-report.html").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_no_report(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty turns it off."""
    gate.write({"test_it.py": HEAD + FINE})

    run_with(gate, monkeypatch, source, "report", "")

    assert gate.seen() == ["ran"]
    assert not list(gate.path.glob("*.html"))


@pytest.mark.parametrize("source", SOURCES)
def test_the_json(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document, only where it is asked for."""
    gate.write({"test_it.py": HEAD + FINE})

    run_with(gate, monkeypatch, source, "json", "out/run.json")

    assert json.loads((gate.path / "out" / "run.json").read_text("utf-8"))["verdict"] == "GO"
    assert not (gate.path / RESULT).exists()


@pytest.mark.parametrize("source", SOURCES)
def test_the_record(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journals of all runs."""
    gate.write({"test_it.py": HEAD + FINE})

    run_with(gate, monkeypatch, source, "record", "journals")

    assert len(list((gate.path / "journals").glob("*/*.jsonl"))) == 1
    assert not (gate.path / ".deploycheck").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_keep_going(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later phases run after a NO-GO."""
    gate.write({"test_it.py": HEAD + TWO})

    run_with(gate, monkeypatch, source, "keep_going", "true")

    assert gate.seen() == ["later"]


@pytest.mark.parametrize("source", SOURCES)
def test_prerequisites(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Required: a phase by itself is blocked."""
    gate.write({"test_it.py": HEAD + TWO})
    monkeypatch.setenv("PYTEST_ADDOPTS", "-m phase2")

    run_with(gate, monkeypatch, source, "prerequisites", "require")

    assert gate.seen() == []
    run_with(gate, monkeypatch, source, "prerequisites", "warn")
    assert gate.seen() == ["later"]


@pytest.mark.parametrize("source", SOURCES)
def test_the_target(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checks look; a relative folder starts at the root."""
    gate.write({"test_it.py": HEAD + WHERE, "one/x.txt": ""})
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--deploycheck-json={RESULT}")

    run_with(gate, monkeypatch, source, "target", "popen//chdir=one")

    document = json.loads((gate.path / RESULT).read_text("utf-8"))
    assert folders(document) == ["one"]
    assert document["targets"] == ["popen//chdir=one"]


def test_the_command_line_beats_the_environment_and_that_the_ini_file(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every option; shown on the release."""
    gate.write({"test_it.py": HEAD + FINE}, ini="deploycheck_release = of-ini")
    assert gate.run(release="").json["release"] == "of-ini"
    monkeypatch.setenv("DEPLOYCHECK_RELEASE", "of-environment")
    assert gate.run(release="").json["release"] == "of-environment"
    assert gate.run(release="of-command-line").json["release"] == "of-command-line"


@pytest.mark.parametrize("option", ["release", "target", "json", "record", "keep_going", "resume", "prerequisites"])
def test_an_empty_variable_is_one_that_nobody_filled(option: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline's unset variable must not replace the ini file's target by this machine."""
    gate.write(
        {"test_it.py": HEAD + WHERE, "one/x.txt": ""},
        ini="deploycheck_target = popen//chdir=one\ndeploycheck_release = of-ini",
    )
    monkeypatch.setenv(f"DEPLOYCHECK_{option.upper()}", "")

    seen = gate.run(release="")

    assert seen.ret == 0
    assert folders(seen.json) == ["one"]
    assert seen.json["release"] == "of-ini"


@pytest.mark.parametrize("option", ["keep_going", "resume"])
@pytest.mark.parametrize("source", ["environment", "ini"])
def test_a_flag_that_is_neither_true_nor_false(
    option: str, source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usage error."""
    gate.write({"test_it.py": HEAD + FINE}, ini=f"deploycheck_{option} = perhaps" if source == "ini" else "")
    if source == "environment":
        monkeypatch.setenv(f"DEPLOYCHECK_{option.upper()}", "perhaps")

    seen = gate.run()

    assert seen.ret == 4
    assert "perhaps" in seen.stderr
    assert gate.seen() == []


@pytest.mark.parametrize("age", ["soon", "0s", "-1h", ""])
def test_an_age_that_is_no_duration(age: str, gate: Gate) -> None:
    """A usage error."""
    seen = gate(FINE, ini=f"deploycheck_max_age = {age}")

    assert seen.ret == 4
    assert "deploycheck_max_age" in seen.stderr
    assert gate.seen() == []


def test_the_release_is_described_by_git(gate: Gate) -> None:
    """That of the target's folder: by its commit, and dirty where something is changed."""
    git = ("git", "-c", "user.name=me", "-c", "user.email=me@example.org")
    gate.write({"test_it.py": HEAD + FINE, "app/code.py": ""}, ini="deploycheck_target = popen//chdir=app")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first"), ("tag", "-am", "one", "v1.0")):
        subprocess.run([*git, *words], cwd=gate.path / "app", check=True)

    assert gate.run(release="").json["release"] == "v1.0"
    (gate.path / "app" / "code.py").write_text("changed")
    assert gate.run(release="").json["release"] == "v1.0-dirty"


def test_a_release_without_git_is_unversioned(gate: Gate) -> None:
    """It has to be called something."""
    gate.write({"test_it.py": HEAD + FINE})

    assert gate.run(release="").json["release"] == "unversioned"


# -- where the files go -------------------------------------------------------------------------------------------


def test_paths_of_the_command_line_start_where_it_was_typed(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the ini file start at the root."""
    gate.write({"test_it.py": HEAD + FINE, "sub/x.txt": ""}, ini="deploycheck_record = journals")
    monkeypatch.chdir(gate.path / "sub")

    gate.run("..", "--deploycheck-report=here.html")

    assert (gate.path / "sub" / "here.html").is_file()
    assert (gate.path / "sub" / RESULT).is_file()
    assert (gate.path / "journals").is_dir()


@pytest.mark.parametrize("option", ["report", "json", "record"])
@pytest.mark.parametrize("place", ["a file instead of a folder", "a folder that refuses"])
def test_a_place_that_cannot_be_written(option: str, place: str, gate: Gate) -> None:
    """A clear error before the first check, and not exit 0."""
    gate.write({"test_it.py": HEAD + FINE, "file": "", "shut/x.txt": ""})
    if place == "a folder that refuses":
        if os.geteuid() == 0:
            # The administrator may write anywhere, but nobody into the process table.
            path = "/proc/nowhere/out"
        else:
            (gate.path / "shut").chmod(0o500)
            path = "shut/deep/out"
    else:
        path = "file/out"

    seen = gate.run(f"--deploycheck-{option}={path}")

    assert seen.ret not in (0, 3)
    assert "cannot be written" in seen.stdout + seen.stderr
    assert path.rpartition("/")[0] in seen.stdout + seen.stderr
    assert gate.seen() == []
    assert "Traceback" not in seen.stdout + seen.stderr


@pytest.mark.parametrize("option", ["report", "json"])
def test_a_path_that_is_a_folder(option: str, gate: Gate) -> None:
    """A report cannot be written over it."""
    seen = gate(FINE, f"--deploycheck-{option}=sub", files={"sub/x.txt": ""})

    assert seen.ret not in (0, 3)
    assert gate.seen() == []
    assert "cannot be written" in seen.stdout + seen.stderr


def test_a_report_that_cannot_be_written_at_the_end(gate: Gate) -> None:
    """A check took its place away: not exit 0, no traceback, and the verdict is still on the terminal."""
    seen = gate(
        """
        import pathlib
        @pytest.mark.phase1
        def test_it():
            pathlib.Path("deploycheck-report.html").unlink()
            pathlib.Path("deploycheck-report.html").mkdir()
        """
    )

    assert seen.ret != 0
    assert "cannot be written" in seen.stdout + seen.stderr
    assert "Traceback" not in seen.stdout + seen.stderr
    assert "1/1 checks accounted for" in seen.stdout


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures", "--fixtures-per-test"])
def test_collecting_alone_writes_nothing(option: str, gate: Gate) -> None:
    """Neither a report nor a journal: a run that looks at nothing takes no earlier verdict back."""
    seen = gate(FINE, option)

    assert seen.ret == 0
    assert seen.document is None
    assert sorted(path.name for path in gate.path.iterdir()) == ["saying.py", "test_it.py"]


def test_a_plan_is_written_when_collecting(gate: Gate) -> None:
    """The phases and the checks as they would run."""
    gate.write(
        {"test_it.py": HEAD + FINE.replace("phase1\n", "phase1\n@pytest.mark.check('phase1.one')\n")},
        checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] one\n- [x] two <!-- deploycheck: owner=me -->\n",
    )

    seen = gate.run("--collect-only", "--deploycheck-plan=plan.json")

    assert seen.ret == 0
    plan = json.loads((gate.path / "plan.json").read_text("utf-8"))
    assert sorted(plan) == ["checks", "loose", "phases", "settings", "strays"]
    assert [(row["marker"], row["title"]) for row in plan["phases"]] == [("phase1", "One")]
    assert [(row["id"], row["kind"], row["nodeid"], row["owner"], row["ticked"]) for row in plan["checks"]] == [
        ("phase1.one", "automated", "test_it.py::test_fine", "", False),
        ("phase1.two", "manual", "checklist.md::phase1.two", "me", True),
    ]
    assert not (gate.path / ".deploycheck").exists()


# -- keep what passed ---------------------------------------------------------------------------------------------

RESUMED = """
from pathlib import Path
@pytest.mark.phase1
def test_one(): say("one")
@pytest.mark.phase1
def test_two():
    say("two")
    assert Path("mended.txt").exists()
@pytest.mark.phase2
def test_three(): say("three")
"""


@pytest.mark.parametrize("source", SOURCES)
def test_resuming_keeps_what_passed(source: str, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what did not pass runs again; what is kept says from where it is."""
    gate.write({"test_it.py": HEAD + RESUMED})
    first = gate.run(release="")
    assert gate.seen() == ["one", "two"]
    gate.write({"mended.txt": ""})
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--deploycheck-json={RESULT}")

    run_with(gate, monkeypatch, source, "resume", "true")

    assert gate.seen() == ["one", "two", "two", "three"]
    document = json.loads((gate.path / RESULT).read_text("utf-8"))
    assert document["verdict"] == "GO"
    kept = document["checks"][0]
    assert kept["status"] == "PASS"
    assert kept["flags"] == ["carried"]
    assert kept["carried_from"] == first.json["run_id"]
    assert document["checks"][1]["flags"] == []


@pytest.mark.parametrize("way", ["another release", "another target", "too old", "not asked for"])
def test_resuming_keeps_nothing_else(way: str, gate: Gate) -> None:
    """Of another release, of another target, too old, or without the option: all runs again."""
    gate.write(
        {"test_it.py": HEAD + RESUMED, "mended.txt": ""}, ini="deploycheck_max_age = 1us" if way == "too old" else ""
    )
    assert gate.run().ret == 0

    seen = gate.run(
        *(() if way == "not asked for" else ("--deploycheck-resume",)),
        *(("--deploycheck-target=popen",) if way == "another target" else ()),
        release="r2" if way == "another release" else "r1",
    )

    assert seen.ret == 0
    assert gate.seen() == ["one", "two", "three"] * 2


def test_resuming_keeps_no_pass_that_a_later_run_took_back(gate: Gate) -> None:
    """The newest end of a check counts."""
    gate.write({"test_it.py": HEAD + RESUMED, "mended.txt": ""})
    gate.run()
    (gate.path / "mended.txt").unlink()
    gate.run()

    seen = gate.run("--deploycheck-resume")

    assert seen.status("phase1.test_two") == "FAIL"
    assert seen.ret == 1


# -- several targets ----------------------------------------------------------------------------------------------

TARGETS = ("--deploycheck-target=popen//chdir=one", "--deploycheck-target=popen//chdir=two")
ON_TARGETS = """
@pytest.mark.phase1
def test_where(target):
    say(target.folder.rpartition("/")[2])
    assert not target.folder.endswith("bad")
@pytest.mark.phase1
def test_here(): say("here")
"""


def test_every_check_of_a_target_runs_on_each(gate: Gate) -> None:
    """One row for each target, of the same id; a check that asks for no target runs once."""
    seen = gate(ON_TARGETS, *TARGETS, files={"one/x": "", "two/x": ""})

    assert seen.ret == 0
    assert sorted(gate.seen()) == ["here", "one", "two"]
    assert seen.json["targets"] == ["popen//chdir=one", "popen//chdir=two"]
    assert [(row["id"], row["target"]) for row in seen.json["checks"] if row["id"] == "phase1.test_where"] == [
        ("phase1.test_where", "popen//chdir=one"),
        ("phase1.test_where", "popen//chdir=two"),
    ]
    assert seen.json["accounted"]["total"] == 3


def test_the_worst_target_decides(gate: Gate) -> None:
    """One bad installation is a NO-GO."""
    seen = gate(ON_TARGETS, TARGETS[0], "--deploycheck-target=popen//chdir=bad", files={"one/x": "", "bad/x": ""})

    assert seen.check("phase1.test_where", "popen//chdir=one")["status"] == "PASS"
    assert seen.check("phase1.test_where", "popen//chdir=bad")["status"] == "FAIL"
    assert seen.verdict("phase1") == "NO-GO"
    assert seen.ret == 1


def test_parameters_keep_their_ids_on_several_targets(gate: Gate) -> None:
    """The target is a column of its own, no part of the id."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.commands")
        @pytest.mark.parametrize("command", ["run", "tag"])
        def test_command(command, target): pass
        """,
        *TARGETS,
        files={"one/x": "", "two/x": ""},
    )

    assert sorted((row["id"], row["target"][-3:]) for row in seen.json["checks"]) == [
        ("phase1.commands[run]", "one"),
        ("phase1.commands[run]", "two"),
        ("phase1.commands[tag]", "one"),
        ("phase1.commands[tag]", "two"),
    ]


def test_a_target_that_is_asked_for_on_the_way_is_not_judged_on_the_first_alone(gate: Gate) -> None:
    """pytest cannot run such a check on each, so it must not pass."""
    seen = gate(
        "@pytest.mark.phase1\ndef test_where(request): request.getfixturevalue('target')\n",
        *TARGETS,
        files={"one/x": "", "two/x": ""},
    )

    assert seen.status("phase1.test_where") == "ERROR"
    assert seen.ret == 1


def test_a_target_that_a_fixture_uses_is_run_on_each(gate: Gate) -> None:
    """Whoever asks for it by argument, at any depth."""
    seen = gate(
        """
        @pytest.fixture
        def folder(target): return target.folder
        @pytest.mark.phase1
        def test_where(folder): say(folder.rpartition("/")[2])
        """,
        *TARGETS,
        files={"one/x": "", "two/x": ""},
    )

    assert sorted(gate.seen()) == ["one", "two"]
    assert seen.ret == 0
