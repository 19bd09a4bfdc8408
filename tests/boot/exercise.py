"""A guest that exercises disks (examples/blkverify), and disks of dom0 that come and go under it."""

import re
import time
from collections import Counter
from contextlib import contextmanager

from ext4 import bring_ext4, make_ext4
from harness import expect, expect_nothing_open
from machine import places
from terminal import Terminal

# From its start: dom0 takes its time for each disk while a guest keeps it busy.
MOST_SECONDS = 3600

VERDICT = re.compile(
    r"^blkverify: PASS: (\d+) requests .* (\d+) errors, (\d+) wrong sectors, "
    r"(\d+) losses, (\d+) returns$", re.MULTILINE)  # fmt: skip
# By the guest's own account, before there were disks and after.
NOTHING_LEFT = re.compile(r"^  in use before and after: ports (\d+) \1, grants (\d+) \2, "
                          r"watches (\d+) \3; quarantined pages 0$", re.MULTILINE)  # fmt: skip

MAKE_NULL = """
cd /sys/kernel/config/nullb && mkdir {name} && cd {name} && echo 1 >memory_backed &&
echo {mebibytes} >size && echo {block_size} >blocksize
for setting in {settings}; do echo ${{setting#*=}} >${{setting%%=*}} || exit; done
echo 1 >power && echo /dev/{name}
"""

# `ts` puts the time before each event as it comes; the first one comes at once.
AWAIT_STATE = """
xenstore-watch -n 2 {backend}/state | tee /tmp/events | ts %.s >/tmp/times &
until [ -s /tmp/events ]; do usleep 10000; done
"""
TIME_OF_STATE = """
until [ -s /tmp/times ]; do usleep 10000; done
tail -n 1 /tmp/times; rm /tmp/events /tmp/times
"""

ON_EXT4 = """
cd /tmp && mkdir ext4 && cp /share/files/ext4.img ext4.img && below=$(losetup -f) &&
losetup $below ext4.img && mount -t ext4 $below ext4 &&
dd if=/dev/zero of=ext4/disk.img bs=1M count={mebibytes} 2>/dev/null &&
device=$(losetup -f) && losetup $device ext4/disk.img && echo $device
"""
UNDO_EXT4 = """
losetup -d {device}; cd /tmp
below=$(sed -n 's|^\\(/dev/loop[0-9]*\\) /tmp/ext4 .*|\\1|p' /proc/mounts)
umount /tmp/ext4; losetup -d $below; rm -r ext4 ext4.img
"""
# The backend of a guest that has just ended may still have it open.
UNMAP = "until /share/files/map {name}; do usleep 20000; done"

BACKEND = "/local/domain/0/backend/vbd/{guest}/{number}"


def number_of(name):
    """xvda is 51712, and so on (docs/misc/vbd-interface.txt in Xen's source)."""
    return (202 << 8) + 16 * (ord(name[-1]) - ord("a"))


