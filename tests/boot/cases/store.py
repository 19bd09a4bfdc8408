"""The XenStore client's cases, in a guest on the daemon that really serves it."""

import contextlib
import re

from harness import case, expect
from machine import places

# Thousands of requests, each of which is a tour through an emulated dom0.
STORE_CASES_SECONDS = 400

# Two nodes of dom0's: one that the guest may write to, one that it may read.
GIVE_HANDS = """
xenstore-write /hands/{guest}/ask "" /hands/{guest}/answer ""
xenstore-chmod /hands/{guest}/ask n0 b{guest}
xenstore-chmod /hands/{guest}/answer n0 r{guest}
"""


@contextlib.contextmanager
def hands_of_dom0(rig, guest):
    """Has dom0 do what the guest asks for (dom0/hands.c) as long as this lasts."""
    program = rig.file("hands", (places.BUILD / "dom0" / "hands").read_bytes())
    program.chmod(0o755)
    directory = f"/hands/{guest.identifier}"
    rig.machine.run(GIVE_HANDS.format(guest=guest.identifier))
    hands = rig.machine.start(f"/share/files/{program.name} {directory}")
    yield
    rig.machine.run(f"xenstore-rm {directory}")
    outcome = rig.machine.wait(hands, seconds=200, what="hands")
    expect(outcome.status == 0, f"dom0's hands have failed: {outcome.errors.strip()}")


def check_store_cases(rig, daemon, arguments=""):
    guest = rig.guest("tests/store-cases", f"{daemon} {arguments}")
    with hands_of_dom0(rig, guest):
        run = rig.finish(guest, seconds=STORE_CASES_SECONDS)
    failed = re.findall(r"^FAIL +(.*)$", run.console, re.MULTILINE)
    expect(not failed, f"failed: {'; '.join(failed)}")
    expect(run.verdict.status == 0, run.verdict.words)
    expect("Test result: SUCCESS" in run.console, "the guest gives no verdict")
    return run


@case("store-cases")
def every_case_holds_on_the_c_daemon(rig):
    check_store_cases(rig, "xenstored-4.17")
