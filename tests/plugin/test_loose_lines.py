"""What of the checklist looks like a check and is none: told before the first check, and on record."""

from __future__ import annotations

import pytest
from gating import HEAD, Gate

CHECKLIST = """\
- [ ] Before every phase

# One <!-- deploycheck: phase=phase1 -->

- [ ] One
- [] Two

```
- [ ] Three
"""
TEST = HEAD + '@pytest.mark.check("phase1.one")\ndef test_one(): pass\n'


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n2")], ids=["alone", "workers"])
def test_a_run_says_before_its_first_check_what_is_none(arguments: tuple[str, ...], gate: Gate) -> None:
    """It stops nothing."""
    gate.write({"test_it.py": TEST}, checklist=CHECKLIST)

    seen = gate.run(*arguments)

    assert (seen.ret, seen.verdict("phase1")) == (0, "GO")
    under_none, nearly, swallowed = seen.json["notes"]
    assert "a task line stands under no phase's heading, the first at checklist.md:1; put " in under_none
    assert nearly == "no check: checklist.md:6: '[] Two' is nearly a box, and none; write `- [ ] ` before its text"
    assert swallowed.startswith(
        "no check: checklist.md:9: the task line is text of the block at line 8, which is never"
    )
    assert all(note in seen.stdout for note in seen.json["notes"])
