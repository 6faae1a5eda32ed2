"""Looks at what is installed and at the command line."""

from __future__ import annotations

from typing import Any


def installed_distributions() -> dict[str, Any]:
    """``installed``: name to version and requirements of each distribution; ``environment``: what markers ask about."""
    import os
    import platform
    import sys
    from importlib import metadata

    found: dict[str, Any] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name and name not in found:  # the first one on the path is the one that is imported
            found[name] = {"version": distribution.version, "requires": list(distribution.requires or [])}
    version = sys.implementation.version
    implementation = f"{version.major}.{version.minor}.{version.micro}"
    return {
        "installed": found,
        "environment": {
            "implementation_name": sys.implementation.name,
            "implementation_version": implementation,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    }


def resolve_with_poetry(seconds: float) -> dict[str, Any]:
    """What ``poetry install --dry-run`` says of a copy of the metadata, and the environments that it left there.

    Poetry compares with this interpreter's environment where that is a virtual one.
    """
    import os
    import shutil
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("pyproject.toml", "poetry.lock"):
            if os.path.isfile(name):
                shutil.copy2(name, folder)
        environments = os.path.join(folder, "environments")
        environment = dict(
            os.environ,
            POETRY_VIRTUALENVS_CREATE="false",
            POETRY_VIRTUALENVS_IN_PROJECT="false",
            POETRY_VIRTUALENVS_PATH=environments,
        )
        environment.pop("VIRTUAL_ENV", None)
        if sys.prefix != sys.base_prefix:
            environment["VIRTUAL_ENV"] = sys.prefix
        before = set(os.listdir(folder))
        done = subprocess.run(
            ["poetry", "install", "--dry-run", "--no-root", "--no-ansi", "--no-interaction"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        left = sorted(set(os.listdir(folder)) - before)
        if os.path.isdir(environments):
            left += os.listdir(environments)
        return {"status": done.returncode, "output": done.stdout, "left": left}


def import_core() -> dict[str, str]:
    """Import what everything else needs: what each name is, or why it cannot be had. For a fresh interpreter."""
    import importlib

    found = {}
    for module, name in (
        ("giflab.cli", "metrics"),
        ("giflab.cli", "cache"),
        ("giflab.metrics", "calculate_comprehensive_metrics"),
        ("rich.console", "Console"),
    ):
        try:
            thing = getattr(importlib.import_module(module), name)
        except Exception as error:  # a broken package may raise anything as it is imported
            found[f"{module}.{name}"] = f"{type(error).__name__}: {error}"
            continue
        kinds = [kind.__name__ for kind in type(thing).__mro__]
        found[f"{module}.{name}"] = "command" if "Command" in kinds else "callable" if callable(thing) else kinds[0]
    return found


def resolve_commands(names: list[str]) -> dict[str, dict[str, Any]]:
    """Resolve each command of the group as click does when it is used; for a fresh interpreter.

    By name: ``error`` (empty when it is there), what it ``does`` by the function's name, ``modules`` of its code.
    """
    import click
    from giflab.cli import main

    def resolve(group: Any, name: str) -> dict[str, Any]:
        context = click.Context(group)
        try:
            command = group.get_command(context, name)
        except (Exception, SystemExit) as error:
            return {"error": f"{type(error).__name__}: {getattr(error, 'message', error)}", "does": "", "modules": []}
        if command is None:
            return {"error": "no such command", "does": "", "modules": []}
        does = f"{command.callback.__module__}.{command.callback.__qualname__}"
        found: dict[str, Any] = {"error": "", "does": does, "modules": [command.callback.__module__]}
        if isinstance(command, click.Group):
            for inner in sorted(command.list_commands(context)):
                below = resolve(command, inner)
                found["modules"] += below["modules"]
                if below["error"]:
                    found["error"] = f"{name} {inner}: {below['error']}"
        found["modules"] = sorted(set(found["modules"]))
        return found

    return {name: resolve(main, name) for name in names}


def find_broken_imports(modules: list[str]) -> list[str]:
    """Imports anywhere in the modules' code, functions included, that fail: ``file:line: why``.

    What the code keeps for type checkers is none of them, nor what it guards with a handler, unless that is a part of
    the same package: nothing makes that optional. For a fresh interpreter.
    """
    import ast
    import importlib
    import importlib.util

    def is_guard(node: Any) -> bool:
        if isinstance(node, ast.If):
            return "TYPE_CHECKING" in ast.dump(node.test)
        caught = [ast.dump(handler.type) if handler.type else "Exception" for handler in getattr(node, "handlers", [])]
        return any(name in text for text in caught for name in ("ImportError", "ModuleNotFoundError", "Exception"))

    def is_own(node: Any, package: str) -> bool:
        return isinstance(node, ast.ImportFrom) and (node.level > 0 or (node.module or "").split(".")[0] == package)

    def walk(node: Any, package: str, *, guarded: bool) -> Any:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and (not guarded or is_own(node, package)):
            yield node
        optional = node.body if isinstance(node, (ast.If, ast.Try)) and is_guard(node) else ()
        for child in ast.iter_child_nodes(node):
            if child not in optional or isinstance(node, ast.Try):
                yield from walk(child, package, guarded=guarded or child in optional)

    def load(node: Any, package: str) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
            return
        name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        module = importlib.import_module(name)
        for alias in node.names:
            if alias.name != "*" and not hasattr(module, alias.name):
                importlib.import_module(name + "." + alias.name)

    broken = []
    for name in modules:
        module = importlib.import_module(name)
        with open(str(module.__file__), encoding="utf-8") as file:
            tree = ast.parse(file.read())
        for node in walk(tree, name.partition(".")[0], guarded=False):
            try:
                load(node, module.__package__ or "")
            except Exception as error:
                broken.append(f"{module.__file__}:{node.lineno}: {type(error).__name__}: {error}")
    return broken


def check_types(paths: list[str], seconds: float) -> dict[str, Any]:
    """The ``output`` of mypy on the paths and its ``status``.

    At the end of each file mypy is shown a name that is not defined, ``planted``, and must complain: told to ignore the
    file, it would not. Its cache lies with the user's, not in the project's folder, and is of this folder alone: what
    mypy found in another copy of the same files must not be told of this one.
    """
    import hashlib
    import os
    import subprocess
    import sys

    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = hashlib.sha256(os.path.realpath(os.getcwd()).encode("utf-8", "replace")).hexdigest()[:16]
    cache = os.path.join(home, "deploycheck", "mypy", folder)
    os.makedirs(cache, mode=0o700, exist_ok=True)
    options = ["--cache-dir", cache, "--no-pretty", "--no-color-output", "--show-error-codes", "--hide-error-context"]
    planted = "fault_planted_by_the_check"
    for path in paths:
        shown = os.path.join(cache, os.path.basename(path))
        with open(path, "rb") as source, open(shown, "wb") as file:
            file.write(source.read() + f"\n{planted}\n".encode())
        options += ["--shadow-file", path, shown]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *paths],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    return {"status": done.returncode, "output": done.stdout, "planted": planted}
