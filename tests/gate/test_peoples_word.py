"""Sign-offs and waivers that do not mean what they seem to: of another time, release, text, person or check."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from gating import HEAD, Gate
from signing import ANNA, BOB, NAME, approve, moment, signoff, waiver
from trapping import Trap, assert_not_go, missing, refused, spring, way

from pytest_deploycheck.core.model import ExitCode

ONE = "# One <!-- deploycheck: phase=phase1 -->\n- [ ] **Fine**: it is\n"
TWO = "# Two <!-- deploycheck: phase=phase2 -->\n- [ ] **Deploy**: it is done\n"
BESIDE = (
    HEAD
    + '@pytest.mark.check("phase1.fine")\ndef test_fine(): pass\n'
    + '@pytest.mark.check("phase2.deploy", mutating=True)\ndef test_deploy(): say("deployed")\n'
)
ID = "phase1.test_trap"
FAILS = f'@pytest.mark.check("{ID}")\ndef test_trap(): assert 0'
#: As libraries do that freeze the time for a test: another class stands for `datetime` wherever it was imported.
STOPS_THE_CLOCK = """
import datetime, sys
REAL = datetime.datetime
THEN = REAL.now(datetime.UTC) - datetime.timedelta(hours=2)
class Stopped(REAL):
    @classmethod
    def now(cls, tz=None): return THEN
@pytest.fixture(autouse=True)
def stopped_clock():
    real = REAL
    for module in list(sys.modules.values()):
        for name in [name for name, value in vars(module).items() if value is real]:
            setattr(module, name, Stopped)

"""
OPS = f"deploycheck_signers = ops: {BOB}"
EYES = "deploycheck_four_eyes = yes"
ANNA_RUNS = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GITLAB_USER_EMAIL": ANNA}
EVIDENCE = f'evidence = [{{ file = "x.log", sha256 = "{hashlib.sha256(b"as signed").hexdigest()}" }}]'


def line(*entries: str, comment: str = "", files: dict[str, str] | None = None) -> dict[str, Any]:
    """A checklist with the trap's line, and the approvals; the check of the phase behind it changes the target."""
    text = f"{ONE}- [ ] **Test trap**: it holds <!-- deploycheck: id={ID} {comment} -->\n{TWO}"
    return {"checklist": text, "files": {"test_beside.py": BESIDE, NAME: "".join(entries), **(files or {})}}


def unsigned(*entries: str, exit_code: int = ExitCode.BLOCKED, ini: str = "", **rest: Any) -> Trap:
    """A line that somebody signed, and waits all the same: the phase behind it, which changes the target, stays shut."""
    environment = rest.pop("environment", {})
    return Trap(
        **line(*entries, **rest),
        ini=ini,
        environment=environment,
        status="PENDING",
        verdict="HOLD",
        exit_code=exit_code,
    )


def unwaived(*entries: str, comment: str = "", **rest: Any) -> Trap:
    """A failure that somebody waived, and that fails all the same."""
    return Trap(**line(*entries, comment=comment), source=FAILS, **rest)


def wrong(entries: str, reason: str, **rest: Any) -> Trap:
    """A file that cannot be meant."""
    return refused(**line(entries), source=FAILS, reason=reason, **rest)


