"""What the tests share: sample GIFs, a command line to call, memory that can be set."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sample_gifs import write_samples

from giflab.cli import main

ROOT = Path(__file__).resolve().parents[1]
GIB = 1024**3


@dataclass(frozen=True)
class FakeMemory:
    """Looks like what psutil.virtual_memory() returns."""

    total: int
    available: int
    percent: float


class Memory:
    """A reader whose answer the test sets: the share in use, 0-100, of 16 GiB."""

    def __init__(self, percent: float) -> None:
        self.percent = percent
        self.calls = 0

    def __call__(self) -> FakeMemory:
        self.calls += 1
        total = 16 * GIB
        return FakeMemory(total, round(total * (1 - self.percent / 100)), self.percent)


@pytest.fixture
def memory() -> Memory:
    return Memory(30.0)


@pytest.fixture
def machine_memory(monkeypatch: pytest.MonkeyPatch, memory: Memory) -> Memory:
    """Replaces what psutil says, so that the test machine's own load plays no part."""
    monkeypatch.setattr("psutil.virtual_memory", memory)
    return memory


@pytest.fixture
def no_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)


@pytest.fixture(scope="session")
def sample_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample-source")
    write_samples(directory)
    return directory


@pytest.fixture
def samples(sample_source: Path, tmp_path: Path) -> Path:
    """A folder of its own with every sample GIF, free to be changed."""
    directory = tmp_path / "samples"
    directory.mkdir()
    for source in sample_source.iterdir():
        (directory / source.name).write_bytes(source.read_bytes())
    return directory


@pytest.fixture
def make_gif(tmp_path: Path) -> Callable[..., Path]:
    """Writes a GIF of single-coloured frames: grey levels and delays in ms."""

    def make(
        name: str, levels: Sequence[int], delays: Sequence[int], size: tuple[int, int] = (24, 16)
    ) -> Path:
        images = []
        for level in levels:
            image = Image.fromarray(np.full((size[1], size[0]), level, np.uint8))
            image.putpalette([value for grey in range(256) for value in (grey, grey, grey)])
            images.append(image)
        path = tmp_path / name
        images[0].save(
            path, save_all=True, append_images=images[1:], duration=list(delays), loop=0, optimize=False
        )
        return path

    return make


@pytest.fixture
def giflab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine_memory: Memory) -> Callable[..., Result]:
    """Calls the command line in this process, in a folder and with a cache folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIFLAB_CACHE_DIR", str(tmp_path / "cache"))

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="giflab")

    return call


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a new interpreter on this source tree, for questions about imports."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "GIFLAB_CACHE_DIR": str(tmp_path / "cache"),
        }
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def clean_failure() -> Callable[[Result], str]:
    """Asserts that a command ended with an error of one line and no traceback; returns the line."""

    def check(result: Result) -> str:
        assert result.exit_code != 0
        assert isinstance(result.exception, SystemExit)
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("Error: ")
        return lines[0]

    return check


def pattern(height: int, width: int) -> np.ndarray:
    """A detailed RGB frame made by a formula, the same on every machine."""
    y, x = np.mgrid[:height, :width]
    planes = [(x * x // 7 + y * 3) % 256, (x * 5 + y * y // 11) % 256, (x * y // 9) % 256]
    return np.stack(planes, axis=2).astype(np.uint8)


def degraded(frame: np.ndarray) -> np.ndarray:
    """The frame with a blocky disturbance of up to 18 levels."""
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]]
    shift = ((x // 3 + y // 5) % 7 * 6 - 18)[:, :, None]
    return np.clip(frame.astype(int) + shift, 0, 255).astype(np.uint8)


@pytest.fixture(name="pattern")
def pattern_fixture() -> Callable[[int, int], np.ndarray]:
    return pattern


@pytest.fixture(name="degraded")
def degraded_fixture() -> Callable[[np.ndarray], np.ndarray]:
    return degraded
