"""Where and how a run was started, by `environment`."""

from __future__ import annotations

import shlex

import pytest

from pytest_deploycheck.environment import environment_of
from pytest_deploycheck.settings import Settings


def test_what_the_command_line_said_can_be_said_again(pytester: pytest.Pytester) -> None:
    given = ["--deploycheck-release=v 2", "--deploycheck-approvals=my file.toml", "--deploycheck-target=popen"]
    config = pytester.parseconfig(*given, "--deploycheck-json=x.json")

    found = environment_of(config, Settings.from_config(config))

    assert sorted(shlex.split(found["options"])) == sorted(given)
    assert found["folder"] == str(pytester.path)


def test_a_user_without_a_name_is_a_number(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", unknown)
    config = pytester.parseconfig()

    found = environment_of(config, Settings.from_config(config))

    assert found["user"].startswith("uid ")
    assert found["options"] == ""
