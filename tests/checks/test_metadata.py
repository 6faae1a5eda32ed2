"""Demands of a project, in both notations, held against an installation."""

import pytest

from checks.metadata import lock_problems, read_project, unmet

PEP621 = '[project]\nrequires-python = ">=3.11"\ndependencies = ["click (>=8.1,<9)", "numpy; python_version > \'3\'"]\n'
POETRY = """[tool.poetry.dependencies]
python = "^3.11"
click = "^8.1.0"
numpy = ">=1.26, <3"
rich = {version = "~13.2", extras = ["jupyter"]}
easyocr = {version = "^1.7", optional = true}
pinned = "1.2.*"
"""
ENVIRONMENT = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux", "os_name": "posix"}


def installation(**versions: str) -> dict[str, object]:
    requires = {"rich": ["markdown-it-py>=2", 'ipywidgets; extra == "jupyter"', 'old; python_version < "3"']}
    installed = {name: {"version": version, "requires": requires.get(name, [])} for name, version in versions.items()}
    return {"installed": installed, "environment": ENVIRONMENT}


def test_both_notations_are_read() -> None:
    modern, poetry = read_project(PEP621), read_project(POETRY)
    assert str(modern.python) == ">=3.11"
    assert {r.name: str(r.specifier) for r in modern.requirements} == {"click": "<9,>=8.1", "numpy": ""}
    assert sorted(str(poetry.python).split(",")) == ["<4", ">=3.11"]
    assert {r.name: set(str(r.specifier).split(",")) for r in poetry.requirements} == {
        "click": {">=8.1.0", "<9"},
        "numpy": {">=1.26", "<3"},
        "rich": {">=13.2", "<13.3"},
        "pinned": {"==1.2.*"},
    }


@pytest.mark.parametrize(
    ("constraint", "fits", "does_not"),
    [
        ("^1.2.3", "1.9", "2.0"),
        ("^0.2.3", "0.2.9", "0.3"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0", "0.9", "1.0"),
        ("~1.2.3", "1.2.9", "1.3"),
        ("~1", "1.9", "2.0"),
        ("1.4", "1.4", "1.5"),
        ("*", "99", None),
    ],
)
def test_poetrys_constraints(constraint: str, fits: str, does_not: str | None) -> None:
    requirement = read_project(f'[tool.poetry.dependencies]\nx = "{constraint}"\n').requirements[0]
    assert requirement.specifier.contains(fits)
    assert does_not is None or not requirement.specifier.contains(does_not)


@pytest.mark.parametrize("text", ["", "[project]\ndependencies = []\n", '[tool.poetry.dependencies]\nx = "^1 || ^2"\n'])
def test_metadata_that_cannot_be_judged_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"pyproject|union"):
        read_project(text)


def test_what_is_installed_satisfies_or_not() -> None:
    project = read_project(PEP621)
    assert unmet(project, installation(click="8.3.0", numpy="2.0")) == []
    assert unmet(project, installation(click="9.0", numpy="2.0")) == ["click 9.0 is not <9,>=8.1 (needed by GifLab)"]
    assert unmet(project, installation(click="8.3.0")) == [
        'numpy; python_version > "3" is not installed (needed by GifLab)'
    ]


def test_requirements_of_requirements_count_and_only_the_extras_asked_for() -> None:
    project = read_project('[project]\ndependencies = ["rich"]\n')
    assert unmet(project, installation(rich="13")) == ["markdown-it-py>=2 is not installed (needed by rich)"]
    assert unmet(project, {**installation(rich="13", **{"markdown-it-py": "3"})}) == []
    asked = read_project('[project]\ndependencies = ["rich[jupyter]"]\n')
    assert unmet(asked, installation(rich="13", **{"Markdown_It.Py": "3"})) == [
        "ipywidgets is not installed (needed by rich)"
    ]


def test_the_lock_has_to_have_a_fitting_version() -> None:
    project = read_project(PEP621)
    lock = '[[package]]\nname = "click"\nversion = "8.0"\n[[package]]\nname = "numpy"\nversion = "2.0"\n'
    assert lock_problems(project, lock) == ["click<9,>=8.1 (locked: 8.0)"]
    assert lock_problems(project, lock.replace("8.0", "8.2")) == []
