"""How a result gets from a worker of pytest-xdist to the controlling process: in pieces of bounded length.

What is long about a result is its evidence. It goes ahead, chunk by chunk, so that no message is large and signs of
life get through in between; then comes the result itself.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_deploycheck.core import wire
from pytest_deploycheck.core.evidence import Attachment
from pytest_deploycheck.core.model import Check, CheckResult, Evidence
from pytest_deploycheck.core.redact import redact_data

#: Characters or bytes of one message.
CHUNK = 1 << 20


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
