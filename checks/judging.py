"""What the checks hold their values against, and how they read what commands print."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

COMMANDS = (
    "cache",
    "deps",
    "metrics",
    "organize-directories",
    "run",
    "select-pipelines",
    "tag",
    "validate",
    "view-failures",
)
#: Seconds; a command that takes longer to answer is a warning sign.
SLOW_COMMAND_S = 5.0
#: Seconds; a command that has not answered by then never will.
COMMAND_TIMEOUT_S = 60.0

#: Of GifLab's own tests.
LEAST_PASSED = 104

THRESHOLDS = {"warning": 0.70, "critical": 0.80, "emergency": 0.95}
#: Percent of memory in use, and the level it must have.
LEVELS = {69.0: "NORMAL", 71.0: "WARNING", 81.0: "CRITICAL", 96.0: "EMERGENCY"}

#: Measurements that preflight records and later phases are compared with.
BASELINE = "preflight.performance-baseline"

_FAILED_IMPORT = re.compile(
    r"Traceback|ImportError|ModuleNotFoundError|No module named|cannot import name|can't be loaded"
)
_MYPY_ERROR = re.compile(
    r"^(?P<file>[^:\n]+):\d+(?::\d+)?: error: (?P<message>.+?)(?:  \[(?P<code>[\w-]+)\])?$", re.MULTILINE
)
_MYPY_SUMMARY = re.compile(r"^(?:Found (?P<errors>\d+) errors? in |Success: no issues found)", re.MULTILINE)

MypyError = tuple[str, str, str]


def program(function: Callable[..., Any], *arguments: object) -> str:
    """A program that calls a probe with plain arguments and prints its answer as JSON, on the last line."""
    call = f"{function.__name__}({', '.join(map(repr, arguments))})"
    return (
        f"from __future__ import annotations\n{inspect.getsource(function)}\nimport json\nprint(json.dumps({call}))\n"
    )


def program_for_each(function: Callable[[str], Any], arguments: Iterable[str]) -> str:
    """A program that calls a probe with one argument after another and prints its answers by them as JSON."""
    calls = f"{{name: {function.__name__}(name) for name in {tuple(arguments)!r}}}"
    return (
        f"from __future__ import annotations\n{inspect.getsource(function)}\nimport json\nprint(json.dumps({calls}))\n"
    )


def listed_commands(help_text: str) -> list[str]:
    """The names in the Commands section of a click help page."""
    _, found, section = help_text.partition("Commands:")
    return re.findall(r"^  ([a-z][\w-]*)", section, re.MULTILINE) if found else []


def import_trouble(output: str) -> str:
    """The line of a command's output that shows a failed import or a traceback; empty when there is none."""
    return next((line.strip() for line in output.splitlines() if _FAILED_IMPORT.search(line)), "")


def last_line(output: str) -> str:
    """The last line that says something: of a traceback, the exception."""
    return next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "nothing was printed")


def read_mypy(output: str) -> list[MypyError]:
    """The errors that mypy prints, as (file, code, message).

    Raises ``RuntimeError`` when the output has no summary, or one that does not fit the errors: then mypy did not get
    through, and an empty list would be no good news.
    """
    errors = [(error["file"], error["code"] or "", error["message"]) for error in _MYPY_ERROR.finditer(output)]
    summary = _MYPY_SUMMARY.search(output)
    if summary is None or int(summary["errors"] or 0) != len(errors):
        raise RuntimeError(f"mypy did not come to its end; it printed:\n{output.strip()[-1500:]}")
    return errors


def read_recorded(path: Path) -> list[MypyError]:
    """The recorded errors: one a line, file, code and message separated by tabs; ``#`` begins a comment."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    recorded = []
    for line in lines:
        parts = line.split("\t")
        if len(parts) != 3:
            raise ValueError(f"{path.name}: {line!r} is not file, code and message, separated by tabs")
        recorded.append((parts[0], parts[1], parts[2]))
    return recorded


def beyond(found: Iterable[MypyError], recorded: Iterable[MypyError]) -> list[MypyError]:
    """The errors that are not on record; one that is recorded once and found twice is one of them."""
    return sorted((Counter(found) - Counter(recorded)).elements())


def read_report(stdout: str) -> dict[str, Any]:
    """What ``deps check --json`` printed, as an object. Raises ``AssertionError`` when it printed none."""
    try:
        report = json.loads(stdout)
    except ValueError as error:
        raise AssertionError(f"deps check --json prints no JSON ({error}): {stdout.strip()[:300]!r}") from error
    assert isinstance(report, dict), f"deps check --json prints {type(report).__name__}, expected an object"
    return report


def core_dependencies(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The core section of the report, by whatever name it goes; never an empty one."""
    core = next((section for name, section in report.items() if name.lower().startswith("core")), None)
    assert core, f"deps check --json has no core dependencies; it has {', '.join(report) or 'nothing'}"
    found: dict[str, dict[str, Any]] = core
    return found


def counted(cases: Iterable[list[str]]) -> Counter[str]:
    """How many cases ended how."""
    return Counter(outcome for _, _, outcome, _ in cases)


def refuse_broken(cases: list[list[str]]) -> None:
    """Fail with the names of the cases that failed or could not run."""
    broken = [
        f"{file}::{name} ({message.partition(chr(10))[0] or outcome})"
        for file, name, outcome, message in cases
        if outcome in ("failure", "error")
    ]
    assert not broken, f"{len(broken)} of {len(cases)} tests fail, expected none: {'; '.join(broken[:5])}"


def refuse_left_out(results: dict[str, Any]) -> None:
    """Fail where tests were left out by the project's own options: nobody knows whether they pass."""
    left, silent = results["deselected"], results["silent"]
    assert not left, f"{left} tests are deselected by the project's own options, so nobody knows whether they pass"
    assert not silent, f"{len(silent)} test files were not run, though they have tests: {', '.join(silent[:5])}"


def cases_of(results: dict[str, Any]) -> list[list[str]]:
    """The cases; a run that gave no results, or was cut short, is an error."""
    if results["error"]:
        raise RuntimeError(results["error"])
    cases: list[list[str]] = results["cases"]
    return cases


def cases_in(results: dict[str, Any], file: str) -> list[list[str]]:
    """The cases of one file; there have to be some."""
    cases = [case for case in cases_of(results) if case[0] == file]
    assert cases, f"{file} has no tests among the results, expected some"
    return cases
