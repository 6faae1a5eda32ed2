"""``deploycheck sign``: named checks, and the walk through the pending ones."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from pytest_deploycheck.core.model import Decision, Signoff
from pytest_deploycheck.record.approvals import read_approvals

Cli = Callable[..., Result]
GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org")
ANN = "Ann <ann@example.org>"
WAIVED = ("--reason", "known leak", "--expires", "2999-12-01T18:00Z")


def signed(name: str = "deploycheck-approvals.toml") -> list[Signoff]:
    return list(read_approvals(Path(name), name).signoffs)


def test_a_named_check_is_signed_for_the_release_and_for_its_text(desk: Cli) -> None:
    """By whom, until when, with what was seen."""
    Path("shot.png").write_bytes(b"pixels")

    result = desk(
        *("sign", "phase1.told", "--by", ANN, "--note", "in the channel", "--valid", "24h"),
        *("--evidence", "shot.png", "--evidence", "https://example.org/t/1"),
    )

    assert result.exit_code == 0, result.output
    (entry,) = signed()
    assert (entry.check, entry.by, entry.release, entry.note) == ("phase1.told", ANN, "r1", "in the channel")
    assert entry.expires == entry.at + timedelta(hours=24)
    assert [(proof.name, proof.sha256) for proof in entry.evidence] == [
        ("shot.png", hashlib.sha256(b"pixels").hexdigest()),
        ("https://example.org/t/1", ""),
    ]
    assert len(entry.text_digest) == 64
    assert "accepted: phase1.told for r1 by Ann <ann@example.org>" in result.output


def test_it_works_from_a_folder_below(desk: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence is named from where one stands, and found again from where the file of approvals stands."""
    Path("proofs").mkdir()
    monkeypatch.chdir("proofs")
    Path("shot.png").write_bytes(b"pixels")

    result = desk("sign", "phase1.told", "--by", ANN, "--evidence", "shot.png")

    assert result.exit_code == 0, result.output
    assert [proof.name for proof in signed("../deploycheck-approvals.toml")[0].evidence] == ["proofs/shot.png"]


def test_of_a_list_with_a_mistake_nothing_is_signed(desk: Cli) -> None:
    """And the mistake is told with what was probably meant."""
    result = desk("sign", "phase1.told", "phase1.backups", "--by", ANN)

    assert result.exit_code == 4
    assert "no check is called 'phase1.backups'; did you mean phase1.backup" in result.output
    assert not Path("deploycheck-approvals.toml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["phase1.config", "--by", ANN], "phase1.config is judged by "),
        (["phase1.told", "--by", ANN, "--evidence", "gone.png"], "'gone.png' is neither a link nor a file"),
        (["phase1.told"], "who signs is not known: give --by"),
        (
            ["phase1.told", "--by", ANN, "--note", "\x1b[2J"],
            "Error: the signoff of 'phase1.told': note has a character",
        ),
        (["phase1.told", "--by", ANN, "--valid", "soon"], "'soon' is no duration"),
        (["phase1.told", "--by", ANN, "--valid", "99999999d"], "is longer than a hundred years"),
        (["phase1.told", "--by", ANN, "--evidence", ""], "evidence without a name"),
        (["phase1.told", "--by", ANN, "--valid", "1h", "--reject"], "leave one of them out"),
        (["phase1.told", "--by", ANN, "--target", "ssh=db"], "is none of the targets"),
        (["--reject", "--by", ANN], "name some"),
        (["phase1.told", "--by", ANN, "--approvals", "broken.toml"], "broken.toml:1"),
    ],
)
def test_what_would_not_count_is_refused(desk: Cli, words: list[str], said: str) -> None:
    """One line, exit 4, nothing written."""
    Path("broken.toml").write_text("[[signoff]\n")

    result = desk("sign", *words)

    assert result.exit_code == 4
    assert said in result.output
    assert "Traceback" not in result.output
    assert not Path("deploycheck-approvals.toml").exists()


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (" ", "names nobody"),
        ("Ann <>", "names nobody: it has no address that can be read"),
        ("ann@example.org bob@example.org", "names several addresses"),
        ("\u0430nn@example.org", "mixes the letters of several alphabets in '\u0430nn'"),
        ("Ann\x1b <ann@example.org>", "has a character that cannot be shown: U+001B"),
        ("Ann\n<ann@example.org>", "has a character that cannot be shown: U+000A"),
    ],
)
@pytest.mark.parametrize("words", [["sign", "phase1.told"], ["sign"], ["waive", "phase1.config", *WAIVED]])
def test_who_could_not_stand_in_the_file_is_refused_before_anything_is_asked(
    desk: Cli, words: list[str], by: str, why: str
) -> None:
    """One line with the way out, as for an entry written by hand."""
    result = desk(*words, "--by", by, "--release", "r1")

    assert result.exit_code == 4
    assert result.output == f'Error: --by {by!r} {why}; give --by "Name <name@example.org>" or an address\n'
    assert not Path("deploycheck-approvals.toml").exists()


def test_only_those_may_sign_whom_the_owner_names(desk: Cli, pytester: pytest.Pytester) -> None:
    """The ini file says who belongs to a group."""
    pytester.makeini(
        "[pytest]\ndeploycheck_checklist = list.md\ndeploycheck_signers =\n    ops: ann@example.org, bob@example.org\n"
    )

    assert desk("sign", "phase1.told", "--by", "Eve <eve@example.org>").exit_code == 4
    assert desk("sign", "phase1.told", "--by", "Ann <ANN@example.org>").exit_code == 0


