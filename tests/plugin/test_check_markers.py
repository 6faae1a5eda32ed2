"""The markers: one for each phase, and ``check`` with what it says of a test."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

TWO_PHASES = """
deploycheck_phases =
    build: Build stability
    ship: Shipping
"""


def test_a_phase_s_marker_makes_a_test_a_check(gate: Gate) -> None:
    """With nothing configured: the id is the test's name within its phase, the title its name, all else by default."""
    seen = gate(
        """
        @pytest.mark.phase1
        def test_build(): pass
        """
    )

    assert seen.ret == 0
    row = seen.check("phase1.test_build")
    assert row["phase"] == "phase1"
    assert row["title"] == "test_build"
    assert row["kind"] == "automated"
    assert row["severity"] == "blocker"
    assert row["nodeid"] == "test_it.py::test_build"
    assert (row["remediation"], row["owner"], row["mutating"], row["rollback"]) == ("", "", False, None)


def test_the_title_is_the_docstring_s_first_line(gate: Gate) -> None:
    """Only the first line, and a title of its own beats it."""
    seen = gate(
        '''
        @pytest.mark.phase1
        def test_first():
            """The build is stable.

            More that nobody needs on a board.
            """
        @pytest.mark.phase1
        @pytest.mark.check(title="Said by the marker")
        def test_second():
            """Said by the docstring."""
        '''
    )

    assert seen.check("phase1.test_first")["title"] == "The build is stable."
    assert seen.check("phase1.test_second")["title"] == "Said by the marker"


def test_every_keyword_reaches_the_document(gate: Gate) -> None:
    """Id, title, severity, remediation, owner, mutating and rollback."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.core-imports", title="Core imports", severity="advisory", remediation="mend it",
                           owner="build", mutating=True, rollback="planned")
        def test_build(): pass
        """
    )

    row = seen.check("phase1.core-imports")
    said = {key: row[key] for key in ("title", "severity", "remediation", "owner", "mutating", "rollback")}
    assert said == {
        "title": "Core imports",
        "severity": "advisory",
        "remediation": "mend it",
        "owner": "build",
        "mutating": True,
        "rollback": "planned",
    }


@pytest.mark.parametrize("marker", ["", "()", "(id='phase1.one')", "('phase1.one')", "(severity='blocker')"])
def test_every_keyword_of_check_is_optional(marker: str, gate: Gate) -> None:
    """The bare marker, the call without arguments, and each way to give an id."""
    seen = gate(f"@pytest.mark.phase1\n@pytest.mark.check{marker}\ndef test_build(): pass")

    assert seen.ret == 0
    assert seen.ids == ["phase1.one" if "one" in marker else "phase1.test_build"]


def test_what_the_markers_of_a_test_its_class_and_its_parameters_say_holds_together(gate: Gate) -> None:
    """The closest wins; what it does not say stands as the others have it."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check(mutating=True, owner="dba", severity="advisory")
        class TestAll:
            @pytest.mark.check("phase1.first", severity="blocker")
            @pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.check(rollback="immediate"))])
            def test_first(self, x): pass
            def test_second(self): pass
        """
    )

    keys = ("mutating", "owner", "severity", "rollback")
    assert {row["id"]: [row[key] for key in keys] for row in seen.json["checks"]} == {
        "phase1.first[1]": [True, "dba", "blocker", None],
        "phase1.first[2]": [True, "dba", "blocker", "immediate"],
        "phase1.test_second": [True, "dba", "advisory", None],
    }


def test_a_phase_may_stand_on_a_class_or_a_module(gate: Gate) -> None:
    """As with any marker of pytest's."""
    seen = gate(
        """
        @pytest.mark.phase2
        class TestAll:
            def test_in_class(self): pass
        """,
        files={"test_module.py": "import pytest\npytestmark = pytest.mark.phase1\ndef test_in_module(): pass\n"},
    )

    assert seen.ids == ["phase2.test_in_class", "phase1.test_in_module"]
    assert [row["verdict"] for row in seen.json["phases"]] == ["GO", "GO"]


