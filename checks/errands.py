"""What the checks of phases 1 to 4 have run on the target as processes of their own, phase by phase, side by side.

Each phase's errands run when its first check asks for one; only those that a selected check wants.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.judging import COMMAND_TIMEOUT_S, COMMANDS, LEVELS, SLOW_COMMAND_S, last_line, program, program_for_each
from checks.probes import architecture, build, commands, installed, memory, suite
from pytest_deploycheck.target import Target

#: Seconds; resolving, type checking, importing every module: much longer than they take anywhere.
LONG_TIMEOUT_S = 600.0
#: Seconds; what the whole suite may take before it counts as hanging.
SUITE_TIMEOUT_S = 1800.0

ARCHITECTURE_TESTS = "tests/test_caching_architecture.py"
TYPED = ("src/giflab/metrics.py", "src/giflab/parallel_metrics.py")
FLAG_ON = "ENABLE_EXPERIMENTAL_CACHING = True"
#: Settings that are added to a copy of the configuration one after another; empty where nothing is.
SETTINGS = {"as it is": "", "flag on": FLAG_ON, "both on": f'{FLAG_ON}\nFRAME_CACHE["enabled"] = True', "back": ""}

#: Modules that are hidden in turn; nothing at first.
HIDDEN = ("", "PIL", "matplotlib")
#: Percent of memory in use that may raise no alert, and that must.
CALM, TIGHT = 50.0, 96.0

#: Arguments by which a command gets as far as its own work and must then refuse. See `probes.commands.call_commands`.
BAD_INPUT = {
    "cache": ("no-such-subcommand",),
    "deps": ("no-such-subcommand",),
    "metrics": ("{missing}", "{missing}"),
    "organize-directories": ("{missing}",),
    "run": ("{empty}",),
    "select-pipelines": ("{table}",),
    "tag": ("{table}", "{empty}"),
    "validate": ("{table}",),
    "view-failures": ("{missing}",),
}

STARTING = ("test_cli_commands", "test_integration")


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """A command, and the tests that want its answer."""

    argv: tuple[str, ...]
    wanted_by: tuple[str, ...]
    timeout: float = COMMAND_TIMEOUT_S
    #: In the project folder, else in a temporary one.
    home: bool = False
    #: Whether how long it takes is judged.
    timed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How a command ended; `status` is None when its time was over."""

    argv: tuple[str, ...]
    status: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        """Standard output, then standard error."""
        return self.stdout + self.stderr

    @property
    def value(self) -> Any:
        """What a probe that was run as a program returned. Raises ``RuntimeError`` when it did not get that far."""
        if self.status != 0:
            ended = "did not end in time" if self.status is None else f"ended with {self.status}"
            raise RuntimeError(f"the probe {ended}: {last_line(self.stderr)}\n{self.stderr.strip()[-1500:]}".strip())
        try:
            return json.loads((self.stdout.splitlines() or [""])[-1])
        except ValueError:
            said = f"the last line printed is {last_line(self.stdout)!r}, not the probe's answer"
            raise RuntimeError(f"{said}: does GifLab print as it is imported, or as it ends?") from None

    def __str__(self) -> str:
        shown = " ".join(argument if "\n" not in argument else "..." for argument in self.argv)
        return f"$ {shown}\n{self.output.rstrip()}\n[exit {self.status}, {self.seconds:.2f} s]"


def giflab(*arguments: str, wanted_by: tuple[str, ...], timed: bool = False) -> Errand:
    """One of GifLab's commands."""
    return Errand(argv=("{python}", "-m", "giflab", *arguments), wanted_by=wanted_by, timed=timed)


def probe(
    function: Callable[..., Any],
    *arguments: object,
    wanted_by: str,
    home: bool = False,
    timeout: float = LONG_TIMEOUT_S,
) -> Errand:
    """A probe in an interpreter of its own: a program that prints the answer as JSON, on the last line."""
    return Errand(
        argv=("{python}", "-c", program(function, *arguments)), wanted_by=(wanted_by,), home=home, timeout=timeout + 30
    )


