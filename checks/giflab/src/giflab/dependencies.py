"""What this installation can do: packages, external tools, the machine. Works while any of them is broken."""

import importlib
import platform
import shutil
import subprocess
from dataclasses import asdict
from typing import Any

from .config import memory_pressure_config
from .errors import one_line
from .lazy_imports import CORE_PACKAGES, OPTIONAL_PACKAGES, Package, Probe, probe
from .monitoring import SystemMemoryMonitor

#: Programs used where present, with what for.
EXTERNAL_TOOLS = {"gifsicle": "lossy compression pipeline"}

_TOOL_TIMEOUT_S = 5


def probe_tool(name: str) -> Probe:
    """Run ``name --version`` and say what came of it."""
    path = shutil.which(name)
    if path is None:
        return Probe(available=False, error="not on PATH")
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_TOOL_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Probe(available=False, error=one_line(error))
    return Probe(available=True, version=done.stdout.strip().partition("\n")[0] or None)


def memory_report() -> dict[str, Any]:
    """Return `available` (memory can be read), `enabled` (by the settings), `thresholds` and `current`.

    `current` has level, available_gb, total_gb, percent (0-1), process_mb and error; a number that can't be
    had is None. Raises ConfigError.
    """
    monitor = SystemMemoryMonitor()
    config = memory_pressure_config()
    stats = monitor.get_memory_stats()
    return {
        "available": stats.known,
        "enabled": config.enabled,
        "thresholds": config.thresholds,
        "current": {"level": monitor.get_pressure_level(stats).name, **stats.as_dict()},
    }


def caching_report() -> dict[str, Any]:
    """Return `giflab.metrics.get_caching_status()`, or an `error` where that module can't be imported."""
    try:
        status: dict[str, Any] = importlib.import_module("giflab.metrics").get_caching_status()
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything as it is imported
        return {"enabled": None, "error": one_line(error)}
    return status


def _probes(packages: tuple[Package, ...]) -> dict[str, dict[str, Any]]:
    return {package.distribution: asdict(probe(package)) for package in packages}


def dependency_report() -> dict[str, Any]:
    """Return everything, ready for JSON.

    `core`, `optional` and `external_tools` map a name to available, version and error; `system` has
    python_version, platform, caching_status and memory_monitoring.
    """
    return {
        "core": _probes(CORE_PACKAGES),
        "optional": _probes(OPTIONAL_PACKAGES),
        "external_tools": {name: asdict(probe_tool(name)) for name in EXTERNAL_TOOLS},
        "system": {
            "python_version": platform.python_version(),
            "platform": platform.platform(),
            "caching_status": caching_report(),
            "memory_monitoring": memory_report(),
        },
    }


def missing(section: dict[str, dict[str, Any]]) -> list[str]:
    """Return the names in a section of the report that are not available."""
    return [name for name, entry in section.items() if not entry["available"]]
