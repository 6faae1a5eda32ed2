"""Where the plugin keeps its state in pytest's config: typed keys and the name of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_deploycheck.core.checklist import Checklist
    from pytest_deploycheck.plugin import CollectionWatch
    from pytest_deploycheck.session import GateSession
    from pytest_deploycheck.worker import Worker

#: The name under which the gate of an active session is registered.
GATE = "deploycheck-session"
#: The name of what watches the checks run; on each worker, where there are workers.
OBSERVER = "deploycheck-observer"

#: The gate itself; also when somebody takes its plugin away.
gate_key: pytest.StashKey[GateSession | Worker] = pytest.StashKey()
#: The Markdown checklist, where one is configured.
checklist_key: pytest.StashKey[Checklist | None] = pytest.StashKey()
#: Marker -> title of the configured phases, in order; empty where none are.
phase_titles_key = pytest.StashKey[dict[str, str]]()
#: What the collection left out, and every item it found.
watch_key: pytest.StashKey[CollectionWatch] = pytest.StashKey()


#: pytest's options that collect, and run nothing.
COLLECTING = ("collectonly", "showfixtures", "show_fixtures_per_test")


def is_collecting(config: pytest.Config) -> bool:
    """Whether pytest was asked to collect and to tell of it, so that nothing runs: there is nothing to record."""
    return any(getattr(config.option, name, False) for name in COLLECTING)


def register(config: pytest.Config, plugin: object, name: str) -> None:
    """Register a part of the gate; raises ``pytest.UsageError`` when it was switched off by its name."""
    if config.pluginmanager.register(plugin, name) is None:
        raise pytest.UsageError(f"deploycheck: a part of the gate is switched off; run without -p no:{name}")
