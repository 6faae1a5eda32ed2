"""The secrets of this run: one redactor for everything that the process stores, sends or shows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.core.redact import redact_data, redactor, secrets_of
from pytest_deploycheck.settings import settings_of

Redact = Callable[[str], str]

#: A line that GitHub would take for a command to the job, in its new form or in its old one.
_COMMAND = re.compile(r"(?m)^([ \t\r\f\v]*):(?=:[\w-]+(?: .*)?::)|#(?=#\[)")

redact_key: pytest.StashKey[Redact] = pytest.StashKey()


def redactor_of(config: pytest.Config) -> Redact:
    """Takes the secrets of the environment, of the targets and of ``deploycheck_secrets`` out of a text.

    As they are when it is first asked for.
    """
    if redact_key not in config.stash:
        try:
            targets = settings_of(config).targets
        except SettingsError:
            targets = ()  # what is wrong with them is told elsewhere
        secrets = secrets_of(os.environ, targets=targets, declared=config.getini("deploycheck_secrets"))
        config.stash[redact_key] = redactor(secrets)
    return config.stash[redact_key]


def shown_targets(config: pytest.Config) -> tuple[str, ...]:
    """The targets without their secrets, in their order; no two alike."""
    redact = redactor_of(config)
    shown: list[str] = []
    for spec in settings_of(config).targets:
        name = redact(spec)
        shown.append(f"{name} ({shown.count(name) + 1})" if name != spec and name in shown else name)
    return tuple(shown)


def hide_secrets_in_names(items: Iterable[pytest.Item], redact: Redact) -> None:
    """Give parametrised items whose node ids hold secrets other ones, before anybody writes them down."""
    taken: set[str] = set()
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and redact(item.nodeid) != item.nodeid:
            _rename(item, callspec, redact, taken)


def _rename(item: Any, callspec: Any, redact: Redact, taken: set[str]) -> None:
    # The parts by themselves keep apart what tells of the target; a secret may go over several.
    parts = [redact(part) for part in callspec._idlist]
    parts = parts if redact("-".join(parts)) == "-".join(parts) else [redact(callspec.id)]
    before = item.nodeid.removesuffix(f"[{callspec.id}]")
    name, number = "-".join(parts), 1
    while (nodeid := f"{before}[{name}]") in taken:
        number += 1
        name = "-".join([*parts, str(number)])
    taken.add(nodeid)
    item.callspec = replace(callspec, _idlist=[name])
    # What `-k` and reports look into.
    item.keywords._markers.pop(item.name, None)
    item.name = f"{item.originalname}[{item.callspec.id}]"
    item.keywords._markers[item.name] = True
    if hasattr(item, "_nodeid"):
        item._nodeid = nodeid
    else:  # since pytest 9.2 it is an object that knows its parts
        item._id = type(item._id).parse(nodeid)


def clean_report(report: pytest.TestReport, redact: Redact) -> None:
    """Take the secrets out of a report in place: what failed, what was captured, its properties.

    On GitHub also what in the captured output would be a command to the job, which pytest is about to print.
    """
    if report.sections:
        on_github = os.environ.get("GITHUB_ACTIONS") == "true"
        report.sections = [
            (name, _without_commands(redact(text)) if on_github else redact(text)) for name, text in report.sections
        ]
    if report.user_properties:
        report.user_properties = [
            (redact(str(name)), redact_data(value, redact)) for name, value in report.user_properties
        ]
    longrepr: Any = report.longrepr
    if longrepr is None:
        return
    if isinstance(longrepr, tuple):
        report.longrepr = (longrepr[0], longrepr[1], redact(longrepr[2]))
    elif (text := report.longreprtext) != redact(text):
        _clean_object(longrepr, redact, depth=8)
        # A secret that goes over the pieces it is made of.
        if (text := report.longreprtext) != redact(text):
            report.longrepr = redact(text)


def _without_commands(text: str) -> str:
    return _COMMAND.sub(lambda found: "\\x23" if found[1] is None else f"{found[1]}\\x3a", text)


def _clean_object(value: Any, redact: Redact, *, depth: int) -> Any:
    """The same with redacted texts; pytest's own objects, which know how to show themselves, are changed in place."""
    if depth == 0:
        return value
    match value:
        case str():
            return redact(value)
        case list() | tuple():
            return type(value)(_clean_object(part, redact, depth=depth - 1) for part in value)
        case _ if type(value).__module__.startswith("_pytest."):
            for name, part in vars(value).items():
                setattr(value, name, _clean_object(part, redact, depth=depth - 1))
    return value
