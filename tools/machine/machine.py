"""The machine as others see it: starts, runs commands in dom0, attaches disks, stops."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from . import device_model, initramfs, places
from .errors import MachineError
from .packages import Packages
from .qemu import Qemu

START_SECONDS = 200

# How much longer everything may take while instructions are counted: one thread emulates it all.
COUNTED_PATIENCE = 5


class Outcome(NamedTuple):
    """How a command in dom0 ended."""

    status: int
    output: str
    errors: str


class Machine:
    """One booted Xen with its dom0. Use as a context manager; guests are made by `guest.py`.

    The host and dom0 share a folder (9p): scripts and images go in, console logs and results
    come out. One command channel says what to run and what has ended.
    """

    def __init__(self, memory=1280, packages=None, counted=False, xenstored="xenstored",
                 arguments=()):
        """`counted` has instructions counted as time, for figures (see `qemu.py`); `xenstored` may
        be `oxenstored` instead; `arguments` are further ones for QEMU."""
        self.started = time.monotonic()
        self.memory = memory
        self.patience = COUNTED_PATIENCE if counted else 1
        self.xenstored = xenstored
        self.packages = packages or Packages()
        self.share = Path(tempfile.mkdtemp(prefix="lodger-machine-"))
        self.xen_log_path = self.share / "xen.log"
        for name in ("commands", "images", "configurations"):
            (self.share / name).mkdir()
        self._next_number = 0
        self._ended = {}
        self.releases = 0
        self._has_device_model = False
        self._qemu = None
        try:
            self._qemu = Qemu(self.packages, initramfs.build(self.packages), self.share,
                              self.xen_log_path, memory, counted, xenstored, arguments)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self._qemu:
            self._qemu.stop()
        shutil.rmtree(self.share, ignore_errors=True)

    @property
    def qemu(self):
        return self._qemu

    def need_device_model(self):
        """To be called before an HVM guest is made; costs a few seconds the first time."""
        if not self._has_device_model:
            device_model.install(self)
            self._has_device_model = True

    # What Xen and dom0's kernel have said so far.
    def xen_log(self, since=0):
        text = self.xen_log_path.read_bytes()[since:] if self.xen_log_path.exists() else b""
        return text.decode(errors="replace").replace("\r", "")

    def xen_log_position(self):
        return self.xen_log_path.stat().st_size

    # Commands in dom0.
    def run(self, script, seconds=200, check=True):
        """Runs a shell script in dom0 and returns its `Outcome` once it has ended."""
        number = self.start(script)
        outcome = self.wait(number, seconds, script)
        if check and outcome.status:
            raise MachineError(
                f"in dom0 `{script}` ended with {outcome.status}: "
                f"{outcome.errors.strip() or outcome.output.strip()}"
            )
        return outcome

    def start(self, script):
        """Starts a shell script in dom0 and returns the number to `wait` for."""
        self._next_number += 1
        number = str(self._next_number)
        self._command_path(number).write_text(script + "\n")
        self._qemu.agent.send(number)
        return number

    def wait(self, number, seconds, what="command"):
        deadline = time.monotonic() + seconds * self.patience
        while number not in self._ended:
            if not self._take_message(deadline):
                raise MachineError(f"in dom0 `{what}` has not ended after {seconds} s")
        path = self._command_path(number)
        output, errors = (
            path.with_name(number + suffix).read_text(errors="replace")
            for suffix in (".out", ".err")
        )
        return Outcome(self._ended.pop(number), output, errors)

    def _command_path(self, number):
        return self.share / "commands" / number

    def wait_for_release(self, deadline, seen):
        """Waits until a domain has shut down or gone since `seen` such events.

        Returns how many there have been; the same as `seen` when the deadline passed.
        """
        while self.releases == seen and self._take_message(deadline):
            pass
        return self.releases

    def _take_message(self, deadline):
        """Takes one message of the agent; false when the deadline passes first."""
        try:
            line = self._qemu.agent.receive(deadline)
        except (EOFError, ConnectionError):
            raise MachineError("the machine has stopped; Xen's last words:\n"
                               + self._last_words()) from None
        if line is None:
            return False
        word, *rest = line.split()
        if word == "released":
            self.releases += 1
        elif word == "done":
            self._ended[rest[0]] = int(rest[1])
        elif word == "ready":
            self._ready = True
        return True

    def _wait_until_ready(self):
        self._ready = False
        deadline = time.monotonic() + START_SECONDS * self.patience
        while not self._ready:
            if not self._take_message(deadline):
                raise MachineError(f"dom0 is not up after {START_SECONDS} s; Xen's last words:\n"
                                   + self._last_words())
        self.start_seconds = time.monotonic() - self.started

    def _last_words(self):
        """Keeps the whole log where it can be looked at, and returns its end."""
        kept = places.work() / "machine.log"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(self.xen_log())
        return "\n".join(self.xen_log().splitlines()[-20:]) + f"\n(the whole log: {kept})"
