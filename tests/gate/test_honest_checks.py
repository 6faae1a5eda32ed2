"""The other side of the catalogue: honest checks in every style pytest knows, and honest hooks, are GO."""

from __future__ import annotations

from textwrap import dedent

import pytest
from gating import HEAD, Gate

STYLES = {
    "a function": "@pytest.mark.phase1\ndef test_one(): assert True",
    "a method": "class TestAll:\n    @pytest.mark.phase1\n    def test_one(self): assert True",
    "a static method": "class TestAll:\n    @staticmethod\n    @pytest.mark.phase1\n    def test_one(): assert True",
    "a class that is marked": "@pytest.mark.phase1\nclass TestAll:\n    def test_one(self): assert True",
    "a class within a class": (
        "@pytest.mark.phase1\nclass TestAll:\n    class TestPart:\n        def test_one(self): assert True\n"
        "    class TestRest:\n        def test_two(self): assert True"
    ),
    "a module that is marked": "pytestmark = pytest.mark.phase1\ndef test_one(): assert True\ndef helper(): return 3",
    "parameters": "@pytest.mark.phase1\n@pytest.mark.parametrize('x', [1, 2, 2])\ndef test_one(x): assert x",
    "a marked parameter": "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.phase1)])\ndef test_one(x): assert x",
    "a mark with a name of its own": "first = pytest.mark.phase1\n@first\ndef test_one(): assert True",
    "an inherited check": (
        "class Base:\n    @pytest.mark.phase1\n    def test_one(self): assert self.fine\nclass TestAll(Base): fine = True"
    ),
    "a decorated check": (
        "import functools\ndef again(function):\n    @functools.wraps(function)\n    def run(*args): function(*args)\n    return run\n"
        "@again\n@pytest.mark.phase1\ndef test_one(): assert True"
    ),
    "one of two definitions": (
        "import sys\nif sys.version_info >= (3,):\n    @pytest.mark.phase1\n    def test_one(): assert True\n"
        "else:\n    @pytest.mark.phase1\n    def test_one(): assert False"
    ),
    "fixtures": (
        "@pytest.fixture(scope='module')\ndef disk():\n    yield 3\n@pytest.fixture(params=[1, 2])\ndef host(request, disk): return request.param\n"
        "@pytest.mark.phase1\ndef test_one(host, disk, tmp_path, monkeypatch, capsys): print(host); assert disk"
    ),
    "parts": "@pytest.mark.phase1\ndef test_one(subtests):\n    for n in (1, 2):\n        with subtests.test(n=n): assert n",
    "unittest": (
        "import unittest\nclass OneTest(unittest.TestCase):\n    def setUp(self): self.x = 1\n    @pytest.mark.phase1\n"
        "    def test_one(self):\n        with self.subTest(n=1): self.assertEqual(self.x, 1)"
    ),
    "unittest with coroutines": (
        "import unittest\nclass OneTest(unittest.IsolatedAsyncioTestCase):\n    @pytest.mark.phase1\n"
        "    async def test_one(self): self.assertTrue(True)"
    ),
    "patches": "from unittest import mock\n@mock.patch('os.getcwd')\n@pytest.mark.phase1\ndef test_one(getcwd): assert getcwd",
    "generated examples": (
        "from hypothesis import given, strategies\n@pytest.mark.phase1\n@given(strategies.integers())\ndef test_one(x): assert x == x"
    ),
    "a thread": (
        "import threading\n@pytest.mark.phase1\ndef test_one():\n    thread = threading.Thread(target=print)\n    thread.start()\n    thread.join()"
    ),
    "warnings that are looked for": (
        "import warnings\n@pytest.mark.phase1\ndef test_one(recwarn):\n    warnings.warn('x')\n    assert len(recwarn) == 1\n"
        "    with pytest.warns(UserWarning): warnings.warn('y')"
    ),
    "a coroutine that is awaited": (
        "import asyncio\nasync def judge(): assert True\n@pytest.mark.phase1\ndef test_one(): asyncio.run(judge())"
    ),
    "an exception that is expected": "@pytest.mark.phase1\ndef test_one():\n    with pytest.raises(OSError): open('/nowhere')",
    "a child process": (
        "import os\n@pytest.mark.phase1\ndef test_one():\n    child = os.fork()\n    if not child: os._exit(0)\n    assert os.waitpid(child, 0)[1] == 0"
    ),
    "a process that is called another": (
        "import os\n@pytest.mark.phase1\ndef test_one(monkeypatch): monkeypatch.setattr(os, 'getpid', lambda: 1)"
    ),
    "a destructor that fails untidily": (
        "class Pipe:\n    def __del__(self): raise OSError('closed')\n@pytest.mark.phase1\ndef test_one(): Pipe()"
    ),
    "a parenthesised assertion": "@pytest.mark.phase1\ndef test_one():\n    assert (1 == 1), 'fine'\n    assert (\n        2 == 2\n    )",
    "a class whose checks are its base's": (
        "class Base:\n    def test_one(self): assert True\n@pytest.mark.phase1\nclass TestAll(Base): fine = True"
    ),
    "a class whose checks are its heir's": (
        "@pytest.mark.phase1\nclass Base: fine = True\nclass TestAll(Base):\n    def test_one(self): assert self.fine"
    ),
    "checks that a factory makes": (
        "def make(number):\n    @pytest.mark.phase1\n    def test_made(): assert number\n"
        "    test_made.__name__ = test_made.__qualname__ = f'test_{number}'\n    return test_made\n"
        "test_1, test_2 = make(1), make(2)"
    ),
    "a check behind a proxy": ("import functools\n@functools.cache\n@pytest.mark.phase1\ndef test_one(): assert True"),
    "several lists of marks": (
        "pytestmark = [pytest.mark.phase1]\npytestmark += [pytest.mark.slow]\nclass TestAll:\n"
        "    pytestmark = pytest.mark.fast\n    def test_one(self): assert True\nclass TestRest:\n"
        "    pytestmark = pytest.mark.slow\n    def test_two(self): assert True"
    ),
    "assertions about names": (
        "import os\ndef server(): return 1\n@pytest.fixture\ndef disk(): return 1\n@pytest.mark.phase1\n"
        "def test_one(disk):\n    assert disk\n    assert server(), 'none'\n    assert os and pytest\n"
        "    for server_ in (1, 2): assert server_\n    ready = 1 or 'no'\n    assert ready\n"
        "    assert 1 == 1 or 'x' in 'y'\n    assert (ready or 'none') == 1"
    ),
    "assertions about collections and texts": (
        "@pytest.mark.phase1\ndef test_one():\n    assert [n for n in (1, 2)]\n    assert 'x' in 'xy'\n    assert {1} <= {1, 2}\n"
        "    assert (1, 2) == (1, 2)\n    assert (n := 3)\n    assert all(n == 2 for n in (2, 2))\n    assert True"
    ),
    "tests that are no checks": (
        "@pytest.mark.phase1\ndef test_one(): assert True\n@pytest.mark.skip\ndef test_two(): pass\n"
        "@pytest.mark.xfail\ndef test_three(): assert 0\n@pytest.mark.slow\ndef test_four(): return None"
    ),
}
HOOKS = {
    "reads reports": "def pytest_runtest_logreport(report): report.sections.append(('x', 'y'))",
    "adds to reports": (
        "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = yield\n    report.extra = 1\n    return report"
    ),
    "shuffles the items": "def pytest_collection_modifyitems(items): items.reverse()",
    "marks items early": "def pytest_itemcollected(item):\n    item.add_marker('slow')",
    "wraps the call": (
        "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n    return (yield)"
    ),
    "calls the function itself": "def pytest_pyfunc_call(pyfuncitem):\n    pyfuncitem.obj()\n    return True",
    "times every fixture": (
        "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_fixture_setup(fixturedef, request):\n    return (yield)"
    ),
    "skips what is no check": (
        "import pytest\ndef pytest_runtest_setup(item):\n    if not item.get_closest_marker('phase1'): pytest.skip('no check')"
    ),
    "drops what is no check": (
        "def pytest_collection_modifyitems(items): items[:] = [item for item in items if item.get_closest_marker('phase1')]"
    ),
    "ignores what is no test": "collect_ignore = ['setup.py']",
}


