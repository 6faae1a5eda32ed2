"""What the checks share."""

from __future__ import annotations

import pytest

from checks.errands import Errands
from pytest_deploycheck.target import Target

# GifLab's own tests belong to GifLab: phase 4 runs them, on the target.
collect_ignore = ["giflab"]


@pytest.fixture(scope="session")
def errands(request: pytest.FixtureRequest, target: Target) -> Errands:
    """The processes that several checks have run on the target."""
    selected = {getattr(item, "originalname", item.name) for item in request.session.items}
    return Errands(target=target, selected=selected)
