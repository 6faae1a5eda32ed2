"""Commands in a shell's block that may fail and end nothing, whatever the shell's options."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLOCK = re.compile(
    r"^ {0,3}(`{3,}|~{3,})\s*(bash|sh|console)\s+check\b[^\n]*\n(.*?)^ {0,3}\1", re.MULTILINE | re.DOTALL
)
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\[\[.*?\]\]|\(\(.*?\)\)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HERE = re.compile(r"(?<!<)<<-?\s*([\"']?)(\w+)\1")
_DECLARED = re.compile(r"\s*(?:export|local|readonly|declare|typeset)\s[^=]*=[^ ]*(?:\$\((?!\()|`)")
_CONDITION = re.compile(r"\s*(?:if|elif|while|until)\b")
_LONGEST = 40


def unseen_failures(text: str) -> Iterator[tuple[str, str]]:
    """What may fail unseen in the blocks of a check's text that run, each with the way out.

    It is read line by line, so it is a hint: a command over several lines, or one that is built as text, is not seen.
    """
    for found in _BLOCK.finditer(text):
        commands = _commands(found[3], is_session=found[2] == "console")
        for place, command in enumerate(commands):
            if told := _told(command, is_last=place == len(commands) - 1):
                shown = command.strip()
                shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "\N{HORIZONTAL ELLIPSIS}"
                yield f"`{shown}` {told[0]}", told[1]


def _commands(code: str, *, is_session: bool) -> list[str]:
    """The lines of a block that are commands, those with closing backslashes joined."""
    lines = code.split("\n")
    if is_session:
        lines = [line[2:] for line in lines if line.startswith(("$ ", "> "))]
    commands: list[str] = []
    here, goes_on = "", False
    for line in lines:
        if here:
            here = "" if line.strip() == here else here
            continue
        if goes_on:
            commands[-1] += line.strip()
        elif _COMMENT.sub("", line).strip():
            commands.append(line)
        else:
            continue
        goes_on = commands[-1].endswith("\\")
        commands[-1] = commands[-1].removesuffix("\\")
        if found := _HERE.search(line):
            here = found[2]
    return commands


def _told(command: str, *, is_last: bool) -> tuple[str, str] | None:
    bare = _COMMENT.sub("", _QUOTED.sub("''", command)).strip()
    if _DECLARED.match(command):
        return "hides that the command within it failed", "assign first (X=$(...)), then export X"
    if bare.endswith("&") and not bare.endswith("&&"):
        return "runs in the background, where nobody sees it fail", "keep its id (pid=$!), and `wait $pid`"
    if is_last:
        return None
    if bare.startswith("! "):
        return "does not end the block when the command succeeds", "write: if COMMAND; then exit 1; fi"
    if "&&" in bare and "||" not in bare and not _CONDITION.match(bare):
        return "does not end the block when what stands before && fails", "give each command a line of its own"
    return None
