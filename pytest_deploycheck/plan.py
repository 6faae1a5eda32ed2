"""What a run would do: the phases, the denominator of checks, and what of it was selected."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pytest_deploycheck import commands, keys, manual, markers, redaction
from pytest_deploycheck.core.checklist import Checklist, base_id, bind, no_marker, refuse_duplicates
from pytest_deploycheck.core.errors import ChecklistError, DeployCheckError, SettingsError
from pytest_deploycheck.core.model import Check, Kind, Phase
from pytest_deploycheck.core.redact import redactor, secrets_in
from pytest_deploycheck.hidden import refuse_hidden_checks, refuse_void_assertions, refuse_void_helpers
from pytest_deploycheck.written import marked_elsewhere, sources_of

check_key = pytest.StashKey[Check]()


@contextmanager
def usage_errors() -> Iterator[None]:
    """A user's mistake becomes ``pytest.UsageError``: one line, exit 4, no traceback."""
    try:
        yield
    except DeployCheckError as error:
        # What is wrong is quoted, and may be a target's specification with a password in it.
        raise pytest.UsageError(redactor(secrets_in(os.environ))(str(error))) from error


def check_of(item: pytest.Item) -> Check | None:
    """The check that an item is, once the gate is active."""
    return item.stash.get(check_key, None)


@dataclass(kw_only=True)
class Plan:
    """The denominator of a run: every check that must be accounted for, whatever becomes of it."""

    phases: list[Phase]
    checks: list[Check]
    checklist: Checklist | None = None
    #: Reason -> keys of checks that no item stands for.
    absent: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    #: Phase -> why checks of it may be missing that nobody can list.
    narrowed: dict[str, str] = field(default_factory=dict)
    #: Phase -> why whole phases before it may be missing that nobody declared.
    unseen: dict[str, str] = field(default_factory=dict)
    #: What identifies the Markdown checklist's text; empty without one.
    digest: str = ""

    def partial(self, marker: str) -> str:
        """Why checks before this phase may be missing that nobody can list; empty when none can be."""
        return self.narrowed.get(marker, "") or self.unseen.get(marker, "")

    def rank(self, item: pytest.Item) -> int:
        """The place of an item's phase; items of no phase come last."""
        check = check_of(item)
        return len(self.phases) if check is None else self._ranks[check.phase]

    def __post_init__(self) -> None:
        self._ranks = {phase.marker: rank for rank, phase in enumerate(self.phases)}


def declared_phases(config: pytest.Config) -> tuple[Checklist | None, dict[str, str]]:
    """The checklist and the phases (marker -> title, in order) that the ini file declares."""
    with usage_errors():
        lines = [_phase_line(line) for line in config.getini("deploycheck_phases")]
        titles = dict(lines)
        for marker in titles:
            if sum(marker == other for other, _ in lines) > 1:
                raise SettingsError(
                    f"ini key deploycheck_phases: the phase {marker!r} stands there twice; keep one line"
                )
        path = config.getini("deploycheck_checklist")
        if not path:
            return None, titles
        from pytest_deploycheck.markdown import read_checklist

        checklist = read_checklist(config.rootpath / path, shown_as=path)
        in_document = {phase.marker: phase.title for phase in checklist.phases}
        for marker in in_document:
            if titles and marker not in titles:
                raise ChecklistError(
                    f"{path}: the phase {marker!r} is not in the ini list deploycheck_phases; add it there"
                )
        return checklist, {marker: in_document.get(marker, titles.get(marker, "")) for marker in titles or in_document}


def reach_checklist(config: pytest.Config, checklist: Checklist) -> None:
    """Let a plain ``pytest`` look at a checklist that lies beside everything it looks at."""
    if manual.is_plain(config) and not hasattr(config, "workerinput"):
        path = manual.checklist_path(config, checklist)
        if not any(path.is_relative_to(config.invocation_params.dir / arg) for arg in config.args):
            config.args.append(str(path))


