"""Where there is nothing to gate, whoever asked for a gate is told so; pytest's exit code is its own."""

import pytest
from gating import Gate

SAID = "deploycheck: no test belongs to a phase: nothing was gated"
PLAIN = "def test_plain(): pass\n"


def test_an_option_of_the_gate_without_a_check(gate: Gate) -> None:
    seen = gate(PLAIN, "--deploycheck-prerequisites=require")

    assert seen.ret == 0
    assert seen.stdout.count(SAID) == 1


@pytest.mark.parametrize("source", [PLAIN, "@pytest.mark.phase1\ndef test_a(): pass\n"])
def test_nobody_else_is_told(gate: Gate, source: str) -> None:
    gate.write({"test_it.py": f"import pytest\n{source}"})

    assert SAID not in gate.run(release="", json="").stdout
    assert (SAID in gate.run().stdout) == (source == PLAIN)
    assert SAID not in gate.run("--collect-only").stdout
