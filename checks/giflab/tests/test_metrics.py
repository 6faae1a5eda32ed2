"""A compressed GIF against its original, end to end."""

import json

import numpy as np
import pytest

from giflab.composite import composite_quality
from giflab.config import MetricsConfig
from giflab.errors import ConfigError, GifReadError
from giflab.metrics import calculate_comprehensive_metrics, resize_frame_cached
from giflab.pipelines import drop_frames, encode, extract_gif_frames, shrink

NAMES = {
    "mse",
    "psnr",
    "ssim",
    "ms_ssim",
    "gmsd",
    "edge_similarity",
    "color_histogram_correlation",
    "temporal_consistency",
    "compression_ratio",
    "composite_quality",
    "render_ms",
}


def config(**changes):
    values = {"max_frames": None, "psnr_ceiling_db": 50.0, "weights": {"ssim": 0.5, "psnr": 0.5}}
    return MetricsConfig(**{**values, **changes})


def test_result_has_every_metric_as_a_plain_finite_float(samples):
    result = calculate_comprehensive_metrics(samples / "noise.gif", samples / "gradient.gif")
    assert result.keys() == NAMES
    assert all(type(value) is float for value in result.values())
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("name", ["moving-square", "gradient", "noise", "with-alpha", "single-frame"])
def test_a_gif_against_itself_is_perfect(name, samples):
    path = samples / f"{name}.gif"
    result = calculate_comprehensive_metrics(str(path), str(path))
    assert (result["mse"], result["gmsd"], result["psnr"]) == (0.0, 0.0, 100.0)
    for metric in NAMES - {"mse", "gmsd", "psnr", "render_ms"}:
        assert result[metric] == pytest.approx(1.0, abs=1e-12)


def test_pairs_weigh_by_the_time_they_are_on_show(make_gif):
    original = make_gif("original.gif", [100, 200], [300, 100])
    compressed = make_gif("compressed.gif", [110, 200], [300, 100])
    result = calculate_comprehensive_metrics(original, compressed)
    assert result["mse"] == pytest.approx(100 * 300 / 400)


def test_split_frames_change_nothing(make_gif):
    original = make_gif("original.gif", [100, 200], [80, 80])
    split = make_gif("split.gif", [100, 101, 200], [40, 40, 80])
    assert calculate_comprehensive_metrics(original, split)["mse"] == pytest.approx(0.25)


def test_compression_ratio_is_of_file_sizes(samples):
    result = calculate_comprehensive_metrics(samples / "noise.gif", samples / "gradient.gif")
    sizes = [(samples / f"{name}.gif").stat().st_size for name in ("noise", "gradient")]
    assert result["compression_ratio"] == pytest.approx(sizes[0] / sizes[1])


def test_another_size_is_brought_to_the_originals(samples, tmp_path):
    gif = extract_gif_frames(samples / "gradient.gif")
    encode(shrink(gif), tmp_path / "small.gif")
    result = calculate_comprehensive_metrics(samples / "gradient.gif", tmp_path / "small.gif")
    assert 0.8 < result["ms_ssim"] < 1.0


def test_more_colours_are_better(samples, tmp_path):
    gif = extract_gif_frames(samples / "gradient.gif")
    quality = []
    for colors in (4, 16, 64):
        encode(gif, tmp_path / "out.gif", colors)
        measured = calculate_comprehensive_metrics(samples / "gradient.gif", tmp_path / "out.gif")
        quality.append(measured["composite_quality"])
    assert quality == sorted(quality)
    assert quality[0] < quality[-1]


def test_dropped_frames_show_in_temporal_consistency(samples, tmp_path):
    gif = extract_gif_frames(samples / "moving-square.gif")
    encode(drop_frames(gif), tmp_path / "dropped.gif")
    encode(gif, tmp_path / "kept.gif", 4)
    dropped, kept = (
        calculate_comprehensive_metrics(samples / "moving-square.gif", tmp_path / name)[
            "temporal_consistency"
        ]
        for name in ("dropped.gif", "kept.gif")
    )
    assert dropped < 0.8 < kept


def test_max_frames_limits_the_work(samples):
    path = samples / "moving-square.gif"
    assert calculate_comprehensive_metrics(path, path, config(max_frames=2))["mse"] == 0.0


def test_weights_decide_the_composite(samples):
    result = calculate_comprehensive_metrics(
        samples / "noise.gif", samples / "single-frame.gif", config(weights={"ssim": 1.0})
    )
    assert result["composite_quality"] == pytest.approx(max(0.0, result["ssim"]))


def test_composite_by_hand():
    values = {"ssim": 0.8, "psnr": 30.0}
    assert composite_quality(values, config()) == pytest.approx(0.5 * 0.8 + 0.5 * 30 / 50)
    assert composite_quality({"ssim": -0.4, "psnr": 100.0}, config()) == pytest.approx(0.5)
    assert composite_quality({"gmsd": 0.07}, config(weights={"gmsd": 1.0})) == pytest.approx(0.8)


def test_a_weight_on_an_unknown_metric_is_an_error():
    with pytest.raises(KeyError):
        composite_quality({"ssim": 1.0}, config())


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {"ssim": 0.9}},
        {"weights": {"ssim": 1.5, "psnr": -0.5}},
        {"max_frames": 0},
        {"psnr_ceiling_db": 0.0},
    ],
)
def test_settings_without_sense_are_refused(changes):
    with pytest.raises(ConfigError):
        config(**changes)


@pytest.mark.parametrize("settings", [{}, {"weights": {"ssim": 1.0}, "max_frame": 3}])
def test_settings_incomplete_or_misspelled_are_refused(settings, monkeypatch):
    monkeypatch.setattr("giflab.config.METRICS", settings)
    with pytest.raises(ConfigError, match="METRICS: .*(weights|max_frame)"):
        MetricsConfig.from_settings()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_missing_file_is_named(order, samples, tmp_path):
    paths = [samples / "noise.gif", tmp_path / "absent.gif"]
    with pytest.raises(GifReadError, match="absent.gif"):
        calculate_comprehensive_metrics(*(paths[index] for index in order))


@pytest.mark.parametrize("size", [(50, 50), (30, 70), (1, 1), (200, 120)])
def test_resize_takes_width_and_height(size):
    resized = resize_frame_cached(np.zeros((100, 100, 3), np.uint8), size)
    assert resized.shape == (size[1], size[0], 3)
    assert resized.dtype == np.uint8


def test_resize_averages_areas():
    frame = np.zeros((2, 2, 3), np.uint8)
    frame[0] = 200
    assert resize_frame_cached(frame, (1, 1)).tolist() == [[[100, 100, 100]]]


@pytest.mark.parametrize(("shape", "size"), [((4, 4, 3), (0, 2)), ((4, 4, 3), (2, -1)), ((0, 4, 3), (2, 2))])
def test_resize_refuses_what_has_no_area(shape, size):
    with pytest.raises(ValueError, match="can't be resized"):
        resize_frame_cached(np.zeros(shape, np.uint8), size)
