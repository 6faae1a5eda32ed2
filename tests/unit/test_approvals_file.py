"""The file of approvals, by `record.approvals`: reading, refusing, adding."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.core.approvals_data import approvals_from_data, refuse_unknown
from pytest_deploycheck.core.errors import ApprovalsError
from pytest_deploycheck.core.model import Approvals, Decision, Proof, Signoff, Waiver
from pytest_deploycheck.record.approvals import add_signoff, add_waiver, digests_of, proof_of, read_approvals

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SIGNOFF = """
[[signoff]]
check = "phase1.a"
by = "anna@example.org"
at = 2026-01-02T12:00:00Z
release = "v1"
"""
WAIVER = """
[[waiver]]
check = "phase1.b"
by = "bob"
at = 2026-01-02T12:00:00Z
reason = "known"
expires = 2026-02-02T12:00:00+09:00
"""
NAME = "deploycheck-approvals.toml"


def read(folder: Path, text: str | bytes) -> Approvals:
    path = folder / NAME
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_approvals(path, NAME)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(ApprovalsError) as caught:
        read(folder, text)
    return str(caught.value)


def test_no_file_is_no_approvals(tmp_path: Path) -> None:
    assert read_approvals(tmp_path / NAME, NAME) == Approvals()


def test_entries_as_people_write_them(tmp_path: Path) -> None:
    whole = SIGNOFF + (
        'decision = "reject"\nnote = "no"\nexpires = 2026-01-03T12:00:00Z\ntarget = "ssh=a"\n'
        f'text_digest = "{"ab" * 8}"\nevidence = ["https://a.example/1", {{ file = "x.png", sha256 = "{"0" * 64}" }}]\n'
    )

    found = read(tmp_path, f"# ours\n{whole}{WAIVER}")

    assert found.path == NAME
    assert found.digest == hashlib.sha256((tmp_path / NAME).read_bytes()).hexdigest()
    assert found.signoffs == (
        Signoff(
            check="phase1.a",
            by="anna@example.org",
            at=NOON,
            release="v1",
            decision=Decision.REJECT,
            note="no",
            evidence=(Proof(name="https://a.example/1"), Proof(name="x.png", sha256="0" * 64)),
            expires=NOON + timedelta(days=1),
            target="ssh=a",
            text_digest="ab" * 8,
            source=f"{NAME}:3",
        ),
    )
    (waiver,) = found.waivers
    assert (waiver.by, waiver.reason, waiver.source) == ("bob", "known", f"{NAME}:15")
    assert waiver.expires == datetime(2026, 2, 2, 12, tzinfo=timezone(timedelta(hours=9)))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xef\xbb\xbf" + SIGNOFF.lstrip().encode())
    add_signoff(tmp_path / NAME, make_signoff())

    assert found.signoffs[0].source == f"{NAME}:1"
    assert len(read_approvals(tmp_path / NAME, NAME).signoffs) == 2


@pytest.mark.parametrize(
    "text",
    [
        '"""\n[[signoff]]\nsays nothing"""',
        '"""\n\\"""\n[[signoff]]"""""',
        "'''\n\\\n[[signoff]]'''''",
        '"\\"" # """\n\n',
    ],
)
def test_lines_are_found_beside_texts_of_several_lines(text: str, tmp_path: Path) -> None:
    note = f"\nnote = {text}\n"

    found = read(tmp_path, SIGNOFF + note + SIGNOFF)

    assert [entry.source for entry in found.signoffs] == [f"{NAME}:2", f"{NAME}:12"]


