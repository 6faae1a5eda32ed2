"""How a check ends other than by passing or failing.

Each outcome is a kind of ``pytest.skip``: pytest itself counts it as skipped, so JUnit, pytest-html and every other
reporter show its reason, while the gate tells the kinds apart by their type.
"""

from __future__ import annotations

from typing import NoReturn

# pytest.skip.Exception is this class, under a name that type checkers cannot subclass.
from _pytest.outcomes import Skipped


class NotApplicable(Skipped):
    """The check does not fit this installation; declared, with a reason."""

    __module__ = "builtins"


class Inconclusive(Skipped):
    """The check was evaluated and its data do not decide."""

    __module__ = "builtins"


class Pending(Skipped):
    """The check waits for a person's word."""

    __module__ = "builtins"


class Blocked(Skipped):
    """The check was not executed because the gate before it is not open."""

    __module__ = "builtins"


def not_applicable(reason: str) -> NoReturn:
    """End the running check as NOT_APPLICABLE, which is neutral for its phase.

    Raises ``ValueError`` (so the check becomes an ERROR) when `reason` is blank: an exemption nobody can read is
    none.
    """
    __tracebackhide__ = True
    _require(reason, "not_applicable")
    raise NotApplicable(reason, _use_item_location=True)


def inconclusive(reason: str) -> NoReturn:
    """End the running check as INCONCLUSIVE, which holds its phase.

    Raises ``ValueError`` (so the check becomes an ERROR) when `reason` is blank.
    """
    __tracebackhide__ = True
    _require(reason, "inconclusive")
    raise Inconclusive(reason, _use_item_location=True)


def _require(reason: str, name: str) -> None:
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError(f"{name}() needs a reason that people can read")
