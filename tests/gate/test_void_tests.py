"""Tests that end without an exception and yet judged nothing."""

from __future__ import annotations

import pytest
from gating import Gate
from trapping import Trap, erring, refused, spring

COROUTINE = "@pytest.mark.phase1\nasync def test_trap(): assert 0"
RETURNED = "@pytest.mark.phase1\ndef test_trap(): return 1 == 2"
FORGOTTEN = """
async def judge(): assert 0
@pytest.mark.phase1
def test_trap({fixture}): judge()
"""
THREAD = """
import threading
def judge(): {body}
@pytest.mark.phase1
def test_trap({fixture}):
    thread = threading.Thread(target=judge)
    thread.start()
    thread.join()
"""
FIXTURE = """
import threading, warnings
async def judge(): assert 0
@pytest.fixture
def server():
    warnings.simplefilter("ignore")
    {before}
    yield
    {after}
@pytest.mark.phase1
def test_trap(server): pass
"""
LOSES_THREAD = "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()"
LOSES_AWAIT = "judge()"
UNITTEST = """
import unittest
class TrapTest(unittest.TestCase):
    @pytest.mark.phase1
    {body}
"""
SUBTEST = """
@pytest.mark.phase1
def test_trap(subtests):
    with subtests.test("first"): assert 0
"""
UNITTEST_SUBTEST = """
import unittest
class TrapTest(unittest.TestCase):
    @pytest.mark.phase1
    def test_trap(self):
        for n in (1, 2, 3):
            with self.subTest(n=n):
                {body}
"""
SWALLOWS = """
from pytest_deploycheck import inconclusive, not_applicable
@pytest.mark.phase1
def test_trap(evidence):
    try:
        evidence.measure("latency", 900, "ms", max=100)
    except AssertionError:
        {word}("no load today")
"""
TUPLE = "@pytest.mark.phase1\ndef test_trap(): assert (1 == 2, 'differs')"
IGNORED = ("-W", "ignore")
VOID = r"ERROR: test_it\.py:\d+: this assertion is always true"
LINE = "# One <!-- deploycheck: phase=phase1 -->\n- [ ] **Trap** <!-- deploycheck: id=phase1.trap -->\n"
VOID_LINE = "@pytest.mark.check('phase1.trap')\ndef test_trap(): assert (1 == 2, 'differs')"
DESTRUCTOR = """
class Server:
    def __del__(self): assert 1 == 2
@pytest.mark.phase1
def test_trap(): Server()
"""

