"""The checklist's lines as pytest items, and those among them that run the blocks under a line on the target."""

from __future__ import annotations

import re
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
#: A failed assignment of a command's output ends bash too, where it knows how (4.4); on the first line of the block,
#: so that bash's own messages keep their line numbers.
_STRICTER = "shopt -s inherit_errexit 2>/dev/null || :; "
#: Follows nothing in a shell's language: a block that is read without complaint up to here has swallowed it.
_NOWHERE = "\n;;\n"
#: What Python says on standard error of a failure that its exit status hides.
_HIDDEN = re.compile(
    r"^.*RuntimeWarning: (?P<what>coroutine '.+' was never awaited)|^(?P<thread>Exception in thread .+?):?$",
    re.MULTILINE,
)
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
            if failure := _failure(result, block):
                pytest.fail(failure, pytrace=False)

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

    Raises ``TargetError`` when its time is over, when the target or the language is not there, and for a block that
    ends within a here-document.
    """
    name = f"{block.language} block at {block.source}"
    observer = config.pluginmanager.get_plugin(keys.OBSERVER)

    def observe(seen: Evidence) -> None:
        if observer is not None:
            observer.note_evidence(replace(seen, name=name))

    timeout = block.timeout.total_seconds() if block.timeout else DEFAULT_TIMEOUT
    script = _script(block)
    try:
        if block.language != "python" and "<<" in block.code:
            _refuse_open_end(target, block, timeout)
        target.observe = observe
        argv = (target.python, "-W", "default::RuntimeWarning") if block.language == "python" else _shell(block)
        return target.run(*argv, "-c", script, timeout=timeout, env=_ENVIRONMENT)
    except TargetError as error:
        raise TargetError(f"the {name}: {str(error).replace(script, '...')}") from error


def _refuse_open_end(target: Target, block: Block, timeout: float) -> None:
    """Raise ``TargetError`` for a here-document that goes on to the end: a shell takes all behind it for its text.

    None ends with an error for that; bash warns, in the language of the target.
    """
    target.observe = lambda _: None
    read = target.run(*_shell(block), "-n", "-c", _script(block) + _NOWHERE, timeout=timeout, env=_ENVIRONMENT)
    if read.returncode == 0:
        raise TargetError("a here-document in it is never closed; write its closing word on a line of its own")


def _shell(block: Block) -> tuple[str, ...]:
    # -p: bash takes no functions from the environment, which could stand for any command.
    return ("sh", "-eu") if block.language == "sh" else ("bash", "-p", "-euo", "pipefail")


def _script(block: Block) -> str:
    return f"{_STRICTER}{block.code}" if block.language in ("bash", "console") else block.code


def _failure(result: CommandResult, block: Block) -> str:
    """Why it is no pass, on one line; empty where it is one."""
    name = f"the {block.language} block at {block.source}"
    if result.returncode != 0:
        said = _tail(result)
        return f"exit status {result.returncode} of {name}" + (f": {said}" if said else ", which said nothing")
    hidden = _HIDDEN.search(result.stderr) if block.language == "python" else None
    return f"{name} ended well, and: {hidden['what'] or hidden['thread']}" if hidden else ""


def _tail(result: CommandResult) -> str:
    """The last lines of what it said, on one line."""
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    return " | ".join(lines[-_TAIL_LINES:])[-_TAIL_LENGTH:]
