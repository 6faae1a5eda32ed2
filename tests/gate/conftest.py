"""What the tests of the gate share."""

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
    for name in [name for name in os.environ if name.startswith(("DEPLOYCHECK_", "PYTEST_ADDOPTS"))]:
        monkeypatch.delenv(name)
    # Compiling the report's template is a fifth of a short run; the tests that are about the report ask for it.
    monkeypatch.setenv("DEPLOYCHECK_REPORT", "")
    return Gate(pytester)
