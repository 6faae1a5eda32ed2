"""The reason of a failure: one line that says what was got, what was expected, and what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from gating import Gate

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
SETUP = """
class Response:
    status = 500
    def __repr__(self): return "<Response>"
settings, latency, status, response = {"tls": None}, 12.5, 500, Response()
def is_ready(): return False
@pytest.mark.phase1
"""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("assert response.status == 200", "got 500, expected 200 (where 500 = <Response>.status)"),
        ('assert 200 == status, "the shop is down"', "the shop is down: got 500, expected 200"),
        ("assert is_ready()", "assert False (where False = is_ready())"),
        ('assert settings["tls"]', "assert None (where None = settings['tls'])"),
    ],
)
def test_the_page_on_evidence_says_what_becomes_of_an_assertion(line: str, reason: str, gate: Gate) -> None:
    """Each of its rows, as it comes out of a run."""
    assert f"| `{line}` | {reason} |" in PAGE.read_text("utf-8")

    seen = gate(f"{SETUP}def test_it():\n    {line}")

    assert seen.check("phase1.test_it")["reason"] == reason
    assert f"phase1.test_it FAIL: {reason}" in seen.stdout


def test_what_was_measured_stands_beside_what_was_expected(gate: Gate) -> None:
    """An assertion on the number alone does not say what it is."""
    row = "| `assert latency < 10`, after `evidence.measure` | got 12.5, expected < 10; measured: latency = 12.5 ms |"
    assert row in PAGE.read_text("utf-8")

    seen = gate(
        f"{SETUP}def test_it(evidence):\n    evidence.measure('latency', latency, 'ms')\n    assert latency < 10"
    )

    assert seen.check("phase1.test_it")["reason"] == "got 12.5, expected < 10; measured: latency = 12.5 ms"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('assert not settings["on"]', "assert not True (where True = settings['on'])"),
        ('assert settings["tls"] and is_ready()', "assert (None) (where (None) = settings['tls'] and is_ready())"),
        ("assert False", "assert False"),
        ("assert not 1", "assert not 1"),
        ('raise AssertionError("assert False")', "assert False"),
        ('assert settings["tls"], "no encryption"', "no encryption"),
        (f"assert settings[{'x' * 10!r} if is_ready() else {'y' * 90!r}]", "assert 0"),
    ],
)
def test_the_expression_stands_where_pytest_shows_its_value_alone(line: str, reason: str, gate: Gate) -> None:
    """Unless it is told already, or long."""
    seen = gate(f"{SETUP}def test_it():\n    settings.update({{'on': True, {'y' * 90!r}: 0}})\n    {line}")

    assert seen.check("phase1.test_it")["reason"] == reason
