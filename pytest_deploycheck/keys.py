"""Where the plugin keeps its state in pytest's config: typed keys and the name of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_deploycheck.core.checklist import Checklist

#: The name under which the gate of an active session is registered.
GATE = "deploycheck-session"

#: The Markdown checklist, where one is configured.
checklist_key: pytest.StashKey[Checklist | None] = pytest.StashKey()
#: Marker -> title of the configured phases, in order; empty where none are.
phase_titles_key = pytest.StashKey[dict[str, str]]()
#: What could not be collected.
collection_failures_key = pytest.StashKey[list[str]]()
#: Assertions that always hold, as ``file:line: what pytest said``.
void_assertions_key = pytest.StashKey[list[str]]()
#: The node ids of the Python files that were collected.
modules_key = pytest.StashKey[list[str]]()
