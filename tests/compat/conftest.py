"""What the tests of other plugins share."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("befriending")

from befriending import LOADINGS, Friend, Table  # noqa: E402  # its assertions explain themselves once rewritten


@pytest.fixture(params=LOADINGS)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Table:
    """The module's FRIEND and a checklist, once for each way of loading them."""
    friend: Friend = request.module.FRIEND
    if not friend.version:
        pytest.skip(f"{friend.name} is not installed here; install the extra 'compat'")
    return Table(tmp_path, friend.plugins, request.param)
