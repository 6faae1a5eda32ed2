"""Runs one checklist in one process and across workers, and tells what must be the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from gating import Gate, Outcome

DISTS = ("load", "worksteal")
both = pytest.mark.parametrize("dist", DISTS)
#: What is of one run, whatever its checks were.
_OF_THE_RUN = ("run_id", "started", "finished", "environment")
_TIMES = ("opened", "decided", "finished", "duration_s")
#: Names of runs, addresses in memory that pytest prints, and how long a command took.
_CHANCE = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{6}|0x[0-9a-f]{8,}|[0-9.]+ s]")


def across(gate: Gate, *arguments: str, dist: str = "load", workers: int = 2, process: bool = False) -> Outcome:
    """Run what was written, on that many workers."""
    return gate.run("-p", "xdist", f"-n{workers}", f"--dist={dist}", *arguments, process=process)


def alone(gate: Gate, *arguments: str) -> Outcome:
    """Run what was written in one process, with pytest-xdist loaded all the same."""
    return gate.run("-p", "xdist", "-n0", *arguments)


def told(outcome: Outcome) -> dict[str, Any]:
    """What a run says of its checklist and its exit status, without its times, its name and its machine."""
    document = json.loads(_CHANCE.sub("X", json.dumps(outcome.json)))
    kept = _without(document, _OF_THE_RUN)
    for rows in ("phases", "checks"):
        kept[rows] = [_without(row, _TIMES) for row in kept[rows]]
    return {**kept, "ret": outcome.ret}


def _without(row: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def assert_same(
    gate: Gate, dist: str, *arguments: str, workers: int = 2, before: Sequence[Sequence[str]] = ()
) -> Outcome:
    """Both ways end alike, each in a record of its own that the runs with the arguments in `before` have begun.

    Returns how it ended across workers.
    """
    outcomes = []
    for way in ("alone", "across"):
        record = f"--deploycheck-record=record-{way}"
        (gate.path / "seen.txt").unlink(missing_ok=True)
        for earlier in before:
            alone(gate, *earlier, record)
        if way == "alone":
            outcomes.append(alone(gate, *arguments, record))
        else:
            outcomes.append(across(gate, *arguments, record, dist=dist, workers=workers))
    one, many = outcomes
    odd = list(_differences("", told(one), told(many)))
    assert not odd, "\n".join(odd)
    return many


def _differences(place: str, one: object, many: object) -> Iterator[str]:
    """Where two documents differ, and how: a whole one is too long to read."""
    if isinstance(one, dict) and isinstance(many, dict) and one.keys() == many.keys():
        for key in one:
            yield from _differences(f"{place}.{key}", one[key], many[key])
    elif isinstance(one, list) and isinstance(many, list) and len(one) == len(many):
        for number, (left, right) in enumerate(zip(one, many, strict=True)):
            yield from _differences(f"{place}[{number}]", left, right)
    elif one != many:
        yield f"{place}: {one!r} alone, {many!r} across"
