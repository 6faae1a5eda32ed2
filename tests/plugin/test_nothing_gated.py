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


@pytest.mark.parametrize("arguments", [("-n1",), ("--deploycheck-release= ",)], ids=["workers", "a usage error"])
def test_a_gate_on_workers_or_a_refused_one_is_a_gate(gate: Gate, arguments: tuple[str, ...]) -> None:
    gate.write({"test_it.py": "import pytest\n@pytest.mark.phase1\ndef test_a(): pass\n"})

    assert SAID not in gate.run("-p", "xdist", *arguments, process=True).stdout
