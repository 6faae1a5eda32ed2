"""What a check saw: each kind of evidence, in the record or, where it is long, beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from gating import HEAD, Gate

from pytest_deploycheck.core.evidence import MOST_PIECES, MOST_SAMPLES
from pytest_deploycheck.report.json import run_schema

Row = dict[str, Any]


def evidence_of(gate: Gate, body: str, *arguments: str, ini: str = "", status: str = "PASS") -> list[Row]:
    """The evidence of a check with that body."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    seen = gate(f"import subprocess, sys\n@pytest.mark.phase1\ndef test_it(evidence):\n{lines}", *arguments, ini=ini)
    row = seen.check("phase1.test_it")
    assert row["status"] == status, row["reason"]
    found: list[Row] = row["evidence"]
    return found


def beside(gate: Gate, release: str = "r1") -> dict[str, bytes]:
    """What stands beside the record, by name."""
    folder = gate.path / ".deploycheck" / release / "evidence"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


# -- kinds -------------------------------------------------------------------------------------------------------------


def test_a_command_of_ones_own_with_its_output(gate: Gate) -> None:
    """Text or bytes, a list or a line; what was not captured is said."""
    said, coded, line, lost = evidence_of(
        gate,
        """
        evidence.command(subprocess.run([sys.executable, "-c", "print(1); raise SystemExit(3)"], capture_output=True, text=True))
        evidence.command(subprocess.run(["printf", "\\\\303\\\\274"], capture_output=True))
        evidence.command(subprocess.run("echo hello", shell=True, capture_output=True))
        evidence.command(subprocess.run(["true"]))
        """.replace("\n        ", "\n"),
    )

    assert said["kind"] == "command"
    assert said["text"].splitlines()[1:] == ["1", "[exit 3]"]
    assert (coded["name"], coded["text"]) == ("printf \\303\\274", "$ printf \\303\\274\nü\n[exit 0]")
    assert (line["name"], line["text"]) == ("echo hello", "$ echo hello\nhello\n[exit 0]")
    assert lost["text"] == "$ true\n[its output was not captured]\n[exit 0]"


def test_a_command_on_the_target_is_not_recorded_twice(gate: Gate) -> None:
    """It records itself; whoever records it all the same means the same."""
    seen = gate("@pytest.mark.phase1\ndef test_it(evidence, target): evidence.command(target.run('echo', 'hello'))")

    [item] = seen.check("phase1.test_it")["evidence"]
    assert item["name"] == "echo hello"


def test_tables_of_mappings_and_of_lists(gate: Gate) -> None:
    """With a name or without; what a later row adds is a column too."""
    named, unnamed, lists = evidence_of(
        gate,
        """
evidence.table("sizes", [{"name": "a", "bytes": 12}, {"name": "b", "more": None}])
evidence.table([{"a": 1}])
evidence.table([("host", "ms"), ["one", 12.5]])
""",
    )

    assert (named["name"], named["text"]) == ("sizes", "name  bytes  more\na     12\nb            None")
    assert (unnamed["kind"], unnamed["name"], unnamed["text"]) == ("table", "table", "a\n1")
    assert lists["text"] == "host  ms\none   12.5"


@pytest.mark.parametrize("call", ["evidence.table('rows')", "evidence.table([1])", "evidence.table('x', ['row'])"])
def test_what_is_no_table_is_an_error_of_the_check(call: str, gate: Gate) -> None:
    """And no run of letters in columns."""
    evidence_of(gate, call, status="ERROR")


def test_bytes_are_read_as_text(gate: Gate) -> None:
    """As well as they can be."""
    [item] = evidence_of(gate, "evidence.text('raw', b'a\\xffb')")

    assert item["text"] == "a\ufffdb"


def test_the_samples_of_a_measurement(gate: Gate) -> None:
    """In their order; of very many, the extremes stay."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            evidence.measure("latency", 2, "ms", max=3, samples=[1, 9, 2])
            evidence.measure("soak", 1, samples=(1000 if n == 54321 else n % 7 for n in range(100_000)))
        """
    )

    few, many = seen.check("phase1.test_it")["measurements"]
    assert few["samples"] == [1.0, 9.0, 2.0]
    assert len(many["samples"]) == MOST_SAMPLES
    assert max(many["samples"]) == 1000