TRAPS: dict[str, Trap] = {
    "the check returns its verdict": erring(RETURNED, reason="returned bool"),
    "the check returns its verdict and warnings are ignored": erring(RETURNED, arguments=IGNORED),
    "the check returns its verdict and warnings are ignored by the ini file": erring(
        RETURNED, ini="filterwarnings = ignore"
    ),
    "the check returns its verdict and warnings are not shown": erring(RETURNED, arguments=("--disable-warnings",)),
    "the check returns its verdict and nobody records warnings": refused(
        RETURNED, arguments=("-p", "no:warnings"), reason="'warnings' is switched off"
    ),
    "the check returns its verdict and a mark ignores the warning": erring(
        "@pytest.mark.filterwarnings('ignore')\n" + RETURNED
    ),
    "the check returns a generator": erring(
        "def judge(): yield 0\n@pytest.mark.phase1\ndef test_trap(): return judge()"
    ),
    "the check is a coroutine that nobody awaits": Trap(source=COROUTINE),
    "the check is a coroutine and warnings are ignored": Trap(source=COROUTINE, arguments=IGNORED),
    "the check is a coroutine and nobody records warnings": refused(
        COROUTINE, arguments=("-p", "no:warnings"), reason="'warnings' is switched off"
    ),
    "the check is an asynchronous generator": erring(COROUTINE + "; yield"),
    "the check yields": Trap(
        source="@pytest.mark.phase1\ndef test_trap():\n    yield\n    assert 0",
        status="",
        verdict="INCOMPLETE",
        exit_code=2,
    ),
    "the check forgets to await a coroutine": erring(FORGOTTEN.format(fixture=""), reason="never awaited"),
    "the check forgets to await and warnings are ignored": erring(FORGOTTEN.format(fixture=""), arguments=IGNORED),
    "the check forgets to await and records all warnings": erring(FORGOTTEN.format(fixture="recwarn")),
    "the check forgets to await and ignores warnings itself": erring(
        FORGOTTEN.format(fixture="").replace(
            ": judge()", ":\n    import warnings; warnings.simplefilter('ignore'); judge()"
        )
    ),
    "a fixture of the check is a coroutine": erring(
        """
        @pytest.fixture
        async def database(): assert 0
        @pytest.mark.phase1
        def test_trap(database): pass
        """
    ),
    "a thread of the check fails": erring(THREAD.format(fixture="", body="assert 0"), reason="thread|Thread"),
    "a thread of the check fails and warnings are ignored": erring(
        THREAD.format(fixture="", body="assert 0"), arguments=IGNORED
    ),
    "a thread of the check fails and the check records all warnings": erring(
        THREAD.format(fixture="recwarn", body="assert 0")
    ),
    "a thread of the check fails and nobody watches threads": refused(
        THREAD.format(fixture="", body="assert 0"),
        arguments=("-p", "no:threadexception"),
        reason="'threadexception' is switched off",
    ),
    "a thread of the check, of the kind that has no object, fails": erring(
        "import _thread, time\n@pytest.mark.phase1\ndef test_trap():\n    def judge(): raise OSError('gone')\n"
        "    _thread.start_new_thread(judge, ())\n    time.sleep(0.3)",
        reason="Python ignored a failure of it: OSError",
    ),
    "an assertion of the check fails in a destructor": erring(DESTRUCTOR, reason="Python ignored a failure of it"),
    "an assertion of the check fails in a destructor and warnings are ignored": erring(DESTRUCTOR, arguments=IGNORED),
    "an assertion of the check fails in a function that C calls": erring(
        "import ctypes\nCALLED_BACK = ctypes.CFUNCTYPE(None)\n@pytest.mark.phase1\ndef test_trap():\n"
        "    def judge(): assert 1 == 2\n    CALLED_BACK(judge)()",
        reason="Python ignored a failure of it",
    ),
    "a thread of the check exits with 0": erring(THREAD.format(fixture="", body="raise SystemExit(0)")),
    "a thread of a fixture fails and the fixture ignores warnings": erring(
        FIXTURE.format(before=LOSES_THREAD, after="")
    ),
    "a thread of a teardown fails and the fixture ignores warnings": erring(
        FIXTURE.format(before="", after=LOSES_THREAD)
    ),
    "a fixture forgets to await and ignores warnings": erring(FIXTURE.format(before=LOSES_AWAIT, after="")),
    "a teardown forgets to await and ignores warnings": erring(FIXTURE.format(before="", after=LOSES_AWAIT)),
    "a thread of the check skips": erring(THREAD.format(fixture="", body="pytest.skip('not today')")),
    "the check asserts a tuple": refused(TUPLE, reason=r"test_it\.py:\d+: .*always true"),
    "the check asserts a tuple and warnings are ignored": refused(TUPLE, arguments=IGNORED, reason=r"test_it\.py:\d+"),
    "the check asserts a tuple and assertions are plain": refused(
        TUPLE, arguments=("--assert=plain",), reason=r"test_it\.py:\d+"
    ),
    "the check asserts a tuple on the next line": refused(
        "@pytest.mark.phase1\ndef test_trap():\n    assert \\\n        (1 == 2, 'differs')", reason=r"test_it\.py:\d+"
    ),
    "the check asserts a generator": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert (n == 2 for n in (1, 3))", reason=r"test_it\.py:\d+"
    ),
    "the check asserts a list of comparisons": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert [1 == 2]", reason=r"test_it\.py:\d+"
    ),
    "the check asserts its message alone": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert 'one is two'", reason=r"test_it\.py:\d+"
    ),
    "the check asserts a function that it does not call": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert lambda: 1 == 2", reason=r"test_it\.py:\d+"
    ),
    "the check asserts a function of its file that it does not call": refused(
        "def is_ready(): return False\n@pytest.mark.phase1\ndef test_trap():\n    assert is_ready, 'it is not'",
        reason=VOID,
    ),
    "the check asserts something or else its message": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert 1 == 2 or 'they differ'", reason=VOID
    ),
    "the check asserts something or else its message on the next line": refused(
        "@pytest.mark.phase1\ndef test_trap():\n    assert (\n        1 == 2\n        or f'{1} is another'\n    )",
        reason=VOID,
    ),
    "the check asserts something or else a number on the next line": refused(
        "@pytest.mark.phase1\ndef test_trap():\n    assert 1 == 2 \\\n        or 1", reason=VOID
    ),
    "the check asserts something or else its message, behind a call of several lines": refused(
        "@pytest.mark.phase1\ndef test_trap():\n    assert bool(\n        0\n    ) or 'they differ'", reason=VOID
    ),
    "the check asserts something or else True": refused(
        "@pytest.mark.phase1\ndef test_trap(): assert 1 == 2 or True", reason=VOID
    ),
    "the check asserts a tuple and is asked for by its node id where there is a list": refused(
        VOID_LINE, files={"test_beside.py": ""}, checklist=LINE, arguments=("test_it.py::test_trap",), reason=VOID
    ),
    "the check asserts a tuple and failed before, where there is a list": refused(
        VOID_LINE, files={"test_beside.py": ""}, checklist=LINE, arguments=("-p", "cacheprovider", "--lf"), reason=VOID
    ),
    "a helper of the check asserts a tuple": refused(
        "import helper\n@pytest.mark.phase1\ndef test_trap(): helper.holds()",
        files={"helper.py": "def holds(): assert (1 == 2, 'differs')"},
        reason=r"helper\.py:\d+",
    ),
    "unittest drops the verdict that the check returns": erring(
        UNITTEST.format(body="def test_trap(self): return 1 == 2")
    ),
    "unittest drops the verdict and warnings are ignored": erring(
        UNITTEST.format(body="def test_trap(self): return 1 == 2"), arguments=IGNORED
    ),
    "unittest does not await the check": erring(UNITTEST.format(body="async def test_trap(self): assert 0")),
    "unittest does not await the check and warnings are ignored": erring(
        UNITTEST.format(body="async def test_trap(self): assert 0"), arguments=IGNORED
    ),
    "unittest is handed a check that yields": erring(UNITTEST.format(body="def test_trap(self): yield; assert 0")),
    "a part of the check fails": Trap(source=SUBTEST),
    "a part of the check fails and nobody reports parts": erring(SUBTEST, arguments=("-p", "no:subtests")),
    "a part of a unittest check fails": Trap(source=UNITTEST_SUBTEST.format(body="assert n != 2")),
    "a part of a unittest check crashes": erring(UNITTEST_SUBTEST.format(body="1 / (n - 2)")),
    "a part of a unittest check fails and nobody reports parts": Trap(
        source=UNITTEST_SUBTEST.format(body="assert n != 2"), arguments=("-p", "no:subtests")
    ),
    "the check swallows a broken limit": Trap(
        source="""
        @pytest.mark.phase1
        def test_trap(evidence):
            try:
                evidence.measure("latency", 900, "ms", max=100)
            except AssertionError:
                pass
        """,
        reason="latency = 900 ms",
    ),
    "the check swallows a broken limit and then exempts itself": Trap(
        source=SWALLOWS.format(word="not_applicable"), reason="latency = 900 ms"
    ),
    "the check swallows a broken limit and then cannot tell": Trap(
        source=SWALLOWS.format(word="inconclusive"), reason="latency = 900 ms"
    ),
    "the check swallows a broken limit and then skips itself": Trap(
        source=SWALLOWS.format(word="pytest.skip"), reason="latency = 900 ms"
    ),
    "a thread of the check breaks a limit and warnings are ignored": erring(
        """
        import threading
        @pytest.mark.phase1
        def test_trap(evidence):
            thread = threading.Thread(target=evidence.measure, args=("latency", 900), kwargs={"max": 100})
            thread.start()
            thread.join()
        """,
        arguments=IGNORED,
    ),
    "the check measured what is no number": Trap(
        source="@pytest.mark.phase1\ndef test_trap(evidence): evidence.measure('latency', float('nan'), max=100)"
    ),
    "the check measured something infinite": Trap(
        source="@pytest.mark.phase1\ndef test_trap(evidence): evidence.measure('free', float('inf'), 'GB', min=2)"
    ),
    "the check is exempted for no reason": erring(
        "from pytest_deploycheck import not_applicable\n@pytest.mark.phase1\ndef test_trap(): not_applicable('  ')"
    ),
    "the check is exempted and then fails as it is torn down": erring(
        """
        from pytest_deploycheck import not_applicable
        @pytest.fixture
        def database():
            yield
            assert 0
        @pytest.mark.phase1
        def test_trap(database): not_applicable("no database here")
        """
    ),
    "the check fails and its teardown exempts it": Trap(
        source="""
        from pytest_deploycheck import not_applicable
        @pytest.fixture
        def database():
            yield
            not_applicable("no database here")
        @pytest.mark.phase1
        def test_trap(database): assert 0
        """
    ),
    "every check of the phase exempts itself": Trap(
        files={
            "test_beside.py": """
            import pytest
            from saying import say
            from pytest_deploycheck import not_applicable
            @pytest.mark.phase1
            def test_trap(): not_applicable("no such thing here")
            @pytest.mark.phase2
            def test_later(): say("later")
            """
        },
        status="NOT_APPLICABLE",
        verdict="INCOMPLETE",
        exit_code=11,
        reason="no check passed",
    ),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a_test_that_judges_nothing_does_not_pass(told: str, gate: Gate) -> None:
    """ERROR where nothing was judged; FAIL where a part of it was."""
    spring(TRAPS[told], gate)
