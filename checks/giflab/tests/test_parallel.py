"""Many pairs: order kept, no error lost."""

import pytest

from giflab import config, parallel_metrics
from giflab.errors import ConfigError
from giflab.metrics import calculate_comprehensive_metrics
from giflab.parallel_metrics import calculate_metrics_parallel


@pytest.fixture
def pairs(samples, tmp_path):
    return [
        (samples / "noise.gif", samples / "noise.gif"),
        (samples / "noise.gif", tmp_path / "absent.gif"),
        (samples / "gradient.gif", samples / "noise.gif"),
        (samples / "with-alpha.gif", str(samples / "with-alpha.gif")),
    ]


def without_time(metrics):
    return {name: value for name, value in metrics.items() if name != "render_ms"}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_pair_has_its_result_in_order(workers, pairs):
    results = calculate_metrics_parallel(pairs, workers=workers)
    assert results[1].metrics is None
    assert "absent.gif" in results[1].error
    for index in (0, 2, 3):
        expected = calculate_comprehensive_metrics(*pairs[index])
        assert without_time(results[index].metrics) == pytest.approx(without_time(expected))
        assert results[index].error is None


def test_unforeseen_errors_stay_with_their_pair(pairs, monkeypatch):
    real = parallel_metrics.calculate_comprehensive_metrics

    def flawed(original, compressed, config):
        if original == pairs[2][0]:
            raise MemoryError("no room\nat all")
        return real(original, compressed, config)

    monkeypatch.setattr(parallel_metrics, "calculate_comprehensive_metrics", flawed)
    results = calculate_metrics_parallel(pairs)
    assert results[2].error == "MemoryError: no room at all"
    assert [result.metrics is not None for result in results] == [True, False, False, True]


def test_a_broken_pool_loses_no_pair(pairs, monkeypatch):
    class Pool:
        def __init__(self, workers, mp_context):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            return None

        def submit(self, function, *arguments):
            from concurrent.futures import Future
            from concurrent.futures.process import BrokenProcessPool

            future = Future()
            future.set_exception(BrokenProcessPool("a worker was killed"))
            return future

    monkeypatch.setattr(parallel_metrics, "ProcessPoolExecutor", Pool)
    results = calculate_metrics_parallel(pairs, workers=2)
    assert [result.error for result in results] == ["BrokenProcessPool: a worker was killed"] * 4


def test_no_pair_no_result():
    assert calculate_metrics_parallel([], workers=4) == []


def test_workers_below_one_are_refused(pairs):
    with pytest.raises(ValueError, match="at least 1"):
        calculate_metrics_parallel(pairs, workers=0)


def test_bad_settings_fail_at_once_not_per_pair(pairs, monkeypatch):
    monkeypatch.setitem(config.METRICS, "weights", {"ssim": 2.0})
    with pytest.raises(ConfigError):
        calculate_metrics_parallel(pairs)
