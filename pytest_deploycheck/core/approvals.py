"""What sign-offs and waivers are worth: the judgement on manual checks, and on failures that people accept.

Never does an approval that does not count improve anything; why it does not count is said. Who signs is a claim of
the file's, held together by review and history, so identities are compared generously where that is stricter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pytest_deploycheck.core.identity import different, identity, may_be_same
from pytest_deploycheck.core.model import (
    Approvals,
    Check,
    CheckResult,
    Decision,
    Flag,
    Kind,
    Policy,
    Proof,
    Signoff,
    Status,
    Verdict,
    Waiver,
)
from pytest_deploycheck.core.verdict import weigh

#: The ends that no waiver stands over: what was not there cannot be accepted.
NEVER_WAIVED = (Status.NOT_RUN, Status.BLOCKED)
#: The ends of a manual check that sign-offs decide on, best first.
_JUDGED = (Status.PASS, Status.PENDING, Status.FAIL)
_MOST_REASONS = 3
#: How the reason begins where nobody signed.
WAITING = "it waits for"
#: What a release is called of which git knows nothing: the same for whatever stands there by then.
UNVERSIONED = "unversioned"
#: It stands for every state of a folder, so a word on it holds no longer than a verdict on record does by default.
UNVERSIONED_VALID = timedelta(hours=24)
WHO_RUNS = "set git's user.email where the gate runs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The moment and the release for which approvals are judged, and the rules."""

    now: datetime
    release: str
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What the sign-offs of a manual check make of it: PASS, FAIL or PENDING."""

    status: Status
    reason: str
    #: Those that count, newest first.
    signoffs: tuple[Signoff, ...] = ()
    #: Names of evidence that is not what was signed, of sign-offs that would count otherwise.
    broken: tuple[str, ...] = ()


def text_digest(check: Check) -> str:
    """sha256, hexadecimal, of the check's title and text.

    Blanks at the ends of lines, blank lines around the text and the kind of line break make no difference; all else
    may be what a command means.
    """
    lines = [line.rstrip() for line in re.split(r"\r\n|\r|\n", check.text)]
    canonical = " ".join(check.title.split()) + "\n" + "\n".join(lines).strip("\n")
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def by_check(approvals: Approvals) -> dict[str, Approvals]:
    """Check id -> the approvals that are about it, for the many questions of a run."""
    signoffs: dict[str, list[Signoff]] = {}
    waivers: dict[str, list[Waiver]] = {}
    for signoff in approvals.signoffs:
        signoffs.setdefault(signoff.check, []).append(signoff)
    for waiver in approvals.waivers:
        waivers.setdefault(waiver.check, []).append(waiver)
    return {
        check: replace(approvals, signoffs=tuple(signoffs.get(check, ())), waivers=tuple(waivers.get(check, ())))
        for check in {**signoffs, **waivers}
    }


# -- sign-offs ---------------------------------------------------------------------------------------------------------


def expiry_of(signoff: Signoff, check: Check) -> datetime | None:
    """When a sign-off ends: at the moment it names, or after the time its check gives, whichever is earlier.

    One for a release without a name ends after `UNVERSIONED_VALID`.
    """
    nameless = UNVERSIONED_VALID if signoff.release == UNVERSIONED else None
    ends = (signoff.expires, _after(signoff.at, check.valid), _after(signoff.at, nameless))
    return min((moment for moment in ends if moment is not None), default=None)


def _after(at: datetime, valid: timedelta | None) -> datetime | None:
    if valid is None:
        return None
    try:
        return at.astimezone(UTC) + valid
    except OverflowError:  # after the end of the calendar
        return None


def rule(check: Check, approvals: Approvals, context: Context) -> Ruling:
    """What the sign-offs among `approvals` make of a manual check.

    It passes when as many different people as it needs have accepted it, each with a sign-off that counts. A rejection
    of anybody entitled stands until the same person's later acceptance counts. Of several acceptances by one person
    the newest decides, whether it counts or not.
    """
    own = [signoff for signoff in approvals.signoffs if signoff.check == check.id]
    concerning = [signoff for signoff in own if not _elsewhere(signoff, check, context)]
    accepted = _newest_of_each(concerning)
    counting = {who: signoff for who, signoff in accepted.items() if not refusal(signoff, check, context)}
    rejections = _latest(signoff for signoff in concerning if _stands(signoff, counting, check, context))
    good = _latest(counting.values())
    broken = sorted({name for signoff in accepted.values() for name in _broken_alone(signoff, check, context)})
    if rejections:
        said = "; ".join(_told(signoff, context, "rejected") + _noted(signoff) for signoff in rejections)
        return Ruling(status=Status.FAIL, reason=said, signoffs=tuple(rejections), broken=tuple(broken))
    have, need = len(different(counting)), max(check.signers, 1)
    if have >= need:
        said = "; ".join(_told(signoff, context, "signed") + _unbound(signoff) for signoff in good)
        return Ruling(status=Status.PASS, reason=said, signoffs=tuple(good), broken=tuple(broken))
    refused = [signoff for signoff in _latest(own) if signoff not in good and not _is_superseded(signoff, accepted)]
    whys = [refusal(signoff, check, context) for signoff in refused]
    said = _what_is_missing(check, good, have, need, [why for why in whys if why])
    return Ruling(status=Status.PENDING, reason=said, signoffs=tuple(good), broken=tuple(broken))


def _what_is_missing(check: Check, good: Sequence[Signoff], have: int, need: int, whys: Sequence[str]) -> str:
    parts = list(whys[:_MOST_REASONS])
    if len(whys) > _MOST_REASONS:
        parts.append(f"and {len(whys) - _MOST_REASONS} more do not count")
    if good:
        parts.insert(0, f"{have} of {need} signatures ({', '.join(signoff.by for signoff in good)})")
    if parts:
        return "; ".join(parts)
    owner = f" (owner: {check.owner})" if check.owner else ""
    return f"{WAITING} a person's word{owner}" if need == 1 else f"{WAITING} the word of {need} people{owner}"


def refusal(signoff: Signoff, check: Check, context: Context) -> str:
    """Why a sign-off does not count for a manual check, as a sentence without its full stop; empty where it does."""
    rejects = signoff.decision is Decision.REJECT
    why = _elsewhere(signoff, check, context) or _but(_not_entitled(signoff.by, check, context.policy))
    # A rejection fails closed: it needs no other eyes, holds for any text, and has no end but an acceptance.
    if not why and not rejects:
        why = _untimely(signoff, check, context) or _unlike(signoff, check)
        why = why or _but(_same_eyes(signoff.by, context.policy))
        why = why or "; ".join(_unproved(name, context.policy) for name in _changed(signoff, context.policy))
    return f"{_told(signoff, context, 'rejected' if rejects else 'signed')}, {why}" if why else ""


def _but(why: str) -> str:
    return f"but {why}" if why else ""


def _elsewhere(signoff: Signoff, check: Check, context: Context) -> str:
    if check.kind is not Kind.MANUAL:
        return "but a test judges it by now: a sign-off has no effect"
    if signoff.release != context.release:
        return f"for release {signoff.release}, and this is {context.release}"
    # A rejection for one of several targets holds for the check that stands for all of them.
    for_all = signoff.decision is Decision.REJECT and not check.target
    if signoff.target and signoff.target != check.target and not for_all:
        return f"for the target {signoff.target} alone"
    return ""


def _untimely(signoff: Signoff, check: Check, context: Context) -> str:
    if signoff.at > context.now:
        return "which is yet to come: set the clocks right"
    expires = expiry_of(signoff, check)
    if expires is None or context.now < expires:
        return ""
    if signoff.expires is not None and expires == signoff.expires:
        return f"valid until {_moment(expires)}"
    if check.valid is not None and expires == _after(signoff.at, check.valid):
        return f"valid {span(check.valid)}"
    return f"valid {span(UNVERSIONED_VALID)}, because the release has no name; give it one by --deploycheck-release"


def _unlike(signoff: Signoff, check: Check) -> str:
    same = not signoff.text_digest or text_digest(check).startswith(signoff.text_digest)
    return "" if same else "and its text has changed since"


def _same_eyes(who: str, policy: Policy) -> str:
    if not policy.four_eyes:
        return ""
    if "@" not in identity(policy.runner):
        known = f" by an address, only as {policy.runner}" if policy.runner else ""
        return f"four eyes are asked for, and who runs this gate is not known{known}: {WHO_RUNS}"
    if "@" not in identity(who):
        return "four eyes are asked for, and a name without an address may be anybody's"
    if may_be_same(identity(who), identity(policy.runner)):
        return f"four eyes are asked for, and {policy.runner} runs this gate"
    return ""


def _not_entitled(who: str, check: Check, policy: Policy) -> str:
    """Why this person has no word on the check, where somebody wrote down who has."""
    if not policy.signers:
        return ""
    group = policy.signers.get(" ".join(check.owner.casefold().split()))
    if group is not None:
        return "" if identity(who) in map(identity, group) else f"only {', '.join(group)} may sign for {check.owner}"
    if "@" in check.owner:
        return "" if identity(who) == identity(check.owner) else f"only its owner {check.owner} may sign"
    owner = f"its owner {check.owner} is neither one of its groups nor an address" if check.owner else "it has no owner"
    return f"nobody may sign: deploycheck_signers is set, and {owner}"


def _changed(signoff: Signoff, policy: Policy) -> list[Proof]:
    return [proof for proof in signoff.evidence if proof.sha256 and policy.proofs.get(proof.name) != proof.sha256]


def _unproved(proof: Proof, policy: Policy) -> str:
    return (
        f"but its evidence {proof.name} {'has changed' if policy.proofs.get(proof.name) else 'is not there any more'}"
    )


def _broken_alone(signoff: Signoff, check: Check, context: Context) -> list[str]:
    """Evidence that has changed, where nothing else speaks against the sign-off."""
    changed = _changed(signoff, context.policy)
    if not changed or refusal(replace(signoff, evidence=()), check, context):
        return []
    return [proof.name for proof in changed]


def _stands(signoff: Signoff, counting: Mapping[str, Signoff], check: Check, context: Context) -> bool:
    if signoff.decision is not Decision.REJECT or refusal(signoff, check, context):
        return False
    accepted = counting.get(identity(signoff.by))
    return accepted is None or accepted.at <= signoff.at


def _newest_of_each(signoffs: Iterable[Signoff]) -> dict[str, Signoff]:
    """Identity -> the newest acceptance of each person."""
    found: dict[str, Signoff] = {}
    for signoff in sorted(signoffs, key=_age_key):
        if signoff.decision is Decision.ACCEPT:
            found[identity(signoff.by)] = signoff
    return found


def _latest(signoffs: Iterable[Signoff]) -> list[Signoff]:
    return sorted(signoffs, key=_age_key, reverse=True)


def _is_superseded(signoff: Signoff, accepted: Mapping[str, Signoff]) -> bool:
    newest = accepted.get(identity(signoff.by))
    return newest is not None and newest != signoff and newest.at >= signoff.at


def _age_key(signoff: Signoff) -> tuple[object, ...]:
    # The rest only settles an order between entries of one moment, so that their place in the file means nothing.
    ends = signoff.expires.timestamp() if signoff.expires else 0.0
    proofs = tuple((proof.name, proof.sha256) for proof in signoff.evidence)
    return (signoff.at, signoff.text_digest, ends, proofs, signoff.by, signoff.target, signoff.note, signoff.decision)


def _told(signoff: Signoff, context: Context, verb: str) -> str:
    return f"{verb} {ago(context.now - signoff.at)} by {signoff.by}"


def _noted(signoff: Signoff) -> str:
    return f": {' '.join(signoff.note.split())}" if signoff.note.strip() else ""


def _unbound(signoff: Signoff) -> str:
    return "" if signoff.text_digest else " (not bound to the text of the check)"


def sign(result: CheckResult, ruling: Ruling) -> CheckResult:
    """A manual check's result as its sign-offs have it; one that ended as something else stays as it is."""
    if result.status not in _JUDGED:
        return result
    # What ended worse than the sign-offs have it was made so by something else, and pytest shows it so.
    if _JUDGED.index(result.status) > _JUDGED.index(ruling.status):
        return replace(result, signoffs=())
    return replace(result, status=ruling.status, reason=ruling.reason, signoffs=ruling.signoffs)


