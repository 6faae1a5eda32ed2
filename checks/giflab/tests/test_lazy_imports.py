"""Available means usable."""

import sys
import types

import pytest

from giflab import lazy_imports
from giflab.errors import GifLabError, MissingDependencyError
from giflab.lazy_imports import CORE_PACKAGES, LazyModule, Package, probe

QUESTIONS = {
    "PIL.Image": lazy_imports.is_pil_available,
    "cv2": lazy_imports.is_cv2_available,
    "psutil": lazy_imports.is_psutil_available,
    "matplotlib": lazy_imports.is_matplotlib_available,
}


@pytest.fixture
def package_on_path(tmp_path, monkeypatch):
    """Puts a package of the test's making before everything else on the path."""

    def make(name, content):
        folder = tmp_path / "path" / name
        folder.mkdir(parents=True)
        if content is not None:
            (folder / "__init__.py").write_text(content)
        monkeypatch.syspath_prepend(str(tmp_path / "path"))
        monkeypatch.delitem(sys.modules, name, raising=False)

    yield make
    sys.modules.pop("lab_rat", None)


@pytest.mark.parametrize("module", ["PIL.Image", "cv2", "psutil"])
def test_installed_packages_are_available(module):
    assert QUESTIONS[module]() is True


@pytest.mark.parametrize("module", sorted(QUESTIONS))
def test_absent_packages_are_not(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    assert QUESTIONS[module]() is False


@pytest.mark.parametrize("module", sorted(QUESTIONS))
def test_what_can_be_imported_is_available(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
    monkeypatch.setitem(sys.modules, module.partition(".")[0], types.ModuleType(module.partition(".")[0]))
    assert QUESTIONS[module]() is True


@pytest.mark.parametrize(
    "content",
    [
        "raise OSError('libGL.so.1: cannot open\\nshared object file')",
        "import a_module_that_is_not_there",
        "1 / 0",
    ],
)
def test_found_but_broken_is_not_available(content, package_on_path):
    package_on_path("lab_rat", content)
    result = probe(Package(distribution="lab-rat", module="lab_rat", purpose="test"))
    assert result.available is False
    assert result.version is None
    assert "\n" not in result.error


def test_an_empty_folder_is_not_a_package(package_on_path):
    package_on_path("lab_rat", None)
    result = probe(Package(distribution="lab-rat", module="lab_rat", purpose="test"))
    assert (result.available, "namespace" in result.error) == (False, True)


def test_version_falls_back_to_the_modules_own(package_on_path):
    package_on_path("lab_rat", "__version__ = '1.2.3'")
    result = probe(Package(distribution="lab-rat", module="lab_rat", purpose="test"))
    assert (result.available, result.version, result.error) == (True, "1.2.3", None)


@pytest.mark.parametrize("package", CORE_PACKAGES, ids=lambda package: package.distribution)
def test_core_packages_are_here_with_their_version(package):
    result = probe(package)
    assert result.available
    assert result.version


def test_lazy_module_imports_on_first_use(package_on_path):
    package_on_path("lab_rat", "answer = 42")
    lazy = LazyModule("lab_rat", "lab-rat")
    assert "lab_rat" not in sys.modules
    assert lazy.answer == 42
    assert "lab_rat" in sys.modules


def test_lazy_module_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingDependencyError, match="pip install pillow") as caught:
        _ = LazyModule("PIL.Image", "pillow").open
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, GifLabError)
