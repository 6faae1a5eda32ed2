"""Where and how a run was started, as its record tells."""

from __future__ import annotations

import getpass
import os
import platform
import shlex
import socket
from collections.abc import Iterator

import pytest

from pytest_deploycheck import __version__
from pytest_deploycheck.settings import Settings


def environment_of(config: pytest.Config, settings: Settings) -> dict[str, str]:
    """Name -> what it was, for the record: command, options to repeat, folder, user, host and versions."""
    plugins = sorted({f"{dist.project_name} {dist.version}" for _, dist in config.pluginmanager.list_plugin_distinfo()})
    return {
        "command": shlex.join(["pytest", *map(str, config.invocation_params.args)]),
        "options": shlex.join(_options_given(config, settings)),
        "folder": str(config.invocation_params.dir),
        "user": _user(),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "pytest": pytest.__version__,
        "pytest-deploycheck": __version__,
        "plugins": ", ".join(plugins),
    }


def _options_given(config: pytest.Config, settings: Settings) -> Iterator[str]:
    """The options of the command line that say which release, which target and which record a run is about."""
    for name in ("release", "target", "record", "approvals"):
        if settings.sources[name] == "command line":
            given = config.getoption(f"deploycheck_{name}")
            for value in given if isinstance(given, list) else [given]:
                yield f"--deploycheck-{name}={value}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return f"uid {os.getuid()}"
