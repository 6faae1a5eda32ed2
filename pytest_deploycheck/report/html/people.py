"""What people said: sign-offs and waivers, what each was worth, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_deploycheck.core.model import Decision, Run, Signoff
from pytest_deploycheck.core.standing import Standing, Worth, standing
from pytest_deploycheck.report.html.parts import Section, bounded, moment

_HEAD = ("Check", "By", "At", "What it was worth", "Ends", "What was said")


def approvals(run: Run) -> Iterator[Section]:
    """Every entry of the approvals; none where there is no such file."""
    if not (run.approvals.signoffs or run.approvals.waivers):
        return
    found = standing(run)
    signed = [_row(item) for item in found if isinstance(item.entry, Signoff)]
    waived = [_row(item) for item in found if not isinstance(item.entry, Signoff)]
    soon = [f"{item.entry.check} ({moment(item.expires)})" for item in found if item.expires_soon]
    says = [f"From {run.approvals.path}, sha256 {run.approvals.digest}."]
    if soon:
        says.append(f"Ends within seven days: {', '.join(soon)}.")
    lost = sum(item.worth is not Worth.COUNTED for item in found)
    if lost:
        says.append(f"{lost} of {len(found)} had no effect in this run.")
    tables = [
        bounded(caption, _HEAD, rows, where="in the approvals' file")
        for caption, rows in (("Sign-offs", signed), ("Waivers: failures that were accepted", waived))
        if rows
    ]
    yield Section(anchor="approvals", title="Approvals", says=tuple(says), tables=tuple(tables))


def _row(item: Standing) -> tuple[str, ...]:
    entry = item.entry
    worth = f"{item.worth}: {item.why}" if item.why else str(item.worth)
    if isinstance(entry, Signoff):
        verb = "rejected" if entry.decision is Decision.REJECT else "accepted"
        proofs = [f"{proof.name} (sha256 {proof.sha256})" if proof.sha256 else proof.name for proof in entry.evidence]
        parts = [f"{verb} for {entry.release}", entry.note, *proofs]
    else:
        parts = [entry.reason, entry.ticket, f"for {entry.release}" if entry.release else "for every release"]
    said = "; ".join(filter(None, parts))
    return (entry.check, entry.by, moment(entry.at), worth, moment(item.expires) or "never", said)