WRONG: dict[str, tuple[str | bytes, str]] = {
    "no TOML": ('[[signoff]]\ncheck = "a\n', f"{NAME}:2: this is no TOML"),
    "cut off": ("[[signoff]]\ncheck =", f"{NAME}:2: this is no TOML"),
    "not UTF-8": (b"# fine\n# \xff\n", f"{NAME}:2: the approvals are not UTF-8"),
    "a character that moves the cursor": (SIGNOFF + 'note = "a\\u001b[2J"\n', "cannot be shown: U+001B"),
    "two lines for a person": (SIGNOFF.replace("anna@example.org", "a@x\\nb"), "by has a character"),
    "a file as a link": (SIGNOFF + 'evidence = ["file:restore.log"]\n', "is no link"),
    "a word with a colon as a link": (SIGNOFF + 'evidence = ["report:v1"]\n', "is no link"),
    "UTF-16": ("﻿# x".encode("utf-16"), f"{NAME}:1: the approvals are not UTF-8"),
    "another table": ("[signoffs]\n", f"{NAME}:1: unknown: 'signoffs'"),
    "a single table": ("[signoff]\n", "write [[signoff]] above each"),
    "a list of texts": ('signoff = ["a"]\n', "it must be a table"),
    "an unknown key": (SIGNOFF + 'nots = "x"\n', f"{NAME}:2: the signoff of 'phase1.a': unknown key 'nots'"),
    "no release": (SIGNOFF.replace('release = "v1"\n', ""), "release is missing"),
    "an empty check": (SIGNOFF.replace("phase1.a", " "), "check is missing"),
    "no moment": (SIGNOFF.replace("at = 2026-01-02T12:00:00Z\n", ""), "at is missing"),
    "a moment without zone": (SIGNOFF.replace("00Z", "00"), "at = 2026-01-02T12:00:00 has no time zone"),
    "a moment beyond the calendar": (SIGNOFF + "expires = 9999-12-31T23:59:00-12:00\n", "is beyond the calendar"),
    "a moment before it": (SIGNOFF.replace("2026-01-02T12:00:00Z", "0001-01-01T00:00:00+12:00"), "beyond the calendar"),
    "a day": (SIGNOFF.replace("T12:00:00Z", ""), "at must be a moment"),
    "a moment in quotes": (SIGNOFF.replace("2026-01-02T12:00:00Z", '"2026-01-02T12:00:00Z"'), "without quotes"),
    "nobody": (SIGNOFF.replace("anna@example.org", "Anna < >"), "has no address that can be read"),
    "nobody at all": (SIGNOFF.replace("anna@example.org", "\u200b"), "names nobody"),
    "two people": (SIGNOFF.replace("anna@example.org", "a@x <b@x>"), "names several addresses"),
    "a number for a text": (SIGNOFF + "note = 3\n", "note must be text"),
    "an unknown decision": (SIGNOFF + 'decision = "maybe"\n', "'maybe' is neither"),
    "an empty decision": (SIGNOFF + 'decision = ""\n', "decision is empty; give it a value, or leave the line out"),
    "an empty digest": (SIGNOFF + 'text_digest = " "\n', "text_digest is empty"),
    "an empty target": (SIGNOFF + 'target = ""\n', "target is empty"),
    "a waiver for an empty release": (WAIVER + 'release = ""\n', "release is empty"),
    "evidence that moves the cursor": (
        SIGNOFF + f'evidence = [{{ file = "\\u001b[2J", sha256 = "{"0" * 64}" }}]\n',
        "the file of its evidence has a character that cannot be shown: U+001B",
    ),
    "a table below": (SIGNOFF + "\n[other]\na = 1\n", f"{NAME}:8: unknown: 'other'"),
    "a single table below": (WAIVER + "\n[signoff]\na = 1\n", f"{NAME}:9: signoff must be a list"),
    "behind quotes in a comment": (f'# it\'s """\n{SIGNOFF}# don\'t\n{SIGNOFF}a = 1\n', f"{NAME}:10: the signoff"),
    "behind quotes in a text": (f"{SIGNOFF}note = \"a ''' b\"\n{SIGNOFF}a = 1\n", f"{NAME}:9: the signoff"),
    "an end before": (SIGNOFF + "expires = 2026-01-02T12:00:00Z\n", "it expires (2026-01-02T12:00:00+00:00) before"),
    "a short digest": (SIGNOFF + 'text_digest = "abc"\n', "text_digest must be 16 to 64"),
    "evidence that is no list": (SIGNOFF + 'evidence = "x.png"\n', "evidence must be a list"),
    "a file without its hash": (SIGNOFF + 'evidence = ["x.png"]\n', "evidence 'x.png' is no link"),
    "a file with half a hash": (SIGNOFF + 'evidence = [{ file = "x", sha256 = "ab" }]\n', "sha256 of x must be 64"),
    "evidence of a third kind": (SIGNOFF + "evidence = [1]\n", "exactly file and sha256"),
    "a waiver without reason": (WAIVER.replace('reason = "known"\n', ""), "reason is missing"),
    "a waiver with a blank reason": (WAIVER.replace("known", " "), "reason is missing"),
    "a waiver without end": (WAIVER.replace("expires", "# expires"), "expires is missing"),
    "a waiver that ended before": (WAIVER.replace("2026-02-02", "2026-01-02"), "it expires"),
    "a key of the other": (WAIVER + 'note = "x"\n', "unknown key 'note'"),
}


