"""The words of the project as types: statuses, verdicts, exit codes, checks and their results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Self


class Status(StrEnum):
    """How one check ended; exactly one."""

    PASS = "PASS"  # noqa: S105  # a status, not a password
    FAIL = "FAIL"
    ERROR = "ERROR"
    INCONCLUSIVE = "INCONCLUSIVE"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    SKIPPED = "SKIPPED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_RUN = "NOT_RUN"


class Flag(StrEnum):
    """What is said beside a status; any number."""

    WAIVED = "waived"
    ADVISORY = "advisory"
    FLAKY = "flaky"
    CARRIED = "carried"


class Verdict(StrEnum):
    """The decision on a phase or a release, from best to worst. ROLLBACK is a release's alone."""

    GO = "GO"
    HOLD = "HOLD"
    BLOCKED = "BLOCKED"
    INCOMPLETE = "INCOMPLETE"
    NO_GO = "NO-GO"
    ROLLBACK = "ROLLBACK"

    @property
    def rank(self) -> int:
        """0 for GO, rising with severity."""
        return _VERDICT_RANK[self]

    @property
    def opens(self) -> bool:
        """Whether the phases after this one may run."""
        return self in (Verdict.GO, Verdict.HOLD)


_VERDICT_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; INCOMPLETE when there are none, because nothing was decided."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.INCOMPLETE)


class ExitCode(IntEnum):
    """Every exit status of pytest and of the gate; `meaning` is what the README's table says."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    GO = 0, "everything selected is GO"
    NO_GO = 1, "a check failed or could not be evaluated"
    INTERRUPTED = 2, "pytest was interrupted, or collection failed"
    INTERNAL_ERROR = 3, "an internal error"
    USAGE_ERROR = 4, "the checklist, an option or a marker is wrong"
    NOTHING_SELECTED = 5, "pytest found nothing to run"
    MAX_WARNINGS = 6, "pytest's --max-warnings was exceeded"
    HOLD = 10, "nothing failed; a sign-off or more data is awaited"
    INCOMPLETE = 11, "checks are missing: skipped, deselected, not run, or the run died"
    BLOCKED = 12, "an earlier phase has not cleared the way"
    ROLLBACK = 13, "an immediate rollback trigger fired"
    INVALID = 14, "a record or evidence does not verify"


#: Worst first. A code that is not listed is another plugin's: it outranks GO and nothing else.
PRECEDENCE = (3, 4, 2, 13, 14, 1, 11, 12, 10, 6, 5)

_EXIT_OF_VERDICT = {
    Verdict.GO: ExitCode.GO,
    Verdict.HOLD: ExitCode.HOLD,
    Verdict.BLOCKED: ExitCode.BLOCKED,
    Verdict.INCOMPLETE: ExitCode.INCOMPLETE,
    Verdict.NO_GO: ExitCode.NO_GO,
    Verdict.ROLLBACK: ExitCode.ROLLBACK,
}


def exit_code_of(verdict: Verdict) -> ExitCode:
    """The exit status that says this verdict."""
    return _EXIT_OF_VERDICT[verdict]


def worst_exit(codes: Iterable[int]) -> int:
    """The exit status that wins among several; a foreign one beats only GO. No codes: INCOMPLETE."""
    # The system keeps the low byte only: 256 would arrive as 0.
    seen = [code if code == 0 or code & 0xFF else int(ExitCode.INCOMPLETE) for code in codes]
    for code in PRECEDENCE:
        if code in seen:
            return code
    return max(seen, key=abs, default=int(ExitCode.INCOMPLETE))


class Severity(StrEnum):
    """Whether a check can stop its phase."""

    BLOCKER = "blocker"
    ADVISORY = "advisory"


class Kind(StrEnum):
    """Who judges a check: a test, or a person."""

    AUTOMATED = "automated"
    MANUAL = "manual"


class Rollback(StrEnum):
    """What a failed check asks for after the launch."""

    IMMEDIATE = "immediate"
    PLANNED = "planned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """An ordered group of checks, known by its pytest marker."""

    marker: str
    title: str
    #: Whether this run was asked to decide it (``-m``).
    selected: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One item of the checklist, as declared, before any run."""

    id: str
    phase: str
    title: str
    kind: Kind = Kind.AUTOMATED
    severity: Severity = Severity.BLOCKER
    remediation: str = ""
    owner: str = ""
    mutating: bool = False
    rollback: Rollback | None = None
    #: How long a sign-off or a result stays good, where the checklist says so.
    valid: timedelta | None = None
    nodeid: str = ""
    #: ``file:line`` of the checklist line or of the test.
    source: str = ""
    target: str = ""
    #: Whether the Markdown box is ticked, which is no evidence.
    ticked: bool = False
    #: What stands under the line in the checklist, as Markdown: what a person who signs has read beside the title.
    text: str = ""
    #: How many people must sign it, where a person judges.
    signers: int = 1
    #: Whether a failure of it may be accepted by a waiver.
    waivable: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the check in a run: its id and its target."""
        return (self.id, self.target)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """A number a check saw, with the limits it was held against (both inclusive)."""

    name: str
    value: float
    unit: str = ""
    min: float | None = None
    max: float | None = None
    #: What the value was taken from, in the order of time: not held against the limits, but each a finite number.
    samples: tuple[float, ...] = ()

    @property
    def within(self) -> bool:
        """Whether the value keeps its limits; what is no finite number keeps none."""
        if not math.isfinite(self.value) or not all(map(math.isfinite, self.samples)):
            return False
        return (self.min is None or self.value >= self.min) and (self.max is None or self.value <= self.max)

    @property
    def fault(self) -> str:
        """What is wrong with it, as it follows its name; empty where nothing is."""
        if self.within:
            return ""
        return "breaks its limit" if all(map(math.isfinite, self.samples)) else "has a sample that is no number"

    def __str__(self) -> str:
        limits = [f"min {self.min:g}"] if self.min is not None else []
        limits += [f"max {self.max:g}"] if self.max is not None else []
        said = f" ({', '.join(limits)})" if limits else ""
        return f"{self.name} = {self.value:g}{' ' + self.unit if self.unit else ''}{said}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a check saw: a command with its output, a call with its answer, a text."""

    kind: str
    name: str
    text: str
    #: Of the whole as it stands beside the record, hexadecimal; empty where `text` is the whole.
    sha256: str = ""
    #: Bytes of that whole.
    size: int = 0


