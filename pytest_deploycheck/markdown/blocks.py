"""Fenced blocks that run: those whose info string says ``check`` after the language."""

from __future__ import annotations

import ast
import re
from datetime import timedelta

from pytest_deploycheck.core.checklist import Block
from pytest_deploycheck.core.errors import ChecklistError, SettingsError
from pytest_deploycheck.durations import parse_duration
from pytest_deploycheck.markdown.document import Fence

LANGUAGES = ("bash", "sh", "console", "python")
_PROMPT = "$ "
#: What people's terminals put before a command, in place of our prompt.
_FOREIGN_PROMPT = re.compile(
    r"""\s+\$(\s|$) | \s*\$\S | \$\s*\S               # ours, indented or without its space
    | \s*[#%\u276f\u279c\u00bb]\s+\S                  # root's, and those of other shells
    | \s*\S*[\])\w~/][$#]\s+\S                      # sh-5.1$, ~/shop$
    | \s*(?:\(\S+\)\s*)?\[?[\w.-]+@[\w.-]+[^$#%>]*(?<!\d)[$#%>]\s   # anna@db:~$, [anna@db ~]$
    | \s*\(\S+\)\s*[$#%]\s                           # (venv) $
    | \s*(?:PS\ )?[\w.:~\\/-]*\w>\s+\S | \s*>>>\s     # mysql>, Python's own
    """,
    re.VERBOSE,
)
_CONTINUED = re.compile(r">(?: |$)")
#: The end of a command that is none yet.
_OPEN_END = re.compile(r"(?:&&|\|)\s*$")
#: A function of a shell, in one line or up to a brace that stands where its own line begins.
_SHELL_FUNCTION = re.compile(
    r"""^([ \t]*) (?: function\s+[\w.:-]+\s*(?:\(\s*\))? | [\w.:-]+\s*\(\s*\) ) \s*
    \{ (?: (?: [^{}\n] | \$\{[^{}\n]*\} )* \} | [ \t]*\n (?:[\s\S]*?\n)?? \1\} ) [ \t]*;?$""",
    re.MULTILINE | re.VERBOSE,
)
#: Lines of a shell after which nothing has been judged.
_IDLE_LINE = re.compile(r"\s*(?:#.*|:|set\s+[-+].*|shopt\s+-.*)?$")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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
    code = _typed(fence, shown_as) if language == "console" else fence.code
    _refuse_idle(code, language, where)
    return Block(language=language, code=code, source=where, timeout=timeout)


def read_timeout(text: str, where: str) -> timedelta:
    """A duration as in ``timeout=5m``; raises ``ChecklistError``."""
    try:
        return parse_duration(text, where=f"{where}: timeout")
    except SettingsError as error:
        raise ChecklistError(str(error)) from error


def _refuse_idle(code: str, language: str, where: str) -> None:
    """Raise ``ChecklistError`` for a block in which no statement can do anything."""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in code.splitlines()):
        raise ChecklistError(f"{where}: this block holds nothing to run, which would always pass; write its command")
    idle = _is_idle_python(code) if language == "python" else _is_idle_shell(code)
    if idle:
        raise ChecklistError(
            f"{where}: this block holds nothing to run but definitions, which would always pass; call what they define"
        )


def _is_idle_python(code: str) -> bool:
    """Whether it only defines things. An import by itself can fail; one before a definition serves that."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):  # the target, whose Python may be newer, will tell
        return False
    idle = [
        isinstance(node, (*_DEFINITIONS, ast.Pass))
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    ]
    if any(isinstance(node, _DEFINITIONS) for node in body):
        idle = [one or isinstance(node, ast.Import | ast.ImportFrom) for one, node in zip(idle, body, strict=True)]
    return all(idle)


def _is_idle_shell(code: str) -> bool:
    return all(map(_IDLE_LINE.match, _SHELL_FUNCTION.sub("", code).splitlines()))


def _typed(fence: Fence, shown_as: str) -> str:
    """The commands in a terminal session: what follows a prompt, and the lines that go on with it.

    Raises ``ChecklistError`` for a line that may be a command and would be taken for output, or the reverse.
    """
    typed: list[str] = []
    # Behind a closing backslash any line goes on; behind a command only one that begins with `> `.
    goes_on = is_behind = False
    for number, line in enumerate(fence.code.splitlines(), start=fence.line + 1):
        where = f"{shown_as}:{number}"
        prompted, continued = line.startswith(_PROMPT), _CONTINUED.match(line)
        if is_behind and not continued and (_OPEN_END.search(typed[-1]) or (goes_on and prompted)):
            raise ChecklistError(f"{where}: the command above is not ended; begin what goes on with it with `> `")
        if prompted and not goes_on:
            typed.append(line.removeprefix(_PROMPT))
        elif goes_on or (continued and is_behind):
            typed.append(line[continued.end() :] if continued else line)
        elif continued:
            raise ChecklistError(
                f"{where}: `> ` goes on with no command; put it right below the command, or leave this output out"
            )
        elif _FOREIGN_PROMPT.match(line):
            raise ChecklistError(
                f"{where}: {line.strip()!r} looks like a prompt and would not be run; write `$ ` at the start of the "
                "line before each command, or leave this output out"
            )
        else:
            is_behind = False
            continue
        is_behind, goes_on = True, line.endswith("\\")
    if not typed:
        raise ChecklistError(
            f"{shown_as}:{fence.line}: no line of this console block begins with `$ `; put it before each command"
        )
    return "\n".join(typed) + "\n"
