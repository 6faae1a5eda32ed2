"""One phase by itself: what the record of earlier runs lends it, and what it refuses to lend."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gating import HEAD, Gate

from pytest_deploycheck.record.journal import Journal, read_events

#: Phase 1 ends as the file ``end.txt`` says.
SOURCE = """
from pathlib import Path
from pytest_deploycheck import inconclusive
@pytest.mark.phase1
def test_first():
    exec(Path("end.txt").read_text())
@pytest.mark.phase1
def test_fine(): pass
@pytest.mark.phase2
def test_second(): say("second")
@pytest.mark.phase2
@pytest.mark.check(mutating=True)
def test_deploy(): say("deployed")
@pytest.mark.phase3
def test_third(): say("third")
"""
ENDS = {
    "GO": "pass",
    "NO-GO": "assert 0, 'no space'",
    "HOLD": "inconclusive('too few')",
    "INCOMPLETE": "pytest.skip('x')",
}


@pytest.fixture
def phases(gate: Gate) -> Gate:
    """Three phases, the first of which ends well."""
    gate.write({"test_it.py": HEAD + SOURCE.replace("@pytest.mark.check(mutating=True)\n", ""), "end.txt": "pass"})
    return gate


@pytest.fixture
def mutating(gate: Gate) -> Gate:
    """The same with a check in phase 2 that changes the target."""
    gate.write({"test_it.py": HEAD + SOURCE, "end.txt": "pass"})
    return gate


def journals(gate: Gate) -> list[Path]:
    """The journals of all runs, oldest first."""
    return sorted(gate.path.glob(".deploycheck/*/*.jsonl"))


def age(journal: Path, by: timedelta) -> None:
    """Write the journal anew as it would have been written earlier."""
    events = list(read_events(journal))
    moved = json.loads(json.dumps(events), object_hook=lambda event: {**event, **_earlier(event, by)})
    started = datetime.fromisoformat(moved[0]["at"])
    name = f"{started:%Y%m%dT%H%M%S.%fZ}-{journal.stem.rpartition('-')[2]}"
    moved[0]["run_id"] = name
    journal.unlink()
    written = Journal(journal.with_name(f"{name}.jsonl"), redact=str)
    for event in moved:
        written.append(event)
    written.close()


def _earlier(event: dict[str, object], by: timedelta) -> dict[str, str]:
    times = {key: value for key, value in event.items() if key in ("at", "finished") and isinstance(value, str)}
    return {key: (datetime.fromisoformat(value) - by).isoformat() for key, value in times.items()}


def test_a_phase_alone_has_a_verdict_of_its_own(phases: Gate) -> None:
    """GO and exit 0 for what was selected, said loudly to be no clearance of the release."""
    seen = phases.run("-m", "phase3")

    assert seen.ret == 0
    assert phases.seen() == ["third"]
    assert seen.json["selected_verdict"] == "GO"
    assert seen.json["verdict"] == "INCOMPLETE"
    assert [(row["marker"], row["selected"]) for row in seen.json["phases"]] == [
        ("phase1", False),
        ("phase2", False),
        ("phase3", True),
    ]
    assert seen.status("phase1.test_first") == "NOT_RUN"
    [note] = seen.json["notes"]
    assert "phase1" in note
    assert "phase2" in note
    assert "release r1 is not cleared" in note
    assert note in seen.stdout


def test_the_first_phase_alone_needs_nothing(phases: Gate) -> None:
    """Nothing comes before it, so there is nothing to warn of."""
    seen = phases.run("-m", "phase1")

    assert seen.ret == 0
    assert seen.json["notes"] == []


@pytest.mark.parametrize(
    ("expression", "chosen"), [("phase1 or phase3", [1, 3]), ("not phase2", [1, 3]), ("phase2", [2])]
)
def test_an_expression_chooses_phases(expression: str, chosen: list[int], phases: Gate) -> None:
    """Those it would choose by the phase's marker alone."""
    seen = phases.run("-m", expression)

    assert [int(row["marker"][-1]) for row in seen.json["phases"] if row["selected"]] == chosen
    assert seen.ret == 0


@pytest.mark.parametrize("expression", ["phase1 and", "phase1(", "not", "phase1 phase2"])
def test_an_expression_that_cannot_be_read_is_pytest_s_own_usage_error(expression: str, phases: Gate) -> None:
    """Exit 4 and no traceback; nothing runs."""
    seen = phases.run("-m", expression)

    assert seen.ret == 4
    assert f"ERROR: Wrong expression passed to '-m': {expression}: " in seen.stderr
    assert "INTERNALERROR" not in seen.stdout + seen.stderr
    assert (phases.seen(), seen.document) == ([], None)


def test_an_expression_that_chooses_part_of_a_phase_leaves_it_incomplete(phases: Gate) -> None:
    """Its other checks are in the denominator."""
    source = (phases.path / "test_it.py").read_text()
    phases.write({"test_it.py": source.replace("def test_fine", "@pytest.mark.slow\ndef test_fine")})

    for expression in ("slow", "phase1 and slow", "phase1 and not slow"):
        seen = phases.run("-m", expression)
        assert seen.verdict("phase1") == "INCOMPLETE"
        assert seen.ret == 11


