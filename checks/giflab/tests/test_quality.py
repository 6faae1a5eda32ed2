"""Each formula against values computed independently.

The numbers for SSIM, MSE and PSNR come from scikit-image 0.26 (gaussian_weights, sigma 1.5, population
covariance), those for MS-SSIM and GMSD from a direct transcription of the papers with scipy 1.17, the
histogram's from numpy.histogramdd and numpy.corrcoef.
"""

import math

import numpy as np
import pytest

from giflab import quality

SYMMETRIC = [
    quality.mse,
    quality.ssim,
    quality.ms_ssim,
    quality.gmsd,
    quality.edge_similarity,
    quality.color_histogram_correlation,
]
PERFECT = {"mse": 0.0, "gmsd": 0.0}


def grey(level, height=16, width=24):
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize(
    ("measure", "size", "expected"),
    [
        (quality.mse, (176, 192), 137.58077848800505),
        (quality.mse, (64, 48), 135.95084635416666),
        (quality.ssim, (176, 192), 0.9433616856382837),
        (quality.ssim, (64, 48), 0.8130853487226485),
        (quality.ms_ssim, (176, 192), 0.9637840946709249),
        (quality.gmsd, (176, 192), 0.07703981504552661),
        (quality.gmsd, (64, 48), 0.11952650494084163),
        (quality.color_histogram_correlation, (176, 192), 0.8954880666447631),
        (quality.color_histogram_correlation, (64, 48), 0.9499208526373502),
    ],
)
def test_reference_value(measure, size, expected, pattern, degraded):
    frame = pattern(*size)
    assert measure(frame, degraded(frame)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("measure", SYMMETRIC)
def test_equal_frames_are_perfect(measure, pattern):
    frame = pattern(40, 56)
    assert measure(frame, frame.copy()) == pytest.approx(PERFECT.get(measure.__name__, 1.0), abs=1e-12)


@pytest.mark.parametrize("measure", SYMMETRIC)
def test_order_of_frames_does_not_matter(measure, pattern, degraded):
    frame = pattern(64, 48)
    assert measure(frame, degraded(frame)) == pytest.approx(measure(degraded(frame), frame), rel=1e-12)


@pytest.mark.parametrize("measure", SYMMETRIC)
def test_frames_of_different_shape_are_refused(measure, pattern):
    with pytest.raises(ValueError, match="shape"):
        measure(pattern(16, 16), pattern(16, 18))


@pytest.mark.parametrize("measure", SYMMETRIC)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (10, 10), (11, 30)])
def test_small_frames_still_have_a_finite_value(measure, size, pattern, degraded):
    frame = pattern(*size)
    assert math.isfinite(measure(frame, degraded(frame)))


@pytest.mark.parametrize(
    ("error", "decibel"),
    [(65025.0, 0.0), (650.25, 20.0), (137.58077848800505, 26.745225983325494), (0.0, 100.0), (1e-9, 100.0)],
)
def test_psnr(error, decibel):
    assert quality.psnr_from_mse(error) == pytest.approx(decibel, abs=1e-9)


def test_mse_of_black_and_white_is_the_largest():
    assert quality.mse(grey(0), grey(255)) == 255**2


def test_ssim_of_flat_frames_is_its_luminance_term():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert quality.ssim(grey(100), grey(120)) == pytest.approx(expected, rel=1e-9)


def test_ms_ssim_of_a_frame_with_room_for_one_scale_is_its_ssim(pattern, degraded):
    frame = pattern(20, 21)
    exponent = sum(quality.MS_SSIM_WEIGHTS)
    expected = quality.ssim(frame, degraded(frame)) ** exponent
    assert quality.ms_ssim(frame, degraded(frame)) == pytest.approx(expected, rel=1e-9)


def test_ms_ssim_counts_a_negative_term_as_zero(pattern):
    frame = pattern(20, 20)
    assert quality.ssim(frame, 255 - frame) < 0
    assert quality.ms_ssim(frame, 255 - frame) == 0.0


def test_gmsd_ignores_an_even_change_of_brightness(pattern):
    frame = pattern(64, 48) // 2
    assert quality.gmsd(frame, frame + np.uint8(40)) == pytest.approx(0.0, abs=1e-9)


def test_edges_in_one_frame_only_have_nothing_in_common():
    square = grey(0)
    square[4:12, 6:18] = 255
    assert quality.edge_similarity(grey(0), square) == 0.0
    assert quality.edge_similarity(grey(0), grey(200)) == 1.0


def test_histogram_tells_swapped_colours_from_equal_ones():
    red, blue = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    red[:, :2, 0] = 255
    blue[:, :2, 2] = 255
    assert quality.color_histogram_correlation(red, red[:, ::-1]) == pytest.approx(1.0)
    assert quality.color_histogram_correlation(red, blue) < 0.6


def test_a_flat_histogram_correlates_with_another_flat_one_only():
    levels = np.arange(16, 256, 32)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(16, 32, 3).astype(np.uint8)
    assert quality.color_histogram_correlation(cube, cube[::-1]) == 1.0
    assert quality.color_histogram_correlation(cube, np.zeros_like(cube)) == 0.0


def test_temporal_information_is_the_deviation_of_the_change():
    half = grey(50)
    half[:, :12] = 70
    assert quality.temporal_information(grey(50), half) == pytest.approx(10.0)
    assert quality.temporal_information(grey(50), grey(90)) == pytest.approx(0.0, abs=1e-9)


def test_change_similarity_is_one_for_equal_and_small_for_lost_change():
    assert quality.change_similarity(12.0, 12.0) == 1.0
    assert quality.change_similarity(0.0, 0.0) == 1.0
    assert quality.change_similarity(80.0, 0.0) < 0.02