def test_a_parametrised_check_has_one_id_for_each_set_of_parameters(gate: Gate) -> None:
    """The given id, or the test's name, with the parameters in brackets."""
    seen = gate(
        """
        @pytest.mark.phase1
        @pytest.mark.check("phase1.commands")
        @pytest.mark.parametrize("command", ["run", "tag"])
        def test_command(command): assert command == "run"
        @pytest.mark.phase1
        @pytest.mark.parametrize("n", [1])
        def test_plain(n): pass
        """
    )

    assert seen.ids == ["phase1.commands[run]", "phase1.commands[tag]", "phase1.test_plain[1]"]
    assert [row["status"] for row in seen.json["checks"]] == ["PASS", "FAIL", "PASS"]


def test_phases_are_in_the_order_of_the_ini_list(gate: Gate) -> None:
    """Markers of any name, in the order in which they are declared, with their titles."""
    seen = gate(
        """
        @pytest.mark.ship
        def test_ship(): pass
        @pytest.mark.build
        def test_build(): pass
        """,
        ini=TWO_PHASES,
    )

    assert [(row["marker"], row["title"]) for row in seen.json["phases"]] == [
        ("build", "Build stability"),
        ("ship", "Shipping"),
    ]
    assert seen.stdout.index("test_it.py .\nbuild: GO") < seen.stdout.index("ship: Shipping")


def test_declared_phases_without_a_check_are_incomplete(gate: Gate) -> None:
    """An empty phase is not GO, and shuts the later ones."""
    seen = gate("@pytest.mark.ship\ndef test_ship(): pass", ini=TWO_PHASES)

    assert seen.verdict("build") == "INCOMPLETE"
    assert seen.verdict("ship") == "BLOCKED"
    assert seen.ret == 11


def test_phases_are_in_the_order_of_the_document(gate: Gate) -> None:
    """A Markdown checklist declares its phases; its titles are those of the headings."""
    seen = gate(
        """
        @pytest.mark.ship
        @pytest.mark.check("ship.it")
        def test_ship(): pass
        @pytest.mark.build
        @pytest.mark.check("build.it")
        def test_build(): pass
        """,
        checklist="""
        ## First we build <!-- deploycheck: phase=build -->
        - [ ] It
        ## Then we ship <!-- deploycheck: phase=ship -->
        - [ ] It
        """,
    )

    assert seen.ret == 0
    assert [(row["marker"], row["title"]) for row in seen.json["phases"]] == [
        ("build", "First we build"),
        ("ship", "Then we ship"),
    ]


def test_numbered_phases_are_sorted_by_number(gate: Gate) -> None:
    """Ten comes after two."""
    seen = gate("".join(f"@pytest.mark.phase{n}\ndef test_{n}(): say({n})\n" for n in (10, 2, 1)))

    assert seen.ret == 0
    assert [row["marker"] for row in seen.json["phases"]] == ["phase1", "phase2", "phase10"]
    assert gate.seen() == ["1", "2", "10"]


@pytest.mark.parametrize("number", [1, 4, 9, 10, 12])
def test_numbered_phases_need_no_registration(number: int, gate: Gate) -> None:
    """Strict markers accept them without any ini."""
    seen = gate(f"@pytest.mark.phase{number}\n@pytest.mark.check\ndef test_it(): pass", "--strict-markers")

    assert seen.ret == 0


def test_declared_markers_are_registered(gate: Gate) -> None:
    """Strict markers accept those of the ini list and of the document, and ``--markers`` explains them."""
    gate.write({}, ini=f"{TWO_PHASES}\n    post: Afterwards", checklist="# Build <!-- deploycheck: phase=build -->\n")
    gate.write({"test_it.py": "import pytest\n@pytest.mark.ship\n@pytest.mark.check\ndef test_it(): pass\n"})

    listed = gate.run("--markers").stdout

    assert "@pytest.mark.build: Build" in listed
    assert "@pytest.mark.ship: Shipping" in listed
    assert "@pytest.mark.post: Afterwards" in listed
    assert "@pytest.mark.check(id, *, title, severity, remediation, owner, mutating, rollback, waivable)" in listed


def test_a_misspelt_phase_is_found_by_strict_markers(gate: Gate) -> None:
    """pytest's own error, which the gate does not mask."""
    seen = gate("@pytest.mark.phase1\ndef test_a(): pass\n@pytest.mark.fase1\ndef test_b(): pass", "--strict-markers")

    assert seen.ret == 2
    assert "'fase1' not found in `markers`" in seen.stdout