def test_the_record_lends_the_verdicts_of_earlier_phases(phases: Gate) -> None:
    """Same release, same target: phase 2 runs, the release is what all phases together say, and the run is named."""
    first = phases.run("-m", "phase1")
    second = phases.run("-m", "phase2")
    third = phases.run("-m", "phase3")

    assert [first.ret, second.ret, third.ret] == [0, 0, 0]
    assert second.json["verdict"] == "INCOMPLETE"
    assert third.json["verdict"] == "GO"
    row = third.check("phase1.test_first")
    assert row["status"] == "PASS"
    assert row["flags"] == ["carried"]
    assert row["carried_from"] == first.json["run_id"]
    assert first.json["run_id"] in third.phase("phase1")["reason"]
    assert any("phase1" in note and "GO" in note for note in third.json["notes"])


@pytest.mark.parametrize(("end", "ret"), [("GO", 0), ("HOLD", 0), ("INCOMPLETE", 12), ("NO-GO", 12)])
def test_an_earlier_phase_on_record_opens_or_blocks(end: str, ret: int, phases: Gate) -> None:
    """GO and HOLD open; anything else blocks, and names the check that caused it."""
    phases.write({"end.txt": ENDS[end]})
    phases.run("-m", "phase1")

    seen = phases.run("-m", "phase2")

    assert seen.ret == ret
    assert seen.verdict("phase1") == end
    assert seen.verdict("phase2") == ("BLOCKED" if ret else "GO")
    if ret:
        assert phases.seen() == []
        assert "phase1.test_first" in seen.check("phase2.test_second")["reason"]


@pytest.mark.parametrize("after", ["NO-GO", "INCOMPLETE", "HOLD", "GO"])
@pytest.mark.parametrize("before", ["NO-GO", "INCOMPLETE", "HOLD", "GO"])
def test_the_newest_run_of_a_phase_counts(before: str, after: str, phases: Gate) -> None:
    """A good one mends an older bad one, a bad one ends an older good one; one that is not whole hides no NO-GO."""
    for end in (before, after):
        phases.write({"end.txt": ENDS[end]})
        phases.run("-m", "phase1")

    expected = "NO-GO" if (before, after) == ("NO-GO", "INCOMPLETE") else after
    assert phases.run("-m", "phase2").verdict("phase1") == expected


def test_a_run_that_died_ends_an_older_go(phases: Gate) -> None:
    """What is unknown is never GO: the newer journal has no closing line."""
    phases.run("-m", "phase1")
    phases.run("-m", "phase1")
    newest = journals(phases)[-1]
    newest.write_bytes(b"".join(newest.read_bytes().splitlines(keepends=True)[:-3]))

    seen = phases.run("-m", "phase2")

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert phases.seen() == []
    assert seen.ret == 12


def test_a_look_at_one_check_that_fails_ends_an_older_go(phases: Gate) -> None:
    """It need not be the whole phase to be a NO-GO."""
    phases.run("-m", "phase1")
    phases.write({"end.txt": ENDS["NO-GO"]})
    assert phases.run("-m", "phase1", "test_it.py::test_first").ret == 1

    assert phases.run("-m", "phase2").ret == 12


def test_a_verdict_that_is_too_old_does_not_count(phases: Gate) -> None:
    """24 hours, unless the ini file says otherwise."""
    phases.run("-m", "phase1")
    age(journals(phases)[0], timedelta(hours=25))

    seen = phases.run("-m", "phase2", "--deploycheck-prerequisites=require")

    assert seen.ret == 12
    assert seen.verdict("phase1") == "INCOMPLETE"
    phases.write({}, ini="deploycheck_max_age = 26h")
    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 0


def test_a_verdict_that_is_still_young_counts(phases: Gate) -> None:
    """23 hours by default; ten minutes where the limit is an hour."""
    phases.run("-m", "phase1")
    age(journals(phases)[0], timedelta(hours=23))
    seen = phases.run("-m", "phase2", "--deploycheck-prerequisites=require")
    assert seen.ret == 0
    assert "23 h ago" in seen.stdout

    phases.write({}, ini="deploycheck_max_age = 1h")
    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 12


@pytest.mark.parametrize("arguments", [("--deploycheck-target=popen",), ("--deploycheck-record=elsewhere",)])
def test_another_target_or_record_lends_nothing(arguments: tuple[str, ...], phases: Gate) -> None:
    """A verdict is about one installation."""
    phases.run("-m", "phase1", *arguments)

    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 12
    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require", *arguments).ret == 0


def test_another_release_lends_nothing(phases: Gate) -> None:
    """A verdict is about one release."""
    phases.run("-m", "phase1", release="r1")

    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require", release="r2").ret == 12
    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require", release="r1").ret == 0


