"""One frozen Settings from command line, environment, ini file and defaults; each value knows its source."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
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


class Prerequisites(StrEnum):
    """What happens when an earlier phase is neither selected nor on record."""

    WARN = "warn"
    REQUIRE = "require"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How this run was asked to be. Paths are absolute; None is "off" or "not given"."""

    root: Path
    release: str | None
    targets: tuple[str, ...]
    report: Path | None
    json: Path | None
    record: Path
    keep_going: bool
    resume: bool
    prerequisites: Prerequisites
    max_age: timedelta
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
        report, json = path("report", REPORT_DEFAULT), path("json", "")
        if report is not None and report == json:
            raise SettingsError(f"{sources['json']}: the JSON and the HTML report cannot both be {report}")
        return cls(
            root=config.rootpath,
            release=pick("release", None, _release),
            targets=pick("target", (), _specs),
            report=report,
            json=json,
            record=record,
            keep_going=pick("keep_going", False, _flag),
            resume=pick("resume", False, _flag),
            prerequisites=pick("prerequisites", Prerequisites.WARN, _prerequisites),
            max_age=parse_duration(str(config.getini("deploycheck_max_age")), where="ini key deploycheck_max_age"),
            sources=sources,
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


def _prerequisites(value: Any, source: str) -> Prerequisites:
    try:
        return Prerequisites(str(value).strip())
    except ValueError:
        known = ", ".join(Prerequisites)
        raise SettingsError(f"{source}: {value!r} is not one of {known}") from None


settings_key = pytest.StashKey[Settings]()


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this run, read once; raises ``SettingsError``."""
    if settings_key not in config.stash:
        config.stash[settings_key] = Settings.from_config(config)
    return config.stash[settings_key]