def _phase_line(line: str) -> tuple[str, str]:
    marker, _, title = (part.strip() for part in line.partition(":"))
    if not marker.isidentifier():
        raise SettingsError(f'ini key deploycheck_phases: {line!r} is not "marker: title" with a Python name as marker')
    if why := no_marker(marker):
        raise SettingsError(f"ini key deploycheck_phases: {why}")
    return marker, title or marker


def build_plan(
    session: pytest.Session,
    items: list[pytest.Item],
    *,
    checklist: Checklist | None,
    titles: Mapping[str, str],
    targets: Sequence[str],
) -> Plan:
    """Bind the collected items to checks and to the checklist's lines; `items` is changed in place.

    Manual items come and go here: a line that a test carries loses its own item, a line whose item the command line's
    arguments did not reach gets one. Raises ``ChecklistError`` for what cannot be meant.
    """
    names = list(titles) or markers.phase_names(items)
    shown = redaction.shown_targets(session.config)
    _refuse_hidden(session.config, items, names)
    automated: list[Check] = []
    for item in items:
        if not isinstance(item, commands.LineItem):
            check = markers.read_check(item, names, checklist, *_target_of(item, targets, shown))
            if check is not None:
                item.stash[check_key] = check
                automated.append(check)
    checks = automated
    absent: dict[str, list[tuple[str, str]]] = {}
    if checklist is not None:
        checks, absent = _with_lines(session, items, checklist, automated, shown)
    refuse_duplicates(checks)
    phases = [Phase(marker=name, title=titles.get(name, name)) for name in names]
    digest = checklist.digest if checklist else ""
    return Plan(phases=phases, checks=checks, checklist=checklist, absent=absent, digest=digest)


def _refuse_hidden(config: pytest.Config, items: Sequence[pytest.Item], phases: Sequence[str]) -> None:
    marks = frozenset({"check", *phases})
    checks: dict[Path, list[Callable[..., object]]] = {path: [] for path in _collected_files(config)}
    for item in items:
        if isinstance(item, pytest.Function):
            checks.setdefault(item.path, [])
        if not isinstance(item, commands.LineItem) and any(mark.name in marks for mark in item.iter_markers()):
            function = item.function if isinstance(item, pytest.Function) else type(item)
            checks.setdefault(item.path, []).append(function)
    if getattr(config.option, "lf", False) or any("::" in str(arg) for arg in config.args):
        refuse_void_assertions(checks, config.rootpath)  # only a part of each file was asked for
    else:
        refuse_hidden_checks(checks, markers=marks, root=config.rootpath)
    refuse_void_helpers(checks, config.rootpath)


def _collected_files(config: pytest.Config) -> list[Path]:
    return [config.rootpath / module for module in config.stash[keys.watch_key].modules]


def _with_lines(
    session: pytest.Session,
    items: list[pytest.Item],
    checklist: Checklist,
    automated: Sequence[Check],
    targets: Sequence[str],
) -> tuple[list[Check], dict[str, list[tuple[str, str]]]]:
    bound, left = bind(checklist, automated)
    open_lines = [line for line in left if line.id not in checklist.blocks]
    by_key = {check.key: check for check in bound}
    for item in items:
        if (own := check_of(item)) is not None:
            item.stash[check_key] = by_key[own.key]
            if item.get_closest_marker(own.phase) is None:
                item.add_marker(own.phase)
    target = _sole(targets)
    elsewhere = manual.automated_elsewhere(session.config, {line.id for line in open_lines})
    waiting = {line.id for line in open_lines if line.id not in elsewhere}
    people = _settle_manual_items(session, items, checklist, waiting=waiting, target=target)
    missing = [replace(line, kind=Kind.AUTOMATED, target=target) for line in open_lines if line.id in elsewhere]
    running, absent = _settle_commands(items, checklist, targets)
    for check in missing:
        reason = f"automated by {elsewhere[check.id]}, which this run did not collect"
        absent.setdefault(reason, []).append(check.key)
    order = {line.id: place for place, line in enumerate(checklist.lines)}
    return sorted([*bound, *people, *missing, *running], key=lambda check: order[base_id(check.id)]), absent