class Exercise:
    """One guest with the disks that it is to exercise."""

    def __init__(self, rig, arguments, memory=24, disks=(), extra=()):
        self._rig = rig
        self._machine = rig.machine
        self.guest = rig.guest("blkverify", arguments, disks, memory=memory, extra=extra)
        self.terminal = None
        self._changes = Counter()

    def run(self, script):
        started = time.monotonic()
        outcome = self._machine.run(script)
        took = f"{time.monotonic() - started:.1f} s"
        self._rig.log(f"\n--- dom0: {script.strip()} ({took})\n{outcome.output}{outcome.errors}")
        return outcome.output

    def xl(self, command, *arguments):
        return self.run(" ".join(("xl", command, str(self.guest.identifier), *arguments)))

    def attach(self, name, device, access="rw"):
        self.xl("block-attach", f"'format=raw,vdev={name},access={access},backendtype=phy,"
                                f"target={device}'")  # fmt: skip

    def backend(self, name):
        return BACKEND.format(guest=self.guest.identifier, number=number_of(name))

    def frontend(self, name):
        return f"/local/domain/{self.guest.identifier}/device/vbd/{number_of(name)}"

    def start(self):
        self.terminal = Terminal(self.guest)

    def wait_for(self, text):
        return self.terminal.wait_for(text)

    def wait_for_change(self, name, change):
        """Waits until a disk has been `lost`, or `connected` again, once more."""
        text = f"{name} is {change}, "
        self._changes[text] += 1
        times = self._changes[text]
        self.terminal.wait_until(lambda: self.guest.console().count(text) >= times,
                                 f"{text!r} for the {times}. time")  # fmt: skip

    def requests(self):
        """How many requests each disk has done, as the guest said last."""
        found = re.findall(r"(xvd.) (?:exercises|is lost): (\d+) requests", self.guest.console())
        return {name: int(count) for name, count in found}

    def wait_for_standstill(self, name):
        """Waits until a disk has answered nothing for some time."""
        def counts():
            return re.findall(rf"{name} exercises: (\d+) requests", self.guest.console())

        start, enough = len(counts()), 5

        def stands_still():
            latest = counts()[start:][-enough:]
            return len(latest) == enough and len(set(latest)) == 1

        self.terminal.wait_until(stands_still, f"that {name} stands still")

    def unanswered_at_losses(self, name):
        """How many requests were under way each time that a disk was lost."""
        found = re.findall(rf"{name} is lost, (\d+) requests", self.guest.console())
        return [int(count) for count in found]

    @contextmanager
    def noting_loss(self, name):
        """Yields a list that then has the time at which a loss was to be seen in XenStore, and how
        long it takes to look there a few times: on a busy host that is long for the guest too."""
        times = []
        started = time.monotonic()
        self.run(AWAIT_STATE.format(backend=self.backend(name)))
        looks = time.monotonic() - started
        yield times
        lost_at = float(self.run(TIME_OF_STATE).split()[0])
        started = time.monotonic()
        self.run("xenstore-read domid")
        times += [lost_at, looks + time.monotonic() - started]

    def detach(self, name, *options):
        self.xl("block-detach", name, *options)

    def finish(self):
        return self._rig.finish(self.guest, seconds=MOST_SECONDS)

    def pass_with(self, losses=0):
        """Ends well; with so many losses, and as many returns."""
        run = self.finish()
        expect(run.verdict.status == 0, run.verdict.words)
        verdict = VERDICT.search(run.console)
        expect(verdict, "the guest gives no verdict")
        requests, errors, wrong, lost, returned = map(int, verdict.groups())
        expect(requests > 0 and wrong == 0, f"it says {verdict[0]}")
        expect((lost, returned) == (losses, losses), f"{lost} losses and {returned} returns")
        expect(NOTHING_LEFT.search(run.console), "by its own account it has not given all back")
        expect_nothing_open(self._machine, self.guest.identifier)
        return errors


class Disks:
    """Disks in dom0's memory, gone when the case is over. Made before the guest, they are so after
    it has let go of them."""

    def __init__(self, rig):
        self._machine = rig.machine
        self._undo = []
        rig.at_end(self._undo_all)

    def _undo_all(self):
        for script in reversed(self._undo):
            self._machine.run(script, check=False)

    def make(self, script, undo):
        device = self._machine.run(script).output.strip()
        self._undo.append(undo.format(device=device))
        return device

    def null(self, name, block_size=512, mebibytes=16, settings=""):
        return self.make(
            MAKE_NULL.format(name=name, block_size=block_size, mebibytes=mebibytes,
                             settings=settings),
            f"rmdir /sys/kernel/config/nullb/{name}")  # fmt: skip

    def slow(self, name):
        """Always has requests under way, and leaves dom0 its time."""
        return self.null(name, settings="irqmode=2 completion_nsec=400000000")

    def ram(self):
        return self.make("mknod /dev/ram0 b 1 0 && echo /dev/ram0", "rm /dev/ram0")

    def loop(self, mebibytes=16):
        script = ("cd /tmp && truncate -s {0}M loop.img && device=$(losetup -f) && "
                  "losetup $device loop.img && echo $device")  # fmt: skip
        return self.make(script.format(mebibytes), "losetup -d {device}; rm /tmp/loop.img")

    def file_on_ext4(self, mebibytes=16):
        """A loop device of a file in a file system, which is in dom0's memory itself."""
        bring_ext4(self._machine)
        image = self._machine.share / "files" / "ext4.img"
        make_ext4(image, 2 * mebibytes)
        device = self.make(ON_EXT4.format(mebibytes=mebibytes), UNDO_EXT4)
        image.unlink()
        return device

    def slow_by_mapping(self, milliseconds=20):
        return self._mapped("delay", "delay", f"0 {milliseconds}")

    def failing_by_mapping(self, up=1, down=1):
        """Fails all writes for `down` seconds after each `up` seconds."""
        return self._mapped("flakey", "flakey", f"0 {up} {down} 1 error_writes")

    def _mapped(self, name, target, parameters, mebibytes=16):
        program = self._machine.share / "files" / "map"
        program.parent.mkdir(exist_ok=True)
        program.write_bytes((places.BUILD / "dom0" / "map").read_bytes())
        program.chmod(0o755)
        below = self.null(f"below-{name}", mebibytes=mebibytes)
        return self.make(
            f"/share/files/map {name} {mebibytes * 2048} {target} '{below} {parameters}'",
            UNMAP.format(name=name))  # fmt: skip

    def setting(self, path, value):
        """Changes a parameter of dom0's kernel for the time being."""
        before = self._machine.run(f"cat {path}").output.strip()
        self._machine.run(f"echo {value} >{path}")
        self._undo.append(f"echo {before} >{path}")
