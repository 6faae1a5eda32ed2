"""Uses GifLab as its users do, on GIFs whose right answers are known: each function runs on the target."""

from __future__ import annotations

from typing import Any


def measure_known_pair() -> dict[str, Any]:
    """Measure two pairs of GIFs made here: one differs by 10 grey levels everywhere, one not at all.

    The right answers are arithmetic, the same for every implementation: an MSE of 100 and of 0. ``mse_db`` is the PSNR
    that the formula 10 log10(255^2 / MSE) gives for the first. What GifLab raises is a failure of GifLab.
    """
    import hashlib
    import math
    import os
    import tempfile
    from pathlib import Path

    import numpy as np
    from PIL import Image

    try:
        from giflab.metrics import calculate_comprehensive_metrics
    except Exception as error:
        raise AssertionError(f"giflab.metrics cannot be imported: {type(error).__name__}: {error}") from error

    def write(path: str, offset: int) -> str:
        frames = []
        for step in range(4):
            grey = np.full((48, 64), 20 + 50 * step + offset, np.uint8)
            grey[8:24, 8 * step : 8 * step + 16] += 30
            frame = Image.fromarray(grey)
            frame.putpalette([level for level in range(256) for _ in range(3)])
            frames.append(frame)
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0, optimize=False)
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        original, brighter = os.path.join(folder, "original.gif"), os.path.join(folder, "brighter.gif")
        before = [write(original, 0), write(brighter, 10)]
        measured = {}
        for name, other in (("same", original), ("brighter", brighter)):
            try:
                found = calculate_comprehensive_metrics(Path(original), Path(other))
            except Exception as error:
                raise AssertionError(f"the metrics of a sound pair raised {type(error).__name__}: {error}") from error
            measured[name] = {key: float(value) for key, value in found.items() if isinstance(value, (int, float))}
        after = []
        for path in (original, brighter):
            with open(path, "rb") as file:
                after.append(hashlib.sha256(file.read()).hexdigest())
    return {**measured, "mse_db": 10 * math.log10(255**2 / 100), "inputs_kept": before == after}


def extract_frames(paths: list[str]) -> list[dict[str, Any]]:
    """Read GIFs with GifLab, and with Pillow beside it: frames, size, how far the pixels differ.

    Pixels are compared where Pillow's are opaque; what GifLab raises stands under ``error``.
    """
    from pathlib import Path

    import numpy as np
    from giflab.metrics import extract_gif_frames
    from PIL import Image

    found = []
    for path in paths:
        entry: dict[str, Any] = {"path": path, "frames": 0, "count": 0, "size": [], "off_by": 0, "error": ""}
        try:
            read = extract_gif_frames(Path(path))
            frames = [np.asarray(frame) for frame in read.frames]
            entry.update(frames=len(frames), count=int(read.frame_count), size=[int(side) for side in read.dimensions])
        except Exception as error:
            entry["error"] = f"{type(error).__name__}: {error}"
            frames = []
        with Image.open(path) as image:
            entry.update(expected_frames=int(getattr(image, "n_frames", 1)), expected_size=list(image.size))
            for index, frame in enumerate(frames[: entry["expected_frames"]]):
                image.seek(index)
                right = np.array(image.convert("RGBA")).astype(int)
                shown = right[..., 3] == 255
                if frame.shape[:2] == shown.shape and shown.any():
                    off = np.abs(frame.astype(int)[shown] - right[..., :3][shown]).max()
                    entry["off_by"] = max(entry["off_by"], int(off))
        found.append(entry)
    return found


