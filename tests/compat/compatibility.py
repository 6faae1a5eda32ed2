"""The page on compatibility, made from the tests: ``python tests/compat/compatibility.py`` writes docs/compatibility.md."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from befriending import Friend

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "compatibility.md"
_HEAD = """# Beside other plugins

Each row is shown by the tests in `tests/compat/`. They run a checklist of three phases in a process of its own, with
exactly one other plugin: named before ours, named after ours, and found by pytest itself. In each of them the phases
stay in order, a failure in the second blocks the third without executing it, the exit code is the gate's, and the other
plugin's own report does not show the blocked check as passed.

| plugin | tested with | what works | what to know |
|---|---|---|---|
"""
_FOOT = """
This page is written by `python tests/compat/compatibility.py`, with the versions that are installed.
"""


def friends() -> list[Friend]:
    """The FRIEND of every ``test_with_*.py`` that has one, by name."""
    modules = (import_module(path.stem) for path in HERE.glob("test_with_*.py"))
    found = [friend for module in modules if (friend := getattr(module, "FRIEND", None)) is not None]
    return sorted(found, key=lambda friend: friend.name)


def page() -> str:
    """The whole page, with the installed versions."""
    rows = (f"| {friend.name} | {friend.version} | {friend.works} | {friend.know} |" for friend in friends())
    return _HEAD + "\n".join(rows) + "\n" + _FOOT


if __name__ == "__main__":
    if missing := [friend.name for friend in friends() if not friend.version]:
        raise SystemExit(f"not installed here: {', '.join(missing)}; install the extra 'compat'")
    PAGE.write_text(page(), encoding="utf-8")
