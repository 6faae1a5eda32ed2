"""The checklist's lines as pytest items, and those among them that run the blocks under a line on the target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_deploycheck import keys
from pytest_deploycheck.core.checklist import Block
from pytest_deploycheck.core.errors import DeployCheckError, SettingsError, TargetError
from pytest_deploycheck.core.model import Check, Evidence
from pytest_deploycheck.settings import settings_of
from pytest_deploycheck.target import DEFAULT_TIMEOUT, CommandResult, Target, open_target

#: What could make a shell or an interpreter read its commands and run none, or drop its assertions.
_ENVIRONMENT = {"BASH_ENV": "", "SHELLOPTS": "", "PYTHONOPTIMIZE": ""}
_TAIL_LINES = 3
_TAIL_LENGTH = 400

_targets_key = pytest.StashKey[dict[str, Target]]()


class LineItem(pytest.Item):
    """A line of the checklist."""

    def __init__(self, *, line: Check, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type] # pytest's node arguments, passed on
        self.line = line
        self.add_marker(line.phase)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line in the document."""
        return self.path, int(self.line.source.rpartition(":")[2]) - 1, self.line.id


class CommandItem(LineItem):
    """A line that the blocks under it judge: each has to end with exit status 0."""

    def __init__(self, *, blocks: tuple[Block, ...], place: int, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type] # pytest's node arguments, passed on
        self.blocks = blocks
        #: Of its target among those of the run.
        self.place = place

    def runtest(self) -> None:
        """Run one block after the other on the target, up to the first that fails."""
        target = _target(self.session, self.place)
        for block in self.blocks:
            result = _run(target, block, self.config)
            if result.returncode != 0:
                said = _tail(result)
                pytest.fail(
                    f"exit status {result.returncode} of the {block.language} block at {block.source}"
                    + (f": {said}" if said else ", which said nothing"),
                    pytrace=False,
                )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: object, **kwargs: object) -> object:  # type: ignore[override] # whatever further arguments pytest has for it
        """What went wrong, without the way through this module."""
        if isinstance(excinfo.value, DeployCheckError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)  # type: ignore[arg-type]


def command_items(parent: pytest.Collector, line: Check, blocks: tuple[Block, ...]) -> Iterator[CommandItem]:
    """One item for each target."""
    try:
        count = len(settings_of(parent.config).targets)
    except SettingsError:
        count = 0  # the gate tells of it; here it would read as a file that cannot be collected
    for place in range(max(count, 1)):
        name = f"{line.id}[target{place}]" if count > 1 else line.id
        yield CommandItem.from_parent(parent, name=name, line=line, blocks=blocks, place=place)


def _target(session: pytest.Session, place: int) -> Target:
    """A target that stays open for the session, with an interpreter that stays warm."""
    settings = settings_of(session.config)
    spec = settings.targets[place] if settings.targets else "popen"
    opened = session.stash.setdefault(_targets_key, {})
    if spec not in opened:
        stack = ExitStack()
        stack.callback(opened.pop, spec)
        opened[spec] = stack.enter_context(open_target(spec, base=settings.root))
        session.addfinalizer(stack.close)
    return opened[spec]


def _run(target: Target, block: Block, config: pytest.Config) -> CommandResult:
    """Run a block; its output is evidence however it ends.

    Raises ``TargetError`` when its time is over, or when the target or the language is not there.
    """
    name = f"{block.language} block at {block.source}"
    observer = config.pluginmanager.get_plugin(keys.OBSERVER)

    def observe(seen: Evidence) -> None:
        if observer is not None:
            observer.note_evidence(replace(seen, name=name))

    timeout = block.timeout.total_seconds() if block.timeout else DEFAULT_TIMEOUT
    target.observe = observe
    try:
        return target.run(*_argv(target, block), timeout=timeout, env=_ENVIRONMENT)
    except TargetError as error:
        raise TargetError(f"the {name}: {str(error).replace(block.code, '...')}") from error


def _argv(target: Target, block: Block) -> tuple[str, ...]:
    match block.language:
        case "python":
            return (target.python, "-c", block.code)
        case "sh":
            return ("sh", "-eu", "-c", block.code)
        case _:
            return ("bash", "-euo", "pipefail", "-c", block.code)


def _tail(result: CommandResult) -> str:
    """The last lines of what it said, on one line."""
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    return " | ".join(lines[-_TAIL_LINES:])[-_TAIL_LENGTH:]
