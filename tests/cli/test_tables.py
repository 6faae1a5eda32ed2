"""Tables for people."""

import re

import pytest

from pytest_deploycheck.cli.tables import print_table


def test_no_cell_is_cut_and_none_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither rich's own brackets nor what would move a terminal's cursor."""
    print_table("[red]title", ("id", "text"), [("phase1.a", "[bold]x[/bold] \x1b[2J"), ("b", "long " * 30)])

    said = capsys.readouterr().out
    assert "[red]title" in said
    assert "[bold]x[/bold] \\x1b[2J" in said
    assert "\x1b" not in said
    assert ("long " * 30).strip() in said


def test_in_a_narrow_terminal_a_name_stays_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there to be copied; the other columns give way."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")

    print_table("", ("check", "a", "b", "c"), [("phase1.start-page", "word " * 9, "word " * 9, "word " * 9)])

    said = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
    assert "phase1.start-page" in said
    assert max(map(len, said.splitlines())) <= 60


def test_a_table_without_rows_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("none", ("check",), [])

    assert "check" in capsys.readouterr().out