@pytest.mark.parametrize("told", WRONG)
def test_what_cannot_be_meant_is_refused_with_its_place(told: str, tmp_path: Path) -> None:
    text, reason = WRONG[told]

    said = refusal(tmp_path, text)

    assert said.startswith(f"{NAME}:")
    assert reason in said


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()

    with pytest.raises(ApprovalsError, match="it is a folder"):
        read_approvals(tmp_path / NAME, NAME)


def test_what_never_ends_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)

    for path in (tmp_path / NAME, Path("/dev/zero")):
        with pytest.raises(ApprovalsError, match="it is no file"):
            read_approvals(path, NAME)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).touch(mode=0)

    with pytest.raises(ApprovalsError, match="Permission denied"):
        read_approvals(tmp_path / NAME, NAME)


def test_unknown_checks_are_refused_with_near_ones(tmp_path: Path) -> None:
    found = read(tmp_path, SIGNOFF + WAIVER)

    refuse_unknown(found, ["phase1.a", "phase1.b", "phase1.c"])
    with pytest.raises(ApprovalsError, match=f"^{NAME}:2: no check is called 'phase1.a'; did you mean phase1.aa"):
        refuse_unknown(found, ["phase1.aa", "phase1.b"])
    with pytest.raises(ApprovalsError, match=rf"{NAME}:8: no check is called 'phase1.b'; did you mean .*phase1.b\[x\]"):
        refuse_unknown(found, ["phase1.a", "phase1.b[x]"])


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_files_are_held_to_what_they_are_now(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    here = proof_of("x.png", tmp_path)
    names = ["gone", "folder", "pipe", "a\0b"]
    proofs = (here, proof_of("https://example.org", tmp_path), *(Proof(name=name, sha256="0" * 64) for name in names))
    signed = Signoff(check="a", by="b", at=NOON, release="v1", evidence=proofs)

    assert here.sha256 == hashlib.sha256(b"x").hexdigest()
    assert digests_of(Approvals(signoffs=(signed,)), tmp_path) == {"x.png": here.sha256, **dict.fromkeys(names)}
    for name in names:
        with pytest.raises(ApprovalsError, match="neither a link nor a file"):
            proof_of(name, tmp_path)


# -- adding ------------------------------------------------------------------------------------------------------------


def make_signoff(**changes: Any) -> Signoff:
    return Signoff(**{"check": "phase1.a", "by": "Anna <anna@example.org>", "at": NOON, "release": "v1", **changes})


def make_waiver(**changes: Any) -> Waiver:
    fields = {"check": "phase1.b", "by": "bob", "at": NOON, "reason": "known", "expires": NOON + timedelta(days=2)}
    return Waiver(**{**fields, **changes})


def unplaced(entry: Signoff | Waiver) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__slots__ if name != "source"}


def test_a_new_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "ops" / NAME

    add_signoff(path, make_signoff())

    assert path.read_text() == (
        '[[signoff]]\ncheck = "phase1.a"\nby = "Anna <anna@example.org>"\nat = 2026-01-02T12:00:00Z\nrelease = "v1"\n'
    )


