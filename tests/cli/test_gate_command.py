"""``deploycheck gate``: the verdict on a release from the journals of several runs, folders and machines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pytest_deploycheck.record.journal import Journal, read_events
from pytest_deploycheck.record.store import journal_path

Cli = Callable[..., Result]

CHECKLIST = """\
# Build <!-- deploycheck: phase=phase1 -->
- [ ] **Core**: it imports <!-- deploycheck: remediation="Mend the import" -->
# Serve <!-- deploycheck: phase=phase2 -->
- [ ] **Page**: it answers
# After <!-- deploycheck: phase=postdeploy -->
- [ ] **Errors**: few <!-- deploycheck: rollback=immediate -->
"""
SOURCE = """
import os, pytest
from pathlib import Path

def end(name):
    word = Path(name).read_text() if Path(name).exists() else "pass"
    if word == "die":
        os._exit(0)
    if word == "skip":
        pytest.skip("no")
    assert word == "pass"

@pytest.mark.check("phase1.core")
def test_core(): end("phase1")
@pytest.mark.check("phase2.page")
def test_page(): end("phase2")
@pytest.mark.check("postdeploy.errors")
def test_errors(): end("postdeploy")
"""


class Site:
    """A folder with a checklist; its runs end as they are told to."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.path = pytester.path
        self._pytester = pytester
        pytester.makeini("[pytest]\ndeploycheck_checklist = list.md\n")
        (self.path / "list.md").write_text(CHECKLIST)
        pytester.makepyfile(test_site=SOURCE)

    def run(self, *arguments: str, release: str = "r1", **ends: str) -> int:
        """Run pytest; the phases end as they are told to, and pass otherwise."""
        for phase in ("phase1", "phase2", "postdeploy"):
            (self.path / phase).write_text(ends.get(phase, "pass"))
        quiet = ("-p", "no:randomly", "-p", "no:xdist", "--deploycheck-report=")
        words = (f"--deploycheck-release={release}", *quiet, *arguments)
        if "die" in ends.values():
            return int(self._pytester.runpytest_subprocess(*words).ret)
        return int(self._pytester.runpytest_inprocess(*words).ret)

    @property
    def journals(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.path.glob(".deploycheck/*/*.jsonl"))


@pytest.fixture
def site(pytester: pytest.Pytester) -> Site:
    return Site(pytester)


def phases(result: Result) -> dict[str, str]:
    return {phase["marker"]: phase["verdict"] for phase in json.loads(result.output)["phases"]}


def test_the_whole_release_is_go(site: Site, deploycheck: Cli) -> None:
    """A board with phase, verdict, run, age and reason; exit 0."""
    assert site.run() == 0

    result = deploycheck("gate", "--release", "r1")

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "release r1, by its record"
    assert lines[1].split() == ["phase", "verdict", "run", "age", "target", "reason"]
    assert lines[2].split() == ["phase1", "GO", site.journals[0].stem, "0", "min", "-", "1", "passed"]
    assert lines[-1] == "GO  3/3 required phases are GO"


def test_phases_of_several_runs_and_folders_add_up(site: Site, deploycheck: Cli) -> None:
    """What two machines did, each its part."""
    assert site.run("-m", "phase1", "--deploycheck-record=one") == 0
    assert site.run("-m", "phase2", "--deploycheck-record=two") == 0

    assert phases(deploycheck("gate", "--release", "r1", "--json", "one")) == {
        "phase1": "GO",
        "phase2": "INCOMPLETE",
        "postdeploy": "INCOMPLETE",
    }
    both = deploycheck("gate", "--release=r1", "--require", "phase1, phase2", "one", "two")
    assert both.exit_code == 0, both.output
    everything = deploycheck("gate", "--release=r1", "one", "two")
    assert everything.exit_code == 11
    assert "next: postdeploy: run the whole phase: no run looked at it" in everything.output
    assert "pytest -m postdeploy --deploycheck-release=r1" in everything.output


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (["fail"], 1),
        (["fail", "pass"], 0),
        (["pass", "fail"], 1),
        (["pass", "skip"], 11),
        (["fail", "skip"], 1),
        (["pass", "die"], 11),
        (["fail", "die"], 1),
        (["die", "pass"], 0),
    ],
)
def test_the_newest_complete_run_of_a_phase_counts(ends: list[str], code: int, site: Site, deploycheck: Cli) -> None:
    """A NO-GO is superseded by nothing less than a complete run."""
    for end in ends:
        site.run("-m", "phase1", phase1=end)

    result = deploycheck("gate", "--release=r1", "--require=phase1")

    assert result.exit_code == code, result.output
    assert ("next: phase1" in result.output) is bool(code)


