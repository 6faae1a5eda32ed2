"""Looks at flags, the fallback, import order and the lazy imports."""

from __future__ import annotations

from typing import Any


def read_flags() -> dict[str, Any]:
    """The flags as configured, and what they are once frames have been read and resized.

    For a fresh interpreter, because the flags take effect as modules are imported.
    """
    import os
    import sys
    import tempfile
    from pathlib import Path

    import numpy as np
    from giflab import config, metrics
    from PIL import Image

    found = {
        "experimental": config.ENABLE_EXPERIMENTAL_CACHING,
        "frame_cache": config.FRAME_CACHE.get("enabled", False),
    }
    # Some versions load the cache not as they are imported but as the first frames are read.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GIFLAB_CACHE_DIR"] = os.path.join(folder, "cache")
        path = Path(folder, "probe.gif")
        Image.new("P", (8, 6)).save(path)
        metrics.extract_gif_frames(path)
    metrics.resize_frame_cached(np.zeros((6, 8, 3), np.uint8), (4, 3))
    status = metrics.get_caching_status()
    found["runtime"] = metrics.CACHING_ENABLED
    found["status"] = {key: value for key, value in status.items() if isinstance(value, (bool, str))}
    found["loaded"] = sorted(name for name in sys.modules if name.startswith("giflab.caching"))
    return {key: value if isinstance(value, (bool, dict, list)) else repr(value) for key, value in found.items()}


def resize_frames() -> list[dict[str, Any]]:
    """Resize known frames: the shape and type of each, and how far its content is from the mean of the areas.

    The frames are noise and a picture with four different quarters, so that swapped axes and swapped channels show.
    Sizes are (width, height); every reduction is by whole factors, where averaging areas has one right answer.
    """
    import numpy as np
    from giflab.metrics import CACHING_ENABLED, resize_frame_cached

    noise = np.random.default_rng(7).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    quarters = np.zeros((100, 100, 3), np.uint8)
    quarters[:50, :50], quarters[:50, 50:] = (250, 10, 20), (30, 240, 40)
    quarters[50:, :50], quarters[50:, 50:] = (60, 50, 230), (200, 210, 70)
    found = []
    for name, frame, (width, height) in (
        ("square", quarters, (50, 50)),
        ("wide to wide", noise, (30, 20)),
        ("wide to tall", noise, (9, 60)),
        ("tall to wide", np.ascontiguousarray(noise.transpose(1, 0, 2)), (20, 45)),
    ):
        before = frame.copy()
        resized = np.asarray(resize_frame_cached(frame, (width, height)))
        rows, columns = frame.shape[0] // height, frame.shape[1] // width
        right = frame.reshape(height, rows, width, columns, 3).astype(float).mean(axis=(1, 3))
        same = resized.shape == right.shape
        found.append(
            {
                "case": name,
                "shape": list(resized.shape),
                "expected": [height, width, 3],
                "type": str(resized.dtype),
                "off_by": float(np.abs(resized.astype(float) - right).max()) if same else None,
                "input_kept": bool((frame == before).all()),
                "cached": bool(CACHING_ENABLED),
            }
        )
    return found


def import_each_alone(package: str) -> dict[str, str]:
    """Import every module of a package in a process where no other of it is loaded yet; the error by name, or "".

    Each process is forked before anything of the package is imported, after what it takes from elsewhere: that is as
    fresh as a new interpreter where cycles within the package are concerned, at a fraction of its time. To be run as a
    program of its own, because forking wants no threads, and on a system that has fork.
    """
    import importlib
    import json
    import os
    import sys
    from glob import glob
    from importlib.util import find_spec

    def import_here(name: str) -> str:
        try:
            importlib.import_module(name)
        except BaseException as error:  # SystemExit on import is as bad
            return f"{type(error).__name__}: {error}"
        return ""

    def fork_for(name: str) -> Any:
        reading, writing = os.pipe()
        child = os.fork()
        if child:
            os.close(writing)
            return name, child, os.fdopen(reading, "rb")
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            error = import_here(name)
            with os.fdopen(writing, "w", encoding="utf-8", errors="replace") as answer:
                json.dump([error, [] if error else list(sys.modules)], answer)
        finally:
            os._exit(0)

    places = getattr(find_spec(package), "submodule_search_locations", None)
    if not places:
        raise ImportError(f"there is no package {package!r}")
    root = next(iter(places))
    paths = [os.path.relpath(path, root)[:-3].split(os.sep) for path in glob(f"{root}/**/*.py", recursive=True)]
    parts = [path[:-1] if path[-1] == "__init__" else path for path in paths if path[-1] != "__main__"]
    waiting = sorted((".".join([package, *path]) for path in parts), key=lambda name: (name.count("."), name))
    for elsewhere in ("numpy", "cv2", "PIL.Image", "click", "rich.console", "psutil", "pandas", "matplotlib", "torch"):
        import_here(elsewhere)
    said: dict[str, str] = {}
    loaded: dict[str, list[str]] = {}
    while waiting:
        depth = waiting[0].count(".")
        batch = [name for name in waiting[: os.cpu_count() or 1] if name.count(".") == depth]
        waiting = waiting[len(batch) :]
        # A module's package is imported before it, so what the package loads has been tried as the first one already.
        covered = [name for name in batch if name in loaded.get(name.rpartition(".")[0], ())]
        for name in covered:
            said[name], loaded[name] = "", loaded[name.rpartition(".")[0]]
        for name, child, pipe in [fork_for(name) for name in batch if name not in covered]:
            answer = pipe.read()
            status = os.waitpid(child, 0)[1]
            said[name], loaded[name] = json.loads(answer) if answer else (f"the process died ({status})", [])
    return said


def compare_lazy_imports(hidden: str) -> dict[str, dict[str, Any]]:
    """What each ``is_..._available()`` says, beside whether the module can be imported; an error as text.

    `hidden` is a module that is made impossible to import before anything is asked, and stays so; empty for none.
    For a fresh interpreter.
    """
    import importlib
    import importlib.util
    import re
    import sys
    import types

    if hidden:
        # The package without its own beginning, which may ask before anything is hidden and remember the answer.
        for name in [name for name in sys.modules if name.partition(".")[0] == "giflab"]:
            del sys.modules[name]
        spec = importlib.util.find_spec("giflab")
        package = types.ModuleType("giflab")
        package.__path__ = list((spec and spec.submodule_search_locations) or ())
        sys.modules["giflab"] = package
    lazy_imports = importlib.import_module("giflab.lazy_imports")

    modules = {"pil": "PIL.Image", "lpips": "lpips"}
    if hidden:
        for name in [name for name in sys.modules if name == hidden or name.startswith(hidden + ".")]:
            del sys.modules[name]

        class Hiding:
            """A finder that does not find the hidden module, and is otherwise the one it stands for."""

            def __init__(self, finder: Any) -> None:
                self.finder = finder

            def __getattr__(self, name: str) -> Any:
                return getattr(self.finder, name)

            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
                if name == hidden or name.startswith(hidden + "."):
                    return None
                return self.finder.find_spec(name, path, target)

        sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(dir(lazy_imports)):
        asked = re.match(r"is_(\w+)_available$", name)
        if not asked:
            continue
        module = modules.get(asked.group(1), asked.group(1))
        entry: dict[str, Any] = {"module": module}
        try:
            entry["said"] = getattr(lazy_imports, name)()
        except Exception as error:
            entry["said"] = f"{type(error).__name__}: {error}"
        try:
            importlib.import_module(module)
            entry["true"] = True
        except Exception as error:
            entry["true"], entry["why"] = False, str(error)
        found[name] = entry
    return found
