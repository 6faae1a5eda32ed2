"""Propose phases for a document that has none: which headings, under which markers, and the document with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from pytest_deploycheck.core.checklist import Checklist
from pytest_deploycheck.core.errors import ChecklistError
from pytest_deploycheck.markdown.comments import read_values
from pytest_deploycheck.markdown.document import LINE_END, Heading, Task, parse
from pytest_deploycheck.markdown.parser import Parser
from pytest_deploycheck.markdown.reader import read_document, refuse_marker

_LEVELS = range(1, 7)
#: A level at which one heading holds more than this part of many tasks divides too little.
_TOO_MUCH = 0.75
_MANY = 8
#: What a heading's words say of its place in a deployment; the first that fits counts.
_KNOWN_WORDS = tuple(
    (re.compile(words), marker)
    for words, marker in (
        (r"\bpre-? ?(flight|deploy\w*|launch|release)\b|^before (the |we |you )?(deploy|release|launch)", "preflight"),
        (r"\bpost-? ?(deploy\w*|launch|release)\b|^after (the |we |you )?(deploy|release|launch)", "postdeploy"),
        (r"\b24[ -]?h(ours?|rs?)?\b", "monitor24h"),
        (r"\bfirst week\b|\bweek (one|1)\b", "week1"),
        (r"\broll-? ?back\b", "rollback"),
        (r"\bsuccess criteria\b", "success"),
        (r"^communications?\b", "communication"),
        (r"^(deploy(ment|ing)?|go-? ?live|launch|roll-?out)( day)?$", "deploy"),
    )
)
_NUMBERED = re.compile(r"\bphase[ -]?(\d{1,2})\b")
_CLOSED = re.compile(r"(?P<text> {0,3}#{1,6}(?:[ \t]+.*?)??)(?P<close>[ \t]+#+)?(?P<space>[ \t]*)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")
#: What the heading says that is put above tasks without one.
_TITLE = "Checklist"
#: Its line: it stands above the first.
_TOP = 0
#: So many places are told of in a refusal.
_MOST_SLIPS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedPhase:
    """A heading, and the marker it carries or would carry."""

    marker: str
    title: str
    #: Its number in the document as it was given; 0 for the heading that is put at the top.
    line: int
    #: How many task-list lines it holds, those of phases within it not counted.
    tasks: int
    #: Whether its comment is still to be written.
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A document with a comment on each heading that is to be a phase; nothing else in it differs.

    Where tasks stand above every heading, one more is put at its top. Numbers of lines are those of the document as it
    was given.
    """

    text: str
    phases: tuple[ProposedPhase, ...]
    #: The heading that is put at the top, without its comment; empty for none.
    heading: str
    #: The id of the first line, for an example; empty where there is none.
    first_id: str
    #: ``file:line`` of each block that a run executes.
    running: tuple[str, ...]
    #: What nearly is a task, and no check: ``file:line: what it is; the way out``.
    loose: tuple[str, ...]
    shown_as: str

    def again(self) -> Proposal:
        """What is said of the document once it stands as proposed."""
        return propose(self.text, shown_as=self.shown_as)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placed:
    """A task that is in no phase yet, under the headings that hold it, outermost first."""

    task: Task
    chain: tuple[Heading, ...]


@dataclass(kw_only=True)
class _Draft:
    """Which headings carry which marker, by their line."""

    parts: Sequence[Heading | Task]
    existing: Mapping[int, str]
    chosen: dict[int, str] = field(default_factory=dict)

    def marker_of(self, heading: Heading) -> str | None:
        return self.existing.get(heading.line) or self.chosen.get(heading.line)

    def phases(self) -> dict[int, str]:
        """Line of each task -> its phase, as the reader would have it; empty for none."""
        found: dict[int, str] = {}
        phase, level = "", 0
        for part in self.parts:
            if isinstance(part, Task):
                found[part.line] = phase
            elif (marker := self.marker_of(part)) is not None:
                phase, level = marker, part.level
            elif part.level <= level:
                phase, level = "", 0
        return found


