"""Watches the memory monitor at work, under its documented or its released names."""

from __future__ import annotations

from typing import Any


def read_memory(percents: list[float], calls: int) -> dict[str, Any]:
    """One reading beside psutil's, the level at each simulated percentage, and the milliseconds of `calls` readings.

    ``api`` says by which names the monitor was asked. A level is a name in capitals.
    """
    import importlib
    import inspect
    import time
    from types import SimpleNamespace

    from giflab.monitoring import SystemMemoryMonitor

    documented = hasattr(SystemMemoryMonitor, "get_memory_stats") and hasattr(SystemMemoryMonitor, "get_pressure_level")
    if not documented and not hasattr(SystemMemoryMonitor, "collect_memory_stats"):
        raise RuntimeError(
            "SystemMemoryMonitor has neither get_memory_stats() with get_pressure_level() nor collect_memory_stats()"
        )

    def read(monitor: Any) -> dict[str, Any]:
        if documented:
            stats = monitor.get_memory_stats()
            level = monitor.get_pressure_level()
            sizes = stats.available_gb * 1024, stats.total_gb * 1024
            shares = stats.percent, stats.process_mb
        else:
            stats = monitor.collect_memory_stats()
            level = stats.pressure_level
            sizes = stats.system_available_mb, stats.total_system_mb
            shares = stats.system_memory_percent, stats.process_memory_mb
        names = ("available_mb", "total_mb", "share", "process_mb")
        return dict({name: float(value) for name, value in zip(names, sizes + shares)}, level=level.name.upper())

    def read_at(percent: float) -> str:
        total = 16 * 1024**3
        free = int(total * (100 - percent) / 100)
        memory = SimpleNamespace(total=total, available=free, percent=percent, used=total - free, free=free)
        if "reader" in inspect.signature(SystemMemoryMonitor).parameters:
            return str(read(SystemMemoryMonitor(reader=lambda: memory))["level"])
        psutil: Any = importlib.import_module("psutil")
        real = psutil.virtual_memory
        psutil.virtual_memory = lambda: memory
        try:
            return str(read(SystemMemoryMonitor())["level"])
        finally:
            psutil.virtual_memory = real

    monitor = SystemMemoryMonitor()
    ask = monitor.get_memory_stats if documented else monitor.collect_memory_stats
    spent = []
    for _ in range(calls):
        started = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - started) * 1000)
    return {
        "api": "get_memory_stats(), get_pressure_level()" if documented else "collect_memory_stats()",
        "reading": read(monitor),
        "levels": {str(percent): read_at(percent) for percent in percents},
        "spent_ms": spent,
    }


def read_reference() -> dict[str, float] | None:
    """What psutil says of the same machine and process, in MB and shares; None where psutil is missing.

    ``kernel_mb`` is the memory in all as Linux itself says, so that a psutil which makes its numbers up shows.
    """
    import os

    try:
        import psutil
    except ImportError:
        return None
    memory = psutil.virtual_memory()
    kernel = memory.total / 1024**2
    if os.path.isfile("/proc/meminfo"):
        with open("/proc/meminfo", encoding="ascii") as file:
            kernel = next(int(line.split()[1]) / 1024 for line in file if line.startswith("MemTotal:"))
    return {
        "available_mb": memory.available / 1024**2,
        "total_mb": memory.total / 1024**2,
        "kernel_mb": kernel,
        "share": memory.percent / 100,
        "process_mb": psutil.Process().memory_info().rss / 1024**2,
    }


def read_thresholds() -> dict[str, float]:
    """The configured thresholds by name; empty where the configuration has none."""
    from giflab.config import MONITORING

    thresholds = MONITORING.get("memory_pressure", {}).get("thresholds", {})
    return {name: float(value) for name, value in thresholds.items()}


def simulate_pressure(calm: float, tight: float) -> dict[str, Any]:
    """Initialise the integration, show it a calm and then a tight memory (percent in use): what it reported of each.

    For a fresh interpreter: the released integration starts a thread.
    """
    import inspect
    import time
    from types import SimpleNamespace

    import psutil
    from giflab.monitoring import memory_integration

    total = 16 * 1024**3
    shown = {"percent": calm}

    def simulated() -> Any:
        free = int(total * (100 - shown["percent"]) / 100)
        return SimpleNamespace(
            total=total, available=free, percent=shown["percent"], used=total - free, free=free, active=0, inactive=0
        )

    psutil.virtual_memory = simulated
    kind = memory_integration.MemoryPressureIntegration
    received = []
    if "on_alert" in inspect.signature(kind).parameters:
        integration = kind(on_alert=lambda alert: received.append(f"{alert.level.name}: {alert.message}"))
        started = bool(integration.initialize())
        said = {}
        for name, percent in (("calm", calm), ("tight", tight)):
            shown["percent"] = percent
            del received[:]
            integration.check()
            said[name] = list(received)
        return {"api": "MemoryPressureIntegration(on_alert=...).check()", "initialised": started, "alerts": said}
    if not hasattr(memory_integration, "get_memory_pressure_manager"):
        raise RuntimeError(
            "the integration takes no on_alert, and there is no get_memory_pressure_manager() to ask in its stead"
        )
    started = bool(kind().initialize())
    manager = memory_integration.get_memory_pressure_manager()
    said = {}
    for name, percent in (("calm", calm), ("tight", tight)):
        shown["percent"] = percent
        deadline = time.monotonic() + 15  # the released monitor reads every five seconds, in a thread
        while time.monotonic() < deadline:
            stats = manager.system_monitor.get_current_stats()
            if stats is not None and abs(stats.system_memory_percent * 100 - percent) < 1:
                break
            time.sleep(0.1)
        asked, target = manager.check_memory_pressure()
        said[name] = [f"eviction of {target:.1f} MB asked for"] if asked else []
    return {"api": "get_memory_pressure_manager().check_memory_pressure()", "initialised": started, "alerts": said}
