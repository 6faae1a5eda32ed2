"""What the tests that run pytest with the gate in it share."""

import os
import sys

import pytest
from gating import Gate


@pytest.fixture
def gate(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A folder with checks in it, and pytest to run there; see ``gating.Gate``."""
    # A file that is rewritten within a second, with as many bytes, would be taken from its cached bytecode.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in [name for name in os.environ if name.startswith(("DEPLOYCHECK_", "PYTEST_ADDOPTS", "PYTEST_XDIST_"))]:
        monkeypatch.delenv(name)
    return Gate(pytester)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run on a worker of pytest-xdist; the pytest that they start is none."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        monkeypatch.delenv(name)
