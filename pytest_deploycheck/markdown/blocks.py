"""Fenced blocks that run: those whose info string says ``check`` after the language."""

from __future__ import annotations

import re
from datetime import timedelta

from pytest_deploycheck.core.checklist import Block
from pytest_deploycheck.core.errors import ChecklistError, SettingsError
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.markdown.document import Fence

LANGUAGES = ("bash", "sh", "console", "python")
_PROMPT = "$ "


def is_marked(fence: Fence) -> bool:
    """Whether the second word of the info string is ``check``, however it is written."""
    return fence.info.split()[1:2] != [] and fence.info.split()[1].casefold() == "check"


def read_block(fence: Fence, *, shown_as: str) -> Block:
    """What a marked fence runs; raises ``ChecklistError`` for one that cannot be run as it stands."""
    where = f"{shown_as}:{fence.line}"
    language, mark, *more = fence.info.split()
    if language not in LANGUAGES or mark != "check":
        raise ChecklistError(
            f"{where}: a block that is to run is marked `bash check`, `sh check`, `console check` or `python check`, "
            f"not {fence.info!r}"
        )
    timeout = None
    for word in more:
        key, _, value = word.partition("=")
        if key != "timeout" or timeout is not None:
            raise ChecklistError(f"{where}: {word!r} is not understood after `{language} check`; known: timeout=5m")
        timeout = read_timeout(value, where)
    code = _typed(fence.code, where) if language == "console" else fence.code
    if not any(line.strip() and not line.lstrip().startswith("#") for line in code.splitlines()):
        raise ChecklistError(f"{where}: this block holds nothing to run, which would always pass; write its command")
    return Block(language=language, code=code, source=where, timeout=timeout)


def read_timeout(text: str, where: str) -> timedelta:
    """A duration as in ``timeout=5m``; raises ``ChecklistError``."""
    try:
        return parse_duration(text, where=f"{where}: timeout")
    except SettingsError as error:
        raise ChecklistError(str(error)) from error


def _typed(session: str, where: str) -> str:
    """The commands in a terminal session: what follows a prompt, and the lines its closing backslashes go on with."""
    typed: list[str] = []
    goes_on = False
    for line in session.splitlines():
        if goes_on:
            typed.append(re.sub(r"^> ?", "", line))
        elif line.startswith(_PROMPT):
            typed.append(line.removeprefix(_PROMPT))
        else:
            continue
        goes_on = line.endswith("\\")
    if not typed:
        raise ChecklistError(f"{where}: no line of this console block begins with `$ `; put it before each command")
    return "\n".join(typed) + "\n"
