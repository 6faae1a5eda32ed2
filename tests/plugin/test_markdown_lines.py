"""The Markdown checklist: each of its lines is a check, by a test or by a person."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

LIST = """
# The release

## Building <!-- deploycheck: phase=phase1 -->
- [ ] **Core imports**: they import
- [ ] **Told the team**: somebody did <!-- deploycheck: owner="release manager" -->

## Shipping <!-- deploycheck: phase=phase2 -->
- [ ] Ship it
"""
AUTOMATED = """@pytest.mark.phase1
@pytest.mark.check("phase1.core-imports")
def test_imports(): say("imports")
@pytest.mark.phase2
@pytest.mark.check("phase2.ship-it")
def test_ship(): say("ship")
"""
ALL_AUTOMATED = LIST.replace(
    '- [ ] **Told the team**: somebody did <!-- deploycheck: owner="release manager" -->\n', ""
)


def test_a_test_automates_the_line_whose_id_it_carries(gate: Gate) -> None:
    """The line gives the title and says where it stands; the rest waits for a person."""
    seen = gate(AUTOMATED, checklist=LIST)

    assert seen.ids == ["phase1.core-imports", "phase1.told-the-team", "phase2.ship-it"]
    row = seen.check("phase1.core-imports")
    assert row["title"] == "Core imports: they import"
    assert row["kind"] == "automated"
    assert row["status"] == "PASS"
    assert row["source"] == "checklist.md:4"
    assert row["nodeid"] == "test_it.py::test_imports"


def test_a_line_that_no_test_carries_waits_for_a_person(gate: Gate) -> None:
    """It is PENDING, its phase is on HOLD, which opens the next one and exits with 10."""
    seen = gate(AUTOMATED, checklist=LIST)

    row = seen.check("phase1.told-the-team")
    assert row["kind"] == "manual"
    assert row["status"] == "PENDING"
    assert row["owner"] == "release manager"
    assert "release manager" in row["reason"]
    assert row["signoff"] is None
    assert seen.verdict("phase1") == "HOLD"
    assert seen.verdict("phase2") == "GO"
    assert seen.ret == 10
    assert gate.seen() == ["imports", "ship"]


def test_all_lines_automated_and_passed_is_go(gate: Gate) -> None:
    """No line is left to a person."""
    seen = gate(AUTOMATED, checklist=ALL_AUTOMATED)

    assert seen.ret == 0
    assert seen.json["verdict"] == "GO"
    assert len(seen.json["digest"]) == 64


@pytest.mark.parametrize("arguments", [(), ("test_it.py",), ("checklist.md", "test_it.py")])
def test_manual_items_are_there_whatever_the_arguments(arguments: tuple[str, ...], gate: Gate) -> None:
    """Once each, even where the command line leads to the tests alone."""
    seen = gate(AUTOMATED, *arguments, checklist=LIST)

    assert seen.ids == ["phase1.core-imports", "phase1.told-the-team", "phase2.ship-it"]
    assert seen.status("phase1.told-the-team") == "PENDING"
    assert seen.ret == 10


def test_a_checklist_and_no_tests(gate: Gate) -> None:
    """Drop it in: every line is at once a tracked item."""
    gate.write({}, checklist=LIST)

    seen = gate.run()

    assert {row["status"] for row in seen.json["checks"]} == {"PENDING"}
    assert {row["kind"] for row in seen.json["checks"]} == {"manual"}
    assert seen.verdict("phase1") == seen.verdict("phase2") == "HOLD"
    assert seen.ret == 10


def test_a_manual_item_that_is_deselected_is_missed(gate: Gate) -> None:
    """It stays in the denominator as NOT_RUN."""
    seen = gate(AUTOMATED, "--deselect", "checklist.md::phase1.told-the-team", checklist=LIST)

    assert seen.status("phase1.told-the-team") == "NOT_RUN"
    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 11


def test_ids_come_from_the_bold_label_else_from_the_text_else_from_the_comment(gate: Gate) -> None:
    """Slugs are lower case with hyphens; a comment's id is taken as it stands."""
    gate.write(
        {},
        checklist="""
        # One <!-- deploycheck: phase=phase1 -->
        - [ ] **Python Environment (3.8+)**: is there
        - [ ] Free disk: 500 MB
        - [ ] **Anything** <!-- deploycheck: id=phase1.given -->
        """,
    )

    assert gate.run().ids == ["phase1.python-environment-3-8", "phase1.free-disk-500-mb", "phase1.given"]


