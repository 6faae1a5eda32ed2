"""The nine commands, each on real GIFs, and what they say to bad input."""

import csv
import json
import sys

import click
import pytest

from giflab import __version__, config
from giflab import cli as command_line
from giflab.cli import COMMANDS
from giflab.results import COLUMNS

NINE = [
    "cache",
    "deps",
    "metrics",
    "organize-directories",
    "run",
    "select-pipelines",
    "tag",
    "validate",
    "view-failures",
]


@pytest.fixture(autouse=True)
def monitoring_on(monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": True}})


@pytest.fixture
def results(giflab, samples, tmp_path):
    """The output folder of a small run."""
    output = tmp_path / "out"
    done = giflab("run", samples, "--output", output, "--pipeline", "colors-16", "--pipeline", "half-size")
    assert done.exit_code == 0, done.output
    return output


def listed_commands(text):
    lines = text.partition("Commands:\n")[2].splitlines()
    return {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in lines if line.strip()}


def test_help_lists_exactly_the_nine(giflab):
    done = giflab("--help")
    assert done.exit_code == 0
    assert list(listed_commands(done.stdout)) == NINE
    assert listed_commands(done.stdout) == {name: help_text for name, (_, help_text) in COMMANDS.items()}


@pytest.mark.parametrize("name", NINE)
def test_each_command_has_help_and_is_there_by_its_name(name, giflab):
    done = giflab(name, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: giflab {name}")
    command = getattr(command_line, name.replace("-", "_"))
    assert isinstance(command, click.Command)
    assert command.name == name


def test_commands_can_be_imported_by_name():
    from giflab.cli import cache, metrics

    assert isinstance(cache, click.Group)
    assert isinstance(metrics, click.Command)
    with pytest.raises(AttributeError, match="no_such_command"):
        _ = command_line.no_such_command


def test_help_is_light(python):
    code = (
        "import sys\nfrom giflab.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n"
        "    print({'numpy', 'cv2', 'PIL', 'rich', 'psutil'} & set(sys.modules))"
    )
    done = python("-W", "error", "-c", code)
    assert done.stdout.strip().endswith("set()"), done.stderr


def test_package_runs_as_a_module(python):
    done = python("-W", "error", "-m", "giflab", "--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"giflab, version {__version__}"), done.stderr


def test_module_without_click_says_what_to_install(python):
    code = "import sys, runpy; sys.modules['click'] = None; runpy.run_module('giflab', run_name='__main__')"
    done = python("-c", code)
    assert done.returncode == 1
    assert done.stderr == "Error: the command line needs the package 'click': pip install click\n"


@pytest.mark.parametrize("name", ["debug-failures", "debug", "metric"])
def test_unknown_commands_are_refused(name, giflab):
    done = giflab(name)
    assert done.exit_code == 2
    assert f"No such command '{name}'" in done.stderr


def test_metrics_prints_every_value(giflab, samples):
    done = giflab("metrics", samples / "noise.gif", samples / "noise.gif")
    assert done.exit_code == 0
    values = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert (values["ssim"], values["psnr"], values["mse"]) == ("1.0000", "100.0000", "0.0000")


def test_metrics_as_json(giflab, samples):
    done = giflab("metrics", samples / "noise.gif", samples / "gradient.gif", "--json")
    assert 0 < json.loads(done.stdout)["composite_quality"] < 1


@pytest.mark.parametrize("content", [None, b"", b"text", b"GIF89a"])
def test_metrics_of_no_gif_is_one_line(content, giflab, samples, tmp_path, clean_failure):
    path = tmp_path / "odd.gif"
    if content is not None:
        path.write_bytes(content)
    assert "odd.gif" in clean_failure(giflab("metrics", samples / "noise.gif", path))


def test_metrics_with_a_missing_package_points_to_deps(giflab, samples, monkeypatch, clean_failure):
    monkeypatch.setitem(sys.modules, "giflab.metrics", None)
    assert "giflab deps check" in clean_failure(
        giflab("metrics", samples / "noise.gif", samples / "noise.gif")
    )


def test_run_writes_a_table_and_the_compressed_files(results, samples):
    with (results / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 2 * len(list(samples.iterdir()))
    assert all((results / row["render"]).is_file() for row in rows)
    assert json.loads((results / "failures.json").read_text()) == []


def test_run_writes_below_the_current_folder_by_default(giflab, samples, tmp_path):
    assert giflab("run", samples, "--pipeline", "colors-16").exit_code == 0
    assert (tmp_path / "giflab-results" / "results.csv").is_file()


def test_run_reports_memory_pressure(giflab, samples, machine_memory):
    machine_memory.percent = 85.0
    done = giflab("run", samples, "--pipeline", "colors-16")
    assert done.exit_code == 0
    assert "NORMAL -> CRITICAL" in done.stderr


def test_run_fails_when_nothing_could_be_measured(giflab, tmp_path, clean_failure):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.gif").write_bytes(b"text")
    assert "nothing could be measured" in clean_failure(
        giflab("run", tmp_path / "in", "--output", tmp_path / "out")
    )
    shown = giflab("view-failures", tmp_path / "out")
    assert shown.exit_code == 0
    assert "bad.gif" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent"], "no such folder"),
        (["."], "no GIF in it"),
        ([".", "--pipeline", "magic"], "no pipeline named"),
    ],
)
def test_run_with_bad_input_is_one_line(arguments, message, giflab, clean_failure):
    assert message in clean_failure(giflab("run", *arguments))


@pytest.mark.parametrize("words", [["organize-directories"], ["view-failures"], ["tag", "no.csv"], ["run"]])
def test_a_folder_that_is_not_there_is_one_line(words, giflab, clean_failure):
    assert clean_failure(giflab(*words, "absent")) == "Error: absent: no such folder"


def test_run_into_a_file_is_one_line(giflab, samples, tmp_path, clean_failure):
    (tmp_path / "out").write_text("in the way")
    assert "out" in clean_failure(giflab("run", samples, "--output", tmp_path / "out"))


def test_validate_accepts_what_run_wrote(giflab, results):
    done = giflab("validate", results / "results.csv")
    assert (done.exit_code, done.stdout) == (0, "12 rows, no problem\n")


def test_validate_names_what_is_wrong(giflab, results, clean_failure):
    path = results / "results.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    done = giflab("validate", path)
    assert "1 problems in 13 rows" in clean_failure(done)
    assert "line 14: gradient.gif with colors-16 is already in line 2" in done.stdout


def test_select_pipelines_names_one_for_each_size(giflab, results):
    done = giflab("select-pipelines", results / "results.csv", "--by", "quality")
    assert done.exit_code == 0
    assert "Best by quality" in done.stdout
    assert "small" in done.stdout
    assert "colors-16" in done.stdout


def test_tag_adds_features(giflab, results, samples):
    done = giflab("tag", results / "results.csv", samples)
    assert done.exit_code == 0, done.output
    with (results / "results-tagged.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) - set(COLUMNS) == {"entropy", "edge_density", "color_count", "motion"}
    noise = next(row for row in rows if row["gif"] == "noise.gif")
    assert float(noise["entropy"]) > 7


def test_tag_with_a_gif_missing_is_one_line(giflab, results, samples, clean_failure):
    (samples / "noise.gif").unlink()
    assert "noise.gif" in clean_failure(giflab("tag", results / "results.csv", samples))


@pytest.mark.parametrize("command", ["validate", "select-pipelines"])
@pytest.mark.parametrize("content", [None, b"", b"a,b\n", b"\xff\xff"])
def test_a_bad_table_is_one_line(command, content, giflab, tmp_path, clean_failure):
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    assert "table.csv" in clean_failure(giflab(command, path))


def test_view_failures_without_any(giflab, results):
    done = giflab("view-failures", results)
    assert (done.exit_code, done.stdout) == (0, "No failures recorded.\n")


@pytest.mark.parametrize("name", ["absent", "."])
def test_view_failures_needs_the_output_of_a_run(name, giflab, clean_failure):
    clean_failure(giflab("view-failures", name))


def test_names_in_brackets_are_shown_as_they_are(giflab, tmp_path):
    entry = {"gif": "[red]a[/red].gif", "pipeline": "*", "error": "odd", "at": "now"}
    (tmp_path / "failures.json").write_text(json.dumps([entry]))
    assert "[red]a[/red].gif" in giflab("view-failures", tmp_path).stdout


def test_organize_directories_shows_first_and_then_moves(giflab, samples):
    before = sorted(path.name for path in samples.iterdir())
    assert "6 GIFs to move" in giflab("organize-directories", samples, "--dry-run").stdout
    assert sorted(path.name for path in samples.iterdir()) == before
    assert giflab("organize-directories", samples).exit_code == 0
    assert sorted(path.name for path in (samples / "small").iterdir()) == before


def test_organize_directories_fails_when_something_had_to_stay(giflab, samples):
    (samples / "fake.gif").write_bytes(b"text")
    done = giflab("organize-directories", samples)
    assert done.exit_code == 1
    assert done.stderr == "fake.gif stays: not a GIF\n"


def test_cache_status_and_clear(giflab, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "frames-00.npz").write_bytes(b"x" * 1024**2)
    (cache / "mine.txt").write_text("not the cache's")
    assert "1 files, 1.0 MiB" in giflab("cache", "status").stdout
    assert "Removed 1 files" in giflab("cache", "clear").stdout
    assert [path.name for path in cache.iterdir()] == ["mine.txt"]
    assert "0 files" in giflab("cache", "status").stdout


def test_cache_status_is_honest_about_a_flag_without_effect(giflab, monkeypatch):
    monkeypatch.setattr(config, "ENABLE_EXPERIMENTAL_CACHING", False)
    monkeypatch.setitem(config.FRAME_CACHE, "enabled", True)
    assert "Frame cache: off (FRAME_CACHE is on" in giflab("cache", "status").stdout


def test_deps_has_its_three_commands(giflab):
    assert list(listed_commands(giflab("deps", "--help").stdout)) == ["check", "install-help", "status"]


def test_deps_check_as_json(giflab):
    done = giflab("deps", "check", "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report.keys() == {"core", "optional", "external_tools", "system"}
    assert list(report["core"]) == ["numpy", "opencv-python", "pillow", "click", "rich"]
    for section in ("core", "optional", "external_tools"):
        assert all(entry.keys() == {"available", "version", "error"} for entry in report[section].values())
    system = report["system"]
    assert system.keys() == {"python_version", "platform", "caching_status", "memory_monitoring"}
    assert system["memory_monitoring"].keys() == {"available", "enabled", "thresholds", "current"}
    assert system["memory_monitoring"]["current"]["level"] == "NORMAL"
    assert system["caching_status"]["enabled"] is False


def test_deps_check_verbose_shows_the_systems_capabilities(giflab, machine_memory):
    machine_memory.percent = 75.0
    done = giflab("deps", "check", "--verbose")
    assert done.exit_code == 0
    section = done.stdout.partition("System capabilities\n")[2]
    assert (
        "Memory monitoring: available, enabled, level WARNING, 4.0 of 16.0 GB available, 75% in use"
        in section
    )


@pytest.mark.parametrize("command", [["check"], ["check", "--json"], ["check", "--verbose"], ["status"]])
def test_deps_fails_when_a_core_package_is_missing(command, giflab, monkeypatch, clean_failure):
    monkeypatch.setitem(sys.modules, "cv2", None)
    done = giflab("deps", *command)
    assert "core dependencies missing: opencv-python" in clean_failure(done)
    if "--json" in command:
        entry = json.loads(done.stdout)["core"]["opencv-python"]
        assert (entry["available"], entry["version"]) == (False, None)
        assert entry["error"]


def test_deps_without_psutil_is_fine_but_says_unknown(giflab, no_psutil):
    done = giflab("deps", "status")
    assert done.exit_code == 0
    assert "Memory pressure: UNKNOWN" in done.stdout
    assert "missing: psutil" in done.stdout


def test_deps_works_without_rich(giflab, monkeypatch):
    for name in ("rich.console", "rich.table", "rich.text"):
        monkeypatch.setitem(sys.modules, name, None)
    done = giflab("deps", "check")
    assert done.exit_code == 1
    assert "rich\tmissing" in done.stdout


def test_deps_status_summarises(giflab):
    done = giflab("deps", "status")
    assert done.exit_code == 0
    assert "Core dependencies: 5 of 5 available" in done.stdout
    assert "Memory pressure: NORMAL" in done.stdout


def test_deps_status_after_the_partial_rollback(giflab, monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": False}})
    done = giflab("deps", "status")
    assert done.exit_code == 0
    assert "Memory monitoring: available, disabled" in done.stdout


def test_deps_with_thresholds_without_sense_is_one_line(giflab, monkeypatch, clean_failure):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"thresholds": {"warning": 2}}})
    assert "thresholds" in clean_failure(giflab("deps", "check"))


def test_deps_install_help_names_what_is_missing(giflab, no_psutil):
    done = giflab("deps", "install-help")
    assert done.exit_code == 0
    assert "psutil (memory monitoring): pip install psutil" in done.stdout
