"""Makes sign-offs and waivers of one check, around one moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from builders import NOON, make_check

from pytest_deploycheck.core.approvals import Context, text_digest
from pytest_deploycheck.core.model import Check, Decision, Kind, Policy, Signoff, Waiver

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANNA, BOB = "anna@example.org", "bob@example.org"


def manual(**changes: Any) -> Check:
    """A line that a person judges."""
    return make_check("phase1.a", **{"kind": Kind.MANUAL, "title": "Backups are there", "text": "Look.", **changes})


def signoff(by: str = ANNA, *, age: timedelta = HOUR, **changes: Any) -> Signoff:
    """An acceptance of an hour ago."""
    fields: dict[str, Any] = {"check": "phase1.a", "by": by, "at": NOON - age, "release": "v1.0"}
    return Signoff(**{**fields, "text_digest": text_digest(manual()), **changes})


def rejection(by: str = ANNA, **changes: Any) -> Signoff:
    """A rejection of an hour ago."""
    return signoff(by, **{"decision": Decision.REJECT, **changes})


def waiver(**changes: Any) -> Waiver:
    """A waiver of a day ago, for two days."""
    fields: dict[str, Any] = {"by": BOB, "at": NOON - DAY, "reason": "known", "expires": NOON + DAY}
    return Waiver(check="phase1.a", **{**fields, **changes})


def context(**policy: Any) -> Context:
    """Noon, and these rules."""
    return Context(now=NOON, release="v1.0", policy=Policy(**policy))
