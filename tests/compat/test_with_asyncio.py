"""pytest-asyncio: an async check is awaited and judged like any other; one that nobody awaits is no pass."""

from __future__ import annotations

import pytest
from befriending import Friend, Outcome, Table, assert_gated, assert_green, three_phases

FRIEND = Friend(
    name="pytest-asyncio",
    plugins=("asyncio",),
    works="Async checks and async fixtures, in strict and in auto mode.",
    know="In strict mode an async check without `@pytest.mark.asyncio` is never awaited: it is FAIL, not a pass.",
)
INI = "asyncio_default_fixture_loop_scope = function"


def run(table: Table, fails: str, *arguments: str, mark: str = "@pytest.mark.asyncio\n") -> Outcome:
    """Every check is an async one."""
    source = (
        three_phases(fails)
        .replace("def test", "async def test")
        .replace("@pytest.mark.phase", f"{mark}@pytest.mark.phase")
    )
    return table(source, *arguments, ini=INI)


@pytest.mark.parametrize(
    ("fails", "status"),
    [
        ("assert 1 == 2", "FAIL"),
        ("import asyncio\nawait asyncio.sleep(0)\nassert 1 == 2", "FAIL"),
        ("1 / 0", "ERROR"),
        ("import asyncio\nawait asyncio.wait_for(asyncio.sleep(60), 0.01)", "ERROR"),
        ("return 1 == 2", "ERROR"),
    ],
)
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_an_async_check_that_fails(mode: str, fails: str, status: str, table: Table) -> None:
    """Also when it only returns its verdict."""
    mark = "@pytest.mark.asyncio\n" if mode == "strict" else ""
    assert_gated(run(table, fails, f"--asyncio-mode={mode}", mark=mark), status=status)


def test_an_async_fixture_that_fails(table: Table) -> None:
    """The check behind it is an error."""
    source = three_phases("pass").replace("test_second():", "test_second(server):")
    source += "\nimport pytest_asyncio\n@pytest_asyncio.fixture\nasync def server():\n    yield 1\n    1 / 0\n"

    assert_gated(
        table(
            source.replace("def test_s", "async def test_s").replace(
                "@pytest.mark.phase2", "@pytest.mark.asyncio\n@pytest.mark.phase2"
            ),
            ini=INI,
        ),
        status="ERROR",
    )


def test_a_check_that_nobody_awaits_is_no_pass(table: Table) -> None:
    """In strict mode, without the mark."""
    source = three_phases("assert 0").replace("def test_second", "async def test_second")

    assert_gated(table(source, ini=INI), status="FAIL")


def test_all_green(table: Table) -> None:
    """Every phase is GO."""
    assert_green(run(table, "pass"))
