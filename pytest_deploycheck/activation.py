"""From a collection to an active gate: what cannot be meant is refused, the plan is made, the order settled."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.clock import now
from pytest_deploycheck.markers import place
from pytest_deploycheck.observer import Observer
from pytest_deploycheck.plan import Plan, build_plan, check_of, select, usage_errors
from pytest_deploycheck.redaction import hide_secrets_in_names, redactor_of
from pytest_deploycheck.session import GateSession
from pytest_deploycheck.settings import settings_of
from pytest_deploycheck.target.spec import read_spec


def activate(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Build the plan from the collected items and register the gate; a user's mistake is a usage error."""
    config = session.config
    # Items stay until the end: the garbage collector need not look at ten thousands of them again and again.
    gc.freeze()
    remove_last_reports(config)
    refuse_blindness(config)
    collected, plan = make_plan(session, items)
    gate = config.stash[keys.gate_key] = GateSession(config, settings_of(config), now)
    keys.register(config, gate, keys.GATE)
    keys.register(config, Planner(gate.plan_is_made, plan, collected), "deploycheck-planner")
    keys.register(config, Observer(gate, now), keys.OBSERVER)


def remove_last_reports(config: pytest.Config) -> None:
    """What an earlier run left must not be taken for this one's, should this one be refused."""
    with usage_errors():
        settings = settings_of(config)
    if keys.is_collecting(config):
        return
    for path in (settings.report, settings.json, settings.summary):
        # Writing there comes next; whoever forbids it is told then.
        with suppress(OSError):
            if path is not None and path.is_file():
                path.unlink()


def refuse_blindness(config: pytest.Config) -> None:
    """Without these a check can pass that asserted nothing."""
    if sys.flags.optimize:
        raise pytest.UsageError(
            "deploycheck: Python runs with -O (PYTHONOPTIMIZE), which removes every assert; run without"
        )
    for name in ("warnings", "threadexception", "unraisableexception", "skipping"):
        if not config.pluginmanager.hasplugin(name):
            raise pytest.UsageError(
                f"deploycheck: pytest's plugin {name!r} is switched off, which tells of checks that judged nothing; "
                f"run without -p no:{name}"
            )


def make_plan(session: pytest.Session, items: list[pytest.Item]) -> tuple[list[pytest.Item], Plan]:
    """Every item that was collected, and the plan of them; `items` is changed in place.

    An item that another plugin has dropped by now stays in the denominator.
    """
    config = session.config
    staying = {id(item) for item in items}
    dropped = [item for item in config.stash[keys.watch_key].items if id(item) not in staying]
    collected = [*items, *dropped]
    titles = config.stash[keys.phase_titles_key]
    with usage_errors():
        settings = settings_of(config)
        for spec in settings.targets:
            read_spec(spec, base=settings.root)
        hide_secrets_in_names(collected, redactor_of(config))
        plan = build_plan(
            session,
            collected,
            checklist=config.stash[keys.checklist_key],
            titles=titles,
            targets=settings.targets,
        )
    gone = {id(item) for item in dropped}
    items[:] = [item for item in collected if id(item) not in gone]
    return collected, plan


class Planner:
    """Settles the plan when everybody has had a say in the collection."""

    def __init__(
        self, plan_is_made: Callable[[pytest.Session, Plan], None], plan: Plan, collected: list[pytest.Item]
    ) -> None:
        self._plan_is_made = plan_is_made
        self._plan = plan
        self._collected = collected

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Sort the items by phase, after every plugin that shuffles, and see what is still there."""
        config = session.config
        session.items.sort(key=self._plan.rank)
        _refuse_latecomers(session.items, self._plan)
        plan = select(config, self._plan, self._collected, session.items)
        if not plan.narrowed and (missed := config.stash[keys.watch_key].failures):
            why = f"a collection that failed: {missed[0]}"
            plan.narrowed.update({phase.marker: why for phase in plan.phases if phase.selected})
        self._collected = []
        self._plan_is_made(session, plan)


def _refuse_latecomers(items: Sequence[pytest.Item], plan: Plan) -> None:
    known = {"check", *(phase.marker for phase in plan.phases)}
    seen: set[tuple[str, str]] = set()
    for item in items:
        check = check_of(item)
        if check is None and any(mark.name in known for mark in item.iter_markers()):
            raise pytest.UsageError(
                f"{place(item)}: {item.nodeid} was marked as a check after the collection; mark it where it stands"
            )
        if check is not None and check.key in seen:
            raise pytest.UsageError(
                f"{place(item)}: {item.nodeid} stands in the collection twice; find the plugin or the conftest.py "
                "that repeats items"
            )
        if check is not None:
            seen.add(check.key)
