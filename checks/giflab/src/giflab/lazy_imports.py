"""Optional packages: is one really usable, and a stand-in that imports it on first use."""

import importlib
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType
from typing import Any

from .errors import MissingDependencyError, describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package by its three names: what pip installs, what code imports, what `deps` prints."""

    distribution: str
    module: str
    purpose: str


CORE_PACKAGES = (
    Package(distribution="numpy", module="numpy", purpose="frames as arrays"),
    Package(distribution="opencv-python", module="cv2", purpose="filters, resizing, second GIF reader"),
    # PIL alone imports even where its compiled core doesn't; PIL.Image is the honest question.
    Package(distribution="pillow", module="PIL.Image", purpose="reads and writes GIFs"),
    Package(distribution="click", module="click", purpose="command line"),
    Package(distribution="rich", module="rich.console", purpose="tables"),
)
OPTIONAL_PACKAGES = (
    Package(distribution="psutil", module="psutil", purpose="memory monitoring"),
    Package(distribution="matplotlib", module="matplotlib", purpose="plots in notebooks"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What came of importing a package: `version` when it worked, else `error`."""

    available: bool
    version: str | None = None
    error: str | None = None


def import_or_reason(module: str) -> ModuleType | str:
    """Import `module`; return it, or why that failed in one line.

    Merely finding a package says little: a wheel for another processor or a missing system library shows
    only as it is imported, and then not always as an ImportError. An empty folder of the same name
    imports as a namespace package, and counts as missing.
    """
    try:
        found = importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a broken package raises, the answer is "not usable"
        return describe(error)
    if getattr(found, "__file__", None) is None and getattr(found, "__path__", None) is not None:
        return f"'{module}' is an empty namespace package"
    return found


def probe(package: Package) -> Probe:
    """Import `package` and say what came of it. Nothing is remembered: the answer is always current."""
    found = import_or_reason(package.module)
    if isinstance(found, str):
        return Probe(available=False, error=found)
    try:
        version: str | None = metadata.version(package.distribution)
    except metadata.PackageNotFoundError:  # installed as a variant, e.g. opencv-python-headless
        version = getattr(found, "__version__", None)
    return Probe(available=True, version=version)


def _usable(module: str) -> bool:
    return not isinstance(import_or_reason(module), str)


def is_pil_available() -> bool:
    """Whether Pillow can be imported, compiled core included."""
    return _usable("PIL.Image")


def is_cv2_available() -> bool:
    """Whether OpenCV can be imported."""
    return _usable("cv2")


def is_psutil_available() -> bool:
    """Whether psutil can be imported."""
    return _usable("psutil")


def is_matplotlib_available() -> bool:
    """Whether matplotlib can be imported."""
    return _usable("matplotlib")


class LazyModule:
    """Stands for a module and imports it when an attribute is first asked for.

    Raises MissingDependencyError, naming the package to install, where the module can't be imported.
    """

    def __init__(self, module: str, distribution: str) -> None:
        self._module = module
        self._distribution = distribution

    def __getattr__(self, name: str) -> Any:
        found = import_or_reason(self._module)
        if isinstance(found, str):
            raise MissingDependencyError(
                f"{self._distribution} is needed here but can't be used ({found}): "
                f"pip install {self._distribution}"
            )
        return getattr(found, name)