@pytest.mark.parametrize(
    "before", ["# ours\n" + SIGNOFF + "  # stays\n\n" + WAIVER, "# no end of line", "\r\n# dos\r\n"]
)
def test_every_byte_that_was_there_stays(before: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(before.encode())

    add_waiver(path, make_waiver())
    add_signoff(path, make_signoff(note="zwei\nZeilen"))

    after = path.read_bytes().decode()
    assert after.startswith(before)
    assert ("\r\n" in after) == ("\r\n" in before)
    found = read_approvals(path, NAME)
    assert unplaced(found.waivers[-1]) == unplaced(make_waiver())
    assert found.signoffs[-1].note == "zwei\nZeilen"


def test_an_entry_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(SIGNOFF)

    for entry in (make_signoff(by=" "), make_signoff(release=""), make_signoff(at=NOON.replace(tzinfo=None))):
        with pytest.raises(ApprovalsError):
            add_signoff(path, entry)
    with pytest.raises(ApprovalsError, match="it expires"):
        add_waiver(path, make_waiver(expires=NOON))

    assert path.read_text() == SIGNOFF


def test_what_is_written_as_one_list_is_told_how_to_write_instead(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("signoff = []\n")

    with pytest.raises(ApprovalsError, match=r"below `signoff = \[\.\.\.\]`; write \[\[signoff\]\] above each"):
        add_signoff(path, make_signoff())

    assert path.read_text() == "signoff = []\n"


def test_nothing_is_added_to_a_file_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / NAME
    for text in ("waiver = []\nsignoff = []\n", "[[signoff]]\n", "[["):
        path.write_text(text)
        with pytest.raises(ApprovalsError):
            add_signoff(path, make_signoff())
        assert path.read_text() == text


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").touch()
    (tmp_path / NAME).symlink_to("real.toml")

    add_signoff(tmp_path / NAME, make_signoff())

    assert (tmp_path / NAME).is_symlink()
    assert read_approvals(tmp_path / "real.toml", NAME).signoffs


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(NAME)

    with pytest.raises(ApprovalsError, match="symbolic links"):
        add_signoff(tmp_path / NAME, make_signoff())


def sign_often(path: Path, who: str) -> None:
    for number in range(20):
        add_signoff(path, make_signoff(by=who, note=str(number)))


def test_people_who_sign_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / NAME
    context = multiprocessing.get_context("spawn")
    signers = [context.Process(target=sign_often, args=(path, who)) for who in ("anna", "bob", "carl")]
    for signer in signers:
        signer.start()
    for signer in signers:
        signer.join(60)

    found = read_approvals(path, NAME)

    assert sorted((entry.by, int(entry.note)) for entry in found.signoffs) == [
        (who, number) for who in ("anna", "bob", "carl") for number in range(20)
    ]
    assert [name.name for name in tmp_path.iterdir()] == [NAME], "nothing else is left behind"


# -- laws --------------------------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
_names = _texts.map(str.strip).filter(bool)
_moments = st.datetimes(
    NOON.replace(year=2000, tzinfo=None),
    NOON.replace(year=2090, tzinfo=None),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]),
)


@given(
    check=_names,
    note=_texts.map(str.strip),
    at=_moments,
    ends=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=99)),
)
def test_what_is_added_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, check: str, note: str, at: datetime, ends: timedelta | None
) -> None:
    path = tmp_path_factory.mktemp("law") / NAME
    entry = make_signoff(check=check, note=note, at=at, expires=at + ends if ends else None)

    add_signoff(path, entry)

    (found,) = read_approvals(path, NAME).signoffs
    assert unplaced(found) == unplaced(entry)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.datetimes() | _moments | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_keys = [
    "check",
    "by",
    "at",
    "release",
    "decision",
    "note",
    "evidence",
    "expires",
    "target",
    "text_digest",
    "reason",
    "x",
]
_rows = st.dictionaries(st.sampled_from(_keys), _values | _names | _moments)


@given(
    data=st.dictionaries(st.sampled_from(["signoff", "waiver", "x"]), st.lists(_rows | _values, max_size=3) | _values)
)
def test_any_data_is_read_or_refused(data: dict[str, Any]) -> None:
    try:
        found = approvals_from_data(data, shown_as=NAME)
    except ApprovalsError as error:
        assert str(error).startswith(f"{NAME}:")
    else:
        assert all(entry.at.tzinfo and entry.check and entry.by for entry in found.signoffs)


@given(
    raw=st.binary(max_size=60)
    | _texts.map(str.encode)
    | st.sampled_from([b"[" * 9999, b"a=" + b"9" * 9999, b"a=" + b"[" * 9999])
)
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / NAME
    path.write_bytes(raw)
    try:
        read_approvals(path, NAME)
    except ApprovalsError as error:
        assert str(error).startswith(f"{NAME}:")