def propose(text: str, *, shown_as: str, level: int | None = None, named: Mapping[str, str] | None = None) -> Proposal:
    """Phases for the tasks that are in none: by the outermost heading level that divides them well, or by `level`.

    `named` gives headings, by their text, the markers they are to carry. What is in a phase already stays there, so
    that a second proposal changes nothing. Raises ``ChecklistError``.
    """
    parser = Parser()
    document = parse(text, shown_as=shown_as, parser=parser)
    loose = tuple(f"{shown_as}:{line}: {what}" for line, what in document.slips)
    if not any(isinstance(part, Task) for part in document.parts):
        raise ChecklistError(_no_tasks(shown_as, loose))
    parts = _under_headings(document.parts)
    draft = _Draft(parts=parts, existing=_existing(parts, shown_as))
    by_name = _found_by_name(draft, named or {}, shown_as)
    inside = draft.phases()
    waiting = [placed for placed in _placed(parts) if not inside[placed.task.line]]
    depth = level or _best_level([placed for placed in waiting if placed.chain[0].line != _TOP])
    owners = {placed.task.line: _owner(placed.chain, depth, by_name) for placed in waiting}
    _refuse_idle_names(by_name, draft, owners.values(), shown_as)
    _name(draft, {owner.line: owner for owner in owners.values() if owner.line not in draft.existing}, by_name)
    _mend(draft, waiting, owners)
    proposed = _with_comments(text, draft, document.matter)
    checklist = _read_back(proposed, draft, len(LINE_END.findall(text)), shown_as, parser)
    return Proposal(
        text=proposed,
        phases=_described(draft),
        heading=_hashes(parts[0]) if isinstance(parts[0], Heading) and parts[0].line == _TOP else "",
        first_id=checklist.lines[0].id if checklist.lines else "",
        running=tuple(block.source for blocks in checklist.blocks.values() for block in blocks),
        loose=loose,
        shown_as=shown_as,
    )


def _no_tasks(shown_as: str, loose: Sequence[str]) -> str:
    said = "it has no task-list lines; write items as `- [ ] The backup is taken`"
    return f"{shown_as}: {said}" + "".join(f"\n{slip}" for slip in loose[:_MOST_SLIPS])


def _under_headings(parts: Sequence[Heading | Task]) -> list[Heading | Task]:
    """The parts, with a heading above tasks that have none; the next one divides the document as it did."""
    if not parts or isinstance(parts[0], Heading):
        return list(parts)
    level = next((part.level for part in parts if isinstance(part, Heading)), 1)
    top = Heading(level=level, title=_TITLE, line=_TOP, last_line=_TOP, underlined=False, comments=())
    return [top, *parts]


def _hashes(heading: Heading) -> str:
    return f"{'#' * heading.level} {heading.title}"


def _existing(parts: Iterable[Heading | Task], shown_as: str) -> dict[int, str]:
    found = {}
    for part in parts:
        if isinstance(part, Heading):
            values = read_values(part.comments, where=f"{shown_as}:{part.line}", keys={"phase"})
            if "phase" in values:
                found[part.line] = values["phase"]
    return found


def _found_by_name(draft: _Draft, named: Mapping[str, str], shown_as: str) -> dict[int, str]:
    """Line -> marker for the headings that are called by their text: all of it, else a part that no other has."""
    headings = [part for part in draft.parts if isinstance(part, Heading)]
    found: dict[int, str] = {}
    for name, marker in named.items():
        refuse_marker(marker, shown_as)
        wanted = name.strip().casefold()
        hits = _called(wanted, (heading for heading in headings if heading.line != _TOP)) or _called(wanted, headings)
        if len(hits) != 1:
            said = "no heading" if not hits else f"{len(hits)} headings"
            known = "; ".join(heading.title for heading in headings)
            raise ChecklistError(f"{shown_as}: {said} can be meant by {name!r}; headings: {known}")
        carried = draft.marker_of(hits[0])
        if carried not in (None, marker):
            raise ChecklistError(
                f"{shown_as}:{hits[0].line}: this heading is the phase {carried} already; change its comment by hand"
            )
        found[hits[0].line] = marker
    return found


def _called(wanted: str, headings: Iterable[Heading]) -> list[Heading]:
    partly = [heading for heading in headings if wanted and wanted in heading.title.casefold()]
    return [heading for heading in partly if heading.title.casefold() == wanted] or partly


def _refuse_idle_names(by_name: Mapping[int, str], draft: _Draft, owners: Iterable[Heading], shown_as: str) -> None:
    needed = {*draft.existing, *(owner.line for owner in owners)}
    for line, marker in by_name.items():
        if line not in needed:
            raise ChecklistError(
                f"{shown_as}:{line}: no task line under this heading waits for a phase; leave {marker} away"
            )


def _placed(parts: Iterable[Heading | Task]) -> Iterable[_Placed]:
    chain: list[Heading] = []
    for part in parts:
        if isinstance(part, Task):
            yield _Placed(task=part, chain=tuple(chain))
        else:
            chain = [*(heading for heading in chain if heading.level < part.level), part]


def _best_level(tasks: Sequence[_Placed]) -> int:
    """The outermost level at which several headings hold tasks, none of them nearly all."""
    several = []
    for level in _LEVELS:
        counts = Counter(_owner(placed.chain, level, {}).line for placed in tasks)
        at_level = {heading.line for placed in tasks for heading in placed.chain if heading.level == level}
        if len(at_level & set(counts)) > 1:
            several.append(level)
            if len(tasks) < _MANY or max(counts.values()) <= _TOO_MUCH * len(tasks):
                return level
    return several[0] if several else min((placed.chain[0].level for placed in tasks), default=1)


