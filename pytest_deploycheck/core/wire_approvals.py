"""Sign-offs, waivers and the rules they were held against, to and from plain JSON values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pytest_deploycheck.core.model import Approvals, Decision, Policy, Proof, Signoff, Waiver

Json = dict[str, Any]

_SIGNOFF_TEXTS = ("check", "by", "release", "note", "target", "text_digest", "source")
_WAIVER_TEXTS = ("check", "by", "reason", "release", "ticket", "source")


def signoff_to_wire(signoff: Signoff) -> Json:
    """Every property; times as ISO 8601 with their zone."""
    return {
        **{name: getattr(signoff, name) for name in _SIGNOFF_TEXTS},
        "at": signoff.at.isoformat(),
        "decision": str(signoff.decision),
        "evidence": [{"name": proof.name, "sha256": proof.sha256} for proof in signoff.evidence],
        "expires": None if signoff.expires is None else signoff.expires.isoformat(),
    }


def signoff_from_wire(data: Json) -> Signoff:
    """The sign-off; raises ``KeyError``, ``TypeError`` or ``ValueError`` for what `signoff_to_wire` does not write."""
    _refuse_others(data, {*_SIGNOFF_TEXTS, "at", "decision", "evidence", "expires"})
    expires = data["expires"]
    return Signoff(
        **{name: _text(data[name]) for name in _SIGNOFF_TEXTS},
        at=_moment(data["at"]),
        decision=Decision(data["decision"]),
        evidence=tuple(Proof(name=_text(row["name"]), sha256=_text(row["sha256"])) for row in _rows(data["evidence"])),
        expires=None if expires is None else _moment(expires),
    )


def waiver_to_wire(waiver: Waiver) -> Json:
    """Every property; times as ISO 8601 with their zone."""
    return {
        **{name: getattr(waiver, name) for name in _WAIVER_TEXTS},
        "at": waiver.at.isoformat(),
        "expires": waiver.expires.isoformat(),
    }


def waiver_from_wire(data: Json) -> Waiver:
    """The waiver; raises as `signoff_from_wire` does."""
    _refuse_others(data, {*_WAIVER_TEXTS, "at", "expires"})
    texts = {name: _text(data[name]) for name in _WAIVER_TEXTS}
    return Waiver(**texts, at=_moment(data["at"]), expires=_moment(data["expires"]))


def approvals_to_wire(approvals: Approvals, policy: Policy) -> Json:
    """What a run began with: the entries, and the rules for them."""
    return {
        "path": approvals.path,
        "digest": approvals.digest,
        "signoffs": [signoff_to_wire(signoff) for signoff in approvals.signoffs],
        "waivers": [waiver_to_wire(waiver) for waiver in approvals.waivers],
        "four_eyes": policy.four_eyes,
        "runner": policy.runner,
        "signers": [[group, *members] for group, members in policy.signers.items()],
        "proofs": [{"name": name, "sha256": digest} for name, digest in policy.proofs.items()],
    }


def approvals_from_wire(data: Json) -> tuple[Approvals, Policy]:
    """The entries and the rules; raises as `signoff_from_wire` does."""
    keys = {"path", "digest", "signoffs", "waivers", "four_eyes", "runner", "signers", "proofs"}
    _refuse_others(data, keys)
    four_eyes = data["four_eyes"]
    if not isinstance(four_eyes, bool):
        raise TypeError(f"{four_eyes!r} is neither true nor false")
    approvals = Approvals(
        path=_text(data["path"]),
        digest=_text(data["digest"]),
        signoffs=tuple(map(signoff_from_wire, _rows(data["signoffs"]))),
        waivers=tuple(map(waiver_from_wire, _rows(data["waivers"]))),
    )
    policy = Policy(
        four_eyes=four_eyes,
        runner=_text(data["runner"]),
        signers={_text(row[0]): tuple(map(_text, row[1:])) for row in map(_rows, _rows(data["signers"]))},
        proofs=dict(map(_proof, _rows(data["proofs"]))),
    )
    return approvals, policy


def _proof(row: Json) -> tuple[str, str | None]:
    digest = row["sha256"]
    return _text(row["name"]), digest if digest is None else _text(digest)


def _refuse_others(data: Json, keys: set[str]) -> None:
    if odd := set(data) ^ keys:
        raise ValueError(f"missing or unknown keys: {', '.join(sorted(odd))}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment


def _rows(value: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is no list")
    return value
