"""The pytest entry point: options, markers, and the decision whether the gate is active.

This module is imported by every pytest start, so it imports pytest alone; everything else is loaded when a collected
test turns out to belong to a phase.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck import keys

if TYPE_CHECKING:
    from pathlib import Path
    from warnings import WarningMessage

    from pytest_deploycheck.core.checklist import Checklist
    from pytest_deploycheck.session import GateSession

_NUMBERED_PHASE = re.compile(r"phase\d+")
#: Markers that are registered when nobody configured phases, so that `phase1 ... phase20` need no ini at all.
_NUMBERED_MARKERS = range(1, 21)

#: pytest's options that only tell something and run nothing.
_INFORMING = ("help", "version", "markers", "cacheshow", "showfixtures", "show_fixtures_per_test")

_CHECK_MARKER = (
    "check(id, *, title, severity, remediation, owner, mutating, rollback): "
    "this test is an item of the deployment checklist"
)


class CollectionWatch:
    """Remembers what was collected and what could not be: checks may be missing that nobody else will miss."""

    def __init__(self) -> None:
        #: What failed or was skipped as a whole.
        self.failures: list[str] = []
        #: The node ids of the Python files.
        self.modules: list[str] = []
        #: Assertions that always hold, as ``file:line: what pytest said``.
        self.void_assertions: list[str] = []
        #: Every item, also those that a plugin drops later.
        self.items: list[pytest.Item] = []
        #: Whether the collection came to its end.
        self.finished = False

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note an item before anybody can drop it."""
        self.items.append(item)

    def pytest_collection_finish(self) -> None:
        """From here on it is known whether there is anything to gate."""
        self.finished = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that failed or was skipped as a whole."""
        if report.nodeid.endswith(".py") and report.passed:
            self.modules.append(report.nodeid)
        if report.outcome != "passed":
            self.failures.append(f"{report.nodeid or 'the session'} ({report.outcome})")

    def pytest_warning_recorded(self, warning_message: WarningMessage, when: str) -> None:
        """Note an assertion that always holds, of which pytest only warns."""
        if when == "collect" and warning_message.category.__name__ == "PytestAssertRewriteWarning":
            said = str(warning_message.message).partition("\n")[0]
            self.void_assertions.append(f"{warning_message.filename}:{warning_message.lineno}: {said}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every option has an ini key of the same name, with underscores, and an environment variable in capitals."""
    group = parser.getgroup("deploycheck", "deployment checklist (pytest-deploycheck)")

    def add(name: str, help: str, *, ini: str = "string", **options: object) -> None:
        key = name.lstrip("-").replace("-", "_")
        group.addoption(name, dest=key, default=None, help=help, **options)
        parser.addini(key, help, type=ini, default=None)  # type: ignore[arg-type] # a literal, chosen below

    add("--deploycheck-release", "the release under check (default: git describe of the target's folder)", metavar="ID")
    add(
        "--deploycheck-target",
        "the installation under check, as an execnet specification; repeatable",
        metavar="SPEC",
        action="append",
        ini="linelist",
    )
    add(
        "--deploycheck-report",
        "write the HTML report here (default: deploycheck-report.html; empty: none)",
        metavar="PATH",
    )
    add("--deploycheck-json", "write the run as JSON here", metavar="PATH")
    add("--deploycheck-record", "the folder of the journals of all runs (default: .deploycheck)", metavar="DIR")
    add(
        "--deploycheck-keep-going", "run later phases after a NO-GO; the verdict stays", action="store_true", ini="bool"
    )
    add("--deploycheck-resume", "keep the passes of the last run of this release", action="store_true", ini="bool")
    add(
        "--deploycheck-prerequisites",
        "when an earlier phase that was not selected is not on record: warn (default), require it, or ignore that",
        choices=("warn", "require", "ignore"),
    )
    group.addoption(
        "--deploycheck-plan",
        dest="deploycheck_plan",
        metavar="PATH",
        help="with --collect-only: write the checklist as it would run, as JSON",
    )
    parser.addini(
        "deploycheck_phases", 'the phases in their order, as "marker: title" lines', type="linelist", default=[]
    )
    parser.addini("deploycheck_checklist", "the Markdown checklist whose lines the tests automate", default="")
    parser.addini("deploycheck_max_age", "how long a verdict on record stays good (default: 24h)", default="24h")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; read the checklist, where one is configured, so that its mistakes show at once."""
    from pytest_deploycheck import fixtures

    config.pluginmanager.register(fixtures, "deploycheck-fixtures")
    watch = CollectionWatch()
    config.stash[keys.watch_key] = watch
    config.pluginmanager.register(watch, "deploycheck-collection")
    if config.pluginmanager.hasplugin("xdist"):
        from pytest_deploycheck import xdist

        config.pluginmanager.register(xdist.Controller(), "deploycheck-xdist")
    config.addinivalue_line("markers", _CHECK_MARKER)
    checklist: Checklist | None = None
    titles: dict[str, str] = {}
    if config.getini("deploycheck_checklist") or config.getini("deploycheck_phases"):
        from pytest_deploycheck import plan

        checklist, titles = plan.declared_phases(config)
    config.stash[keys.checklist_key] = checklist
    config.stash[keys.phase_titles_key] = titles
    if config.getoption("htmlpath", None):
        from pytest_deploycheck import pytest_html

        config.pluginmanager.register(pytest_html.Bridge(config, columns=bool(titles)), "deploycheck-pytest-html")
    for marker, title in (titles or {f"phase{n}": f"phase {n} of a deployment" for n in _NUMBERED_MARKERS}).items():
        config.addinivalue_line("markers", f"{marker}: {title}")


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
    titles = config.stash[keys.phase_titles_key]
    if any(_is_check(item, titles) for item in config.stash[keys.watch_key].items):
        from pytest_deploycheck import session as gate
        from pytest_deploycheck import xdist

        if not xdist.give_up(config, items):
            gate.activate(session, items)
    return (yield)


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
    if status is None or not _gate_was_due(config):
        return status
    from pytest_deploycheck.core.model import ExitCode, worst_exit

    gate: GateSession | None = config.pluginmanager.get_plugin(keys.GATE)
    return worst_exit([int(status), ExitCode.INCOMPLETE]) if gate is None else gate.exit_status(int(status))


def _gate_was_due(config: pytest.Config) -> bool:
    """Whether this session had a gate, or ended before anybody could know and was asked for one."""
    if config.pluginmanager.get_plugin(keys.GATE) is not None:
        return True
    options = config.option
    if any(getattr(options, name, False) for name in _INFORMING) or getattr(options, "collectonly", False):
        return False
    watch = config.stash.get(keys.watch_key, None)
    if watch is not None and watch.finished:
        return False
    configured = config.getini("deploycheck_checklist") or config.getini("deploycheck_phases")
    asked = any(
        value is not None for name, value in vars(options).items() if name.startswith("deploycheck_")
    ) or _NUMBERED_PHASE.search(getattr(options, "markexpr", ""))
    return bool(configured or asked or (watch is not None and any(_is_check(item, {}) for item in watch.items)))