class Decision(StrEnum):
    """What a person says of a check."""

    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What a sign-off points to: a link, or a file as it was when it was signed."""

    #: A link, or a path relative to the folder of the approvals.
    name: str
    #: Of the file's bytes, hexadecimal; empty for a link.
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signoff:
    """A person's word on a manual check, for one release."""

    check: str
    by: str
    at: datetime
    release: str
    decision: Decision = Decision.ACCEPT
    note: str = ""
    evidence: tuple[Proof, ...] = ()
    expires: datetime | None = None
    #: Empty for every target.
    target: str = ""
    #: `pytest_deploycheck.core.approvals.text_digest` of the check as it was read; empty where nobody wrote it down.
    text_digest: str = ""
    #: ``file:line`` of the entry.
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """An accepted failure: who answers for it, why, until when."""

    check: str
    by: str
    at: datetime
    reason: str
    expires: datetime
    #: Empty for every release.
    release: str = ""
    ticket: str = ""
    #: ``file:line`` of the entry.
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Approvals:
    """The sign-offs and waivers of one file, in its order."""

    #: The file, as people name it; empty where there is none.
    path: str = ""
    #: sha256 of its bytes, hexadecimal; empty where there is none.
    digest: str = ""
    signoffs: tuple[Signoff, ...] = ()
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The rules under which sign-offs and waivers count, and what was found of the files they point to."""

    #: Whether the one who runs the gate must be another than the one who signs or waives.
    four_eyes: bool = False
    #: Who runs the gate, as a name or an address; empty where that was not asked for, or is not known.
    runner: str = ""
    #: Group, casefolded -> the addresses of its members; with any, an owner says who may sign.
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Name of a file of evidence -> sha256 of its bytes, hexadecimal; None where it cannot be read.
    proofs: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What one run knows of one check."""

    check: Check
    status: Status = Status.NOT_RUN
    reason: str = ""
    flags: tuple[Flag, ...] = ()
    duration_s: float = 0.0
    finished: datetime | None = None
    measurements: tuple[Measurement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    #: The run this result was taken from, where it is not this one.
    carried_from: str = ""
    #: The sign-offs that made the status, newest first.
    signoffs: tuple[Signoff, ...] = ()
    #: The waiver that stands over the status.
    waiver: Waiver | None = None

    @property
    def waived(self) -> bool:
        """Whether an accepted failure stands over the status."""
        return Flag.WAIVED in self.flags


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseResult:
    """The verdict on one phase, and why."""

    phase: Phase
    verdict: Verdict
    reason: str = ""
    counts: Mapping[Status, int] = field(default_factory=dict)
    #: The check that decided, where one did.
    cause: Check | None = None
    opened: datetime | None = None
    decided: datetime | None = None
    #: Why checks of it may be missing that nobody can list; empty where none can be.
    narrowed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """What somebody else adds to the report of a run: words, a table, or both. All of it is text."""

    title: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Everything one run knows: what every report is rendered from."""

    run_id: str
    release: str
    targets: tuple[str, ...]
    started: datetime
    finished: datetime | None
    verdict: Verdict
    selected_verdict: Verdict
    exit_code: int
    phases: tuple[PhaseResult, ...]
    checks: tuple[CheckResult, ...]
    environment: Mapping[str, str]
    #: What people must know beside the verdicts: narrowed runs, prerequisites that are not on record.
    notes: tuple[str, ...] = ()
    digest: str = ""
    #: The checks that had begun and not ended when the run was last heard of.
    in_flight: tuple[Check, ...] = ()
    #: The approvals as the run found them, whether or not they counted.
    approvals: Approvals = Approvals()
    #: The rules under which they counted.
    policy: Policy = Policy()
    #: What others added, in the order in which they did.
    sections: tuple[Section, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether the run came to its end; one that did not is never GO."""
        return self.finished is not None
