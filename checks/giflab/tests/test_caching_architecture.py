"""Experimental caching is off, its code not even loaded; and it works for whoever switches it on."""

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import giflab
from giflab import cache_files, config, metrics
from giflab.caching import FrameStore, ResizeCache
from giflab.errors import GifReadError
from giflab.frames import extract_gif_frames


def resize(frame, size, interpolation):
    return np.asarray(cv2.resize(frame, size, interpolation=interpolation))


@pytest.fixture
def metrics_with(monkeypatch, tmp_path):
    """Loads a second copy of giflab.metrics under other flags; the real one stays as it is."""

    def load(*, experimental, frame_cache):
        monkeypatch.setattr(config, "ENABLE_EXPERIMENTAL_CACHING", experimental)
        cache = {**config.FRAME_CACHE, "enabled": frame_cache, "directory": tmp_path / "frames"}
        monkeypatch.setattr(config, "FRAME_CACHE", cache)
        name = "giflab.metrics_under_other_flags"
        spec = importlib.util.spec_from_file_location(name, Path(giflab.__file__).with_name("metrics.py"))
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


def test_feature_flag_disabled():
    """As shipped, and as rolled back, nothing is cached."""
    assert config.ENABLE_EXPERIMENTAL_CACHING is False
    assert config.FRAME_CACHE["enabled"] is False
    assert metrics.CACHING_ENABLED is False
    status = metrics.get_caching_status()
    assert status["enabled"] is False
    assert status["frame_cache_active"] is False
    assert status["note"] == ""


def test_conditional_import_system(python):
    """In a new interpreter, the metrics work without the caching module ever being loaded."""
    code = (
        "import sys, numpy as np, giflab.metrics as m\n"
        "print('giflab.caching' in sys.modules, m.get_caching_status()['implementation'],"
        " m.resize_frame_cached(np.zeros((8, 8, 3), np.uint8), (4, 2)).shape)"
    )
    done = python("-c", code)
    assert done.stdout.strip() == "False fallback (2, 4, 3)", done.stderr


def test_flag_on_loads_the_cache(metrics_with):
    module = metrics_with(experimental=True, frame_cache=False)
    frame = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    first = module.resize_frame_cached(frame, (4, 4))
    np.testing.assert_array_equal(module.resize_frame_cached(frame, (4, 4)), first)
    status = module.get_caching_status()
    assert (status["enabled"], status["implementation"]) == (True, "cached")
    assert (status["resize_stats"]["hits"], status["resize_stats"]["misses"]) == (1, 1)
    assert status["frame_cache_active"] is False


def test_frame_cache_alone_does_nothing_and_says_so(metrics_with):
    module = metrics_with(experimental=False, frame_cache=True)
    status = module.get_caching_status()
    assert module.CACHING_ENABLED is False
    assert status["frame_cache_active"] is False
    assert status["note"] == "FRAME_CACHE is on, but ENABLE_EXPERIMENTAL_CACHING is off"


def test_flag_changed_after_import_is_reported(monkeypatch):
    monkeypatch.setattr(config, "ENABLE_EXPERIMENTAL_CACHING", not metrics.CACHING_ENABLED)
    assert "after import" in metrics.get_caching_status()["note"]


def test_results_are_the_same_with_both_caches(metrics_with, samples):
    pair = (samples / "noise.gif", samples / "gradient.gif")
    plain = metrics.calculate_comprehensive_metrics(*pair)
    module = metrics_with(experimental=True, frame_cache=True)
    for _ in range(2):
        cached = module.calculate_comprehensive_metrics(*pair)
        assert {**cached, "render_ms": 0} == {**plain, "render_ms": 0}
    assert module.get_caching_status()["frame_cache_active"] is True
    assert len(cache_files.entries()) == 2


def test_resize_cache_returns_copies():
    cache = ResizeCache(resize, 1000)
    frame = np.full((4, 4, 3), 7, np.uint8)
    for _ in range(3):
        result = cache.resize(frame, (2, 2), cv2.INTER_AREA)
        assert (result == 7).all()
        result[:] = 0


