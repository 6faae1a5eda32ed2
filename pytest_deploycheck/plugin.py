"""The pytest entry point: options, markers, and the decision whether the gate is active.

This module is imported by every pytest start, so it imports pytest alone; everything else is loaded when a collected
test turns out to belong to a phase.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck import keys

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.core.checklist import Checklist
    from pytest_deploycheck.worker import Worker

_NUMBERED_PHASE = re.compile(r"phase\d+")
#: Markers that are registered when nobody configured phases, so that `phase1 ... phase20` need no ini at all.
_NUMBERED_MARKERS = range(1, 21)

#: pytest's options that only tell something and run nothing.
_INFORMING = ("help", "version", "markers", "cacheshow", *keys.COLLECTING)

_CHECK_MARKER = (
    "check(id, *, title, severity, remediation, owner, mutating, rollback, waivable): "
    "this test is an item of the deployment checklist"
)


_SERIAL_MARKER = "serial: with pytest-xdist, nothing else runs beside this check"


class CollectionWatch:
    """Remembers what was collected and what could not be: checks may be missing that nobody else will miss."""

    def __init__(self, titles: dict[str, str]) -> None:
        self._titles = titles
        #: What failed or was skipped as a whole.
        self.failures: list[str] = []
        #: The node ids of the Python files.
        self.modules: list[str] = []
        #: Every item, also those that a plugin drops later.
        self.items: list[pytest.Item] = []
        #: Whether one of them belongs to a phase: then the gate is active.
        self.found_checks = False
        #: Whether the collection came to its end: it is known whether there is anything to gate.
        self.finished = False

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note an item before anybody can drop it or take its marks away."""
        self.items.append(item)
        self.found_checks = self.found_checks or _is_check(item, self._titles)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that failed or was skipped as a whole."""
        if report.nodeid.endswith(".py") and report.passed:
            self.modules.append(report.nodeid)
        if report.outcome != "passed":
            self.failures.append(f"{report.nodeid or 'the session'} ({report.outcome})")
        if self.found_checks:
            # Items stay until the end: the garbage collector need not look at thousands of them again and again.
            gc.freeze()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register what conftests and other plugins may implement."""
    from pytest_deploycheck import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, and their keys in the ini file."""
    from pytest_deploycheck import options

    options.add_to(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; read the checklist, where one is configured, so that its mistakes show at once."""
    from pytest_deploycheck import fixtures

    keys.register(config, fixtures, "deploycheck-fixtures")
    config.addinivalue_line("markers", _CHECK_MARKER)
    config.addinivalue_line("markers", _SERIAL_MARKER)
    checklist: Checklist | None = None
    titles: dict[str, str] = {}
    if config.getini("deploycheck_checklist") or config.getini("deploycheck_phases"):
        from pytest_deploycheck import plan

        checklist, titles = plan.declared_phases(config)
        if checklist is not None:
            plan.reach_checklist(config, checklist)
    for marker, title in (titles or {f"phase{n}": f"phase {n} of a deployment" for n in _NUMBERED_MARKERS}).items():
        config.addinivalue_line("markers", f"{marker}: {title}")
    config.stash[keys.checklist_key] = checklist
    config.stash[keys.phase_titles_key] = titles
    watch = config.stash[keys.watch_key] = CollectionWatch(titles)
    keys.register(config, watch, "deploycheck-collection")
    _join_other_plugins(config, configured=bool(titles))


