"""What the traps share."""

import pytest
from gating import Gate


@pytest.fixture
def gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """As everywhere, but without the HTML report: compiling its template is a fifth of a short run."""
    monkeypatch.setenv("DEPLOYCHECK_REPORT", "")
    return gate