def _phase1() -> dict[str, Errand]:
    helps = {f"help {name}": giflab(name, "--help", wanted_by=STARTING, timed=True) for name in COMMANDS}
    bad = {name: [name, *arguments] for name, arguments in BAD_INPUT.items()}
    return {
        "poetry": probe(build.resolve_with_poetry, LONG_TIMEOUT_S, wanted_by="test_dependencies", home=True),
        "mypy": probe(build.check_types, list(TYPED), LONG_TIMEOUT_S, wanted_by="test_type_errors", home=True),
        "imports": probe(build.import_core, wanted_by="test_core_imports"),
        "package": probe(installed.describe_package, "giflab", wanted_by="test_core_imports", home=True),
        "commands": probe(build.resolve_commands, list(COMMANDS), wanted_by="test_cli_commands"),
        "listing": giflab("--help", wanted_by=STARTING, timed=True),
        "refusals": Errand(
            argv=("{python}", "-c", program(commands.call_commands, bad, COMMAND_TIMEOUT_S)),
            wanted_by=STARTING,
            timeout=LONG_TIMEOUT_S,
        ),
        **helps,
    }


def _phase2() -> dict[str, Errand]:
    group = {
        f"help deps {name}".strip(): giflab("deps", *name.split(), "--help", wanted_by=("test_deps_group",))
        for name in ("", "check", "status", "install-help")
    }
    return {
        "modules": probe(architecture.import_each_alone, "giflab", wanted_by="test_circular_imports"),
        "flags": probe(architecture.read_flags, wanted_by="test_feature_flags"),
        "resizing": probe(architecture.resize_frames, wanted_by="test_fallback"),
        "report": giflab("deps", "check", "--json", wanted_by=("test_dependency_report",)),
        "overview": giflab("deps", "status", wanted_by=("test_dependency_report",)),
        **group,
        "availability": Errand(
            argv=("{python}", "-c", program_for_each(architecture.compare_lazy_imports, HIDDEN)),
            wanted_by=("test_error_handling",),
        ),
    }


def _phase3() -> dict[str, Errand]:
    wanted_by = ("test_cli_integration",)
    return {
        "pressure": probe(memory.simulate_pressure, CALM, TIGHT, wanted_by="test_alert_integration"),
        "thresholds": probe(memory.read_thresholds, wanted_by="test_thresholds"),
        "levels": probe(memory.read_memory, list(LEVELS), 1, wanted_by="test_thresholds"),
        "report": giflab("deps", "check", "--json", wanted_by=wanted_by),
        "verbose": giflab("deps", "check", "--verbose", wanted_by=wanted_by),
    }


def _phase4() -> dict[str, Errand]:
    judged = ("test_full_suite", "test_component_tests", "test_architecture_tests")
    every = Errand(
        argv=("{python}", "-c", program(suite.run_suite, "tests", "", SUITE_TIMEOUT_S)),
        wanted_by=judged,
        home=True,
        timeout=SUITE_TIMEOUT_S + 30,
    )
    return {
        "suite": every,
        "flag on": probe(
            suite.run_suite,
            ARCHITECTURE_TESTS,
            FLAG_ON,
            SUITE_TIMEOUT_S,
            wanted_by=judged[2],
            home=True,
            timeout=SUITE_TIMEOUT_S,
        ),
        "settings": probe(
            suite.run_under_settings, program(architecture.read_flags), SETTINGS, wanted_by="test_toggle", home=True
        ),
    }


ERRANDS: Mapping[str, Callable[[], dict[str, Errand]]] = {
    "phase1": _phase1,
    "phase2": _phase2,
    "phase3": _phase3,
    "phase4": _phase4,
}


@dataclass(kw_only=True)
class Errands:
    """Runs a phase's errands together the first time that one of them is asked for."""

    target: Target
    #: Names of the test functions that are selected.
    selected: Collection[str]
    _answers: dict[str, dict[str, Answer]] = field(default_factory=dict)

    def ask(self, phase: str) -> dict[str, Answer]:
        """The answers of a phase by the names of its errands. What an earlier phase has asked is not asked again."""
        if phase not in self._answers:
            known = {answer.argv: answer for answers in self._answers.values() for answer in answers.values()}
            wanted = {name: one for name, one in ERRANDS[phase]().items() if set(one.wanted_by) & set(self.selected)}
            sent = {
                name: {"argv": list(one.argv), "timeout": one.timeout, "home": one.home, "timed": one.timed}
                for name, one in wanted.items()
                if one.argv not in known
            }
            limit = sum(one.timeout for one in wanted.values()) + 60
            said = self.target.call(commands.run_together, sent, SLOW_COMMAND_S, timeout=limit) if sent else {}
            self._answers[phase] = {
                name: Answer(argv=one.argv, **said[name]) if name in said else known[one.argv]
                for name, one in wanted.items()
            }
        return self._answers[phase]
