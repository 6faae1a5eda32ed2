"""Calls our hooks. A guest never makes a verdict better, and never breaks the record."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from pytest_deploycheck.core.model import PhaseResult, Run, Section
from pytest_deploycheck.core.sections import read_section
from pytest_deploycheck.fixtures import log_of
from pytest_deploycheck.outcomes import Blocked
from pytest_deploycheck.plan import check_of

#: What a guest's mistake may be; whoever asks pytest to stop (``pytest.exit``), or presses Ctrl-C, is heard.
_MISTAKES = (Exception, pytest.fail.Exception, pytest.skip.Exception)


class LostEvidenceError(Exception):
    """Evidence that somebody meant to add is not there."""


class Asker:
    """Asks for evidence while a check's fixtures still stand; registered where items run, if anybody answers."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """After the test function: also a failure wants evidence, and keeps its own reason."""
        if check_of(item) is None:
            return (yield)
        try:
            result = yield
        except Blocked:
            raise
        except BaseException:
            try:
                _ask(item)
            except pytest.exit.Exception:
                raise
            except _MISTAKES as error:
                log_of(item).text("lost evidence", str(error))
            raise
        _ask(item)
        return result


def _ask(item: pytest.Item) -> None:
    try:
        item.ihook.pytest_deploycheck_evidence(item=item, evidence=log_of(item))
    except (AssertionError, pytest.exit.Exception):
        raise  # a limit that is broken speaks for itself
    except Exception as error:
        raise LostEvidenceError(f"pytest_deploycheck_evidence failed: {type(error).__name__}: {error}") from error


def join(config: pytest.Config) -> None:
    """Take part in the run of the checks, where anybody adds evidence."""
    if config.hook.pytest_deploycheck_evidence.get_hookimpls():
        config.pluginmanager.register(Asker(), "deploycheck-asker")


def tell_verdict(config: pytest.Config, phase: PhaseResult, release: str) -> Iterator[str]:
    """Tell everybody who wants to know of a phase's verdict; yields a note for each who failed to hear."""
    for guest, answer in _answers(config, "phase_verdict", {"phase": phase, "release": release}):
        if isinstance(answer, BaseException):
            yield f"{guest} did not take the verdict on {phase.phase.marker}: {_said(answer)}"


def wants_sections(config: pytest.Config) -> bool:
    """Whether anybody adds sections: the run need not be looked at otherwise."""
    return bool(config.hook.pytest_deploycheck_section.get_hookimpls())


def ask_sections(config: pytest.Config, run: Run) -> Iterator[Section | str]:
    """What others add to the reports, in the order of their registration; a note where that failed."""
    for guest, answer in _answers(config, "section", {"run": run}):
        try:
            if isinstance(answer, BaseException):
                raise answer
            if answer is not None:
                yield from map(read_section, [answer] if isinstance(answer, Mapping) else list(answer))
        except _MISTAKES as error:
            yield f"a section by {guest} is missing: {_said(error)}"


def _answers(config: pytest.Config, hook: str, arguments: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    """What each guest returned or raised: one that fails must not keep the others from being asked."""
    for guest in getattr(config.hook, f"pytest_deploycheck_{hook}").get_hookimpls():
        if guest.wrapper or guest.hookwrapper:
            continue
        try:
            answer = guest.function(*(arguments[name] for name in guest.argnames))
        except pytest.exit.Exception:
            raise
        except _MISTAKES as error:
            answer = error
        # A conftest's name is its path.
        yield guest.plugin_name.removeprefix(f"{config.rootpath}{os.sep}"), answer


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