TRAPS: dict[str, Trap] = {
    "a person signed the line for another release": unsigned(signoff(ID, release="r0")),
    "a person's sign-off has expired": unsigned(signoff(ID, hours=-3, more=f"expires = {moment(-1)}")),
    "a person signed longer ago than the line allows": unsigned(signoff(ID, hours=-25), comment="valid=24h"),
    "a person signed another text of the line": unsigned(signoff(ID, more=f'text_digest = "{"0" * 64}"')),
    "a sign-off is dated in the future": unsigned(signoff(ID, hours=24)),
    "a person's newer sign-off has expired, an older one has not": unsigned(
        signoff(ID, hours=-5), signoff(ID, hours=-3, more=f"expires = {moment(-1)}")
    ),
    "a person signed for one of several targets": unsigned(signoff(ID, more='target = "ssh=a"')),
    "one person signed twice where two people must": unsigned(
        signoff(ID), signoff(ID, by="Anna <ANNA@Example.org>"), comment="signers=2"
    ),
    "one person and a name without an address signed where two people must": unsigned(
        signoff(ID), signoff(ID, by="Anna Smith"), comment="signers=2"
    ),
    "four eyes are asked for, and who runs the gate is no more than a user's name": unsigned(
        signoff(ID), ini=EYES, environment={**ANNA_RUNS, "GITLAB_USER_EMAIL": "", "GITHUB_ACTOR": "runner"}
    ),
    "somebody signed who is not of the owner's group": unsigned(signoff(ID), comment="owner=ops", ini=OPS),
    "somebody signed, and the owner is nobody": unsigned(signoff(ID, by=BOB), comment="owner=opps", ini=OPS),
    "who runs the gate signed, in another spelling of the address": unsigned(
        signoff(ID, by="Anna A. <ANNA@Example.ORG>"), ini=EYES, environment=ANNA_RUNS
    ),
    "the evidence of a sign-off is another file by now": unsigned(
        signoff(ID, more=EVIDENCE), files={"x.log": "another"}, exit_code=ExitCode.INVALID
    ),
    "the evidence of a sign-off is gone": unsigned(signoff(ID, more=EVIDENCE), exit_code=ExitCode.INVALID),
    "one person accepted the line, another rejected it": Trap(
        **line(signoff(ID), signoff(ID, by=BOB, hours=-2, more='decision = "reject"'))
    ),
    "a rejection was followed by an acceptance that has expired": Trap(
        **line(
            signoff(ID, hours=-5, more='decision = "reject"'), signoff(ID, hours=-3, more=f"expires = {moment(-1)}")
        )
    ),
    "a check that fails was signed instead of mended": unwaived(signoff(ID)),
    "the waiver of a failure has expired": unwaived(waiver(ID, ends=-0.5)),
    "a fixture stops the clock at a moment when the waiver of the failure had not expired": Trap(
        **line(waiver(ID, hours=-3, ends=-1)), source=STOPS_THE_CLOCK + FAILS, process=True
    ),
    "the waiver of a failure is of another release": unwaived(waiver(ID, more='release = "r0"')),
    "the waiver of a failure is dated in the future": unwaived(waiver(ID, hours=1)),
    "a failure is waived that may not be": unwaived(waiver(ID), comment="waivable=no"),
    "who runs the gate waived the failure": unwaived(waiver(ID, by="anna"), ini=EYES, environment=ANNA_RUNS),
    "a check is waived that did not run": missing(
        **line(waiver(ID)), source=FAILS, status="NOT_RUN", arguments=("-k", "fine or deploy")
    ),
    "who may not sign a line waives it": unsigned(waiver(ID, by=ANNA), comment="owner=ops", ini=OPS),
    "every check of the phase is waived, and none passed": missing(
        source=FAILS.replace("@", "@pytest.mark.phase1\n@", 1),
        files={
            "test_beside.py": HEAD + '@pytest.mark.phase2\ndef test_later(): say("later")',
            NAME: waiver(ID),
        },
        status="FAIL",
        reason="no check passed",
    ),
    "a waiver has no end": wrong(
        f"[[waiver]]\ncheck = '{ID}'\nby = 'bob'\nat = {moment(-1)}\nreason = 'x'\n", r"approvals\.toml:1.*expires"
    ),
    "a waiver has no reason": wrong(waiver(ID).replace("known", " "), r"approvals\.toml:1.*reason is missing"),
    "a waiver's times have no zone": wrong(waiver(ID).replace("Z\n", "\n"), "has no time zone"),
    "a waiver's end is misspelt": wrong(waiver(ID) + "expiers = 1\n", "unknown key 'expiers'"),
    "a waiver names no check": wrong(waiver("phase1.test_trapp"), f"did you mean {ID}"),
    "a waiver names the line of a check with parameters": refused(
        **line(waiver(ID)),
        source=f'@pytest.mark.parametrize("x", [1, 2])\n@pytest.mark.check("{ID}")\ndef test_trap(x): assert 0',
        reason=r"did you mean .*test_trap\[1\]",
    ),
    "the file of approvals is cut off": wrong(signoff(ID) + "[[waiver", r"approvals\.toml:7: this is no TOML"),
}  # fmt: skip


@pytest.mark.parametrize("told", TRAPS)
def test_trap(told: str, gate: Gate) -> None:
    """An approval counts for what it says and as long as it says, and for nothing else."""
    spring(TRAPS[told], gate)


def test_control_of_the_approvals(gate: Gate) -> None:
    """With approvals that mean what they say the release is GO: the traps are about what differs from this."""
    gate.write({"test_beside.py": BESIDE}, checklist=line()["checklist"])
    approve(gate, signoff(ID, by=BOB))

    seen = gate.run()

    assert (seen.ret, seen.json["verdict"], gate.seen()) == (0, "GO", ["deployed"]), seen.stdout


@way("a check writes the sign-off of the line behind it", says="PENDING; phase1 HOLD; exit 12")
def test_a_check_that_signs(gate: Gate) -> None:
    """The approvals are as they were when the run began."""
    writes = f"open({NAME!r}, 'w').write({signoff(ID)!r})"
    gate.write(
        {"test_beside.py": BESIDE.replace("def test_fine(): pass", f"def test_fine(): {writes}")},
        checklist=line()["checklist"],
    )

    seen = gate.run()

    assert_not_go(gate, seen, exit_code=ExitCode.BLOCKED, verdict="HOLD")
    assert seen.status(ID) == "PENDING"


@way("a line was signed, and a test that fails carries it by now", says="phase1 INCOMPLETE; exit 12")
def test_a_line_that_a_test_judges_by_now(gate: Gate) -> None:
    """A person's word is no evidence for what the test has not judged yet."""
    gate.write({"test_beside.py": BESIDE}, checklist=line()["checklist"])
    approve(gate, signoff(ID))
    assert gate.run("-m", "phase1").ret == 0
    gate.write({"test_it.py": HEAD + FAILS})

    seen = gate.run("-m", "phase2")

    assert (seen.ret, seen.verdict("phase1"), gate.seen()) == (12, "INCOMPLETE", []), seen.stdout


@pytest.mark.parametrize("entries", [(), (signoff(ID), signoff(ID, hours=-0.5, more='decision = "reject"'))])
@way("a sign-off on record was taken back before the deployment", says="phase1 HOLD or NO-GO; exit 12")
def test_a_word_that_was_taken_back(entries: tuple[str, ...], gate: Gate) -> None:
    """What an earlier run found signed is asked for again when its verdict is to carry."""
    gate.write({"test_beside.py": BESIDE}, checklist=line()["checklist"])
    approve(gate, signoff(ID))
    assert gate.run("-m", "phase1").ret == 0
    approve(gate, *entries)

    seen = gate.run("-m", "phase2")

    assert (seen.ret, seen.verdict("phase1")) == (12, "NO-GO" if entries else "HOLD"), seen.stdout
    assert gate.seen() == []