def test_git_knows_who_signs(desk: Cli, pytester: pytest.Pytester) -> None:
    """Its name and address."""
    pytester.run("git", "init", "-q")
    pytester.run("git", "config", "user.name", "Bob")
    pytester.run("git", "config", "user.email", "bob@example.org")

    assert desk("sign", "phase1.told").exit_code == 0
    assert signed()[0].by == "Bob <bob@example.org>"

    pytester.run("git", "config", "user.name", "bob@old.example")
    refused = desk("sign", "phase1.told")
    assert refused.exit_code == 4
    assert "git's user, 'bob@old.example <bob@example.org>', names several addresses; give --by" in refused.output


def test_a_rejection_stands_until_the_same_person_accepts(desk: Cli) -> None:
    """Also when both come within one second."""
    assert desk("sign", "phase1.told", "--by", ANN, "--reject", "--note", "nobody knows").exit_code == 0
    rejected = json.loads(desk("approvals", "--json").output)
    assert desk("sign", "phase1.told", "--by", ANN).exit_code == 0
    accepted = json.loads(desk("approvals", "--json").output)

    assert [entry["worth"] for entry in rejected["entries"]] == ["counted"]
    assert [entry["worth"] for entry in accepted["entries"]] == ["not counted", "counted"]
    assert "phase1.told" not in [row["check"] for row in accepted["pending"]]


def test_what_stands_in_the_file_stays(desk: Cli) -> None:
    """Comments, order, and the entries of others."""
    Path("deploycheck-approvals.toml").write_text("# ours\n")

    desk("sign", "phase1.told", "--by", ANN)
    desk("sign", "phase2.start-page", "--by", ANN)

    assert Path("deploycheck-approvals.toml").read_text().startswith("# ours\n")
    assert [entry.check for entry in signed()] == ["phase1.told", "phase2.start-page"]


def test_json_says_what_was_signed(desk: Cli) -> None:
    """And nothing else on standard output."""
    document = json.loads(desk("sign", "phase1.told", "--by", ANN, "--release", "r2", "--json").stdout)

    assert (document["schema"], document["release"]) == ("pytest-deploycheck/sign/1", "r2")
    assert document["approvals"].endswith("deploycheck-approvals.toml")
    assert [(entry["check"], entry["release"]) for entry in document["signed"]] == [("phase1.told", "r2")]


def test_a_release_that_changes_by_itself_is_called_out(desk: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-off would be for a release that no later run has."""
    monkeypatch.delenv("DEPLOYCHECK_RELEASE")

    nameless = desk("sign", "phase1.told", "--by", ANN).stderr
    assert "the release has no name, so this counts for 24 h; name it with --release" in nameless
    subprocess.run([*GIT, "init", "-q"], check=True)
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    assert "is git's word for the folder, and changes" in desk("sign", "phase1.told", "--by", ANN).stderr
    assert "name it with" not in desk("sign", "phase1.told", "--by", ANN, "--release", "1.4").stderr


# -- the walk ----------------------------------------------------------------------------------------------------------


def test_the_walk_shows_each_pending_check_and_writes_each_answer(desk: Cli) -> None:
    """Its title, what stands under it, its owner; accept, reject, skip."""
    result = desk("sign", "--by", ANN, input="ain the channel\nrtoo old\ns")

    assert result.exit_code == 0, result.output
    assert [(entry.check, entry.decision, entry.note) for entry in signed()] == [
        ("phase1.told", Decision.ACCEPT, "in the channel"),
        ("phase1.backup", Decision.REJECT, "too old"),
    ]
    for told in ("release r1: 3 checks to sign", "1/3  phase1.told", "| Post it in the channel.", "owner: ops"):
        assert told in result.output
    assert "phase1.config" not in result.output


def test_the_walk_leaves_out_what_is_settled(desk: Cli) -> None:
    """Accepted or rejected: nothing waits there."""
    desk("sign", "phase1.told", "--by", ANN)
    desk("sign", "phase1.backup", "--by", ANN, "--reject")

    assert "release r1: 1 check to sign" in desk("sign", "--by", ANN, input="q").output
    desk("sign", "phase2.start-page", "--by", ANN)
    assert "no check of release r1 waits for your word" in desk("sign", "--by", ANN).output


def test_who_has_signed_is_not_asked_again_where_others_are_missing(desk: Cli) -> None:
    """Two people are needed."""
    Path("list.md").write_text(
        "# P <!-- deploycheck: phase=phase1 -->\n- [ ] **A** b <!-- deploycheck: signers=2 -->\n"
    )
    Path(next(Path.cwd().glob("test_*.py"))).unlink()
    desk("sign", "phase1.a", "--by", ANN)

    assert "waits for your word" in desk("sign", "--by", "ann@example.org").output
    assert "1 of 2 signatures" in desk("sign", "--by", "bob@example.org", input="q").output


def test_evidence_can_be_added_on_the_way_and_a_wrong_file_asks_again(desk: Cli) -> None:
    """The answer comes after it."""
    Path("shot.png").write_bytes(b"pixels")

    result = desk("sign", "--by", ANN, input="enone.png\ne\neshot.png\na\nq")

    assert "'none.png' is neither a link nor a file" in result.output
    assert [[proof.name for proof in entry.evidence] for entry in signed()] == [["shot.png"]]


def test_input_that_ends_loses_nothing_and_says_what_was_written(desk: Cli) -> None:
    """As an interruption does: exit 2."""
    result = desk("sign", "--by", ANN, input="a\n")

    assert result.exit_code == 2
    assert "1 of 3 answered, and written:\n  accepted: phase1.told" in result.output
    assert len(signed()) == 1


def test_in_json_the_walk_talks_beside_it(desk: Cli) -> None:
    """Standard output holds the document alone."""
    result = desk("sign", "--by", ANN, "--json", input="a\nq")

    assert [entry["check"] for entry in json.loads(result.stdout)["signed"]] == ["phase1.told"]
    assert "1/3  phase1.told" in result.stderr