def _owner(chain: Sequence[Heading], level: int, by_name: Mapping[int, str]) -> Heading:
    """The heading that is to be a task's phase: one that is named, else that of the level, else the nearest."""
    for heading in reversed(chain):
        if heading.line in by_name:
            return heading
    return next((heading for heading in chain if heading.level >= level), chain[-1])


def _name(draft: _Draft, owners: Mapping[int, Heading], by_name: Mapping[int, str]) -> None:
    said = {line: _from_words(heading.title) for line, heading in owners.items() if line not in by_name}
    taken = {*draft.existing.values(), *by_name.values()}
    for line in sorted(owners):
        marker = by_name.get(line) or _free(said[line], taken, {*taken, *said.values()})
        draft.chosen[line] = marker
        taken.add(marker)


def _free(said: str, taken: Collection[str], reserved: Collection[str]) -> str:
    """What the heading's words say, while nobody has it; else the next number of it, or of ``phase``."""
    if said and said not in taken:
        return said
    base, first = (said, 2) if said and not said[-1].isdigit() else ("phase", 1)
    return next(marker for number in count(first) if (marker := f"{base}{number}") not in reserved)


def _from_words(title: str) -> str:
    words = title.casefold().strip(" .:!")
    if numbered := _NUMBERED.search(words):
        return f"phase{int(numbered[1])}"
    return next((marker for pattern, marker in _KNOWN_WORDS if pattern.search(words)), "")


def _mend(draft: _Draft, tasks: Sequence[_Placed], owners: Mapping[int, Heading]) -> None:
    """Let a phase go on under a further heading where another one ends it before all its tasks have come."""
    wanted = {placed.task.line: draft.marker_of(owners[placed.task.line]) for placed in tasks}
    while True:
        inside = draft.phases()
        lost = next((placed for placed in tasks if inside[placed.task.line] != wanted[placed.task.line]), None)
        unmarked = [heading for heading in lost.chain if draft.marker_of(heading) is None] if lost else []
        if lost is None or not unmarked:
            return
        draft.chosen[unmarked[-1].line] = wanted[lost.task.line] or ""


def _with_comments(text: str, draft: _Draft, matter: int) -> str:
    lines = _LINE.findall(text)
    for part in draft.parts:
        if isinstance(part, Heading) and part.line in draft.chosen and part.line != _TOP:
            place = part.last_line - 1
            content = lines[place].rstrip("\r\n")
            marked = _with_comment(content, _comment(part, draft), underlined=part.underlined)
            lines[place] = marked + lines[place][len(content) :]
    top = draft.parts[0]
    if isinstance(top, Heading) and top.line == _TOP:
        newline = LINE_END.search(text)
        end = newline[0] if newline else "\n"
        before, after = end if matter else "", end if lines[matter].strip() else ""
        lines.insert(matter, f"{before}{_hashes(top)} {_comment(top, draft)}{end}{after}")
    return "".join(lines)


def _comment(heading: Heading, draft: _Draft) -> str:
    return f"<!-- deploycheck: phase={draft.chosen[heading.line]} -->"


def _with_comment(line: str, comment: str, *, underlined: bool) -> str:
    """The heading's line with the comment behind its text, before closing hashes, which are none elsewhere."""
    closed = None if underlined else _CLOSED.fullmatch(line)
    if closed is None:
        text = line.rstrip(" \t")
        return f"{text} {comment}{line[len(text) :]}"
    return f"{closed['text']} {comment}{closed['close'] or ''}{closed['space']}"


def _described(draft: _Draft) -> tuple[ProposedPhase, ...]:
    inside = Counter(draft.phases().values())
    first: dict[str, Heading] = {}
    for part in draft.parts:
        if isinstance(part, Heading) and (marker := draft.marker_of(part)) is not None:
            first.setdefault(marker, part)
    new = set(draft.chosen.values())
    return tuple(
        ProposedPhase(
            marker=marker,
            title=heading.title or marker,
            line=heading.line,
            tasks=inside[marker],
            new=marker in new,
        )
        for marker, heading in first.items()
    )


def _read_back(proposed: str, draft: _Draft, line_ends: int, shown_as: str, parser: Parser) -> Checklist:
    """The document as pytest would read it, with the numbers of its `line_ends` as it was given.

    Raises ``ChecklistError`` where it is not what was proposed.
    """
    document = parse(proposed, shown_as=shown_as, parser=parser).shifted(line_ends - len(LINE_END.findall(proposed)))
    checklist = read_document(document, shown_as=shown_as, digest="")
    expected = {*draft.existing.values(), *draft.chosen.values()}
    if {phase.marker for phase in checklist.phases} != expected or checklist.strays:
        raise ChecklistError(f"{shown_as}: these phases would not hold all its lines; choose others by --phase")
    return checklist
