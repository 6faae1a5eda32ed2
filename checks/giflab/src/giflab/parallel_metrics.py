"""Metrics of many pairs at once."""

from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from .config import MetricsConfig
from .errors import describe
from .metrics import calculate_comprehensive_metrics

Pair = tuple[str | Path, str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResult:
    """What came of one pair: `metrics` when it worked, else `error`, one line."""

    metrics: dict[str, float] | None = None
    error: str | None = None


def _measure(pair: Pair, config: MetricsConfig) -> PairResult:
    try:
        return PairResult(metrics=calculate_comprehensive_metrics(*pair, config))
    except Exception as error:  # noqa: BLE001 - one bad pair must not cost the others
        return PairResult(error=describe(error))


def _collect(future: Future[PairResult]) -> PairResult:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - the worker died, or its answer was lost
        return PairResult(error=describe(error))


def calculate_metrics_parallel(
    pairs: Iterable[Pair], *, workers: int = 1, config: MetricsConfig | None = None
) -> list[PairResult]:
    """Measure every (original, compressed) pair; the results are in the order of `pairs`.

    A pair that fails, and one whose worker process dies, has its error in its result. One worker, or one
    pair, needs no pool and uses none. Raises ValueError for `workers` below 1, ConfigError for settings
    without sense.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}, needs to be at least 1")
    config = config or MetricsConfig.from_settings()
    todo = list(pairs)
    workers = min(workers, len(todo))
    if workers <= 1:
        return [_measure(pair, config) for pair in todo]
    # Forking a process that has threads (OpenCV starts some) can deadlock; a spawned one starts clean.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_measure, pair, config) for pair in todo]
        return [_collect(future) for future in futures]
