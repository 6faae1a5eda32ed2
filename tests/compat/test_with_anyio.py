"""anyio's own plugin: an async check is run on each of its backends, and each run is a check."""

from __future__ import annotations

import pytest
from befriending import Friend, Outcome, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="anyio",
    plugins=("anyio",),
    works="Async checks and async fixtures, with the mark `anyio` and in auto mode.",
    know=(
        "Each backend is a check of its own, `id[asyncio]`; name one in an `anyio_backend` fixture. A check that gets "
        "the mark `anyio` after the collection is not run: its phase is INCOMPLETE."
    ),
)
BACKEND = "@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n"


def run(table: Table, fails: str, *arguments: str, mark: str = "@pytest.mark.anyio\n", more: str = "") -> Outcome:
    """Every check is an async one; asyncio is the only backend, and no part of an id."""
    source = BACKEND + three_phases(fails).replace("def test", "async def test") + more
    return table(source.replace("@pytest.mark.phase", f"{mark}@pytest.mark.phase"), *arguments)


@pytest.mark.parametrize(
    ("fails", "status"),
    [
        ("assert 1 == 2", "FAIL"),
        ("import anyio\nawait anyio.sleep(0)\nassert 1 == 2", "FAIL"),
        ("import anyio\nwith anyio.fail_after(0.01): await anyio.sleep(60)", "ERROR"),
        ("import anyio\nasync with anyio.create_task_group() as group: group.start_soon(broken)", "ERROR"),
        ("return 1 == 2", "ERROR"),
    ],
)
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_an_async_check_that_fails(mode: str, fails: str, status: str, table: Table) -> None:
    """In itself, in a task of its own, or by returning its verdict."""
    mark = "@pytest.mark.anyio\n" if mode == "strict" else ""
    outcome = run(table, fails, f"--anyio-mode={mode}", mark=mark, more="\nasync def broken(): assert 0\n")

    assert_gated(outcome, status=status)


def test_an_async_fixture_that_fails(table: Table) -> None:
    """The check it was torn down after is an error."""
    more = "\n@pytest.fixture(autouse=True)\nasync def server(request, anyio_backend):\n    yield\n"
    more += "    if 'second' in request.node.name: 1 / 0\n"

    assert_gated(run(table, "pass", more=more), status="ERROR")


def test_each_backend_is_a_check(table: Table) -> None:
    """Without a fixture that chooses one, every installed backend has its own line."""
    outcome = table("@pytest.mark.phase1\n@pytest.mark.anyio\nasync def test_it(): say('ran')\n")

    assert outcome.ret == 0
    assert "phase1.test_it[asyncio]" in outcome.statuses()
    assert set(outcome.statuses().values()) == {"PASS"}
    assert len(outcome.seen) == len(outcome.statuses())


def test_a_mark_that_comes_late_clears_nothing(table: Table) -> None:
    """anyio then puts other items in the place of the collected ones, which are no checks any more."""
    conftest = "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
    conftest += "        item.add_marker(pytest.mark.anyio)\n"
    source = "@pytest.mark.phase1\nasync def test_it(): assert 0\n\n@pytest.mark.phase1\ndef test_fine(): pass\n"
    outcome = table(source, files={"conftest.py": conftest})

    assert outcome.ret != 0
    assert outcome.verdicts()["phase1"] != "GO"


def test_a_check_that_nobody_awaits_is_no_pass(table: Table) -> None:
    """In strict mode, without the mark."""
    assert_gated(table(three_phases("assert 0").replace("def test_second", "async def test_second")))


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(run(table, "pass"))
