"""One frozen Settings from command line, environment, ini file and defaults; each value knows its source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.durations import parse_duration

REPORT_DEFAULT = "deploycheck-report.html"
RECORD_DEFAULT = ".deploycheck"
APPROVALS_DEFAULT = "deploycheck-approvals.toml"


class Prerequisites(StrEnum):
    """What happens when an earlier phase is neither selected nor on record."""

    WARN = "warn"
    REQUIRE = "require"
    IGNORE = "ignore"


class Css(StrEnum):
    """Where the HTML report has its styles."""

    INLINE = "inline"
    LINK = "link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How this run was asked to be. Paths are absolute; None is "off" or "not given"."""

    root: Path
    release: str | None
    targets: tuple[str, ...]
    report: Path | None
    css: Css
    json: Path | None
    #: The Markdown summary.
    summary: Path | None
    record: Path
    keep_going: bool
    resume: bool
    prerequisites: Prerequisites
    max_age: timedelta
    #: The file of sign-offs and waivers, whether or not it is there.
    approvals: Path
    #: Whether who signs or waives must be another than who runs the gate.
    four_eyes: bool
    #: Group, casefolded -> the addresses of its members; with any, a check's owner says who may sign it.
    signers: Mapping[str, tuple[str, ...]]
    #: Option name -> where its value came from, as people would say it.
    sources: Mapping[str, str]

    @classmethod
    def from_config(cls, config: pytest.Config) -> Settings:
        """Merge the sources: the command line beats the environment, that the ini file, that the default.

        Raises ``SettingsError`` naming the source for a value that cannot be used.
        """
        sources: dict[str, str] = {}

        def pick(name: str, default: Any, read: Callable[[str, str], Any]) -> Any:
            value, source = _lookup(config, f"deploycheck_{name}")
            sources[name] = source
            return default if value is None else read(value, source)

        def path(name: str, default: str) -> Path | None:
            value, source = _lookup(config, f"deploycheck_{name}")
            sources[name] = source
            text = default if value is None else str(value)
            base = config.invocation_params.dir if source == "command line" else config.rootpath
            return (base / text).absolute() if text else None

        record = path("record", RECORD_DEFAULT)
        if record is None:
            raise SettingsError(
                f"{sources['record']}: deploycheck_record must name a folder: the verdict is read from it"
            )
        report, json, summary = path("report", REPORT_DEFAULT), path("json", ""), path("summary", "")
        _refuse_one_place({"report": report, "json": json, "summary": summary}, sources)
        approvals = path("approvals", APPROVALS_DEFAULT)
        if approvals is None:
            raise SettingsError(
                f"{sources['approvals']}: deploycheck_approvals must name a file: a rejection in it must not go unseen"
            )
        return cls(
            root=config.rootpath,
            release=pick("release", None, _release),
            targets=pick("target", (), _specs),
            report=report,
            css=pick("css", Css.INLINE, _css),
            json=json,
            summary=summary,
            record=record,
            keep_going=pick("keep_going", False, _flag),
            resume=pick("resume", False, _flag),
            prerequisites=pick("prerequisites", Prerequisites.WARN, _prerequisites),
            max_age=parse_duration(str(config.getini("deploycheck_max_age")), where="ini key deploycheck_max_age"),
            approvals=approvals,
            four_eyes=_flag(config.getini("deploycheck_four_eyes"), "ini key deploycheck_four_eyes"),
            signers=_signers(config.getini("deploycheck_signers")),
            sources=sources,
        )


def _refuse_one_place(places: Mapping[str, Path | None], sources: Mapping[str, str]) -> None:
    taken: dict[Path, str] = {}
    for name, path in places.items():
        if path is not None and taken.setdefault(path, name) != name:
            raise SettingsError(
                f"{sources[name]}: deploycheck_{name} and deploycheck_{taken[path]} cannot both be {path}"
            )


def _lookup(config: pytest.Config, key: str) -> tuple[Any, str]:
    value = config.getoption(key)
    if value is not None:
        return value, "command line"
    # An empty variable is one that the pipeline did not fill; only the report has a use for it: none.
    if os.environ.get(key.upper()) or (key == "deploycheck_report" and key.upper() in os.environ):
        return os.environ[key.upper()], f"environment variable {key.upper()}"
    value = config.getini(key)
    if value is not None:
        return value, f"ini key {key}"
    return None, "default"


def _release(value: Any, source: str) -> str:
    text = str(value).strip()
    if not text or any(ord(char) < 32 for char in text):
        raise SettingsError(f"{source}: the release id must be one line of text")
    return text


def _specs(value: Any, source: str) -> tuple[str, ...]:
    given = value.splitlines() if isinstance(value, str) else value
    specs = tuple(spec.strip() for spec in given if spec.strip())
    for spec in specs:
        if specs.count(spec) > 1:
            raise SettingsError(f"{source}: the target {spec!r} is given twice; name each once")
    return specs


def _flag(value: Any, source: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise SettingsError(f"{source}: {value!r} is neither true nor false") from None


def _signers(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in lines:
        name, colon, rest = line.partition(":")
        group = " ".join(name.casefold().split())
        members = tuple(filter(None, map(str.strip, rest.split(","))))
        if not group or not colon or not members:
            raise SettingsError(
                f'ini key deploycheck_signers: {line!r} is not "group: a@example.org, b@example.org"; name its members'
            )
        if group in groups:
            raise SettingsError(f"ini key deploycheck_signers: the group {group!r} stands there twice; keep one line")
        groups[group] = members
    return groups


def _prerequisites(value: Any, source: str) -> Prerequisites:
    try:
        return Prerequisites(str(value).strip())
    except ValueError:
        known = ", ".join(Prerequisites)
        raise SettingsError(f"{source}: {value!r} is not one of {known}") from None


def _css(value: Any, source: str) -> Css:
    try:
        return Css(str(value).strip())
    except ValueError:
        raise SettingsError(f"{source}: {value!r} is neither inline nor link") from None


settings_key = pytest.StashKey[Settings]()


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this run, read once; raises ``SettingsError``."""
    if settings_key not in config.stash:
        config.stash[settings_key] = Settings.from_config(config)
    return config.stash[settings_key]