def test_another_checklist_lends_nothing(gate: Gate) -> None:
    """A verdict is about one text: any change of the document ends it."""
    document = "# One <!-- deploycheck: phase=phase1 -->\n- [ ] first\n# Two <!-- deploycheck: phase=phase2 -->\n- [ ] second\n"
    source = "".join(
        f"@pytest.mark.phase{n}\n@pytest.mark.check('phase{n}.{word}')\ndef test_{word}(): pass\n"
        for n, word in ((1, "first"), (2, "second"))
    )
    assert gate(source, "-m", "phase1", checklist=document).ret == 0
    assert gate.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 0

    gate.write({}, checklist=document + "\nA word more.\n")

    assert gate.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 12


def test_a_check_that_came_since_makes_the_record_incomplete(phases: Gate) -> None:
    """What was GO lacked it."""
    phases.run("-m", "phase1")
    source = (phases.path / "test_it.py").read_text()
    phases.write({"test_it.py": source + "@pytest.mark.phase1\ndef test_new(): pass\n"})

    seen = phases.run("-m", "phase2")

    assert seen.status("phase1.test_new") == "NOT_RUN"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 12


def test_prerequisites_that_are_required_block(phases: Gate) -> None:
    """Exit 12, nothing runs, and the reason names the command that would help."""
    seen = phases.run("-m", "phase3", "--deploycheck-prerequisites=require")

    assert seen.ret == 12
    assert phases.seen() == []
    assert seen.status("phase3.test_third") == "BLOCKED"
    assert "pytest -m phase1" in seen.check("phase3.test_third")["reason"]
    assert seen.verdict("phase3") == "BLOCKED"


def test_prerequisites_that_are_ignored_are_silent(phases: Gate) -> None:
    """The phase runs and nothing is said; the release is not GO all the same."""
    seen = phases.run("-m", "phase3", "--deploycheck-prerequisites=ignore")

    assert seen.ret == 0
    assert seen.json["notes"] == []
    assert "not cleared" not in seen.stdout
    assert seen.json["verdict"] == "INCOMPLETE"


@pytest.mark.parametrize("word", ["warn", "ignore"])
def test_a_no_go_on_record_blocks_whatever_is_asked_for(word: str, phases: Gate) -> None:
    """The option is about what is missing, not about what is bad."""
    phases.write({"end.txt": ENDS["NO-GO"]})
    phases.run("-m", "phase1")

    assert phases.run("-m", "phase2", f"--deploycheck-prerequisites={word}").ret == 12


@pytest.mark.parametrize("word", ["warn", "require", "ignore"])
def test_a_mutating_check_needs_the_record(word: str, mutating: Gate) -> None:
    """Nothing on record: it is BLOCKED, whatever the option says."""
    seen = mutating.run("-m", "phase2", f"--deploycheck-prerequisites={word}")

    assert "deployed" not in mutating.seen()
    assert seen.status("phase2.test_deploy") == "BLOCKED"
    assert seen.ret == 12


@pytest.mark.parametrize(("end", "runs"), [("GO", True), ("HOLD", False), ("INCOMPLETE", False), ("NO-GO", False)])
def test_a_mutating_check_runs_on_a_go_on_record_alone(end: str, runs: bool, mutating: Gate) -> None:
    """HOLD opens the phase, not the hand that changes the target."""
    mutating.write({"end.txt": ENDS[end]})
    mutating.run("-m", "phase1")

    seen = mutating.run("-m", "phase2")

    assert ("deployed" in mutating.seen()) is runs
    assert seen.status("phase2.test_deploy") == ("PASS" if runs else "BLOCKED")


def test_a_mutating_check_in_a_later_phase_needs_all_of_them(mutating: Gate) -> None:
    """Phase 1 is on record, phase 2 is not."""
    source = (mutating.path / "test_it.py").read_text()
    mutating.write({"test_it.py": source.replace("phase2\n@pytest.mark.check(", "phase3\n@pytest.mark.check(")})
    mutating.run("-m", "phase1")

    seen = mutating.run("-m", "phase3")

    assert seen.status("phase3.test_deploy") == "BLOCKED"
    assert "phase2" in seen.check("phase3.test_deploy")["reason"]
    assert mutating.seen() == ["third"]


def test_the_record_survives_copying(phases: Gate) -> None:
    """Two machines' journals merge by copying files."""
    phases.run("-m", "phase1", "--deploycheck-record=there")
    there = phases.path / "there" / "r1"
    here = phases.path / ".deploycheck" / "r1"
    here.mkdir(parents=True)
    for journal in there.iterdir():
        (here / journal.name).write_bytes(journal.read_bytes())

    assert phases.run("-m", "phase2", "--deploycheck-prerequisites=require").ret == 0


def test_a_journal_that_breaks_off_within_a_line_can_be_read(phases: Gate) -> None:
    """As after a power cut; it is INCOMPLETE, not INVALID."""
    phases.run("-m", "phase1")
    [journal] = journals(phases)
    journal.write_bytes(journal.read_bytes()[:-20])

    seen = phases.run("-m", "phase2")

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 12


def test_moments_of_carried_verdicts_are_in_utc(phases: Gate) -> None:
    """Wherever the machine stands."""
    phases.run("-m", "phase1")

    seen = phases.run("-m", "phase2")

    assert datetime.fromisoformat(seen.json["started"]).utcoffset() == timedelta(0)
    assert datetime.fromisoformat(seen.json["started"]) <= datetime.now(UTC)
