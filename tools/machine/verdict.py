"""From what a guest printed and how it ended to one verdict and an exit status."""

import re
from typing import NamedTuple

# Exit statuses of the tools besides the guest's own, after timeout(1) and the shell.
HANGS = 124
MACHINE_FAILS = 125
CRASHES = 134

SUCCESS_LINE = "Test result: SUCCESS"
FAILURE_LINE = "Test result: FAILURE"


class Verdict(NamedTuple):
    """`status` is 0 for success; `words` say it to people."""

    status: int
    words: str


def judge(console, reason):
    """`reason` is how the domain ended: poweroff, crash, ..., `gone`, or `hang`."""
    if reason == "hang":
        return Verdict(HANGS, "the guest has not ended in time")
    if reason not in ("poweroff", "reboot", "gone"):
        return Verdict(CRASHES, f"the guest ended by {reason}")
    said = re.search(r"^lodger: exit status (-?\d+)\s*$", console, re.MULTILINE)
    if said and int(said[1]):
        # What a shell sees of a process's status, but no failure may become a 0.
        return Verdict(int(said[1]) & 255 or 1, f"the guest's exit status is {said[1]}")
    result = re.findall(r"^Test result: \w+", console, re.MULTILINE)
    if result and result[-1] == FAILURE_LINE:
        return Verdict(1, "the guest reports failure")
    if reason == "reboot":
        return Verdict(CRASHES, "the guest asked for a reboot")
    return Verdict(0, "the guest ended well")
