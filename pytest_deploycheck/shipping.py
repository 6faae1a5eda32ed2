"""How plans and results get from a worker of pytest-xdist to the controlling process.

What is long about a result is its evidence. It goes ahead, chunk by chunk, so that no message is large and signs of
life get through in between; then comes the result itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.core import wire
from pytest_deploycheck.core.evidence import Attachment
from pytest_deploycheck.core.model import Check, CheckResult, Evidence
from pytest_deploycheck.core.redact import redact_data
from pytest_deploycheck.plan import Plan, check_of
from pytest_deploycheck.scheduling import Stage
from pytest_deploycheck.settings import settings_of

#: A check's key and whether it runs alone; None for an item that is no check.
Row = list[Any] | None

#: Characters or bytes of one message.
CHUNK = 1 << 20


def plan_to_ship(plan: Plan, session: pytest.Session) -> dict[str, Any]:
    """A worker's plan as plain data, with a row for each of its items in their order."""
    rows: list[Row] = []
    for item in session.items:
        check = check_of(item)
        alone = check is not None and (check.mutating or item.get_closest_marker("serial") is not None)
        rows.append([*check.key, alone] if check is not None else None)
    return {
        "phases": [wire.phase_to_wire(phase) for phase in plan.phases],
        "checks": [wire.check_to_wire(check) for check in plan.checks],
        "absent": plan.absent,
        "narrowed": plan.narrowed,
        "unseen": plan.unseen,
        "digest": plan.digest,
        "items": rows,
        "settings": _settings(session.config),
    }


def _settings(config: pytest.Config) -> dict[str, str]:
    """What the ini file and the environment of a process make of a run's denominator and its targets."""
    checklist, titles = config.stash[keys.checklist_key], config.stash[keys.phase_titles_key]
    targets = json.dumps(settings_of(config).targets)
    return {
        "another checklist": checklist.digest if checklist is not None else "",
        "other phases": " ".join(titles),
        # A target may hold a secret.
        "other targets": hashlib.sha256(targets.encode()).hexdigest(),
    }


def refuse_other_settings(config: pytest.Config, worker: str, text: str) -> None:
    """Raise ``pytest.UsageError`` where a worker's plan was not made of what this process knows.

    On another machine lie a checklist and an ini file of their own, and the environment is that machine's.
    """
    theirs = json.loads(text)["settings"]
    if odd := [what for what, ours in _settings(config).items() if theirs[what] != ours]:
        raise pytest.UsageError(
            f"deploycheck: the worker {worker} has {' and '.join(odd)} than this process; bring the same checklist and "
            "ini file there, and give targets on the command line"
        )


def read_plan(text: str) -> tuple[Plan, list[Row]]:
    """What a worker has sent, as JSON."""
    data = json.loads(text)
    plan = Plan(
        phases=[wire.phase_from_wire(phase) for phase in data["phases"]],
        checks=[wire.check_from_wire(check) for check in data["checks"]],
        absent={reason: [(key[0], key[1]) for key in found] for reason, found in data["absent"].items()},
        narrowed=data["narrowed"],
        unseen=data["unseen"],
        digest=data["digest"],
    )
    return plan, data["items"]


def stages_of(
    rows: list[Row], checks: Mapping[tuple[str, str], Check], is_kept: Callable[[Check], bool]
) -> list[Stage]:
    """The items in their order: one stage for neighbours of a phase, one for each check that must run alone."""

    def stage_of(place: int) -> tuple[str, int]:
        row = rows[place]
        if row is None:
            return "", -1
        return checks[row[0], row[1]].phase, place if row[2] else -1

    places = [place for place, row in enumerate(rows) if row is None or not is_kept(checks[row[0], row[1]])]
    return [Stage(phase=key[0], indices=tuple(group)) for key, group in groupby(places, key=stage_of)]


def is_same_plan(one: str | None, other: str | None) -> bool:
    """Whether two workers have sent the same."""
    # Parsed, because the order of keys may come from a set, which differs between processes.
    return one == other or (one is not None and other is not None and json.loads(one) == json.loads(other))


def messages(result: CheckResult, redact: Callable[[str], str]) -> Iterator[tuple[str, Any]]:
    """What a worker says at the end of a check, without its secrets: kind and data, the result itself last."""
    light: list[Evidence] = []
    for place, item in enumerate(result.evidence):
        if isinstance(item, Attachment):
            for start in range(0, len(item.data) or 1, CHUNK):
                coded = base64.b64encode(item.data[start : start + CHUNK]).decode("ascii")
                yield "part", {"place": place, "data": coded}
            light.append(Evidence(kind=item.kind, name=item.name, text=item.text))
        elif len(item.text) > CHUNK:
            text = redact(item.text)
            for start in range(0, len(text), CHUNK):
                yield "part", {"place": place, "text": text[start : start + CHUNK]}
            light.append(replace(item, text=""))
        else:
            light.append(item)
    data: Any = redact_data(wire.result_to_wire(replace(result, evidence=tuple(light))), redact)
    # Which check it is must be what the controller knows it by; nothing is stored as it is said here.
    yield "ended", data | {"check": result.check.id} | ({"target": result.check.target} if result.check.target else {})


class Parcels:
    """Puts together, in the controlling process, what workers say."""

    def __init__(self) -> None:
        #: Worker -> place of the evidence -> its chunks.
        self._parts: dict[Hashable, dict[int, list[dict[str, str]]]] = {}

    def add(self, worker: Hashable, part: Mapping[str, Any]) -> None:
        """A chunk of the evidence of the check that the worker runs."""
        self._parts.setdefault(worker, {}).setdefault(part["place"], []).append(dict(part))

    def forget(self, worker: Hashable) -> None:
        """The worker has died: what it began to say will not be ended."""
        self._parts.pop(worker, None)

    def complete(
        self, worker: Hashable, data: Mapping[str, Any], checks: Mapping[tuple[str, str], Check]
    ) -> CheckResult:
        """The result that the worker has just ended with, its evidence whole."""
        result = wire.result_from_wire(dict(data), checks)
        parts = self._parts.pop(worker, {})
        if not parts:
            return result
        evidence = [_whole(item, parts.get(place, [])) for place, item in enumerate(result.evidence)]
        return replace(result, evidence=tuple(evidence))


def _whole(item: Evidence, parts: list[dict[str, str]]) -> Evidence:
    if not parts:
        return item
    if "data" in parts[0]:
        data = b"".join(base64.b64decode(part["data"]) for part in parts)
        return Attachment(kind=item.kind, name=item.name, text=item.text, data=data)
    return replace(item, text="".join(part["text"] for part in parts))