def _join_other_plugins(config: pytest.Config, *, configured: bool) -> None:
    """What is only needed beside another plugin, loaded only then."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.getoption("dist", "no") != "no":
        from pytest_deploycheck import xdist

        xdist.configure(config, due=_gate_was_due(config))
    if config.getoption("htmlpath", None) and not is_worker:
        from pytest_deploycheck import pytest_html

        config.pluginmanager.register(pytest_html.Bridge(config, columns=configured), "deploycheck-pytest-html")
    if config.getoption("xmlpath", None) and not is_worker:
        from pytest_deploycheck import junit

        config.pluginmanager.register(junit.Bridge(config), "deploycheck-junit")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The Markdown checklist is collected like a test file: each of its lines is an item."""
    checklist = parent.config.stash.get(keys.checklist_key, None)
    if checklist is None:
        return None
    from pytest_deploycheck import manual

    return manual.collect_file(file_path, parent, checklist)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Before anybody deselects or drops an item: if one belongs to a phase, the gate is active."""
    watch, checklist = config.stash[keys.watch_key], config.stash[keys.checklist_key]
    if checklist is not None:
        from pytest_deploycheck import manual

        watch.found_checks = manual.add_lines(session, items, checklist) or watch.found_checks
    if watch.found_checks:
        from pytest_deploycheck import activation

        worker: Worker | None = config.stash.get(keys.gate_key, None)  # type: ignore[assignment] # no other gate yet
        (activation if worker is None else worker).activate(session, items)
        from pytest_deploycheck import hooks

        hooks.join(config)
    result = yield
    watch.finished = True
    if not watch.found_checks:
        titles = config.stash[keys.phase_titles_key]
        if late := next((item for item in items if _is_check(item, titles)), None):
            raise pytest.UsageError(
                f"deploycheck: {late.nodeid} was marked as a check after the collection; mark it where it stands, or "
                "by pytestmark in its file"
            )
    return result


def _is_check(item: pytest.Item, titles: dict[str, str]) -> bool:
    return any(
        mark.name == "check" or mark.name in titles or _NUMBERED_PHASE.fullmatch(mark.name)
        for mark in item.iter_markers()
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(
    config: pytest.Config,
) -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """The last word on the exit status: whatever ended the session, an open gate is never 0."""
    try:
        status = yield
    except SystemExit as error:
        # Another plugin left by the back door; with a gate open, that must not read as success.
        if not _gate_was_due(config):
            raise
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    if not _gate_was_due(config):
        return status
    from pytest_deploycheck.core.model import ExitCode, worst_exit

    gate = config.stash.get(keys.gate_key, None)
    told = int(status or ExitCode.GO)  # none at all is what a wrapper leaves that forgot to pass it on
    return worst_exit([told, ExitCode.INCOMPLETE]) if gate is None else gate.exit_status(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Who asked for a gate where there was nothing to gate must not take pytest's 0 for a GO."""
    is_gated = keys.gate_key in config.stash or config.stash[keys.watch_key].found_checks
    if is_gated or keys.is_collecting(config):
        return
    is_due = False
    if config.stash[keys.checklist_key] is not None:
        from pytest_deploycheck import manual

        is_due = manual.is_plain(config)
    if is_due or _was_asked_for(config):
        terminalreporter.write_line(
            "deploycheck: no test belongs to a phase: nothing was gated", yellow=True, bold=True
        )


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The garbage collector sees everything again; also a gate whose plugin was taken away lets go of its files."""
    gate, watch = config.stash.get(keys.gate_key, None), config.stash.get(keys.watch_key, None)
    if gate is not None or (watch is not None and watch.found_checks):
        gc.unfreeze()
    if gate is None:
        return
    if not config.pluginmanager.is_registered(gate):
        gate.pytest_unconfigure()
    if not hasattr(config, "workerinput"):
        from pytest_deploycheck import github

        github.announce(config, gate)  # type: ignore[arg-type] # only a worker has another gate


def _gate_was_due(config: pytest.Config) -> bool:
    """Whether this session had a gate, or ended before anybody could know and was asked for one."""
    if keys.gate_key in config.stash:
        return True
    options = config.option
    if any(getattr(options, name, False) for name in _INFORMING):
        return False
    watch = config.stash.get(keys.watch_key, None)
    if watch is not None and watch.finished:
        return False
    configured = config.getini("deploycheck_checklist") or config.getini("deploycheck_phases")
    asked = _was_asked_for(config) or _NUMBERED_PHASE.search(getattr(options, "markexpr", ""))
    return bool(configured or asked or (watch is not None and watch.found_checks))


def _was_asked_for(config: pytest.Config) -> bool:
    """Whether an option on the command line makes sense with a gate only."""
    given = vars(config.option).items()
    return any(value is not None for name, value in given if name.startswith("deploycheck_"))