# -- waivers -----------------------------------------------------------------------------------------------------------


def waive(result: CheckResult, approvals: Approvals, context: Context) -> CheckResult:
    """The result with the waiver over it that counts; where none does, with the reason why not.

    The status stays as it is. What would not stop its phase stays untouched, and so does a check that was not there:
    NOT_RUN and BLOCKED cannot be waived.
    """
    own = [waiver for waiver in approvals.waivers if waiver.check == result.check.id]
    if not own or result.waived or result.status in NEVER_WAIVED or weigh(result) is Verdict.GO:
        return result
    counting = [waiver for waiver in own if not why_not(waiver, result, context)]
    if counting:
        chosen = max(counting, key=_waiver_key)
        return replace(result, flags=(*result.flags, Flag.WAIVED), waiver=chosen)
    why = why_not(max(own, key=_waiver_key), result, context)
    between = "\n" if "\n" in result.reason else "; "
    return replace(result, reason=between.join(filter(None, [result.reason, why])))


def why_not(waiver: Waiver, result: CheckResult, context: Context) -> str:
    """Why a waiver does not count for a result: `waiver_refusal`, or somebody has rejected the check since."""
    if why := waiver_refusal(waiver, result.check, context):
        return why
    since = [no for no in result.signoffs if no.decision is Decision.REJECT and no.at >= waiver.at]
    return f"the waiver of {waiver.by} does not count: {since[0].by} rejected it since" if since else ""