def test_resize_cache_knows_a_frame_by_content():
    cache = ResizeCache(resize, 1000)
    frame = np.full((4, 4, 3), 7, np.uint8)
    cache.resize(frame, (2, 2), cv2.INTER_AREA)
    frame[:] = 9
    assert (cache.resize(frame, (2, 2), cv2.INTER_AREA) == 9).all()
    assert cache.stats()["hits"] == 0


@pytest.mark.parametrize("other", [((2, 3), cv2.INTER_AREA), ((2, 2), cv2.INTER_NEAREST)])
def test_resize_cache_keeps_size_and_interpolation_apart(other):
    cache = ResizeCache(resize, 1000)
    frame = np.zeros((4, 4, 3), np.uint8)
    cache.resize(frame, (2, 2), cv2.INTER_AREA)
    cache.resize(frame, *other)
    assert cache.stats()["entries"] == 2


def test_resize_cache_drops_the_least_recently_used():
    cache = ResizeCache(resize, 2 * (2 * 2 * 3))
    frames = [np.full((4, 4, 3), level, np.uint8) for level in range(3)]
    for index in (0, 1, 0, 2, 0):
        cache.resize(frames[index], (2, 2), cv2.INTER_AREA)
    stats = cache.stats()
    assert (stats["hits"], stats["entries"], stats["bytes"]) == (2, 2, 24)
    cache.resize(frames[1], (2, 2), cv2.INTER_AREA)
    assert cache.stats()["hits"] == 2


def test_resize_cache_never_keeps_what_exceeds_it():
    cache = ResizeCache(resize, 5)
    cache.resize(np.zeros((4, 4, 3), np.uint8), (2, 2), cv2.INTER_AREA)
    assert (cache.stats()["entries"], cache.stats()["bytes"]) == (0, 0)


@pytest.fixture
def store(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "FRAME_CACHE", {"enabled": True, "directory": tmp_path / "frames"})
    calls = []

    def extract(path, max_frames=None):
        calls.append(path)
        return extract_gif_frames(path, max_frames)

    return FrameStore(extract, 10**6), calls


def test_frame_store_decodes_once(store, samples):
    frames, calls = store
    first, second = (frames.extract(samples / "with-alpha.gif") for _ in range(2))
    assert len(calls) == 1
    assert (first.dimensions, first.durations_ms) == (second.dimensions, second.durations_ms)
    np.testing.assert_array_equal(first.frames, second.frames)


def test_frame_store_keeps_limits_apart(store, samples):
    frames, calls = store
    assert len(frames.extract(samples / "noise.gif", 2).frames) == 2
    assert len(frames.extract(samples / "noise.gif").frames) == 4
    assert len(calls) == 2


def test_frame_store_treats_a_damaged_entry_as_absent(store, samples):
    frames, calls = store
    frames.extract(samples / "noise.gif")
    (entry,) = cache_files.entries()
    entry.write_bytes(b"PK\x03\x04 half an archive")
    frames.extract(samples / "noise.gif")
    assert len(calls) == 2


def test_frame_store_stays_within_its_limit(monkeypatch, samples, tmp_path):
    monkeypatch.setattr(config, "FRAME_CACHE", {"directory": tmp_path / "frames"})
    frames = FrameStore(extract_gif_frames, 1)
    frames.extract(samples / "noise.gif")
    assert cache_files.entries() == []


def test_frame_store_works_without_a_writable_folder(monkeypatch, samples, tmp_path):
    (tmp_path / "frames").write_text("a file where the folder should be")
    monkeypatch.setattr(config, "FRAME_CACHE", {"directory": tmp_path / "frames"})
    assert FrameStore(extract_gif_frames, 10**6).extract(samples / "noise.gif").frame_count == 4


def test_frame_store_passes_errors_on(store, tmp_path):
    with pytest.raises(GifReadError):
        store[0].extract(tmp_path / "absent.gif")


def test_cache_folder_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setitem(config.FRAME_CACHE, "directory", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("GIFLAB_CACHE_DIR", raising=False)
    assert cache_files.cache_directory() == tmp_path / "xdg" / "giflab"
    monkeypatch.setenv("GIFLAB_CACHE_DIR", str(tmp_path / "own"))
    assert cache_files.cache_directory() == tmp_path / "own"
    monkeypatch.setitem(config.FRAME_CACHE, "directory", tmp_path / "set")
    assert cache_files.cache_directory() == tmp_path / "set"
