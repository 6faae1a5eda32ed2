"""Renderers: a run in, a text out. Nothing here reads or writes a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_deploycheck.core.model import Run


def _html(run: Run) -> str:
    from pytest_deploycheck.report.html import render

    return render(run)


def _json(run: Run) -> str:
    from pytest_deploycheck.report.json import render

    return render(run)


def _ctrf(run: Run) -> str:
    from pytest_deploycheck.report.ctrf import render

    return render(run)


def _markdown(run: Run) -> str:
    from pytest_deploycheck.report.markdown import render

    return render(run)


def _badge(run: Run) -> str:
    from pytest_deploycheck.report.badge import render

    return render(run)


#: Format name -> renderer; each loads what it needs when it is used.
RENDERERS: Mapping[str, Callable[[Run], str]] = {
    "html": _html,
    "json": _json,
    "ctrf": _ctrf,
    "md": _markdown,
    "badge": _badge,
}
