"""Decoding, and laying two GIFs on one timeline."""

import numpy as np
import pytest
from sample_gifs import SAMPLES

from giflab import frames
from giflab.errors import GifReadError
from giflab.frames import AlignedPair, align_timeline, extract_gif_frames, kept_indices


def test_fields_of_a_decoded_gif(make_gif):
    gif = extract_gif_frames(make_gif("three.gif", [10, 100, 200], [50, 70, 90], size=(24, 16)))
    assert gif.frame_count == len(gif.frames) == 3
    assert gif.dimensions == (24, 16)
    assert gif.duration_ms == 210
    assert gif.durations_ms == (50, 70, 90)
    for frame, level in zip(gif.frames, (10, 100, 200), strict=True):
        assert frame.shape == (16, 24, 3)
        assert frame.dtype == np.uint8
        assert (frame == level).all()


def test_frames_can_be_changed_by_the_caller(make_gif):
    frame = extract_gif_frames(make_gif("one.gif", [10], [50])).frames[0]
    frame[0, 0] = 99
    assert frame[0, 0, 0] == 99


def test_a_delay_of_zero_counts_as_browsers_show_it(make_gif):
    gif = extract_gif_frames(make_gif("zero.gif", [10, 100], [0, 40]))
    assert gif.durations_ms == (100, 40)


def test_path_may_be_a_string(make_gif):
    assert extract_gif_frames(str(make_gif("one.gif", [10], [50]))).frame_count == 1


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_decode_to_what_was_drawn(name, sample_source):
    sample = SAMPLES[name]()
    palette = np.array(sample.palette, np.uint8)
    gif = extract_gif_frames(sample_source / f"{name}.gif")
    assert gif.duration_ms == sample.delay_ms * len(sample.frames)
    for decoded, indices in zip(gif.frames, sample.frames, strict=True):
        expected = palette[indices]
        if sample.transparent is not None:
            expected[indices == sample.transparent] = 255
        np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_opencv_reads_the_same_where_pillow_is_absent(name, sample_source, monkeypatch):
    path = sample_source / f"{name}.gif"
    expected = extract_gif_frames(path)
    monkeypatch.setattr(frames, "is_pil_available", lambda: False)
    monkeypatch.setattr(frames, "_read_with_pillow", None)
    actual = extract_gif_frames(path)
    assert actual.dimensions == expected.dimensions
    assert actual.durations_ms == expected.durations_ms
    for mine, theirs in zip(actual.frames, expected.frames, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_max_frames_keeps_the_whole_duration(make_gif):
    gif = extract_gif_frames(
        make_gif("ten.gif", range(0, 250, 25), [10 * n for n in range(1, 11)]), max_frames=4
    )
    assert len(gif.frames) == 4
    assert gif.frame_count == 10
    assert gif.duration_ms == sum(gif.durations_ms) == 550
    assert [int(frame[0, 0, 0]) for frame in gif.frames] == [0, 50, 125, 175]


@pytest.mark.parametrize("count", [0, -3])
def test_max_frames_below_one_is_refused(count, make_gif):
    with pytest.raises(ValueError, match="at least 1"):
        extract_gif_frames(make_gif("one.gif", [10], [50]), max_frames=count)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a GIF"),
        (b"\x89PNG\r\n\x1a\n", "not a GIF"),
        (b"GIF89a", "damaged"),
        (b"GIF89a" + b"x" * 40, "damaged"),
    ],
)
@pytest.mark.parametrize("pillow", [True, False])
def test_what_is_not_a_gif_is_refused_in_one_line(content, message, pillow, tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "is_pil_available", lambda: pillow)
    path = tmp_path / "odd.gif"
    path.write_bytes(content)
    with pytest.raises(GifReadError, match=message) as caught:
        extract_gif_frames(path)
    assert "\n" not in str(caught.value)


def test_a_gif_cut_short_is_refused(samples):
    path = samples / "noise.gif"
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(GifReadError, match="damaged"):
        extract_gif_frames(path)


@pytest.mark.parametrize("name", ["absent.gif", "."])
def test_a_missing_file_and_a_folder_are_refused(name, tmp_path):
    with pytest.raises(GifReadError):
        extract_gif_frames(tmp_path / name)


def test_a_gif_too_large_to_decode_is_refused(make_gif, monkeypatch):
    monkeypatch.setattr(frames, "MAX_PIXELS", 24 * 16 * 2 - 1)
    path = make_gif("two.gif", [10, 200], [50, 50])
    with pytest.raises(GifReadError, match="more than"):
        extract_gif_frames(path)
    assert len(extract_gif_frames(path, max_frames=1).frames) == 1


def test_transparency_is_laid_on_white():
    image = np.array([[[200, 0, 100, 0], [200, 0, 100, 255], [200, 0, 100, 51]]], np.uint8)
    assert frames.flatten(image).tolist() == [[[255, 255, 255], [200, 0, 100], [244, 204, 224]]]


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [(3, None, [0, 1, 2]), (3, 5, [0, 1, 2]), (6, 3, [0, 2, 4]), (7, 1, [0]), (5, 4, [0, 1, 2, 3])],
)
def test_kept_indices(count, limit, expected):
    assert list(kept_indices(count, limit)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([100, 100], [100, 100], [(0, 0, 100), (1, 1, 100)]),
        ([100, 100], [200], [(0, 0, 100), (1, 0, 100)]),
        ([60, 60], [40, 80], [(0, 0, 40), (0, 1, 20), (1, 1, 60)]),
        ([50], [50, 30], [(0, 0, 50), (0, 1, 30)]),
        ([50, 50, 50], [100], [(0, 0, 50), (1, 0, 50), (2, 0, 50)]),
    ],
)
def test_alignment(first, second, expected):
    assert align_timeline(first, second) == [
        AlignedPair(original=a, compressed=b, duration_ms=duration) for a, b, duration in expected
    ]


def test_alignment_needs_frames():
    with pytest.raises(ValueError, match="without frames"):
        align_timeline([], [10])