@pytest.mark.parametrize("style", STYLES)
def test_control_of_styles(style: str, gate: Gate) -> None:
    """Whatever the style: where nothing is wrong the gate says GO."""
    gate.write({"test_it.py": HEAD + dedent(STYLES[style])})

    seen = gate.run("-W", "ignore::pytest.PytestUnknownMarkWarning")

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout
    assert {row["status"] for row in seen.json["checks"]} == {"PASS"}


SHARED = {
    "imported": ("from shared import test_one", "@pytest.mark.phase1\ndef test_one(): assert True"),
    "inherited": (
        "from shared import Base\nclass TestAll(Base): pass",
        "class Base:\n    @pytest.mark.phase1\n    def test_one(self): assert True",
    ),
    "inherited from a marked class": (
        "from shared import Base\nclass TestAll(Base): pass",
        "@pytest.mark.phase1\nclass Base:\n    def test_one(self): assert True\n    def helper(self): pass",
    ),
}


@pytest.mark.parametrize("how", SHARED)
def test_control_of_shared_checks(how: str, gate: Gate) -> None:
    """A file that nobody collects may lend its checks to one that is: then none is missing."""
    tests, shared = SHARED[how]
    gate.write({"test_it.py": tests, "shared.py": f"import pytest\n{shared}"})

    seen = gate.run()

    assert (seen.ret, seen.json["verdict"], seen.ids) == (0, "GO", ["phase1.test_one"]), seen.stdout