def measure_sample(path: str) -> dict[str, float]:
    """Measure a GIF against a copy of sixteen colours: every number of the result.

    ``true_ratio`` is by how much the copy's file is smaller.
    """
    import os
    import tempfile
    from pathlib import Path

    from giflab.metrics import calculate_comprehensive_metrics
    from PIL import Image, ImageSequence

    with Image.open(path) as image:
        frames, delays = [], []
        for frame in ImageSequence.Iterator(image):
            delays.append(int(frame.info.get("duration", 100)))
            frames.append(frame.convert("RGB").quantize(16, dither=Image.Dither.NONE))
    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        coarse = os.path.join(folder, "coarse.gif")
        frames[0].save(coarse, save_all=True, append_images=frames[1:], duration=delays, loop=0)
        found = calculate_comprehensive_metrics(Path(path), Path(coarse))
        ratio = os.path.getsize(path) / os.path.getsize(coarse)
    return dict(
        {key: float(value) for key, value in found.items() if isinstance(value, (int, float))}, true_ratio=ratio
    )


def prepare_batch(folder: str, paths: list[str]) -> str:
    """Copy GIFs into a folder below `folder`, for a command to work on; the path of that folder."""
    import os
    import shutil

    batch = os.path.join(folder, "batch")
    os.makedirs(batch)
    for path in paths:
        shutil.copy2(path, batch)
    return batch


def digest_files(folder: str) -> dict[str, str]:
    """The sha256 of every file directly in a folder, by name."""
    import hashlib
    import os

    digests = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                digests[name] = hashlib.sha256(file.read()).hexdigest()
    return digests


def watch_growth(readings: int, rounds: int) -> dict[str, float]:
    """Megabytes this process grows by while memory is read, and by metrics runs once they are warm.

    To be called in a fresh interpreter. ``resident`` is its size at the end.
    """
    import tempfile
    from pathlib import Path

    import psutil
    from giflab.metrics import calculate_comprehensive_metrics
    from giflab.monitoring import SystemMemoryMonitor
    from PIL import Image

    def resident() -> float:
        return float(psutil.Process().memory_info().rss) / 1024**2

    monitor = SystemMemoryMonitor()
    ask = getattr(monitor, "get_memory_stats", None) or monitor.collect_memory_stats
    for _ in range(100):
        ask()
    started = resident()
    for _ in range(readings):
        ask()
    read = resident()
    with tempfile.TemporaryDirectory(prefix="deploycheck-") as folder:
        path = Path(folder, "probe.gif")
        frames = [Image.linear_gradient("L").rotate(90 * step).resize((96, 96)) for step in range(4)]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0)
        for _ in range(rounds):
            calculate_comprehensive_metrics(path, path)
        warm = resident()
        for _ in range(rounds):
            calculate_comprehensive_metrics(path, path)
    return {"monitoring": read - started, "metrics": resident() - warm, "resident": resident()}


def hear_alert(percent: float) -> dict[str, Any]:
    """Simulate memory in use and listen to the log: the records of level WARNING and above that monitoring wrote.

    To be called in a fresh interpreter: the released integration starts a thread, and reads memory every 5 seconds.
    """
    import logging
    import time
    from types import SimpleNamespace

    import psutil
    from giflab.monitoring import memory_integration

    total = 16 * 1024**3
    free = int(total * (100 - percent) / 100)
    simulated = SimpleNamespace(total=total, available=free, percent=percent, used=total - free, free=free)
    psutil.virtual_memory = lambda: simulated  # type: ignore[assignment, return-value]  # looks like what it returns
    heard: list[str] = []

    class Listener(logging.Handler):
        """Stands where a log shipper would."""

        def emit(self, record: logging.LogRecord) -> None:
            heard.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    logging.getLogger().addHandler(Listener(logging.WARNING))
    integration = memory_integration.MemoryPressureIntegration()
    started = bool(integration.initialize())
    documented = hasattr(integration, "check")
    ask = integration.check if documented else integration.check_and_handle_pressure
    deadline = time.monotonic() + (0 if documented else 12)
    ask()
    while not heard and time.monotonic() < deadline:
        time.sleep(0.5)
        ask()
    return {"initialised": started, "heard": heard}


def import_modules(names: list[str]) -> dict[str, str]:
    """Import modules by name; the error of each, empty when it worked. To be called in a fresh interpreter."""
    import importlib

    def attempt(name: str) -> str:
        try:
            importlib.import_module(name)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        return ""

    return {name: attempt(name) for name in names}