def test_a_line_s_comment_says_more_of_it(gate: Gate) -> None:
    """Severity, owner, validity, remediation and rollback; of an automated line too, where the test is silent."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.one", owner="the test's")
        def test_one(): pass
        """,
        checklist="""
        # One <!-- deploycheck: phase=phase1 -->
        - [ ] **One** <!-- deploycheck: severity=advisory owner="the line's" remediation="mend it" rollback=planned -->
        - [ ] **Two** <!-- deploycheck: severity=advisory owner="the line's" valid=24h -->
        """,
    )

    one, two = seen.check("phase1.one"), seen.check("phase1.two")
    assert [one[key] for key in ("severity", "owner", "remediation", "rollback")] == [
        "advisory",
        "the test's",
        "mend it",
        "planned",
    ]
    assert [two[key] for key in ("severity", "owner", "valid_s")] == ["advisory", "the line's", 86400.0]
    # An advisory line that waits for a person stops nothing.
    assert seen.ret == 0


def test_comments_are_no_part_of_title_or_id(gate: Gate) -> None:
    """They are invisible on GitHub, and here."""
    gate.write({}, checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] Ship it <!-- note --> now\n")

    seen = gate.run()

    assert seen.json["phases"][0]["title"] == "One"
    assert seen.json["checks"][0]["title"] == "Ship it now"


@pytest.mark.parametrize("tick", ["x", "X"])
def test_a_ticked_box_is_no_evidence(tick: str, gate: Gate) -> None:
    """It changes nothing, for people's lines and for tests'."""
    seen = gate(
        AUTOMATED.replace('say("imports")', "assert 0"),
        "--deploycheck-keep-going",
        checklist=LIST.replace("[ ]", f"[{tick}]"),
    )

    assert seen.status("phase1.told-the-team") == "PENDING"
    assert seen.status("phase1.core-imports") == "FAIL"
    assert all(row["ticked"] for row in seen.json["checks"])
    assert seen.ret == 1


def test_a_line_whose_test_was_not_collected_is_not_run(gate: Gate) -> None:
    """It is automated, so no person is asked; the reason names the test."""
    gate.write({"test_it.py": HEAD + AUTOMATED, "test_other.py": "def test_other(): pass\n"}, checklist=ALL_AUTOMATED)

    seen = gate.run("test_it.py::test_imports")

    row = seen.check("phase2.ship-it")
    assert row["kind"] == "automated"
    assert row["status"] == "NOT_RUN"
    assert "test_it.py:6" in row["reason"]
    assert seen.verdict("phase1") == "GO"
    assert seen.verdict("phase2") == "INCOMPLETE"
    assert seen.ret == 11


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ({}, ("--ignore=test_ship.py",)),
        ({}, ("--ignore-glob=*ship*",)),
        ({"conftest.py": "collect_ignore = ['test_ship.py']\n"}, ()),
        (
            {
                "conftest.py": "def pytest_ignore_collect(collection_path):\n    return 'ship' in collection_path.name or None"
            },
            (),
        ),
        ({}, ("test_it.py",)),
        ({}, ("-o", "python_files=test_it.py")),
    ],
    ids=["--ignore", "--ignore-glob", "collect_ignore", "a hook", "a file on the command line", "python_files"],
)
def test_a_file_that_pytest_never_saw_is_missed(files: dict[str, str], arguments: tuple[str, ...], gate: Gate) -> None:
    """No hook sees these; the checklist does."""
    imports, ship = AUTOMATED.split("@pytest.mark.phase2")
    gate.write(
        {"test_it.py": HEAD + imports, "test_ship.py": HEAD + "@pytest.mark.phase2" + ship, **files},
        checklist=ALL_AUTOMATED,
    )
    assert gate.run().ret == 0 or files

    seen = gate.run(*arguments)

    assert seen.status("phase2.ship-it") == "NOT_RUN"
    assert seen.verdict("phase2") == "INCOMPLETE"
    assert seen.ret == 11


def test_several_tests_may_share_a_line_by_their_parameters(gate: Gate) -> None:
    """Each is a check of its own; one that fails fails the phase."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.commands")
        @pytest.mark.parametrize("command", ["run", "tag"])
        def test_command(command): assert command == "run"
        """,
        checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] **Commands**: all start\n",
    )

    assert [(row["id"], row["title"], row["status"]) for row in seen.json["checks"]] == [
        ("phase1.commands[run]", "Commands: all start [run]", "PASS"),
        ("phase1.commands[tag]", "Commands: all start [tag]", "FAIL"),
    ]
    assert seen.ret == 1


