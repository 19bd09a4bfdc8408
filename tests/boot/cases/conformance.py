"""The C and C++ libraries and POSIX: what programs print in a guest and on the build machine."""

import difflib
import shutil
import subprocess
import tempfile

from harness import case, expect
from machine import places
from rig import sha256

KIB = 1 << 10
BEGIN, END = "== ", "== end\n"


def programs_of(console):
    """What the programs have printed, without what stands around it."""
    expect(END in console, "the programs have not come to their end")
    return console[console.index(BEGIN) : console.index(END)]


@case("conformance")
def programs_print_what_they_print_on_the_host(rig):
    """And leave the same bytes on the disk, which is a file there."""
    disk = rig.disk("disk", 512 * KIB, seed=5)
    same = rig.file("same.img", b"")
    shutil.copyfile(disk.path, same)
    with tempfile.TemporaryDirectory() as directory:
        host = subprocess.run([places.BUILD / "host/conformance", same, directory],
                              capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, env={"TZ": "UTC"})  # fmt: skip
    expect(host.returncode == 0, f"on the host: exit status {host.returncode}")
    run = rig.run("tests/conformance", "/dev/xvda /files", [disk], memory=32)
    expect(run.verdict.status == 0, run.verdict.words)
    expected, printed = programs_of(host.stdout), programs_of(run.console)
    difference = difflib.unified_diff(expected.splitlines(), printed.splitlines(), "host", "guest",
                                      lineterm="", n=1)  # fmt: skip
    expect(printed == expected, "not what the host prints\n" + "\n".join(difference))
    expect(sha256(disk) == sha256(same), "not the bytes that are on the host's disk")


@case("newlib")
def newlibs_own_tests_pass(rig):
    run = rig.run("tests/newlib", memory=32)
    expect(run.verdict.status == 0, run.verdict.words)
    # The last one tests `exit`, and ends by what its handlers print.
    passed = run.console.count("\nok     ") + run.console.count("a0cba\n")
    expect("FAILED" not in run.console, "some of newlib's tests fail")
    expect(passed == 11, f"{passed} of 11 tests were run to their end")
