"""What the plugin costs a pytest that has nothing to do with a checklist."""

import gc
import json
import sys

import pytest

#: Packages that only an active gate, a report or the command line need.
HEAVY = {
    *("click", "rich", "jinja2", "markdown_it", "execnet", "durationpy", "sqlite3", "html5lib"),
    *("numpy", "cv2", "psutil"),
}
#: The modules of the plugin that an inactive pytest may load.
LIGHT = {
    "pytest_deploycheck",
    *(f"pytest_deploycheck.{name}" for name in ("plugin", "options", "hookspecs", "keys", "fixtures")),
}
PROBE = """
import json, sys

def pytest_unconfigure():
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""


def modules_loaded(pytester: pytest.Pytester, *arguments: str) -> set[str]:
    """The modules in a pytest process at its end; only this plugin and `PROBE` are loaded beside pytest's own."""
    pytester.makeconftest(PROBE)
    plugins = ("-p", "no:cacheprovider", *arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.run(sys.executable, "-m", "pytest", *plugins)
    return set(json.loads((pytester.path / "modules.json").read_text("utf-8")))


def test_an_inactive_plugin_loads_nothing_heavy(pytester: pytest.Pytester) -> None:
    """Neither other packages nor its own gate, whatever the project tests."""
    pytester.makepyfile("def test_something(): pass")

    bare = modules_loaded(pytester)
    loaded = modules_loaded(pytester, "-p", "pytest_deploycheck.plugin") - bare

    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert {name for name in loaded if name.startswith("pytest_deploycheck")} == LIGHT
    assert {name.partition(".")[0] for name in loaded} == {"pytest_deploycheck"}


def test_an_active_gate_does_load_it(pytester: pytest.Pytester) -> None:
    """The probe sees what it is meant to see; and a run without HTML needs no template engine."""
    pytester.makepyfile("import pytest\n@pytest.mark.phase1\ndef test_something(): pass")

    loaded = modules_loaded(pytester, "-p", "pytest_deploycheck.plugin", "--deploycheck-report=")

    assert "pytest_deploycheck.session" in loaded
    assert "jinja2" not in loaded


@pytest.mark.parametrize(("mark", "spared"), [("phase1", True), ("filterwarnings", False)])
def test_the_garbage_collector_is_spared_the_items_of_a_gate_and_gets_them_back(
    pytester: pytest.Pytester, mark: str, spared: bool
) -> None:
    """Looking at all of them again and again is a tenth of a long run; a session without a gate is left alone."""
    before = gc.get_freeze_count()
    pytester.makepyfile(
        test_a=f"import pytest\n@pytest.mark.{mark}('')\ndef test_first(): pass",
        test_b=f"import gc, pytest\nwhen_imported = gc.get_freeze_count()\n@pytest.mark.{mark}('')\n"
        "def test_frozen():\n"
        f"    assert [count > {before} for count in (when_imported, gc.get_freeze_count())] == [{spared}] * 2",
    )

    assert pytester.inline_run("--deploycheck-report=").ret == 0
    assert gc.get_freeze_count() == before