MISTAKES = {
    "an unknown keyword": (
        "@pytest.mark.phase1\n@pytest.mark.check(sverity='advisory')\ndef test_it(): pass",
        "test_it.py:2: @pytest.mark.check does not know 'sverity'",
    ),
    "two ids": (
        "@pytest.mark.phase1\n@pytest.mark.check('a', 'b')\ndef test_it(): pass",
        "test_it.py:2: @pytest.mark.check takes one id",
    ),
    "an id by place and by name": (
        "@pytest.mark.phase1\n@pytest.mark.check('a', id='b')\ndef test_it(): pass",
        "test_it.py:2: @pytest.mark.check takes one id",
    ),
    "an id with spaces": (
        "@pytest.mark.phase1\n@pytest.mark.check('a b')\ndef test_it(): pass",
        "test_it.py:2: the id",
    ),
    "an id with brackets": (
        "@pytest.mark.phase1\n@pytest.mark.check('a[b]')\ndef test_it(): pass",
        "test_it.py:2: the id 'a[b]'",
    ),
    "an id that is no text": (
        "@pytest.mark.phase1\n@pytest.mark.check(7)\ndef test_it(): pass",
        "test_it.py:2: the id 7",
    ),
    "an id that is nothing": (
        "@pytest.mark.phase1\n@pytest.mark.check(None)\ndef test_it(): pass",
        "test_it.py:2: the id None",
    ),
    "an empty id": ("@pytest.mark.phase1\n@pytest.mark.check('')\ndef test_it(): pass", "test_it.py:2: the id ''"),
    "an unknown keyword on the class": (
        "@pytest.mark.phase1\n@pytest.mark.check(sverity='advisory')\nclass TestIt:\n"
        "    @pytest.mark.check('one')\n    def test_it(self): pass",
        "test_it.py:5: @pytest.mark.check does not know 'sverity'",
    ),
    "an id in each of two markers": (
        "@pytest.mark.phase1\n@pytest.mark.check('one')\n@pytest.mark.check('two')\ndef test_it(): pass",
        "test_it.py:2: two @pytest.mark.check on one test give id='two' and id='one'",
    ),
    "an id of the test and another of its class": (
        "@pytest.mark.phase1\n@pytest.mark.check('one')\nclass TestIt:\n"
        "    @pytest.mark.check('two')\n    def test_it(self): pass",
        "test_it.py:5: two @pytest.mark.check on one test give id='two' and id='one'",
    ),
    "two markers that differ": (
        "@pytest.mark.phase1\n@pytest.mark.check(severity='blocker')\n@pytest.mark.check(severity='advisory')\n"
        "def test_it(): pass",
        "test_it.py:2: two @pytest.mark.check on one test give severity='advisory' and severity='blocker'",
    ),
    "a title that is no text": (
        "@pytest.mark.phase1\n@pytest.mark.check(title=7)\ndef test_it(): pass",
        "test_it.py:2: title=7 must be text",
    ),
    "an unknown severity": (
        "@pytest.mark.phase1\n@pytest.mark.check(severity='mild')\ndef test_it(): pass",
        "test_it.py:2: severity='mild' is not one of 'blocker', 'advisory'",
    ),
    "an unknown rollback": (
        "@pytest.mark.phase1\n@pytest.mark.check(rollback='soon')\ndef test_it(): pass",
        "test_it.py:2: rollback='soon' is not one of 'immediate', 'planned'",
    ),
    "mutating that is no yes or no": (
        "@pytest.mark.phase1\n@pytest.mark.check(mutating='yes')\ndef test_it(): pass",
        "test_it.py:2: mutating='yes' must be True or False",
    ),
    "waivable that is no yes or no": (
        "@pytest.mark.phase1\n@pytest.mark.check(waivable=0)\ndef test_it(): pass",
        "test_it.py:2: waivable=0 must be True or False",
    ),
    "signers of a test": (
        "@pytest.mark.phase1\n@pytest.mark.check(signers=2)\ndef test_it(): pass",
        "test_it.py:2: signers says how many people sign a line",
    ),
    "two phases": (
        "@pytest.mark.phase1\n@pytest.mark.phase2\ndef test_it(): pass",
        "test_it.py:2: two phases on one test",
    ),
    "two phases, one of them on the class": (
        "@pytest.mark.phase1\nclass TestIt:\n    @pytest.mark.phase2\n    def test_it(self): pass",
        "test_it.py:4: two phases on one test",
    ),
    "a check in no phase": (
        "@pytest.mark.check('one')\ndef test_it(): pass\n@pytest.mark.phase1\ndef test_b(): pass",
        "test_it.py:2: this check belongs to no phase",
    ),
    "only a check in no phase": ("@pytest.mark.check('one')\ndef test_it(): pass", "test_it.py:2: this check belongs"),
    "an id used twice": (
        "@pytest.mark.phase1\n@pytest.mark.check('one')\ndef test_a(): pass\n"
        "@pytest.mark.phase1\n@pytest.mark.check('one')\ndef test_b(): pass",
        "test_it.py:5: the id 'one' is used twice (first at test_it.py:2)",
    ),
    "an id used twice in two phases": (
        "@pytest.mark.phase1\n@pytest.mark.check('one')\ndef test_a(): pass\n"
        "@pytest.mark.phase2\n@pytest.mark.check('one')\ndef test_b(): pass",
        "test_it.py:5: the id 'one' is used twice (first at test_it.py:2)",
    ),
    "a name used twice in one phase": (
        "@pytest.mark.phase1\nclass TestA:\n    def test_a(self): pass\n"
        "@pytest.mark.phase1\nclass TestB:\n    def test_a(self): pass",
        "test_it.py:7: the id 'phase1.test_a' is used twice",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_usage_error(mistake: str, gate: Gate) -> None:
    """Exit 4 and one line that names file and line; nothing runs, nothing is written, no traceback."""
    source, message = MISTAKES[mistake]
    canary = "@pytest.mark.phase1\ndef test_canary(): say('ran')\n"

    seen = gate(source, files={"test_canary.py": HEAD + canary})

    assert seen.ret == 4
    assert f"ERROR: {message}" in seen.stderr
    assert "Traceback" not in seen.stdout + seen.stderr
    assert "INTERNALERROR" not in seen.stdout + seen.stderr
    assert gate.seen() == []
    assert seen.document is None
    assert not (gate.path / "deploycheck-report.html").exists()
    assert not (gate.path / ".deploycheck").exists()


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside a known one"])
def test_an_unknown_phase_is_a_usage_error(alone: bool, gate: Gate) -> None:
    """A numbered phase that the ini list does not have."""
    seen = gate(
        "@pytest.mark.phase3\ndef test_it(): pass" + ("" if alone else "\n@pytest.mark.build\ndef test_b(): pass"),
        ini=TWO_PHASES,
    )

    assert seen.ret == 4
    assert "ERROR: test_it.py:2: phase3 is no phase of this checklist; phases: build, ship" in seen.stderr


def test_a_wrong_line_in_the_ini_list_is_a_usage_error(gate: Gate) -> None:
    """A marker must be a Python name."""
    seen = gate("def test_it(): pass", ini="deploycheck_phases =\n    phase 1: Build")

    assert seen.ret == 4
    assert "deploycheck_phases: 'phase 1: Build' is not" in seen.stderr


@pytest.mark.parametrize("marker", ["check", "skip", "parametrize", "class", "and", "_build"])
def test_a_phase_that_cannot_be_marked_is_a_usage_error(marker: str, gate: Gate) -> None:
    """What means something else to pytest, or is no marker at all, can mark no check."""
    seen = gate("def test_it(): pass", ini=f"deploycheck_phases =\n    {marker}: Build")

    assert seen.ret == 4
    assert "ERROR: ini key deploycheck_phases: " in seen.stderr
    assert repr(marker) in seen.stderr


def test_a_phase_declared_twice_is_a_usage_error(gate: Gate) -> None:
    """Which of the two titles, and which place, would be anybody's guess."""
    seen = gate(
        "@pytest.mark.build\ndef test_it(): pass", ini="deploycheck_phases =\n    build: One\n    build: Another"
    )

    assert seen.ret == 4
    assert "build" in seen.stderr
