"""Pipelines, the experiment over a folder, features, sorting, samples."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from sample_gifs import SAMPLES, write_sample

from giflab import config, features, pipelines
from giflab.errors import GifLabError, GifReadError
from giflab.experiment import find_gifs, run_experiment
from giflab.frames import extract_gif_frames
from giflab.monitoring import SystemMemoryMonitor
from giflab.monitoring.memory_integration import MemoryPressureIntegration
from giflab.organizing import carry_out, plan_moves

COMMITTED = Path(__file__).resolve().parents[1] / "data" / "samples"


@pytest.fixture(autouse=True)
def monitoring_on(monkeypatch):
    monkeypatch.setattr(config, "MONITORING", {"memory_pressure": {"enabled": True}})


@pytest.fixture
def calm(memory):
    return MemoryPressureIntegration(SystemMemoryMonitor(reader=memory))


def test_every_pipeline_writes_a_gif(samples, tmp_path):
    for name, compress in pipelines.available_pipelines().items():
        target = tmp_path / "made" / f"{name}.gif"
        compress(samples / "moving-square.gif", target)
        assert extract_gif_frames(target).duration_ms == 640


def test_color_reduction_limits_the_palette(samples, tmp_path):
    gif = extract_gif_frames(samples / "gradient.gif")
    pipelines.encode(gif, tmp_path / "out.gif", 16)
    shown = np.concatenate(extract_gif_frames(tmp_path / "out.gif").frames)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 16


def test_dropped_frames_leave_their_time_behind(make_gif):
    gif = pipelines.drop_frames(extract_gif_frames(make_gif("g.gif", [0, 90, 180], [50, 60, 70])))
    assert (gif.durations_ms, gif.frame_count) == ((110, 70), 2)
    assert [int(frame[0, 0, 0]) for frame in gif.frames] == [0, 180]


@pytest.mark.parametrize(("size", "expected"), [((24, 16), (8, 12, 3)), ((1, 1), (1, 1, 3))])
def test_shrinking_keeps_a_pixel_at_least(size, expected, make_gif):
    gif = pipelines.shrink(extract_gif_frames(make_gif("g.gif", [9], [50], size=size)))
    assert gif.frames[0].shape == expected


def test_smoothing_removes_single_pixels(make_gif):
    gif = extract_gif_frames(make_gif("g.gif", [10], [50]))
    gif.frames[0][8, 8] = 255
    assert (pipelines.smooth(gif).frames[0] == 10).all()


def test_an_unknown_pipeline_is_refused_with_the_known_ones():
    with pytest.raises(GifLabError, match="no pipeline named magic; there are colors-64"):
        pipelines.pipelines_named(["colors-16", "magic"])


def test_gifsicle_is_used_only_where_installed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    without = set(pipelines.available_pipelines())
    monkeypatch.setattr("shutil.which", lambda name: f"/somewhere/{name}")
    assert set(pipelines.available_pipelines()) - without == {"gifsicle-lossy-80"}


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (subprocess.CalledProcessError(1, "gifsicle", stderr="bad\n file"), "gifsicle: bad file"),
        (subprocess.TimeoutExpired("gifsicle", 120), "longer than 120 s"),
    ],
)
def test_gifsicles_failure_is_one_line(raised, message, monkeypatch, tmp_path):
    def fail(*arguments, **options):
        raise raised

    monkeypatch.setattr("subprocess.run", fail)
    with pytest.raises(GifLabError, match=message):
        pipelines._with_gifsicle(tmp_path / "a.gif", tmp_path / "b.gif")


def test_gifs_are_found_in_folders_but_not_in_the_output(samples):
    output = samples / "results"
    for folder in (samples / "deeper", output / "renders"):
        folder.mkdir(parents=True)
        (folder / "MORE.GIF").write_bytes((samples / "noise.gif").read_bytes())
    names = [path.name for path in find_gifs(samples, outside=output)]
    assert names.count("MORE.GIF") == 1
    assert len(names) == len(SAMPLES) + 1


def test_a_run_keeps_its_failures(samples, tmp_path, calm):
    (samples / "broken.gif").write_bytes(b"GIF89a nothing follows")
    chosen = pipelines.pipelines_named(["colors-16", "half-frames"])
    summary = run_experiment(samples, tmp_path / "out", chosen, pressure=calm)
    assert len(summary.rows) == 2 * len(SAMPLES)
    (failure,) = summary.failures
    assert (failure["gif"], failure["pipeline"]) == ("broken.gif", "*")
    assert "damaged" in failure["error"]


def test_a_failing_pipeline_costs_only_itself(samples, tmp_path, calm):
    def fail(source, target):
        raise GifLabError("no luck")

    both = {"broken": fail, **pipelines.pipelines_named(["colors-16"])}
    summary = run_experiment(samples, tmp_path / "out", both, pressure=calm)
    assert len(summary.rows) == len(summary.failures) == len(SAMPLES)
    assert {failure["error"] for failure in summary.failures} == {"no luck"}


def test_almost_full_memory_stops_the_work_and_says_so(samples, tmp_path, calm, memory):
    memory.percent = 97.0
    summary = run_experiment(
        samples, tmp_path / "out", pipelines.pipelines_named(["colors-16"]), pressure=calm
    )
    assert summary.rows == []
    assert len(summary.failures) == len(SAMPLES)
    assert summary.alerts == ["Memory pressure NORMAL -> EMERGENCY: 97% in use, 0.5 GiB available"]


def test_a_folder_without_gifs_is_refused(tmp_path, calm):
    with pytest.raises(GifLabError, match="no GIF in it"):
        run_experiment(tmp_path, tmp_path / "out", {}, pressure=calm)


def test_features_by_hand():
    frame = np.zeros((4, 4, 3), np.uint8)
    assert (features.entropy(frame), features.color_count(frame), features.edge_density(frame)) == (
        0.0,
        1,
        0.0,
    )
    frame[:2] = 255
    assert features.entropy(frame) == pytest.approx(1.0)
    assert features.color_count(frame) == 2


def test_features_tell_samples_apart(samples):
    kinds = {name: features.content_features(samples / f"{name}.gif") for name in SAMPLES}
    assert kinds["noise"]["entropy"] > 7 > kinds["moving-square"]["entropy"]
    assert kinds["noise"]["color_count"] > 200
    assert kinds["moving-square"]["color_count"] == 2
    assert kinds["single-frame"]["motion"] == 0.0 < kinds["moving-square"]["motion"]
    assert kinds["text-like"]["edge_density"] > kinds["gradient"]["edge_density"]


def test_features_of_a_broken_gif_are_refused(tmp_path):
    with pytest.raises(GifReadError):
        features.content_features(tmp_path / "absent.gif")


@pytest.mark.parametrize(
    ("size", "name"),
    [(0, "small"), (49_999, "small"), (50_000, "medium"), (499_999, "medium"), (500_000, "large")],
)
def test_size_classes(size, name):
    assert config.size_class(size) == name


def test_sorting_moves_by_size_and_is_idempotent(samples):
    carry_out(plan_moves(samples))
    assert len(list((samples / "small").glob("*.gif"))) == len(SAMPLES)
    assert plan_moves(samples) == []


def test_sorting_never_replaces_and_leaves_strangers(samples):
    (samples / "small").mkdir()
    (samples / "small" / "noise.gif").write_bytes(b"mine")
    (samples / "fake.gif").write_bytes(b"text")
    (samples / "notes.txt").write_text("notes")
    problems = {move.source.name: move.problem for move in plan_moves(samples) if move.problem}
    carry_out(plan_moves(samples))
    assert problems == {"noise.gif": "a file of that name is already there", "fake.gif": "not a GIF"}
    assert (samples / "small" / "noise.gif").read_bytes() == b"mine"
    assert {path.name for path in samples.iterdir()} == {"small", "noise.gif", "fake.gif", "notes.txt"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_are_the_same_each_time(name, tmp_path, sample_source):
    again = write_sample(SAMPLES[name](), tmp_path / "again.gif")
    assert again.read_bytes() == (sample_source / f"{name}.gif").read_bytes()


@pytest.mark.parametrize("name", ["moving-square", "text-like", "with-alpha", "gradient"])
def test_committed_samples_are_what_the_code_draws(name, sample_source):
    committed, made = (extract_gif_frames(folder / f"{name}.gif") for folder in (COMMITTED, sample_source))
    assert committed.durations_ms == made.durations_ms
    np.testing.assert_array_equal(committed.frames, made.frames)
