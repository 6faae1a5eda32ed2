"""A checklist as data: its phases and lines, and how tests are bound to them."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from difflib import get_close_matches

from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.core.model import Check, Kind, Phase, Severity

#: What nearly is a line is told of so many times before a run.
_MOST_NOTES = 5
#: Markers that mean something else to pytest or to us.
_RESERVED = frozenset(
    {"check", "serial", "skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "timeout", "flaky"}
)
_NOT_A_WORD = re.compile(r"[^\w]+", re.UNICODE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block that runs on the target and judges its line by its exit status."""

    #: ``bash``, ``sh``, ``console`` or ``python``.
    language: str
    code: str
    #: ``file:line`` of the block.
    source: str
    timeout: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """A Markdown checklist as read: a person judges a line until a test carries its id, or a block under it runs."""

    path: str
    #: sha256 of the document's bytes, hexadecimal.
    digest: str
    phases: tuple[Phase, ...]
    lines: tuple[Check, ...]
    #: ``file:line`` of task-list lines that stand under no phase.
    strays: tuple[str, ...] = ()
    #: What nearly is a task-list line, and no check: ``file:line: what it is; the way out``.
    loose: tuple[str, ...] = ()
    #: Line id -> what runs under it, in order.
    blocks: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)

    def notes(self) -> Iterator[str]:
        """What whoever runs it must know: what of the document looks like a check and is none."""
        if self.strays:
            count = len(self.strays)
            told = f"{count} task lines stand" if count > 1 else "a task line stands"
            yield (
                f"no check: {told} under no phase's heading, the first at {self.strays[0]}; put "
                "<!-- deploycheck: phase=... --> on the heading"
            )
        yield from (f"no check: {slip}" for slip in self.loose[:_MOST_NOTES])
        if len(self.loose) > _MOST_NOTES:
            yield f"no check: {len(self.loose) - _MOST_NOTES} more places; `deploycheck lint` names them"


def slug(text: str) -> str:
    """A readable id from a label: lower case, words joined by hyphens, accents dropped, other scripts kept.

    >>> slug("Python Environment (3.8+)")
    'python-environment-3-8'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return _NOT_A_WORD.sub("-", unicodedata.normalize("NFC", plain).lower()).strip("-_")


def no_marker(text: str) -> str:
    """Why a text cannot be a phase's marker, and the way out; empty where it can.

    >>> no_marker("phase1")
    ''
    """
    if not text.isidentifier() or keyword.iskeyword(text) or text.startswith("_"):
        return f"{text!r} cannot be a pytest marker; use a Python name"
    if text in _RESERVED:
        return f"the marker {text!r} means something else to pytest; give the phase another"
    return ""


def base_id(check_id: str) -> str:
    """The checklist line a parametrised check stands for: its id without the ``[parameters]``."""
    return check_id.partition("[")[0]


def refuse_duplicates(checks: Iterable[Check]) -> None:
    """Raise ``ChecklistError`` when two checks have the same id on the same target."""
    seen: dict[tuple[str, str], Check] = {}
    for check in checks:
        first = seen.setdefault(check.key, check)
        if first is not check:
            raise ChecklistError(
                f"{check.source}: the id {check.id!r} is used twice (first at {first.source}); give each check an id "
                "of its own: a test by @pytest.mark.check('phase.name'), a checklist line by "
                "<!-- deploycheck: id=phase.name -->"
            )


def bind(checklist: Checklist, automated: Sequence[Check]) -> tuple[list[Check], list[Check]]:
    """Bind tests to the lines they carry: (checks by tests, lines that no test carries).

    The line gives the title; owner, remediation and the rest are the test's own where it says them, else the line's.
    A check is advisory, mutating or not to be waived when either side says so.

    Raises ``ChecklistError`` for a test whose id is in no line, in a line of another phase, or in one whose own block
    runs.
    """
    by_id = {line.id: line for line in checklist.lines}
    bound: list[Check] = []
    carried: set[str] = set()
    for check in automated:
        line = by_id.get(base_id(check.id))
        if line is None:
            raise ChecklistError(
                f"{check.source}: the check id {check.id!r} is in no line of {checklist.path}; add the line, or give "
                f"the test the id of the line it automates{_renamed_hint(check, checklist, automated)}"
            )
        if check.phase != line.phase:
            raise ChecklistError(
                f"{check.source}: {check.id!r} is marked {check.phase}, but its line at {line.source} belongs to "
                f"{line.phase}; mark the test with @pytest.mark.{line.phase}"
            )
        if line.id in checklist.blocks:
            raise ChecklistError(
                f"{check.source}: {check.id!r} is automated twice: by this test, and by the block at "
                f"{checklist.blocks[line.id][0].source}; take `check` out of the block's first line, or drop the test"
            )
        carried.add(line.id)
        bound.append(_merge(check, line))
    return bound, [line for line in checklist.lines if line.id not in carried]


def _renamed_hint(check: Check, checklist: Checklist, automated: Iterable[Check]) -> str:
    """The line that the test may have lost because somebody changed its words; empty where none is like it."""
    own = base_id(check.id)
    carried = {base_id(other.id) for other in automated}
    free = {line.id: line for line in checklist.lines if line.phase == check.phase and line.id not in carried}
    near = get_close_matches(own, free, n=1)
    if not near:
        return ""
    return f"; if it is the line at {free[near[0]].source}, reworded, put <!-- deploycheck: id={own} --> on that line"


def _merge(check: Check, line: Check) -> Check:
    parameters = check.id[len(line.id) :]
    return replace(
        check,
        title=f"{line.title} {parameters}".strip(),
        kind=Kind.AUTOMATED,
        severity=Severity.ADVISORY if Severity.ADVISORY in (check.severity, line.severity) else Severity.BLOCKER,
        owner=check.owner or line.owner,
        remediation=check.remediation or line.remediation,
        mutating=check.mutating or line.mutating,
        rollback=check.rollback or line.rollback,
        valid=check.valid or line.valid,
        source=line.source,
        ticked=line.ticked,
        text=line.text,
        signers=max(check.signers, line.signers),
        waivable=check.waivable and line.waivable,
    )
