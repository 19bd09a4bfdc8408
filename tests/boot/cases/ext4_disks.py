"""Files of ext4 disks that are of another kind than usual, or that fail."""

import subprocess

from exercise import Disks
from ext4 import faults_of, is_clean, make_ext4
from harness import case, expect
from machine.disk_image import program
from machine.disks import Disk
from terminal import CTRL_D, ENTER, Terminal

MEBIBYTES = 8

# As much as one entry of the kernel's table holds. The superblock is there, and what says which
# blocks and inodes are free.
BAD_SECTORS = "0-511"
SET_BAD_SECTORS = "echo {sign}{sectors} >/sys/kernel/config/nullb/{name}/badblocks"


class BreakableDisk:
    """A disk in dom0's memory for a file system, whose beginning can be made bad. Neither guests
    nor this leave anything of it in dom0's cache."""

    def __init__(self, rig, name):
        self._rig = rig
        self._name = name
        self.copy = rig.file("copy.img", b"")
        self._device = Disks(rig).null(name, mebibytes=MEBIBYTES, settings="cache_size=8")

    def make_file_system(self):
        make_ext4(self.copy, MEBIBYTES)
        self._rig.machine.run(
            f"dd if=/share/files/{self.copy.name} of={self._device} bs=1M oflag=direct")  # fmt: skip

    def guest(self, image, arguments):
        guest = self._rig.guest(image, arguments, memory=24)
        self._rig.machine.run(
            f"xl block-attach {guest.identifier} 'format=raw,vdev=xvda,access=rw,"
            f"backendtype=phy,target={self._device}'")  # fmt: skip
        return guest

    def _set_bad_sectors(self, sign):
        self._rig.machine.run(
            SET_BAD_SECTORS.format(sign=sign, sectors=BAD_SECTORS, name=self._name))  # fmt: skip

    def fail(self):
        self._set_bad_sectors("+")

    def mend(self):
        self._set_bad_sectors("-")

    def read_back(self):
        """Brings what is on the disk to the host, as `copy`."""
        self._rig.machine.run(
            f"dd if={self._device} of=/share/files/{self.copy.name} bs=1M iflag=direct")  # fmt: skip


def content(path, name):
    """A file's, read by e2fsprogs."""
    return subprocess.run([program("debugfs"), "-R", f"cat {name}", path],
                          check=True, capture_output=True).stdout  # fmt: skip


@case("ext4-large-sectors")
def files_are_on_disks_of_large_sectors_too(rig):
    """Linux does not mount what has blocks smaller than a sector; others do."""
    for block_size in (1024, 4096):
        disk = Disk(rig.file("disk.img", b""), sector_size=4096)
        make_ext4(disk.path, MEBIBYTES, block_size=block_size)
        run = rig.run("ext4-shell", "xvda=/ 'mkdir d; write d/f words; fill large 3; cp large d'",
                      [disk], memory=24)  # fmt: skip
        expect(run.verdict.status == 0, run.verdict.words)
        expect(not faults_of(disk.path), f"e2fsck says {faults_of(disk.path)}")
        expect(content(disk.path, "d/f") == b"words\n", "e2fsprogs reads other words")
        expect(content(disk.path, "large"), "e2fsprogs reads nothing")
        expect(content(disk.path, "large") == content(disk.path, "d/large"), "the copy is another")


@case("ext4-failing")
def a_disk_that_fails_is_changed_no_more(rig):
    disk = BreakableDisk(rig, "failing")
    disk.make_file_system()
    guest = disk.guest("ext4-shell", "xvda=/")
    terminal = Terminal(guest)

    terminal.wait_for("files> ")
    terminal.type("write kept words of a guest; sync" + ENTER)
    terminal.wait_for("files> ")
    disk.fail()
    terminal.type("write lost others; sync" + ENTER)
    terminal.wait_for("sync: .: I/O error\n")
    disk.mend()
    terminal.wait_for("files> ")
    terminal.type("write later others" + ENTER)
    terminal.wait_for("later: Read-only file system\n")
    terminal.wait_for("files> ")
    terminal.type("cat kept" + ENTER)
    terminal.wait_for("words of a guest\n")
    terminal.wait_for("files> ")
    terminal.type(CTRL_D)
    run = rig.finish(guest)
    expect(run.verdict.status == 1, run.verdict.words)
    expect("Not unmounted: input/output error" in run.console, "it says nothing of the unmounting")
    disk.read_back()
    expect(not is_clean(disk.copy), "nobody would check the disk")
    subprocess.run([program("e2fsck"), "-fy", disk.copy], capture_output=True)
    expect(content(disk.copy, "kept") == b"words of a guest\n", "what was synced is lost")


@case("ext4-unheard")
def a_loss_that_no_call_can_return_is_printed(rig):
    disk = BreakableDisk(rig, "unheard")
    for way in ("exit", "closed", "open"):
        for fails in (False, True):
            disk.make_file_system()
            guest = disk.guest("tests/unheard", way)
            terminal = Terminal(guest)
            terminal.wait_for("written\n")
            if fails:
                disk.fail()
            terminal.type(ENTER)
            run = rig.finish(guest)
            disk.mend()
            said = "lodger: unmounting /data failed: input/output error" in run.console
            expect(said == fails, f"{way}: of the loss {'nothing' if fails else 'all'} is said")
            expect(run.verdict.status == int(fails), f"{way}: {run.verdict.words}")
            if not fails:
                disk.read_back()
                words = b"first\nsecond\n" if way == "open" else b"first\n"
                expect(content(disk.copy, "words") == words, f"{way}: the file is another")
                expect(not faults_of(disk.copy), f"{way}: e2fsck says {faults_of(disk.copy)}")