@pytest.mark.parametrize("what", HOOKS)
def test_control_of_hooks(what: str, gate: Gate) -> None:
    """Plugins and conftests that leave the verdicts alone do no harm."""
    gate.write(
        {
            "test_it.py": HEAD + "@pytest.mark.phase1\ndef test_one(): pass\ndef test_two(): pass",
            "conftest.py": HOOKS[what],
        }
    )

    seen = gate.run("-W", "ignore::pytest.PytestUnknownMarkWarning")

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout


AWAITS = {
    "in the call": "asyncio.run(pyfuncitem.obj())\n    return True",
    "by another function in its place": "function = pyfuncitem.obj\n    pyfuncitem.obj = lambda: asyncio.run(function())",
}


@pytest.mark.parametrize("body", ["assert True", "assert False"])
@pytest.mark.parametrize("how", AWAITS)
def test_control_of_coroutines(how: str, body: str, gate: Gate) -> None:
    """A plugin that awaits coroutines is believed, and its failures are."""
    conftest = f"import asyncio, pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem):\n    {AWAITS[how]}\n"
    if "lambda" in conftest:
        conftest = conftest.replace("pytest_pyfunc_call(pyfuncitem)", "pytest_runtest_setup(item)").replace(
            "pyfuncitem", "item"
        )
    gate.write({"test_it.py": HEAD + f"@pytest.mark.phase1\nasync def test_one(): {body}", "conftest.py": conftest})

    seen = gate.run()

    assert seen.json["verdict"] == ("GO" if body == "assert True" else "NO-GO"), seen.stdout
    assert seen.status("phase1.test_one") == ("PASS" if body == "assert True" else "FAIL")


@pytest.mark.parametrize(
    "arguments",
    [("here/test_it.py",), ("here",), ("-m", "phase1"), ("here", "there"), ("there/test_other.py", "here/test_it.py")],
    ids=" ".join,
)
def test_control_of_arguments(arguments: tuple[str, ...], gate: Gate) -> None:
    """Whoever asks for all files with checks, however, has asked for all of them."""
    gate.write(
        {
            "here/test_it.py": "import pytest\n@pytest.mark.phase1\ndef test_one(): pass",
            "there/test_other.py": "def test_two(): pass\nSAMPLE = '@pytest.mark.phase1'",
        }
    )

    seen = gate.run(*arguments)

    assert (seen.ret, seen.json["verdict"]) == (0, "GO"), seen.stdout
