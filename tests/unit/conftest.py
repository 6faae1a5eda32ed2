"""How the unit tests run: quick laws, and no deploycheck variable of the caller's shell."""

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadline: a busy machine is no bug. No database: the tree stays as it was; the failing example is printed anyway.
settings.register_profile(
    "unit",
    max_examples=100,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DEPLOYCHECK_")]:
        monkeypatch.delenv(name)