def _settle_commands(
    items: Sequence[pytest.Item], checklist: Checklist, targets: Sequence[str]
) -> tuple[list[Check], dict[str, list[tuple[str, str]]]]:
    """The checks of the lines with blocks that run, on every target; and why some have no item."""
    present = {(item.line.id, item.place): item for item in items if isinstance(item, commands.CommandItem)}
    checks = []
    absent: dict[str, list[tuple[str, str]]] = {}
    lines = {line.id: line for line in checklist.lines if line.id in checklist.blocks}
    for line in lines.values():
        for place, target in enumerate(targets or ("",)):
            item = present.get((line.id, place))
            check = replace(line, target=target, nodeid=item.nodeid if item else "")
            checks.append(check)
            if item is not None:
                item.stash[check_key] = check
            else:
                source = checklist.blocks[line.id][0].source
                reason = f"run by its block at {source}, which this run did not collect; name {checklist.path} to it"
                absent.setdefault(reason, []).append(check.key)
    return checks, absent


def _settle_manual_items(
    session: pytest.Session,
    items: list[pytest.Item],
    checklist: Checklist,
    *,
    waiting: set[str],
    target: str,
) -> list[Check]:
    """Leave exactly one item for each line that only a person can judge; returns their checks."""
    present = [item for item in items if isinstance(item, manual.ManualItem)]
    if waiting - {item.line.id for item in present}:
        present = [item for item in manual.items_of(session, checklist) if isinstance(item, manual.ManualItem)]
    present = [item for item in present if item.line.id in waiting]
    items[:] = [*(item for item in items if not isinstance(item, manual.ManualItem)), *present]
    for item in present:
        item.stash[check_key] = replace(item.line, nodeid=item.nodeid, target=target)
    return [item.stash[check_key] for item in present]


def _sole(targets: Sequence[str]) -> str:
    return targets[0] if len(targets) == 1 else ""


