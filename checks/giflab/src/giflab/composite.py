"""One number for quality, out of many."""

from collections.abc import Mapping

from .config import MetricsConfig

#: GMSD at which its share of the composite is 0.
GMSD_WORST = 0.35


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def normalised(metrics: Mapping[str, float], psnr_ceiling_db: float) -> dict[str, float]:
    """Map each metric that can be part of the composite onto 0 (worst) to 1 (perfect)."""
    scores = {name: _unit(value) for name, value in metrics.items()}
    if "psnr" in metrics:
        scores["psnr"] = _unit(metrics["psnr"] / psnr_ceiling_db)
    if "gmsd" in metrics:
        scores["gmsd"] = _unit(1 - metrics["gmsd"] / GMSD_WORST)
    return scores


def composite_quality(metrics: Mapping[str, float], config: MetricsConfig) -> float:
    """Return the weighted mean of the normalised metrics, 0 to 1. The project's own formula.

    Raises KeyError when `config` weighs a metric that is not in `metrics`.
    """
    scores = normalised(metrics, config.psnr_ceiling_db)
    return _unit(sum(weight * scores[name] for name, weight in config.weights.items()))