def test_a_parameter_that_a_narrowed_run_left_out_is_missed(gate: Gate) -> None:
    """The line cannot say how many parameters there are, so its phase is INCOMPLETE."""
    gate.write(
        {
            "test_it.py": HEAD
            + '@pytest.mark.phase1\n@pytest.mark.check("phase1.commands")\n'
            + '@pytest.mark.parametrize("command", ["run", "tag"])\ndef test_command(command): pass\n'
        },
        checklist="# One <!-- deploycheck: phase=phase1 -->\n- [ ] **Commands**: all start\n",
    )

    seen = gate.run("test_it.py::test_command[run]")

    assert seen.verdict("phase1") == "INCOMPLETE"
    assert seen.ret == 11


def test_a_line_gives_the_phase_to_a_test_that_names_none(gate: Gate) -> None:
    """Its id says where it belongs; the item gets the marker, so ``-m`` finds it."""
    source = AUTOMATED.replace("@pytest.mark.phase1\n", "").replace("@pytest.mark.phase2\n", "")

    assert gate(source, checklist=ALL_AUTOMATED).ret == 0
    assert gate.run("test_it.py").ret == 0
    chosen = gate.run("-m", "phase1")
    assert chosen.status("phase1.core-imports") == "PASS"
    assert chosen.ret == 0


def test_a_phase_may_go_on_under_a_later_heading(gate: Gate) -> None:
    """Its place is where it first stood; sub-headings belong to it, headings of its own level end it."""
    gate.write(
        {},
        checklist="""
        ## One <!-- deploycheck: phase=phase1 -->
        ### Below
        - [ ] First
        ## Two <!-- deploycheck: phase=phase2 -->
        - [ ] Second
        ## One again <!-- deploycheck: phase=phase1 -->
        - [ ] Third
        ## Notes
        - [ ] no check of any phase
        """,
    )

    seen = gate.run()

    assert sorted(seen.ids) == ["phase1.first", "phase1.third", "phase2.second"]
    assert [(row["marker"], row["title"]) for row in seen.json["phases"]] == [("phase1", "One"), ("phase2", "Two")]


