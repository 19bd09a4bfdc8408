"""Reading disks: what the guest computes over their bytes is what the host does."""

import re

from harness import case, expect
from machine import disk_image
from machine.disks import Disk
from rig import sha256

MIB = 1 << 20
ODD_SIZE = 33 * MIB + 7 * 512


def check(run, disks):
    """The guest's report on each disk: its size and the hash of its contents."""
    expect(run.verdict.status == 0, run.verdict.words)
    for name, disk in disks.items():
        size = disk.path.stat().st_size
        expect(f"{name}: {size} bytes" in run.console, f"{name} is not reported as {size} bytes")
        printed = re.findall(rf"^SHA-256 ([0-9a-f]{{64}})  {name}$", run.console, re.MULTILINE)
        expect(printed == [sha256(disk)], f"{name}: the SHA-256 is {printed}, not {sha256(disk)}")
    expect(run.console.rstrip().endswith("Test result: SUCCESS"), "the last line is no success")


def default_disk():
    return Disk(disk_image.default(), read_only=True)


@case("blkread-gpt-ext4")
def reads_the_default_disk(rig):
    disk = default_disk()
    run = rig.run("blkread", "xvda", [disk])
    check(run, {"xvda": disk})
    expect("GPT" in run.console, "no partition table is shown")


@case("blkread-hvm", modes=("hvm",))
def reads_a_disk_that_is_emulated_as_well(rig):
    """It must be writable: libxl has no read-only disk to give to the device model."""
    disk = rig.disk("disk", 2 * MIB, seed=9)
    check(rig.run("blkread", "xvda", [disk]), {"xvda": disk})


def reads_in(memory, modes):
    @case(f"blkread-{memory}-mib", modes)
    def reads_with_little_memory(rig):
        disk = default_disk()
        check(rig.run("blkread", "xvda", [disk], memory=memory), {"xvda": disk})


# The least that libxc builds a PV guest with is 4 MiB.
reads_in(2, ("pvh",))
reads_in(4, ("pv",))


@case("blkread-odd-size")
def reads_a_disk_of_odd_size(rig):
    disk = rig.disk("odd", ODD_SIZE, seed=1)
    check(rig.run("blkread", "xvda", [disk]), {"xvda": disk})


@case("blkread-two-disks")
def tells_two_disks_apart(rig):
    """Both are there each time; the second one is asked for by its number."""
    disks = [rig.disk("first", 2 * MIB, seed=2), rig.disk("second", 3 * MIB + 512, seed=3)]
    check(rig.run("blkread", "xvda", disks), {"xvda": disks[0]})
    run = rig.run("blkread", "51728", disks)
    expect(run.verdict.status == 0, run.verdict.words)
    expect(sha256(disks[1]) in run.console, "51728 is not the second disk")


@case("blkread-no-disk")
def fails_clearly_without_a_disk(rig):
    run = rig.run("blkread", "xvda")
    expect(run.end.reason == "poweroff", f"the guest ended by {run.end.reason}")
    expect(run.verdict.status == 1, "the guest does not report failure")
    expect("xvda" in run.console, "the guest does not say what it looked for")


@case("blkread-wrong-name")
def lists_the_disks_there_are(rig):
    disks = [rig.disk("first", MIB, seed=2), rig.disk("second", MIB, seed=3)]
    run = rig.run("blkread", "xvdq", disks)
    expect(run.verdict.status == 1, "the guest does not report failure")
    expect("xvda" in run.console and "xvdb" in run.console, "the disks there are are not listed")
