"""The file of approvals as plain data: what may stand in it, and what is refused with its file and line."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pytest_deploycheck.core.errors import ApprovalsError
from pytest_deploycheck.core.identity import doubt
from pytest_deploycheck.core.model import Approvals, Decision, Proof, Signoff, Waiver

Data = Mapping[str, Any]

_SIGNOFF_NEEDS = ("check", "by", "at", "release")
_SIGNOFF_KEYS = {*_SIGNOFF_NEEDS, "decision", "note", "evidence", "expires", "target", "text_digest"}
_WAIVER_NEEDS = ("check", "by", "at", "reason", "expires")
_WAIVER_KEYS = {*_WAIVER_NEEDS, "release", "ticket"}
_TIMES = ("at", "expires")
_LINK = re.compile(r"(?!(?i:file):)(?:[A-Za-z][A-Za-z0-9+.-]+://|mailto:|urn:)\S+")
#: What an entry says by leaving it out: written and empty, it may be a variable that nobody filled.
_NEVER_EMPTY = ("decision", "text_digest", "release", "target")
#: Texts that may have several lines.
_LONG = ("note", "reason")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: A digest may be cut short by hand, to no less than this.
_DIGEST = re.compile(r"[0-9a-f]{16,64}")
_EXAMPLE = "2026-12-01T18:00:00Z"


def is_link(name: str) -> bool:
    """Whether evidence is a link, which is taken as it is, and no file, which is held to its sha256."""
    return _LINK.fullmatch(name) is not None


def unshown(text: str, *, but: str = "") -> str:
    """Why a text may not stand in the file: a terminal would obey it, and people would not read what stands there.

    Empty where it may. The characters in `but` do no harm.
    """
    bad = (char for char in text if unicodedata.category(char) in ("Cc", "Cs") and char not in but)
    found = next(bad, None)
    return f"has a character that cannot be shown: U+{ord(found):04X}" if found else ""


def approvals_from_data(
    data: Data, *, shown_as: str, digest: str = "", lines: Mapping[str, Sequence[int]] | None = None
) -> Approvals:
    """The approvals in a parsed TOML document.

    `lines` are the numbers of the lines where each name at the top begins: of ``signoff`` and ``waiver`` those of their
    entries, in their order. Raises ``ApprovalsError`` with file and line for unknown keys, wrong types, times without a
    zone, an end that is not after its beginning, and for what is missing.
    """
    if unknown := sorted(set(data) - {"signoff", "waiver"}):
        place = next(iter((lines or {}).get(unknown[0], ())), 1)
        raise ApprovalsError(
            f"{shown_as}:{place}: unknown: {unknown[0]!r}; only [[signoff]] and [[waiver]] may stand there"
        )
    return Approvals(
        path=shown_as,
        digest=digest,
        signoffs=tuple(_signoff(_Entry("signoff", *place)) for place in _entries(data, "signoff", shown_as, lines)),
        waivers=tuple(_waiver(_Entry("waiver", *place)) for place in _entries(data, "waiver", shown_as, lines)),
    )


def refuse_entry(kind: str, row: Data) -> None:
    """Raise ``ApprovalsError`` for a new entry of ``signoff`` or ``waiver`` that no reader would take."""
    read = {"signoff": _signoff, "waiver": _waiver}[kind]
    read(_Entry(kind, dict(row), ""))


def refuse_unknown(approvals: Approvals, ids: Iterable[str]) -> None:
    """Raise ``ApprovalsError`` for an entry about a check that is not among `ids`, which must be all there are."""
    known = set(ids)
    entries: list[Signoff | Waiver] = [*approvals.signoffs, *approvals.waivers]
    for entry in entries:
        if entry.check not in known:
            near = difflib.get_close_matches(entry.check, known, n=3)
            near = near or sorted(other for other in known if other.startswith(f"{entry.check}["))[:3]
            way_out = f"did you mean {' or '.join(near)}?" if near else "give it the id of a check, or remove the entry"
            raise ApprovalsError(f"{entry.source}: no check is called {entry.check!r}; {way_out}")


def _entries(
    data: Data, name: str, shown_as: str, lines: Mapping[str, Sequence[int]] | None
) -> Iterable[tuple[Any, str]]:
    rows = data.get(name, [])
    known = (lines or {}).get(name, ())
    if not isinstance(rows, list):
        place = next(iter(known), 1)
        raise ApprovalsError(f"{shown_as}:{place}: {name} must be a list of entries: write [[{name}]] above each")
    for place, row in enumerate(rows):
        yield row, f"{shown_as}:{known[place] if place < len(known) else 1}"


class _Entry:
    """One table of the file, and how to say what is wrong with it."""

    def __init__(self, kind: str, row: Any, source: str) -> None:
        self.kind = kind
        self.source = source
        if not isinstance(row, dict):
            raise self.error(f"it must be a table: write [[{kind}]] above its keys")
        self.row: dict[str, Any] = row

    def error(self, why: str) -> ApprovalsError:
        row = getattr(self, "row", {})
        about = row.get("check")
        where = f"{self.source}: " if self.source else ""
        return ApprovalsError(f"{where}the {self.kind}{f' of {about!r}' if about else ''}: {why}")

    def require(self, needs: Sequence[str], keys: set[str]) -> None:
        if unknown := sorted(set(self.row) - keys):
            raise self.error(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")
        for name in needs:
            if name not in self.row or (name not in _TIMES and not self.text(name)):
                raise self.error(f"{name} is missing")
        for name in _NEVER_EMPTY:
            if name in self.row and not self.text(name):
                raise self.error(f"{name} is empty; give it a value, or leave the line out")

    def text(self, name: str) -> str:
        value = self.row.get(name, "")
        if not isinstance(value, str):
            raise self.error(f"{name} must be text, in quotes")
        if why := unshown(value, but="\r\n\t" if name in _LONG else ""):
            raise self.error(f"{name} {why}")
        return value.strip()

    def moment(self, name: str) -> datetime:
        value = self.row[name]
        if not isinstance(value, datetime):
            raise self.error(f"{name} must be a moment without quotes, as in {_EXAMPLE}")
        if value.tzinfo is None:
            raise self.error(f"{name} = {value.isoformat()} has no time zone; write for example {_EXAMPLE}")
        try:
            value.astimezone(UTC)
        except OverflowError:
            raise self.error(
                f"{name} = {value.isoformat()} is beyond the calendar; write for example {_EXAMPLE}"
            ) from None
        return value

    def person(self) -> str:
        who = self.text("by")
        if why := doubt(who):
            raise self.error(f'by = {who!r} {why}; write "Name <name@example.org>" or an address')
        return who

    def refuse_early_end(self, at: datetime, expires: datetime) -> None:
        if expires <= at:
            raise self.error(f"it expires ({expires.isoformat()}) before it was given ({at.isoformat()})")


def _signoff(entry: _Entry) -> Signoff:
    entry.require(_SIGNOFF_NEEDS, _SIGNOFF_KEYS)
    at, expires = entry.moment("at"), entry.moment("expires") if "expires" in entry.row else None
    if expires is not None:
        entry.refuse_early_end(at, expires)
    decision = entry.text("decision") or str(Decision.ACCEPT)
    if decision not in list(Decision):
        raise entry.error(f"decision = {decision!r} is neither 'accept' nor 'reject'")
    digest = entry.text("text_digest")
    if digest and not _DIGEST.fullmatch(digest):
        raise entry.error("text_digest must be 16 to 64 hexadecimal digits, as `deploycheck sign` writes it")
    return Signoff(
        check=entry.text("check"),
        by=entry.person(),
        at=at,
        release=entry.text("release"),
        decision=Decision(decision),
        note=entry.text("note"),
        evidence=_proofs(entry),
        expires=expires,
        target=entry.text("target"),
        text_digest=digest,
        source=entry.source,
    )


def _proofs(entry: _Entry) -> tuple[Proof, ...]:
    rows = entry.row.get("evidence", [])
    if not isinstance(rows, list):
        raise entry.error("evidence must be a list of links and of files")
    return tuple(_proof(row, entry) for row in rows)


def _proof(row: Any, entry: _Entry) -> Proof:
    if isinstance(row, str) and is_link(row.strip()):
        return Proof(name=row.strip())
    if isinstance(row, str):
        raise entry.error(
            f"evidence {row!r} is no link, and a file stands with what was signed of it: "
            f"{{ file = {row!r}, sha256 = ... }}, as `deploycheck sign --evidence` writes it"
        )
    if not isinstance(row, dict) or set(row) != {"file", "sha256"}:
        raise entry.error("evidence is a link in quotes, or a table of exactly file and sha256")
    name, sha256 = row["file"], row["sha256"]
    if not isinstance(name, str) or not name.strip():
        raise entry.error("the file of its evidence must be a path, in quotes")
    if why := unshown(name):
        raise entry.error(f"the file of its evidence {why}")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise entry.error(f"the sha256 of {name} must be 64 hexadecimal digits, in quotes")
    return Proof(name=name, sha256=sha256)


def _waiver(entry: _Entry) -> Waiver:
    entry.require(_WAIVER_NEEDS, _WAIVER_KEYS)
    at, expires = entry.moment("at"), entry.moment("expires")
    entry.refuse_early_end(at, expires)
    return Waiver(
        check=entry.text("check"),
        by=entry.person(),
        at=at,
        reason=entry.text("reason"),
        expires=expires,
        release=entry.text("release"),
        ticket=entry.text("ticket"),
        source=entry.source,
    )


# -- writing an entry --------------------------------------------------------------------------------------------------


def signoff_to_data(signoff: Signoff) -> dict[str, Any]:
    """The table of a sign-off, with what it says alone."""
    data: dict[str, Any] = {"check": signoff.check, "by": signoff.by, "at": signoff.at, "release": signoff.release}
    if signoff.decision is not Decision.ACCEPT:
        data["decision"] = str(signoff.decision)
    if signoff.evidence:
        data["evidence"] = [
            {"file": proof.name, "sha256": proof.sha256} if proof.sha256 else proof.name for proof in signoff.evidence
        ]
    for name in ("note", "expires", "target", "text_digest"):
        if value := getattr(signoff, name):
            data[name] = value
    return data


def waiver_to_data(waiver: Waiver) -> dict[str, Any]:
    """The table of a waiver, with what it says alone."""
    data: dict[str, Any] = {
        name: getattr(waiver, name) for name in ("check", "by", "at", "reason", "expires", "release", "ticket")
    }
    return {name: value for name, value in data.items() if value}
