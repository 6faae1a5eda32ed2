"""Sign-offs in the gate: what a person's word makes of a line, and of the exit status."""

from __future__ import annotations

import hashlib
import json
import subprocess
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from gating import HEAD, Gate, Outcome
from jsonschema import Draft202012Validator
from signing import ANNA, BOB, LINES, NAME, TESTED, approve, moment, signoff

from pytest_deploycheck.cli import main
from pytest_deploycheck.core.approvals import text_digest
from pytest_deploycheck.core.model import Check
from pytest_deploycheck.report.json import run_schema

LINE = "# Build <!-- deploycheck: phase=phase1 -->\n- [ ] **Backups** are there\n"


def one_line(gate: Gate, *entries: str, comment: str = "", ini: str = "") -> Outcome:
    """A run of a checklist with one line, with these approvals."""
    line = LINE.replace("there\n", f"there <!-- deploycheck: {comment} -->\n") if comment else LINE
    gate.write({"test_beside.py": "def test_nothing(): pass\n"}, checklist=line, ini=ini)
    approve(gate, *entries)
    return gate.run()


def test_a_signed_line_passes_everywhere(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + TESTED}, checklist=LINES)
    approve(gate, signoff(), signoff("phase2.shipped", by="Bob <bob@example.org>"))

    seen = gate.run("--junitxml=junit.xml")

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout
    assert seen.check("phase1.backups")["reason"].startswith("signed 60 min ago by anna@example.org")
    assert seen.check("phase2.shipped")["signoff"]["by"] == "Bob <bob@example.org>"
    assert "3 passed" in seen.stdout
    assert not ET.parse(gate.path / "junit.xml").findall(".//skipped")


def test_an_unsigned_line_holds_and_names_the_command(gate: Gate) -> None:
    seen = one_line(gate)

    assert (seen.ret, seen.status("phase1.backups"), seen.check("phase1.backups")["signoff"]) == (10, "PENDING", None)
    assert "deploycheck sign phase1.backups --release r1" in seen.stdout
    assert seen.json["approvals"]["path"] == NAME


def test_a_rejection_fails_everywhere(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + TESTED}, checklist=LINES)
    approve(gate, signoff(by=BOB), signoff(more='decision = "reject"\nnote = "none since May"'))

    seen = gate.run("--junitxml=junit.xml")

    assert (seen.ret, seen.status("phase1.backups"), seen.status("phase2.shipped")) == (1, "FAIL", "BLOCKED")
    assert "rejected 60 min ago by anna@example.org: none since May" in seen.phase("phase1")["reason"]
    (failure,) = ET.parse(gate.path / "junit.xml").findall(".//testcase[@name='phase1.backups']/failure")
    assert "none since May" in (failure.get("message") or "") + (failure.text or "")


PENDING = {
    "another release": (signoff(release="r0"), "", "for release r0, and this is r1"),
    "longer ago than the line allows": (signoff(hours=-72), "valid=24h", "signed 3 days ago by anna@example.org, valid 24 h"),
    "expired": (signoff(hours=-3, more=f"expires = {moment(-1)}"), "", "valid until"),
    "from the future": (signoff(hours=2), "", "yet to come"),
    "of another text": (signoff(more=f'text_digest = "{"0" * 64}"'), "", "its text has changed since"),
    "one of two": (signoff(), "signers=2", "1 of 2 signatures"),
    "for another target": (signoff(more='target = "ssh=b"'), "", "for the target ssh=b alone"),
}  # fmt: skip


@pytest.mark.parametrize("told", PENDING)
def test_a_sign_off_that_does_not_count_holds_and_says_why(told: str, gate: Gate) -> None:
    entry, comment, reason = PENDING[told]

    seen = one_line(gate, entry, comment=comment)

    assert (seen.ret, seen.verdict("phase1")) == (10, "HOLD"), seen.stdout
    assert reason in seen.check("phase1.backups")["reason"]
    assert reason in seen.stdout
    (row,) = seen.json["approvals"]["standing"]
    assert (row["worth"], row["source"]) == ("counted" if told == "one of two" else "not counted", f"{NAME}:1")


def test_the_text_under_the_line_is_what_was_signed(gate: Gate) -> None:
    gate.write({"test_beside.py": "def test_nothing(): pass\n"}, checklist=LINE + "\n  Look at the dates.\n")
    first = gate.run()
    row = first.check("phase1.backups")
    digest = text_digest(Check(id="x", phase="x", title=row["title"], text=row["text"]))
    assert "Look at the dates." in row["text"]
    approve(gate, signoff(more=f'text_digest = "{digest}"'))

    assert gate.run().ret == 0
    gate.write({}, checklist=LINE + "\n  Look at the sizes.\n")
    seen = gate.run()

    assert (seen.ret, seen.status("phase1.backups")) == (10, "PENDING")