def waiver_refusal(waiver: Waiver, check: Check, context: Context) -> str:
    """Why a waiver does not count for a check, as a sentence without its full stop; empty where it does."""
    why = ""
    if not check.waivable:
        why = "the check may not be waived"
    elif waiver.release and waiver.release != context.release:
        why = f"it is for release {waiver.release}, this is {context.release}"
    elif waiver.at > context.now:
        why = f"it is dated {_moment(waiver.at)}, which is yet to come"
    elif context.now >= waiver.expires:
        why = f"it expired on {_moment(waiver.expires)}"
    else:
        # Who may not sign a manual check cannot get round that by waiving it.
        entitled = _not_entitled(waiver.by, check, context.policy) if check.kind is Kind.MANUAL else ""
        why = entitled or _same_eyes(waiver.by, context.policy)
    return f"the waiver of {waiver.by} does not count: {why}" if why else ""


def _waiver_key(waiver: Waiver) -> tuple[object, ...]:
    return (waiver.expires, waiver.at, waiver.by, waiver.reason, waiver.release, waiver.ticket)


# -- words -------------------------------------------------------------------------------------------------------------


def ago(age: timedelta) -> str:
    """``3 days ago``; ``in 2 h`` for what is yet to come."""
    return f"in {span(-age)}" if age < timedelta(0) else f"{span(age)} ago"


def span(length: timedelta) -> str:
    """``5 min``, ``24 h``, ``3 days``."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _moment(moment: datetime) -> str:
    # In the zone in which somebody wrote it.
    return f"{moment:%Y-%m-%d %H:%M %Z}".rstrip()