def _target_of(item: pytest.Item, targets: Sequence[str], shown: Sequence[str]) -> tuple[str, str]:
    """The target an item runs on and the rest of its parametrisation, ``"[a-1]"`` or empty."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return _sole(shown), ""
    target = callspec.params.get("target")
    if len(targets) < 2 or target not in targets:
        return _sole(shown), f"[{callspec.id}]"
    # The target is a field of its own: the id stays the same on each.
    rest = "-".join(part for part in callspec.id.split("-") if part != target_id(targets, target))
    return shown[targets.index(target)], f"[{rest}]" if rest else ""


def target_id(targets: Sequence[str], target: str) -> str:
    """How a target is called in node ids, where there are several."""
    return f"target{targets.index(target)}"


def select(config: pytest.Config, plan: Plan, collected: Sequence[pytest.Item], kept: Sequence[pytest.Item]) -> Plan:
    """The plan with what this run was asked to decide: phases by ``-m``, and why a check has no item any more."""
    chosen = _phases_chosen(config, plan, collected)
    staying = {id(item) for item in kept}
    absent = {reason: list(keys) for reason, keys in plan.absent.items()}
    for item in collected:
        check = check_of(item)
        if check is not None and id(item) not in staying:
            reason = "deselected" if check.phase in chosen else "its phase was not selected"
            absent.setdefault(reason, []).append(check.key)
    phases = [replace(phase, selected=phase.marker in chosen) for phase in plan.phases]
    touched = {check.phase for check in map(check_of, kept) if check is not None}
    why = _narrowing(config)
    if plan.checklist is not None:
        # Every line is listed, so only the parameters of a test can go missing unseen.
        touched &= {check.phase for check in plan.checks if "[" in check.id}
    narrowed = dict.fromkeys(touched, why) if why else {}
    for marker, place in _parameters_elsewhere(config, plan, collected).items():
        narrowed.setdefault(marker, f"a file that was not collected ({place})")
    unseen: dict[str, str] = {}
    if plan.checklist is None:
        # No list says what there should be: look for marks in the files that were left out.
        elsewhere = _marked_elsewhere(config, plan, collected)
        for marker in touched & set(elsewhere):
            narrowed.setdefault(marker, f"a file that was not collected ({elsewhere[marker]})")
        unseen = _unseen(plan, elsewhere)
    return replace(plan, phases=phases, absent=absent, narrowed=narrowed, unseen=unseen)


def _marked_elsewhere(config: pytest.Config, plan: Plan, items: Iterable[pytest.Item]) -> dict[str, str]:
    """Phase -> ``file:line`` of a mark of it in a Python file of the project that was not collected."""
    of_checks = {check.nodeid.partition("::")[0] for check in plan.checks}
    known = {*_collected_files(config), *(config.rootpath / file for file in of_checks)}
    left_out = (path for path in manual.python_files(config) if path not in known)
    names = "|".join([r"phase\d+", *(re.escape(phase.marker) for phase in plan.phases)])

    def functions() -> Iterator[Callable[..., object]]:
        return (item.function for item in items if isinstance(item, pytest.Function) and check_of(item) is not None)

    found = marked_elsewhere(left_out, names, functions)
    return {marker: os.path.relpath(place, config.rootpath) for marker, place in found.items()}


def _parameters_elsewhere(config: pytest.Config, plan: Plan, items: Iterable[pytest.Item]) -> dict[str, str]:
    """Phase -> ``file:line`` of a test, in a file that was not collected, of a line that has tests with parameters."""
    if plan.checklist is None:
        return {}
    phases = {base_id(check.id): check.phase for check in plan.checks if "[" in check.id}
    functions = [item.function for item in items if phases and isinstance(item, pytest.Function) and check_of(item)]
    found = manual.automated_elsewhere(config, set(phases), besides={*_collected_files(config), *sources_of(functions)})
    return {phases[line]: place for line, place in found.items()}


def _unseen(plan: Plan, elsewhere: Mapping[str, str]) -> dict[str, str]:
    """For numbered phases nobody declared: an earlier one that only a file has which was not collected."""
    numbers = {name: int(found[1]) for name in elsewhere if (found := markers.NUMBERED_PHASE.fullmatch(name))}
    known = {phase.marker for phase in plan.phases}
    missing = {name: number for name, number in numbers.items() if name not in known}
    unseen = {}
    for phase in plan.phases:
        own = markers.NUMBERED_PHASE.fullmatch(phase.marker)
        for name, number in missing.items():
            if own and number < int(own[1]):
                unseen[phase.marker] = f"leaving out {elsewhere[name]}, which has checks of {name}"
    return unseen


def _narrowing(config: pytest.Config) -> str:
    """Why checks may be missing that were never collected, as people would say it; empty when none can be."""
    options = config.option
    reasons = (
        ("a node id", any("::" in str(arg) for arg in config.args)),
        ("--lf", getattr(options, "lf", False)),
        ("--sw", getattr(options, "stepwise", False)),
        ("--ignore", options.ignore),
        ("--ignore-glob", options.ignore_glob),
        ("--deselect", options.deselect),
    )
    return ", ".join(name for name, given in reasons if given)


def _phases_chosen(config: pytest.Config, plan: Plan, items: Iterable[pytest.Item]) -> set[str]:
    """The phases that ``-m`` asks for: those it would choose by the phase's marker alone, or by one of their checks."""
    expression = config.option.markexpr
    if not expression:
        return {phase.marker for phase in plan.phases}
    from _pytest.mark import MarkMatcher
    from _pytest.mark.expression import Expression

    try:
        compiled = Expression.compile(expression)
    except SyntaxError as error:
        # pytest has refused it by now, and goes on to the end of the collection all the same.
        raise pytest.UsageError(f"Wrong expression passed to '-m': {expression}: {error}") from error
    chosen = {phase.marker for phase in plan.phases if compiled.evaluate(_named(phase.marker))}
    for item in items:
        check = check_of(item)
        if check is not None and check.phase not in chosen:
            chosen.update([check.phase] if compiled.evaluate(MarkMatcher.from_markers(item.iter_markers())) else [])
    return chosen


def _named(marker: str) -> Any:
    def matches(name: str, /, **arguments: object) -> bool:
        return name == marker and not arguments

    return matches