def test_a_run_that_was_blocked_before_a_phase_says_nothing_about_it(site: Site, deploycheck: Cli) -> None:
    """Phase 2 was GO, and has not been looked at since."""
    site.run("-m", "phase1 or phase2")
    site.run("-m", "phase1 or phase2", phase1="fail")

    result = deploycheck("gate", "--release=r1", "--json")

    assert phases(result) == {"phase1": "NO-GO", "phase2": "GO", "postdeploy": "INCOMPLETE"}
    assert result.exit_code == 1


def test_a_rollback_trigger_counts_whatever_is_required(site: Site, deploycheck: Cli) -> None:
    """It fired after the launch of this very release; a complete run supersedes it."""
    assert site.run(postdeploy="fail") == 13

    result = deploycheck("gate", "--release=r1", "--require=phase1")

    assert result.exit_code == 13
    assert "rollback trigger fired in postdeploy" in result.output
    site.run("-m", "postdeploy")
    assert deploycheck("gate", "--release=r1", "--require=phase1").exit_code == 0


def test_no_journal_at_all_is_incomplete(site: Site, deploycheck: Cli) -> None:
    """Not GO, and no usage error either: nobody looked."""
    for arguments in ((), ("--require=phase1",), ("nowhere",)):
        result = deploycheck("gate", "--release=r 1", *arguments)
        assert result.exit_code == 11, result.output
        assert "is on record" in result.output
        assert "--deploycheck-release='r 1'" in result.output


def test_a_folder_that_is_not_there_keeps_the_release_from_go(site: Site, deploycheck: Cli) -> None:
    """A misspelt one may be that of the machine where it failed."""
    site.run()

    result = deploycheck("gate", "--release=r1", ".deploycheck", "other-machine")

    assert result.exit_code == 11
    assert "other-machine is no folder" in result.output
    assert phases(deploycheck("gate", "--release=r1", "--json", ".deploycheck", "other"))["phase1"] == "GO"


def test_an_unknown_phase_is_incomplete_and_the_known_ones_are_named(site: Site, deploycheck: Cli) -> None:
    """A misspelt name must not clear anything."""
    site.run()

    result = deploycheck("gate", "--release=r1", "--require=phase1,phase3")

    assert result.exit_code == 11
    assert "they know phase1, phase2, postdeploy" in result.output


@pytest.mark.parametrize("arguments", [("--require=",), ("--require=,",), ("--max-age=soon",), ("--max-age=0s",)])
def test_an_option_that_says_nothing_is_refused(arguments: tuple[str, ...], site: Site, deploycheck: Cli) -> None:
    """Never the default in its place."""
    site.run()

    result = deploycheck("gate", "--release=r1", *arguments)

    assert result.exit_code == 4
    assert arguments[0].partition("=")[0] in result.output


def test_a_verdict_that_is_too_old_does_not_count(site: Site, deploycheck: Cli) -> None:
    """As the option says."""
    site.run()

    result = deploycheck("gate", "--release=r1", "--max-age=1us")

    assert result.exit_code == 11
    assert "is too old to count" in result.output


def test_runs_of_another_checklist_do_not_count(site: Site, deploycheck: Cli) -> None:
    """The list was edited since: nobody knows what those runs left out."""
    site.run()
    (site.path / "list.md").write_text(CHECKLIST + "\nMore words.\n")
    site.run("-m", "phase1")

    result = deploycheck("gate", "--release=r1")

    assert result.exit_code == 11
    assert "1 of its runs do not count: the checklist was changed since" in result.output


def test_the_same_journal_in_two_folders_counts_once(site: Site, deploycheck: Cli) -> None:
    """Copied records overlap."""
    site.run()
    shutil.copytree(site.path / ".deploycheck", site.path / "copy")

    result = deploycheck("gate", "--release=r1", "--json", ".deploycheck", "copy")

    assert result.exit_code == 0
    assert json.loads(result.output)["runs"] == [site.journals[0].stem]