def test_a_sample_that_is_no_number_fails_the_check(gate: Gate) -> None:
    """Also where the failure is swallowed; the record holds null."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_it(evidence):
            try:
                evidence.measure("latency", 2, samples=[1, float("nan")])
            except AssertionError:
                pass
        """
    )

    row = seen.check("phase1.test_it")
    assert (row["status"], row["measurements"][0]["samples"]) == ("FAIL", [1.0, None])
    assert "latency = 2 has a sample that is no number" in row["reason"]


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_is_copied_beside_the_record(gate: Gate) -> None:
    """As it is at that moment, under its digest."""
    (gate.path / "shot.PNG").write_bytes(b"\x89PNG\x00\xff")
    item, page = evidence_of(
        gate,
        """
import pathlib
evidence.file("shot.PNG")
pathlib.Path("shot.PNG").unlink()
pathlib.Path("page.html").write_text("<script>")
evidence.file(pathlib.Path("page.html"))
""",
    )

    digest = hashlib.sha256(b"\x89PNG\x00\xff").hexdigest()
    assert item == {"kind": "file", "name": "shot.PNG", "text": "6 bytes", "sha256": digest, "size": 6}
    assert beside(gate) == {f"{digest}.png": b"\x89PNG\x00\xff", f"{page['sha256']}.html.txt": b"<script>"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("evidence.file('nowhere.txt')", "FileNotFoundError: evidence.file('nowhere.txt'): there is no such file"),
        ("evidence.file('.')", "a folder: pack it"),
        ("evidence.file('/dev/null')", "no ordinary file"),
    ],
)
def test_a_file_that_is_none_is_told_plainly(call: str, said: str, gate: Gate) -> None:
    """The check cannot be judged without it."""
    seen = gate(f"@pytest.mark.phase1\ndef test_it(evidence): {call}")

    assert seen.status("phase1.test_it") == "ERROR"
    assert said in seen.check("phase1.test_it")["reason"]


def test_a_file_that_is_too_large_is_told_of_and_not_copied(gate: Gate) -> None:
    """Its digest is known all the same; the check stands."""
    [item] = evidence_of(
        gate, "with open('large.bin', 'wb') as file: file.truncate(64 * 1024 * 1024 + 1)\nevidence.file('large.bin')"
    )

    assert "not copied: more than 64.0 MiB; sha256 " in item["text"]
    assert "sha256" not in item
    assert beside(gate) == {}


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["", "2"])
def test_long_evidence_is_cut_and_stands_whole_beside_the_record(workers: str, gate: Gate) -> None:
    """Begin and end are in the record, with what was cut; the same text twice is one file."""
    gate.write(
        {
            "test_it.py": HEAD
            + "@pytest.mark.phase1\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n, evidence):\n"
            + "    evidence.text('log', 'the begin\\n' + 'line\\n' * 600_000 + 'the end')\n"
        }
    )
    seen = gate.run(*(("-n", workers, "-p", "xdist") if workers else ()), process=bool(workers))

    whole = b"the begin\n" + b"line\n" * 600_000 + b"the end"
    name = f"{hashlib.sha256(whole).hexdigest()}.txt"
    for row in seen.json["checks"]:
        [item] = row["evidence"]
        assert len(item["text"]) <= 64 * 1024
        assert item["text"].startswith("the begin\n")
        assert item["text"].endswith("\nthe end")
        assert f"2.8 MiB of 2.9 MiB cut; the whole is evidence/{name}" in item["text"]
        assert (item["sha256"], item["size"]) == (name.removesuffix(".txt"), len(whole))
    assert beside(gate) == {name: whole}
    assert seen.ret == 0