def test_two_people_sign(gate: Gate) -> None:
    assert one_line(gate, signoff(), signoff(by="Anna <ANNA@example.org>"), comment="signers=2").ret == 10
    seen = one_line(gate, signoff(), signoff(by=BOB), comment="signers=2")

    assert seen.ret == 0
    found = seen.check("phase1.backups")["signoff"]
    assert {found["by"], *(other["by"] for other in found["others"])} == {ANNA, BOB}


SIGNERS = f"deploycheck_signers =\n    ops: {ANNA}\n    qa: {BOB}"


@pytest.mark.parametrize(
    ("owner", "by", "ret"), [("ops", ANNA, 0), ("ops", BOB, 10), (BOB, BOB, 0), (BOB, ANNA, 10), ("dev", ANNA, 10)]
)
def test_the_owner_says_who_may_sign(owner: str, by: str, ret: int, gate: Gate) -> None:
    assert one_line(gate, signoff(by=by), comment=f"owner={owner}", ini=SIGNERS).ret == ret


# -- four eyes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def nobody(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A machine on which git knows nobody and the pipeline names nobody."""
    for name in ("GITLAB_USER_EMAIL", "GITHUB_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("LOGNAME", "carl")
    return gate


EYES = "deploycheck_four_eyes = true"


@pytest.mark.parametrize(
    ("runner", "ret"), [("anna@example.org", 10), ("Anna@Example.ORG", 10), ("bob@example.org", 0), ("", 10)]
)
def test_who_runs_the_gate_does_not_sign(runner: str, ret: int, nobody: Gate) -> None:
    subprocess.run(["git", "init", "-q"], cwd=nobody.path, check=True)
    if runner:
        subprocess.run(["git", "config", "user.email", runner], cwd=nobody.path, check=True)

    seen = one_line(nobody, signoff(), ini=EYES)

    assert seen.ret == ret, seen.stdout
    assert seen.json["approvals"]["runner"] == (runner or "carl")


@pytest.mark.parametrize(
    ("variable", "value"), [("GITLAB_USER_EMAIL", ANNA), ("GITHUB_ACTOR", "anna"), ("LOGNAME", "anna")]
)
def test_the_pipelines_person_runs_the_gate(
    variable: str, value: str, nobody: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    seen = one_line(nobody, signoff(), ini=EYES)

    assert seen.ret == 10
    assert seen.json["approvals"]["runner"] == value
    known = f"and {value} runs this gate" if "@" in value else f"is not known by an address, only as {value}"
    assert known in seen.stdout


def test_with_nobody_known_nothing_counts(nobody: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", unknown)

    seen = one_line(nobody, signoff(), ini=EYES)

    assert seen.ret == 10
    assert "set git's user.email" in seen.stdout


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_evidence_that_is_not_what_was_signed_is_invalid(gate: Gate) -> None:
    (gate.path / "x.png").write_bytes(b"as signed")
    sha256 = hashlib.sha256(b"as signed").hexdigest()
    entry = signoff(more=f'evidence = [{{ file = "x.png", sha256 = "{sha256}" }}, "https://example.org/1"]')

    assert one_line(gate, entry).ret == 0
    (gate.path / "x.png").write_bytes(b"another")
    seen = one_line(gate, entry)

    assert (seen.ret, seen.verdict("phase1"), seen.json["exit_code"]) == (14, "HOLD", 14)
    assert "its evidence x.png has changed" in seen.stdout
    assert "INVALID: not what was signed: x.png" in seen.stdout
    assert "HOLD, but exit 14: a record or evidence does not verify" in seen.stdout
    (gate.path / "x.png").unlink()
    assert "x.png is not there any more" in one_line(gate, entry).stdout


def test_evidence_that_changes_while_the_run_is_on_is_invalid(gate: Gate) -> None:
    (gate.path / "x.png").write_bytes(b"as signed")
    sha256 = hashlib.sha256(b"as signed").hexdigest()
    changes = "# Build <!-- deploycheck: phase=phase1 -->\n- [ ] **Changes** it\n- [ ] **Backups** are there\n"
    source = '@pytest.mark.check("phase1.changes")\ndef test_it(): open("x.png", "w").close()\n'
    gate.write({"test_it.py": HEAD + source}, checklist=changes)
    approve(gate, signoff(more=f'evidence = [{{ file = "x.png", sha256 = "{sha256}" }}]'))

    seen = gate.run()

    assert (seen.ret, seen.status("phase1.backups")) == (14, "PENDING"), seen.stdout
    assert "its evidence x.png has changed" in seen.stdout


def test_people_are_told_apart_on_record_too(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address may be the value of a variable whose name looks secret."""
    monkeypatch.setenv("AUTH_USER", ANNA)

    seen = one_line(gate, signoff(), signoff(by=BOB), comment="signers=2")

    assert (seen.ret, seen.json["notes"]) == (0, []), seen.stdout
    assert {row["by"] for row in seen.json["approvals"]["standing"]} == {ANNA, BOB}


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ("[[signoff]]\ncheck = 'phase1.backups'\n", f"{NAME}:1: the signoff of 'phase1.backups': by is missing"),
        ("\n[[signoff", f"{NAME}:2: this is no TOML"),
        (signoff("phase1.backup"), f"{NAME}:1: no check is called 'phase1.backup'; did you mean phase1.backups?"),
    ],
    ids=["unsigned", "no-toml", "unknown-check"],  # the moment in an entry would differ between workers
)
def test_a_file_that_cannot_be_meant_is_a_usage_error(entries: str, why: str, gate: Gate) -> None:
    seen = one_line(gate, entries)

    assert (seen.ret, seen.document) == (4, None)
    assert why in seen.stderr
    assert not list(gate.path.glob(".deploycheck/*/*"))


def test_an_unknown_check_is_one_only_where_all_are_known(gate: Gate) -> None:
    gate.write(
        {"test_it.py": HEAD + "@pytest.mark.phase1\ndef test_a(): pass\n@pytest.mark.phase1\ndef test_b(): pass"}
    )
    approve(gate, signoff("phase1.test_gone"))

    assert gate.run().ret == 4
    narrowed = gate.run("test_it.py::test_a")

    assert narrowed.ret == 11
    assert narrowed.json["approvals"]["standing"][0]["worth"] == "unused"


def test_another_file_may_be_named(gate: Gate) -> None:
    gate.write({}, checklist=LINE)
    approve(gate, signoff(), name="mine.toml")

    assert gate.run().ret == 10
    seen = gate.run("--deploycheck-approvals=mine.toml")
    assert (seen.ret, seen.json["approvals"]["path"]) == (0, "mine.toml")


def test_what_a_check_writes_into_the_file_counts_in_the_next_run(gate: Gate) -> None:
    gate.write(
        {
            "test_it.py": f"{HEAD}@pytest.mark.check('phase1.tests')\ndef test_it(): open({NAME!r}, 'w').write({signoff()!r})"
        },
        checklist=LINES,
    )

    assert gate.run("-m", "phase1").ret == 10
    assert gate.run("-m", "phase1").ret == 0


def test_a_sign_off_for_what_a_test_judges_has_no_effect(gate: Gate) -> None:
    gate.write({"test_it.py": HEAD + TESTED.replace("pass", "assert 0")}, checklist=LINES)
    approve(gate, signoff(), signoff("phase1.tests"))

    seen = gate.run("-m", "phase1")

    assert (seen.ret, seen.status("phase1.tests")) == (1, "FAIL")
    assert "a test judges it by now" in seen.json["approvals"]["standing"][1]["why"]


def test_reports_are_made_again_from_the_record(gate: Gate) -> None:
    seen = one_line(gate, signoff(), signoff(release="r0"), ini=SIGNERS + f"\n    owner: {ANNA}", comment="owner=owner")
    (gate.path / NAME).unlink()

    told = CliRunner().invoke(main, ["status", "--json"])

    again = json.loads(told.output)
    assert (again["approvals"], again["checks"]) == (seen.json["approvals"], seen.json["checks"])


def test_the_document_keeps_to_its_schema_and_hides_secrets(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2hunter2")

    seen = one_line(gate, signoff(more='note = "key hunter2hunter2"'), signoff(release="r0"))

    Draft202012Validator(run_schema()).validate(seen.json)
    written = [path.read_text("utf-8") for path in gate.path.rglob("*") if path.suffix in (".json", ".jsonl", ".html")]
    assert len(written) == 3
    assert not [text for text in written if "hunter2" in text]
    assert "[redacted:MY_TOKEN]" in seen.check("phase1.backups")["signoff"]["note"]


def test_a_secret_in_a_note_is_shown_nowhere(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2hunter2")
    gate.write({"test_beside.py": "def test_nothing(): pass\n"}, checklist=LINE)
    approve(gate, signoff(more='decision = "reject"\nnote = "key hunter2hunter2"'))

    seen = gate.run("--junitxml=junit.xml")

    assert "rejected 60 min ago by anna@example.org: key [redacted:MY_TOKEN]" in seen.stdout
    assert "hunter2" not in seen.stdout + seen.stderr + (gate.path / "junit.xml").read_text("utf-8")