MISTAKES = {
    "a test whose id is in no line": (
        LIST,
        AUTOMATED.replace("phase2.ship-it", "phase2.ship"),
        "test_it.py:5: the check id 'phase2.ship' is in no line of checklist.md",
    ),
    "a test without an id": (
        LIST,
        AUTOMATED.replace('@pytest.mark.check("phase2.ship-it")', "@pytest.mark.check"),
        "test_it.py:5: the check id 'phase2.test_ship' is in no line of checklist.md",
    ),
    "a test in another phase than its line": (
        LIST,
        AUTOMATED.replace("phase2\n", "phase1\n"),
        "test_it.py:5: 'phase2.ship-it' is marked phase1, but its line at checklist.md:8 belongs to phase2",
    ),
    "two lines of one id": (
        LIST
        + "- [ ] Ship it again <!-- deploycheck: id=phase1.told-the-team -->\n- [ ] One <!-- deploycheck: id=phase1.told-the-team -->\n",
        AUTOMATED,
        "checklist.md:10: the id 'phase1.told-the-team' is used twice (first at checklist.md:9)",
    ),
    "two tests for one line": (
        LIST,
        AUTOMATED + '@pytest.mark.phase2\n@pytest.mark.check("phase2.ship-it")\ndef test_again(): pass\n',
        "the id 'phase2.ship-it' is used twice",
    ),
    "a phase comment on a paragraph": (
        LIST + "\nText <!-- deploycheck: phase=phase3 -->\n",
        AUTOMATED,
        "checklist.md:10: this deploycheck comment stands on nothing",
    ),
    "a phase comment on a line": (
        LIST + "- [ ] Line <!-- deploycheck: phase=phase3 -->\n",
        AUTOMATED,
        "checklist.md:9: 'phase=phase3' is not understood here",
    ),
    "a comment by itself": (
        LIST + "\n<!-- deploycheck: phase=phase3 -->\n",
        AUTOMATED,
        "checklist.md:10: this deploycheck comment stands on nothing",
    ),
    "an unknown key": (
        LIST + "- [ ] Line <!-- deploycheck: sverity=advisory -->\n",
        AUTOMATED,
        "checklist.md:9: 'sverity=advisory' is not understood here",
    ),
    "an unknown severity": (
        LIST + "- [ ] Line <!-- deploycheck: severity=mild -->\n",
        AUTOMATED,
        "checklist.md:9: severity=mild is not one of blocker, advisory",
    ),
    "a validity that is no duration": (
        LIST + "- [ ] Line <!-- deploycheck: valid=soon -->\n",
        AUTOMATED,
        "checklist.md:9: valid: 'soon' is no duration",
    ),
    "a key given twice": (
        LIST + "- [ ] Line <!-- deploycheck: id=a id=b -->\n",
        AUTOMATED,
        "checklist.md:9: id is given twice",
    ),
    "an open quote": (
        LIST + '- [ ] Line <!-- deploycheck: owner="me -->\n',
        AUTOMATED,
        "checklist.md:9: the deploycheck comment has an open quote",
    ),
    "a phase that is no Python name": (
        LIST + "## More <!-- deploycheck: phase=phase-3 -->\n",
        AUTOMATED,
        "checklist.md:9: 'phase-3' cannot be a pytest marker",
    ),
    "no phase at all": ("# The release\n- [ ] Ship it\n", AUTOMATED, "checklist.md: no heading carries a phase"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_usage_error(mistake: str, gate: Gate) -> None:
    """Exit 4 and one line that names file and line; nothing runs, no traceback."""
    checklist, source, message = MISTAKES[mistake]

    seen = gate(source, checklist=checklist)

    assert seen.ret == 4
    assert message in seen.stderr
    assert "Traceback" not in seen.stdout + seen.stderr
    assert gate.seen() == []
    assert seen.document is None


def test_a_checklist_that_is_not_there_is_a_usage_error(gate: Gate) -> None:
    """And so is one that is not UTF-8."""
    seen = gate(AUTOMATED, ini="deploycheck_checklist = nowhere.md")

    assert seen.ret == 4
    assert "nowhere.md: the checklist cannot be read" in seen.stderr

    (gate.path / "nowhere.md").write_bytes("# Größe <!-- deploycheck: phase=phase1 -->".encode("latin-1"))
    assert "nowhere.md: it is not UTF-8" in gate.run().stderr


def test_a_phase_that_the_ini_list_lacks_is_a_usage_error(gate: Gate) -> None:
    """Where both are given, the ini list has all phases, in their order; the titles are the document's."""
    seen = gate(AUTOMATED, checklist=ALL_AUTOMATED, ini="deploycheck_phases =\n    phase1: One")
    assert seen.ret == 4
    assert "checklist.md: the phase 'phase2' is not in the ini list deploycheck_phases" in seen.stderr

    gate.write({}, ini="deploycheck_phases =\n    phase1: One\n    phase2: Two", checklist=ALL_AUTOMATED)
    assert [row["title"] for row in gate.run().json["phases"]] == ["Building", "Shipping"]


@pytest.mark.parametrize(
    ("word", "status", "verdict", "ret"),
    [("not_applicable", "NOT_APPLICABLE", "GO", 0), ("inconclusive", "INCONCLUSIVE", "HOLD", 10)],
)
def test_a_check_may_end_with_a_reason(word: str, status: str, verdict: str, ret: int, gate: Gate) -> None:
    """The two ends that are no skip."""
    seen = gate(
        f"""
        from pytest_deploycheck import {word}
        @pytest.mark.phase1
        def test_it(): {word}("there is no cache here")
        @pytest.mark.phase1
        def test_fine(): pass
        """
    )

    assert seen.check("phase1.test_it")["status"] == status
    assert seen.check("phase1.test_it")["reason"] == "there is no cache here"
    assert seen.verdict("phase1") == verdict
    assert seen.ret == ret


@pytest.mark.parametrize("reason", ["", "   ", None])
@pytest.mark.parametrize("word", ["not_applicable", "inconclusive"])
def test_an_end_without_a_reason_is_an_error(word: str, reason: str | None, gate: Gate) -> None:
    """An exemption that nobody can read is none."""
    seen = gate(
        f"""
        import pytest_deploycheck
        @pytest.mark.phase1
        def test_it(): pytest_deploycheck.{word}({reason!r})
        @pytest.mark.phase1
        def test_fine(): pass
        """
    )

    assert seen.status("phase1.test_it") == "ERROR"
    assert seen.ret == 1