@pytest.mark.parametrize(("limit", "size"), [("1 KiB", 1024), ("100000", 100_000), ("1MB", 1_000_000)])
def test_how_much_is_kept_in_the_record_is_configured(limit: str, size: int, gate: Gate) -> None:
    """Exactly so much is not cut yet."""
    fits, cut = evidence_of(
        gate,
        f"evidence.text('fits', 'x' * {size})\nevidence.text('cut', 'ü' * ({size} // 2 + 1))",
        ini=f"deploycheck_evidence_limit = {limit}",
    )

    assert "sha256" not in fits
    assert cut["size"] == 2 * (size // 2 + 1)
    assert len(cut["text"].encode()) <= size
    assert set(cut["text"].partition("[...")[0].strip()) == {"ü"}


@pytest.mark.parametrize("limit", ["none", "12", "-1", "1 TB"])
def test_a_limit_that_is_none_is_a_usage_error(limit: str, gate: Gate) -> None:
    """It names the key."""
    seen = gate("@pytest.mark.phase1\ndef test_it(): pass", ini=f"deploycheck_evidence_limit = {limit}", process=True)

    assert seen.ret == 4
    assert "ini key deploycheck_evidence_limit" in seen.stdout + seen.stderr


def test_no_number_of_pieces_is_too_many(gate: Gate) -> None:
    """What is left out is counted."""
    found = evidence_of(gate, "for n in range(5000): evidence.text(f'n{n}', 'x')")

    assert len(found) == MOST_PIECES + 1
    assert found[-1]["text"] == (
        "4,000 more pieces of evidence were recorded; of one check, 1,000 are kept, and 512.0 MiB in all"
    )


def test_all_pieces_of_a_check_together_have_a_bound(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are held in memory until it ends; a small one still finds room beside a large one that found none."""
    monkeypatch.setattr("pytest_deploycheck.core.evidence.MOST_OF_A_CHECK", 10_000)
    found = evidence_of(
        gate, "\n".join(f"evidence.text('n{n}', 'x' * {size})" for n, size in enumerate((6000, 6000, 3000)))
    )

    assert [piece["name"] for piece in found] == ["n0", "n2", "left out"]
    assert found[-1]["text"].startswith("1 more pieces of evidence were recorded; ")


HOSTILE = [
    "\\x00\\x01\\x1b[31mred\\x1b[0m",
    "\\ud800 lone \\udfff",
    "\\u202e backwards \\u2066",
    "]]> <script>alert(1)</script> &amp;",
    "{'a': 1e999, 'b': 10**5000}",
    "| a | b |\\n::error file=x::y\\n```",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_breaks_no_record(text: str, gate: Gate) -> None:
    """In names, texts, units, tables and reasons."""
    import jsonschema

    seen = gate(
        f"""
        NASTY = "{text}"
        @pytest.mark.phase1
        def test_it(evidence):
            evidence.text(NASTY, NASTY)
            evidence.text("long", NASTY * 20_000)
            evidence.table([{{NASTY: NASTY, "huge": 10 ** 5000, "nan": float("nan")}}, {{}}])
            evidence.measure(NASTY, 1e300, NASTY)
            pytest.fail(NASTY)
        """
    )

    jsonschema.validate(seen.json, run_schema())
    row = seen.check("phase1.test_it")
    assert row["status"] == "FAIL"
    assert seen.ret == 1
    assert len(row["evidence"]) == 4
    table = row["evidence"][2]["text"].split("\n")
    assert len(table) == 3
    assert table[1].split()[-2:] == ["ValueError>", "nan"]
    assert len(beside(gate)) == 1
    [journal] = (gate.path / ".deploycheck" / "r1").glob("*.jsonl")
    assert b"\x00" not in Path(journal).read_bytes()


@pytest.mark.parametrize("workers", ["", "2"])
def test_evidence_that_cannot_be_kept_ends_the_run_and_is_no_go(workers: str, gate: Gate) -> None:
    """Something stands where its folder should be."""
    (gate.path / ".deploycheck" / "r1").mkdir(parents=True)
    (gate.path / ".deploycheck" / "r1" / "evidence").write_text("in the way")
    gate.write(
        {"test_it.py": HEAD + "@pytest.mark.phase1\ndef test_it(evidence): evidence.text('log', 'x' * 200_000)\n"}
    )

    seen = gate.run(*(("-n", workers, "-p", "xdist") if workers else ()), process=True)

    assert seen.ret == 3
    assert seen.json["verdict"] == "INCOMPLETE"
    assert "evidence" in seen.stdout
    assert "cannot be written" in seen.stdout
