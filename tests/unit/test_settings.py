"""Settings: command line before environment before ini file before default, and each value knows where it is from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_deploycheck.core.errors import SettingsError
from pytest_deploycheck.settings import Css, Prerequisites, Settings, settings_of

Configure = Callable[..., Settings]


@pytest.fixture
def settings(pytester: pytest.Pytester) -> Configure:
    """The settings of a pytest that is started with some arguments and some lines in its ini file."""

    def read(*arguments: str, ini: str = "") -> Settings:
        pytester.makeini(f"[pytest]\n{ini}\n")
        return Settings.from_config(pytester.parseconfig(*arguments))

    return read


#: Name -> how it is given on the command line, what both other places hold, and what comes out of each of the three.
CASES = {
    "release": ("--deploycheck-release=cli", "env", "ini", "cli", "env", "ini"),
    "targets": ("--deploycheck-target=cli", "env", "ini", ("cli",), ("env",), ("ini",)),
    "keep_going": ("--deploycheck-keep-going", "off", "false", True, False, False),
    "resume": ("--deploycheck-resume", "0", "no", True, False, False),
    "prerequisites": ("--deploycheck-prerequisites=require", "warn", "ignore", "require", "warn", "ignore"),
}


def source_name(name: str) -> str:
    return "target" if name == "targets" else name


@pytest.mark.parametrize("name", CASES)
def test_the_command_line_beats_the_environment_that_the_ini_file(
    settings: Configure, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    option, env, ini, from_cli, from_env, from_ini = CASES[name]
    key = f"deploycheck_{source_name(name)}"
    found = settings(ini=f"{key} = {ini}")
    assert getattr(found, name) == from_ini
    assert found.sources[source_name(name)] == f"ini key {key}"
    monkeypatch.setenv(key.upper(), env)
    found = settings(ini=f"{key} = {ini}")
    assert getattr(found, name) == from_env
    assert found.sources[source_name(name)] == f"environment variable {key.upper()}"
    found = settings(option, ini=f"{key} = {ini}")
    assert getattr(found, name) == from_cli
    assert found.sources[source_name(name)] == "command line"


@pytest.mark.parametrize("name", ["report", "json", "summary", "record", "approvals"])
def test_paths_have_the_same_order_of_sources(
    settings: Configure, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester, name: str
) -> None:
    key = f"deploycheck_{name}"
    assert getattr(settings(ini=f"{key} = from-ini"), name) == pytester.path / "from-ini"
    monkeypatch.setenv(key.upper(), "from-env")
    assert getattr(settings(ini=f"{key} = from-ini"), name) == pytester.path / "from-env"
    found = settings(f"--deploycheck-{name}=from-cli", ini=f"{key} = from-ini")
    assert getattr(found, name) == pytester.path / "from-cli"
    assert found.sources[name] == "command line"


def test_the_defaults_are_those_of_the_contract(settings: Configure, pytester: pytest.Pytester) -> None:
    found = settings()
    assert found == Settings(
        root=pytester.path,
        release=None,
        targets=(),
        report=pytester.path / "deploycheck-report.html",
        css=Css.INLINE,
        json=None,
        summary=None,
        record=pytester.path / ".deploycheck",
        keep_going=False,
        resume=False,
        prerequisites=Prerequisites.WARN,
        max_age=timedelta(hours=24),
        approvals=pytester.path / "deploycheck-approvals.toml",
        four_eyes=False,
        signers={},
        sources=found.sources,
    )
    assert set(found.sources.values()) == {"default"}


def test_a_path_on_the_command_line_starts_where_the_command_was_given(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\ndeploycheck_json = out/run.json\n")
    below = pytester.mkdir("below")
    monkeypatch.chdir(below)
    found = Settings.from_config(pytester.parseconfig("--deploycheck-report=my.html", f"--rootdir={pytester.path}"))
    assert found.root == pytester.path
    assert found.report == below / "my.html"
    assert found.json == pytester.path / "out" / "run.json"
    assert found.record == pytester.path / ".deploycheck"


def test_an_absolute_path_stays(settings: Configure, tmp_path: Path) -> None:
    assert settings(f"--deploycheck-report={tmp_path / 'x.html'}").report == tmp_path / "x.html"


@pytest.mark.parametrize("place", ["cli", "env", "ini"])
def test_an_empty_report_is_none(settings: Configure, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    if place == "env":
        monkeypatch.setenv("DEPLOYCHECK_REPORT", "")
    arguments = ["--deploycheck-report="] if place == "cli" else []
    assert settings(*arguments, ini="deploycheck_report =" if place == "ini" else "").report is None


@pytest.mark.parametrize("arguments", [["--deploycheck-record="], []])
def test_the_record_cannot_be_turned_off(settings: Configure, arguments: list[str]) -> None:
    source = "command line" if arguments else "ini key deploycheck_record"
    with pytest.raises(SettingsError, match=f"^{source}: deploycheck_record must name a folder"):
        settings(*arguments, ini="deploycheck_record =")


def test_the_approvals_cannot_be_turned_off(settings: Configure) -> None:
    with pytest.raises(SettingsError, match="^command line: deploycheck_approvals must name a file"):
        settings("--deploycheck-approvals=")


def test_signers_are_groups_of_addresses(settings: Configure) -> None:
    ini = "deploycheck_four_eyes = yes\ndeploycheck_signers =\n    Ops  team: a@example.org, b@example.org,\n    qa: c"

    found = settings(ini=ini)

    assert found.four_eyes
    assert found.signers == {"ops team": ("a@example.org", "b@example.org"), "qa": ("c",)}


@pytest.mark.parametrize(
    ("ini", "why"),
    [
        ("deploycheck_signers = ops", "'ops' is not"),
        ("deploycheck_signers = ops: ,", "name its members"),
        ("deploycheck_signers = : a@example.org", "is not"),
        ("deploycheck_signers =\n    ops: a\n    OPS: b", "'ops' stands there twice"),
        ("deploycheck_four_eyes = two", "'two' is neither true nor false"),
    ],
)
def test_signers_and_eyes_that_cannot_be_meant(settings: Configure, ini: str, why: str) -> None:
    with pytest.raises(SettingsError, match="^ini key deploycheck_.*") as caught:
        settings(ini=ini)
    assert why in str(caught.value)


def test_several_targets_keep_their_order(settings: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--deploycheck-target=popen//chdir=a", "--deploycheck-target", " popen//chdir=b "]
    assert settings(*options).targets == ("popen//chdir=a", "popen//chdir=b")
    assert settings(ini="deploycheck_target =\n    popen//chdir=a\n    popen//chdir=b").targets == (
        "popen//chdir=a",
        "popen//chdir=b",
    )
    monkeypatch.setenv("DEPLOYCHECK_TARGET", "popen//chdir=a\n\n popen//chdir=b\n")
    assert settings().targets == ("popen//chdir=a", "popen//chdir=b")


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        (" on ", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
    ],
)
def test_switches_in_the_environment_are_words(
    *, settings: Configure, monkeypatch: pytest.MonkeyPatch, word: str, value: bool
) -> None:
    monkeypatch.setenv("DEPLOYCHECK_KEEP_GOING", word)
    assert settings().keep_going is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keep_going", "maybe"),
        ("resume", "2"),
        ("prerequisites", "never"),
        ("release", "  "),
        ("release", "two\nlines"),
        ("release", "bell\x07"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_source(
    settings: Configure, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DEPLOYCHECK_{name.upper()}", value)
    with pytest.raises(SettingsError, match=f"^environment variable DEPLOYCHECK_{name.upper()}: "):
        settings()


@pytest.mark.parametrize("name", ["release", "target", "json", "record", "keep_going", "resume", "prerequisites"])
def test_an_empty_variable_is_as_good_as_none(settings: Configure, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    # CI systems set the variables of their forms, filled in or not.
    monkeypatch.setenv(f"DEPLOYCHECK_{name.upper()}", "")
    assert settings().sources[name] == "default"


@pytest.mark.parametrize("value", ["soon", "0s", "24"])
def test_a_wrong_age_is_refused_with_its_key(settings: Configure, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^ini key deploycheck_max_age: {value!r}"):
        settings(ini=f"deploycheck_max_age = {value}")


def test_the_age_of_a_verdict_can_be_set(settings: Configure) -> None:
    assert settings(ini="deploycheck_max_age = 7d").max_age == timedelta(days=7)


def test_settings_are_read_once_for_a_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    config = pytester.parseconfig("--deploycheck-release=one")
    first = settings_of(config)
    monkeypatch.setenv("DEPLOYCHECK_RESUME", "1")
    assert settings_of(config) is first
