"""Deployment checklists that run: phases of pytest checks, a verdict, a report."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_deploycheck.outcomes import inconclusive as inconclusive
    from pytest_deploycheck.outcomes import not_applicable as not_applicable

__version__ = "0.1.0"
__all__ = ["inconclusive", "not_applicable"]


def __getattr__(name: str) -> object:
    # The entry point imports this package in every pytest start: nothing is loaded before it is asked for.
    if name in __all__:
        from pytest_deploycheck import outcomes

        return getattr(outcomes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
