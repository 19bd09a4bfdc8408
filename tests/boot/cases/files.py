"""Disks and the console by the calls of POSIX, as far as files have nothing of the kind."""

from harness import case, expect
from terminal import ENTER, Terminal

KIB = 1 << 10


@case("files")
def disks_and_console_are_files(rig):
    disks = [rig.disk("written", 1024 * KIB, seed=6),
             rig.disk("read", 64 * KIB, seed=7, read_only=True)]  # fmt: skip
    guest = rig.guest("tests/files", disks=disks)
    terminal = Terminal(guest)
    terminal.wait_for("type\n")
    terminal.type("typed" + ENTER)
    run = rig.finish(guest)
    expect("FAILED" not in run.console, "some of it does not hold")
    expect(run.verdict.status == 0, run.verdict.words)
    expect("Test result: SUCCESS" in run.console, "the guest gives no verdict")
