"""What is wrong with a checklist before anybody runs it: lines that say too little, and answers that nobody needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pytest_deploycheck.core.checklist import base_id
from pytest_deploycheck.core.model import Check, Kind, Waiver
from pytest_deploycheck.core.shell import unseen_failures
from pytest_deploycheck.core.standing import Standing, Worth
from pytest_deploycheck.core.trace import Trace


class Rule(StrEnum):
    """What is looked for; the words are those of the command line."""

    TICKED = "ticked"
    VAGUE = "vague-title"
    NO_OWNER = "no-owner"
    NO_REMEDIATION = "no-remediation"
    COMMAND = "manual-command"
    UNSEEN = "unseen-failure"
    STRAY = "stray"
    LOOSE = "nearly-a-line"
    RENAMED = "renamed"
    CHANGED = "changed"
    WAIVER = "waiver-to-remove"
    APPROVAL = "approval"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to mend: where it is, what is wrong, and the way out."""

    rule: Rule
    #: The id of the check; empty where there is none.
    check: str
    #: ``file:line``.
    source: str
    what: str
    advice: str


_WORD = re.compile(r"[^\W_]+")
#: Words that say nothing of what is to be true. A title that has no others is vague.
VAGUE_WORDS = frozenset(
    _WORD.findall(
        "all and any are be been check checked checks complete completed confirm confirmed do does done ensure etc "
        "every everything fine for good in is it item items looks make misc miscellaneous of ok okay on other others "
        "ready stuff sure task tasks test tested tests that the thing things this to validate validated verify "
        "verified was work working works"
    )
)
_UNFINISHED = re.compile(r"\b(?:TODO|TBD|FIXME|XXX)\b|\?\?\?")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})", re.MULTILINE)
#: Where scripts begin that write no spaces between words.
_NO_SPACES = "\u0e00"


def vague(title: str) -> str:
    """Why a title says too little, as a clause; empty where it does not.

    It is one word, or only words of `VAGUE_WORDS`, or it says itself that it is not finished.
    """
    if found := _UNFINISHED.search(title):
        return f"it says {found.group()}"
    words = [word.lower() for word in _WORD.findall(title)]
    if len(words) == 1 and not any(char >= _NO_SPACES for char in words[0]):
        return "it is one word"
    return "none of its words says what is to be true" if all(word in VAGUE_WORDS for word in words) else ""


def lint(
    checks: Iterable[Check],
    *,
    strays: Iterable[str] = (),
    loose: Iterable[str] = (),
    trace: Trace | None = None,
    standings: Iterable[Standing] = (),
    release: str = "",
) -> tuple[Finding, ...]:
    """What is to be mended in a plan, in checklist order.

    `strays` and `loose` are the checklist's own (``Checklist``).
    `trace` compares it with what was on record, `standings` are what its approvals are worth for the `release`.
    """
    lines: dict[str, Check] = {}
    for check in checks:
        lines.setdefault(base_id(check.id), check)
    found = [finding for check in lines.values() for finding in _of_line(check)]
    found += (
        Finding(
            rule=Rule.STRAY,
            check="",
            source=source,
            what="the task line stands under no phase's heading: nobody runs it, nobody signs it",
            advice="put <!-- deploycheck: phase=... --> on its heading, or make it a plain list item",
        )
        for source in strays
    )
    found += map(_of_slip, loose)
    found += _of_trace(trace) if trace else ()
    return (*found, *(finding for standing in standings for finding in _of_standing(standing, set(lines), release)))


def _of_line(check: Check) -> Iterator[Finding]:
    manual = check.kind is Kind.MANUAL

    def finding(rule: Rule, what: str, advice: str) -> Finding:
        return Finding(rule=rule, check=check.id, source=check.source, what=what, advice=advice)

    if check.ticked:
        yield finding(Rule.TICKED, "the box is ticked, which is no evidence", _for_ticked(check))
    if why := vague(check.title):
        yield finding(Rule.VAGUE, f"the title {check.title!r} is vague: {why}", "say what is to be true, and where")
    if manual and not check.owner:
        yield finding(
            Rule.NO_OWNER,
            "nobody is named who signs it",
            'add owner="..." to its comment',
        )
    if not manual and not check.remediation:
        yield finding(
            Rule.NO_REMEDIATION, "who sees it fail is not told what to do", 'add remediation="..." to test or line'
        )
    if manual and _FENCE.search(check.text):
        yield finding(
            Rule.COMMAND,
            "a person signs it, and a block of commands stands under it",
            "let it run by itself: write the block's info string as `bash check`",
        )

    if not manual:
        for what, advice in unseen_failures(check.text):
            yield finding(Rule.UNSEEN, what, advice)


def _of_slip(slip: str) -> Finding:
    source, _, told = slip.partition(": ")
    what, _, advice = told.rpartition("; ")
    return Finding(rule=Rule.LOOSE, check="", source=source, what=what, advice=advice)


def _for_ticked(check: Check) -> str:
    return f"write [ ], and sign it: deploycheck sign {check.id}" if check.kind is Kind.MANUAL else "write [ ]"


def _of_trace(trace: Trace) -> Iterator[Finding]:
    for line in trace.lines:
        if line.renamed_from:
            yield Finding(
                rule=Rule.RENAMED,
                check=line.id,
                source=line.source,
                what=f"it stands where {line.renamed_from} stood, which is gone: its sign-offs and history are lost",
                advice=f"if it is the same item, add {line.proposal} to the line",
            )
        elif line.was and line.automated:
            yield Finding(
                rule=Rule.CHANGED,
                check=line.id,
                source=line.source,
                what=f"its words have changed since the last run; they were: {line.was}",
                advice=f"see that {', '.join(line.tests) or 'its test'} still checks what it says, and run it",
            )


def _of_standing(standing: Standing, known: set[str], release: str) -> Iterator[Finding]:
    """Entries that are of no use any more. Sign-offs of other releases are history, and stay."""
    entry = standing.entry
    unknown = base_id(entry.check) not in known
    # A waiver of a check that has not run yet may still be needed.
    fine = (Worth.COUNTED, Worth.UNUSED) if isinstance(entry, Waiver) else (Worth.COUNTED,)
    if not unknown and (standing.worth in fine or entry.release not in ("", release)):
        return
    what = f"no check is called {entry.check!r}" if unknown else standing.why
    remove = unknown or isinstance(entry, Waiver)
    advice = "remove the entry" if remove else f"have it signed anew: deploycheck sign {entry.check}"
    rule = Rule.WAIVER if isinstance(entry, Waiver) else Rule.APPROVAL
    yield Finding(rule=rule, check=entry.check, source=entry.source, what=what, advice=advice)