def test_two_journals_of_one_run_that_differ_are_invalid(site: Site, deploycheck: Cli) -> None:
    """Even where each verifies."""
    site.run()
    shutil.copytree(site.path / ".deploycheck", site.path / "copy")
    journal = next((site.path / "copy").glob("*/*.jsonl"))
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))

    result = deploycheck("gate", "--release=r1", ".deploycheck", "copy")

    assert result.exit_code == 14
    assert f"{journal.name}:" in result.output


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"FAIL"', b'"PASS"', 1))


def add(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def swap(path: Path) -> None:
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([second, first, *rest]))


def cut_out(path: Path) -> None:
    first, _, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, *rest]))


def rename(path: Path) -> None:
    path.rename(path.with_name("other.jsonl"))


@pytest.mark.parametrize("harm", [edit, add, swap, cut_out, rename])
@pytest.mark.parametrize("command", ["gate", "status"])
def test_a_journal_that_was_touched_is_invalid_and_named(
    command: str, harm: Callable[[Path], None], site: Site, deploycheck: Cli
) -> None:
    """By file and line, exit 14."""
    site.run(phase1="fail")
    harm(site.journals[0])

    result = deploycheck(command, "--release=r1")

    assert result.exit_code == 14, result.output
    assert f"{site.journals[0].name}:" in result.output


def test_a_journal_moved_to_another_release_is_invalid(site: Site, deploycheck: Cli) -> None:
    """A release must not borrow the record of another."""
    site.run(release="old")
    shutil.copytree(site.path / ".deploycheck" / "old", site.path / ".deploycheck" / "new")

    result = deploycheck("gate", "--release=new")

    assert result.exit_code == 14
    assert "stands under another name" in result.output


def test_a_run_of_the_future_is_invalid_and_the_clocks_are_named(site: Site, deploycheck: Cli) -> None:
    """Its age cannot be told."""
    site.run()
    first, *rest = (dict(event) for event in read_events(site.journals[0]))
    ahead = datetime.now(UTC) + timedelta(hours=2)
    changed: list[dict[str, Any]] = [{**first, "at": ahead.isoformat(), "run_id": "ahead"}, *rest]
    journal = Journal(journal_path(site.path / ".deploycheck", "r1", "ahead"), redact=str)
    for event in changed:
        journal.append(event)
    journal.close()

    result = deploycheck("gate", "--release=r1")

    assert result.exit_code == 14
    assert "set the clocks" in result.output


def test_the_json_is_the_board(site: Site, deploycheck: Cli) -> None:
    """For a pipeline's own pages."""
    site.run("-m", "phase1 or phase2", phase2="fail")

    document = json.loads(deploycheck("gate", "--release=r1", "--require=phase1,phase2", "--json").output)

    assert document["schema"] == "pytest-deploycheck/gate/1"
    assert (document["release"], document["verdict"], document["exit_code"]) == ("r1", "NO-GO", 1)
    assert [phase["required"] for phase in document["phases"]] == [True, True, False]
    (target,) = document["phases"][1]["targets"]
    assert (target["verdict"], target["run_id"], target["rollback"]) == ("NO-GO", site.journals[0].stem, False)
    assert target["reason"].startswith("phase2.page FAIL")
    assert datetime.fromisoformat(target["since"]).tzinfo is not None


def test_a_step_that_several_targets_ask_for_is_told_once(site: Site, deploycheck: Cli) -> None:
    """The targets have a row each; one mending is enough."""
    site.run("--deploycheck-target=popen", "--deploycheck-target=popen//chdir=.", phase1="fail")

    output = deploycheck("gate", "--release=r1").output

    assert [line.split()[1] for line in output.splitlines() if line.startswith("phase1 ")] == ["NO-GO", "NO-GO"]
    assert output.count("next: phase1.core: ") == 1
    assert output.count("      pytest -m phase1 ") == 1


def test_status_tells_of_a_run_that_never_began(site: Site, deploycheck: Cli) -> None:
    """The newest journal holds no whole line: its process died at once."""
    site.run()
    dead = journal_path(site.path / ".deploycheck", "r1", "20991231T000000.000000Z-aaaaaa")
    dead.write_bytes(b'{"seq":0,')

    result = deploycheck("status")

    assert result.exit_code == 11
    assert "died before it began" in result.output
    assert deploycheck("gate", "--release=r1").exit_code == 0


def test_status_names_the_check_that_a_run_died_in(site: Site, deploycheck: Cli) -> None:
    """The first place to look."""
    assert site.run(phase1="die") == 0

    result = deploycheck("status")

    assert result.exit_code == 11
    assert "phase1.core was running when the run was last heard of" in result.output
