"""What a case works with: disks, guests and a look at how they ended."""

import hashlib
import random
from contextlib import ExitStack
from dataclasses import dataclass

from machine import places, report
from machine.configuration import Settings
from machine.disks import Disk
from machine.errors import MachineError
from machine.guest import End, Guest
from machine.verdict import Verdict, judge

IMAGES = places.BUILD / "images"

# A guest that takes longer hangs, emulated and on a busy host.
GUEST_SECONDS = 200


@dataclass
class Run:
    """A guest that has ended and is kept by Xen, until the next one or the case's end."""

    guest: Guest
    end: End
    verdict: Verdict

    @property
    def console(self):
        return self.end.console


class Rig:
    """One case's hold on the machine: gives back all it has taken when the case is over."""

    def __init__(self, machine, case, log, repeat=None):
        self.machine = machine
        self._repeat = repeat
        self.mode = case.mode
        self._name = f"{case.name}-{case.mode}"
        self._log = log
        self._guests = 0
        self._finished = []
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def log(self, text):
        with open(self._log, "a") as file:
            file.write(text)

    def times(self, usual):
        """How often to do something that a case does many times: as always, or as asked for."""
        return self._repeat or usual

    def guest(self, image, arguments="", disks=(), memory=16, mode=None, ramdisk=None, extra=()):
        """A guest, created and paused, in the case's mode or another; `extra` are lines for xl."""
        path = IMAGES / f"{image}.elf"
        if not path.exists():
            raise MachineError(f"there is no {path.relative_to(places.REPOSITORY)}: run make")
        self._make_way()
        self._guests += 1
        name = f"{self._name}-{self._guests}"
        settings = Settings(path, name, mode or self.mode, memory, arguments, list(disks),
                            list(extra), ramdisk)  # fmt: skip
        guest = Guest(self.machine, settings)
        self._stack.push(guest)
        self.log(f"--- {image} {arguments}\n{guest.configuration()}--- console\n")
        return guest

    def _make_way(self):
        """Destroys the guests that have ended, so that the next one may have their disks."""
        while self._finished:
            self._finished.pop().destroy()

    def finish(self, guest, seconds=GUEST_SECONDS):
        """Runs a guest, paused or already running, to its end."""
        end = guest.run(seconds, self.log)
        self._finished.append(guest)
        verdict = judge(end.console, end.reason)
        self.log(f"--- {verdict.words} ({end.reason}, {end.seconds:.1f} s)\n")
        if end.reason != "poweroff":
            self.log(report.of_failure(guest, end) + "\n")
        return Run(guest, end, verdict)

    def run(self, image, arguments="", disks=(), seconds=GUEST_SECONDS, **settings):
        return self.finish(self.guest(image, arguments, disks, **settings), seconds)

    def file(self, label, data):
        """The path of a file with these bytes, gone after the case."""
        path = self.machine.share / "files" / f"{self._name}-{label}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self._stack.callback(path.unlink, missing_ok=True)
        return path

    def at_end(self, undo):
        """Has something undone when the case is over, and the guests made since are no more."""
        self._stack.callback(undo)

    def dom0_file(self, label):
        """A path in dom0's own memory, where whatever is written is gone after the case."""
        path = f"/tmp/{self._name}-{label}"
        self._stack.callback(self.machine.run, f"rm -f {path}")
        return path

    def disk(self, label, size, seed=None, **settings):
        """A disk in a file: of pseudo-random bytes if there is a seed, else of zeros."""
        data = bytes(size) if seed is None else random.Random(seed).randbytes(size)
        return Disk(self.file(f"{label}.img", data), **settings)


def sha256(path):
    """The digest of a file, or of a disk's file."""
    with open(getattr(path, "path", path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
