"""``deploycheck diff`` and ``deploycheck history``: what the record says of several runs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from pytest_deploycheck.cli.history import sparkline

Cli = Callable[..., Result]
Shop = Callable[..., str]


@pytest.fixture
def run_shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Run a checklist of two phases, with the environment given; returns the run's id."""
    pytester.makeini("[pytest]\ndeploycheck_phases =\n    phase1: Build\n    phase2: Later\n")
    pytester.makepyfile(
        """
        import os, pytest

        @pytest.mark.phase1
        @pytest.mark.check("phase1.page", title="It [bold]answers[/bold]", severity=os.environ.get("SEVERITY", "blocker"))
        def test_page(evidence):
            evidence.measure("latency", 1, "s", max=float(os.environ.get("MAX", "2")))
            if "DIE" in os.environ:
                os._exit(0)
            assert "RED" not in os.environ, "too slow"

        @pytest.mark.phase2
        def test_later(): pass
        """
    )

    def run(release: str = "r1", *args: str, **environment: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            pytester.runpytest_subprocess(f"--deploycheck-release={release}", "-p", "no:randomly", *args)
        return max(pytester.path.glob(".deploycheck/*/*.jsonl"), key=lambda path: path.stem).stem

    return run


def document(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_the_last_run_is_compared_with_the_one_before(run_shop: Shop, deploycheck: Cli) -> None:
    first, second = run_shop(), run_shop(RED="1")
    found = document(deploycheck("diff", "--json"))

    assert (found["before"]["run_id"], found["after"]["run_id"]) == (first, second)
    assert [(row["id"], row["before"]["status"], row["after"]["status"]) for row in found["failing"]] == [
        ("phase1.page", "PASS", "FAIL")
    ]
    assert found["phases"] == [
        {"marker": "phase1", "before": "GO", "after": "NO-GO"},
        {"marker": "phase2", "before": "GO", "after": "BLOCKED"},
    ]


def test_people_get_tables_in_which_no_text_is_markup(run_shop: Shop, deploycheck: Cli) -> None:
    run_shop()
    run_shop(MAX="5", SEVERITY="advisory")
    said = deploycheck("diff").stdout

    assert "max of latency" in said
    assert "It [bold]answers[/bold]" in said
    assert "Blocker before, advisory now (1)" in said


def test_a_pipeline_can_ask_for_an_exit_code(run_shop: Shop, deploycheck: Cli) -> None:
    """1 for what is worse; what is better, or as it was, is 0."""
    green, red = run_shop(), run_shop(RED="1")

    assert deploycheck("diff", green, red, "--exit-code").exit_code == 1
    assert deploycheck("diff", red, green, "--exit-code").exit_code == 0
    assert deploycheck("diff", green, red).exit_code == 0
    assert "nothing changed" in deploycheck("diff", green, green).stdout


def test_last_go_is_the_newest_release_that_was_go(run_shop: Shop, deploycheck: Cli) -> None:
    green = run_shop()
    run_shop("r3", "-m", "phase1")
    run_shop(RED="1")
    run_shop("r2", RED="1")

    assert document(deploycheck("diff", "last-go", "--json"))["before"]["run_id"] == green
    none = deploycheck("diff", "last-go", "last", "--release", "r2")
    assert none.exit_code == 4
    assert "no run with a release that is GO of the release 'r2' is on record" in none.stderr


def test_a_run_can_be_named_by_its_journal(run_shop: Shop, deploycheck: Cli) -> None:
    first, second = run_shop(), run_shop()
    found = document(deploycheck("diff", first, f".deploycheck/r1/{second}.jsonl", "--json"))

    assert (found["before"]["run_id"], found["after"]["run_id"]) == (first, second)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "no run 'nonsense' is on record"),
        (["last", "previous"], "only the first of the two"),
        (["no.jsonl"], "no.jsonl"),
        (["--record", "elsewhere"], "no run is on record in elsewhere"),
    ],
)
def test_a_run_that_is_not_there_is_one_plain_line(
    run_shop: Shop, deploycheck: Cli, words: list[str], said: str
) -> None:
    run_shop()
    result = deploycheck("diff", *words)

    assert result.exit_code == 4
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_history_lists_the_newest_runs_first(run_shop: Shop, deploycheck: Cli) -> None:
    run_shop()
    run_shop("r2", RED="1")
    run_shop("r2", DIE="1")
    runs = document(deploycheck("history", "--json"))["runs"]

    assert [(run["release"], run["verdict"], run["exit_code"]) for run in runs] == [
        ("r2", "INCOMPLETE", 11),
        ("r2", "NO-GO", 1),
        ("r1", "GO", 0),
    ]
    assert runs[0]["duration_s"] is None
    assert runs[1]["by_status"] | {"total": runs[1]["total"]} == {
        **dict.fromkeys(runs[1]["by_status"], 0),
        "FAIL": 1,
        "BLOCKED": 1,
        "total": 2,
    }
    assert len(document(deploycheck("history", "--limit", "1", "--json"))["runs"]) == 1
    assert len(document(deploycheck("history", "--release", "r1", "--json"))["runs"]) == 1


def test_history_shows_people_a_table_and_a_sparkline(run_shop: Shop, deploycheck: Cli) -> None:
    run_shop()
    run_shop(DIE="1")
    said = deploycheck("history").stdout

    assert "died" in said
    assert "durations, oldest first: ▁." in said


def test_a_journal_that_was_changed_is_shown_and_ends_with_14(
    run_shop: Shop, deploycheck: Cli, pytester: pytest.Pytester
) -> None:
    """The others are listed all the same."""
    first, second = run_shop(), run_shop()
    path = pytester.path / ".deploycheck" / "r1" / f"{second}.jsonl"
    path.write_text(path.read_text().replace('"PASS"', '"FAIL"', 1))
    result = deploycheck("history", "--json")

    assert result.exit_code == 14
    assert [run["verdict"] for run in document(result)["runs"]] == ["INVALID", "GO"]
    assert f"{second}.jsonl:" in document(result)["runs"][0]["problem"]
    assert "INVALID: " in deploycheck("history").stdout
    assert deploycheck("diff").exit_code == 14
    assert deploycheck("diff", first, first).exit_code == 0


def test_an_empty_record_is_a_plain_error(pytester: pytest.Pytester, deploycheck: Cli) -> None:
    result = deploycheck("history", "--release", "r9")

    assert result.exit_code == 4
    assert "no run of the release 'r9' is on record in .deploycheck; run pytest first" in result.stderr


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([3.0], "▁"), ([1.0, 2.0, None, 8.0], "▁▂.█"), ([5.0, 5.0], "▁▁"), ([None], ".")],
)
def test_a_sparkline_is_as_high_as_its_values(values: list[float | None], expected: str) -> None:
    assert sparkline(values) == expected


def test_a_terminal_without_bars_gets_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poor:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Poor())
    line = sparkline([0.0, 7.0])
    monkeypatch.undo()

    assert line == "18"


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("html", "<!DOCTYPE html>"), ("json", "{"), ("ctrf", "{"), ("md", "## GO: "), ("badge", "<svg ")],
)
def test_report_knows_every_format(
    run_shop: Shop, deploycheck: Cli, pytester: pytest.Pytester, name: str, beginning: str
) -> None:
    """To standard output and to a file: the same bytes."""
    run_shop()
    shown = deploycheck("report", "--format", name)
    written = deploycheck("report", "--format", name, "--output", "out/file")

    assert (shown.exit_code, written.exit_code) == (0, 0)
    assert shown.stdout.lower().startswith(beginning.lower())
    assert (pytester.path / "out" / "file").read_text("utf-8") == shown.stdout
