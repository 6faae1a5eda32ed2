"""The run as a JSON document; its schema is ``schema/run-1.schema.json`` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from pytest_deploycheck.core.model import Check, Phase, Run
from pytest_deploycheck.core.wire import checks_to_plan, run_to_wire


def render(run: Run) -> str:
    """The run document, indented, ASCII, ended by a newline."""
    return _dump(run_to_wire(run))


def plan_to_json(phases: Iterable[Phase], checks: Iterable[Check], strays: Iterable[str] = ()) -> str:
    """The checklist before a run: ``{"phases": [...], "checks": [...]}``.

    `strays`, where given, are ``file:line`` of task lines that stand under no phase.
    """
    listed = list(strays)
    return _dump(checks_to_plan(phases, checks) | ({"strays": listed} if listed else {}))


def run_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the run document."""
    text = files(__package__).joinpath("schema", "run-1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, allow_nan=False) + "\n"
