"""The life of one guest: created paused, run, followed to its end, looked at, destroyed."""

import codecs
import shutil
import time
from dataclasses import dataclass

from .configuration import render
from .disks import AttachedDisk
from .errors import MachineError
from .symbols import Symbols

# XEN_DOMCTL's shutdown codes (xen/include/public/sched.h), as `xl list --verbose` prints them.
REASONS = ("poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset")

# How often the console log is looked at for people who watch; nothing waits for it.
GLANCE_SECONDS = 0.03
# The guest ends when the daemon has taken its last words from the ring, which is before it writes
# them out: only when it waits for more (by system call 7, poll) are they all in the log.
AWAIT_CONSOLE_DAEMON = """
for attempt in $(seq 1000); do
	read -r call rest </proc/$(cat /run/xenconsoled.pid)/syscall
	[ "$call" = 7 ] && exit
	usleep 10000
done
exit 1
"""

RAMDISK = ".ramdisk"


@dataclass
class End:
    """How a guest ended, with all that helps to say why."""

    reason: str
    console: str
    seconds: float
    xen_log: str
    registers: str = ""

    @property
    def well(self):
        return self.reason == "poweroff"


class Guest:
    """A domain of the machine. As a context manager it is destroyed at the end.

    Xen keeps the domain when it shuts down or crashes, until `destroy`, so that its reason,
    registers, grants and ports can be read.
    """

    def __init__(self, machine, settings):
        self.machine = machine
        self.settings = settings
        self.disks = []
        self.identifier = None
        self._unpaused = None
        self.loaded_image = machine.share / "images" / settings.name
        # The daemon names a log when the domain is made. One that is migrated to here has another
        # name until its sender lets go of it (tools/xl/xl_migrate.c).
        self._console_paths = [
            machine.share / "console" / f"guest-{settings.name}{arriving}.log"
            for arriving in ("", "--incoming")
        ]
        self._log_position = machine.xen_log_position()
        try:
            self._create()
        except BaseException:
            self.destroy()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.destroy()

    def _create(self):
        name = self.settings.name
        for path in self._console_paths:
            path.unlink(missing_ok=True)
        shutil.copy(self.settings.image, self.loaded_image)
        if self.settings.ramdisk:
            shutil.copy(self.settings.ramdisk, f"{self.loaded_image}{RAMDISK}")
        backends = {disk.backend for disk in self.settings.disks}
        if self.settings.mode == "hvm" or "qdisk" in backends:
            self.machine.need_device_model()
        for disk in self.settings.disks:
            self.disks.append(AttachedDisk(self.machine, disk))
        path = self.machine.share / "configurations" / name
        path.write_text(self.configuration())
        script = f"xl create -q -e -p /share/configurations/{name} && xl domid {name}"
        self.identifier = int(self.machine.run(script).output.split()[-1])

    def configuration(self):
        devices = [(disk.device, disk.disk.backend, disk.disk.read_only) for disk in self.disks]
        image = f"/share/images/{self.settings.name}"
        ramdisk = f"{image}{RAMDISK}" if self.settings.ramdisk else None
        return render(self.settings, image, devices, ramdisk=ramdisk)

    def unpause(self, script="xl unpause {guest}"):
        """Lets it run, by a script in dom0; returns what that prints."""
        self._count_from_now()
        return self.machine.run(script.format(guest=self.identifier)).output

    def begin_unpausing(self):
        """As `unpause`, but does not wait for it: for when the machine is stopped."""
        self._count_from_now()
        self.machine.start(f"xl unpause {self.identifier}")

    def _count_from_now(self):
        self._unpaused = time.monotonic()
        self._releases = self.machine.releases
        self._shown = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def patient_from_now(self):
        """Whatever time has passed is not the guest's own."""
        self._unpaused = time.monotonic()

    def find(self):
        """Notes which domain it is by now: once restored or migrated, it is another one."""
        self.identifier = int(self.machine.run(f"xl domid {self.settings.name}").output)

    def settle(self):
        """Waits until the daemon has written to the log what it has taken from the ring."""
        self.machine.run(AWAIT_CONSOLE_DAEMON, check=False)

    def console(self):
        """All the guest has said, as text with plain line ends."""
        return self._console_bytes().decode(errors="replace").replace("\r\n", "\n")

    def _console_bytes(self, start=0):
        logs = (path.read_bytes() for path in self._console_paths if path.exists())
        return b"".join(logs)[start:]

    def follow(self, seconds, show=lambda text: None):
        """Waits for the end and returns it; `show` gets the console's text as it comes.

        After `seconds` the guest counts as hanging.
        """
        deadline = self._unpaused + seconds * self.machine.patience
        reason = None
        while reason is None:
            self.show_news(show)
            reason = self._reason_if_ended(deadline)
        ended = time.monotonic()
        self.settle()
        self.show_news(show)
        registers = "" if reason in ("poweroff", "gone") else self._registers()
        log = self.machine.xen_log(self._log_position)
        return End(reason, self.console(), ended - self._unpaused, log, registers)

    def run(self, seconds, show=lambda text: None):
        """Follows it to its end, from its start if it does not run yet."""
        if self._unpaused is None:
            self.unpause()
        return self.follow(seconds, show)

    def show_news(self, show):
        """What came since last time, carriage returns and all: a progress bar needs them."""
        news = self._console_bytes(self._shown)
        if news:
            self._shown += len(news)
            show(self._decoder.decode(news))

    def _reason_if_ended(self, deadline):
        now = time.monotonic()
        seen = self._releases
        self._releases = self.machine.wait_for_release(min(deadline, now + GLANCE_SECONDS), seen)
        if self._releases != seen:
            return self.reason()
        return self.reason() or "hang" if now >= deadline else None

    def reason(self):
        """Why the domain has shut down; None while it runs, "gone" if it is no more."""
        outcome = self.machine.run(f"xl list -v {self.identifier}", check=False)
        if outcome.status:
            return "gone"
        code = outcome.output.splitlines()[-1].split()[-2]
        return None if code == "-" else REASONS[int(code)]

    def _registers(self):
        return self.machine.run(f"xenctx -a {self.identifier}", check=False).output

    def symbols(self):
        return Symbols(self.settings.image)

    def destroy(self):
        """Removes the domain and gives its disks back; safe to call again."""
        if self.identifier is not None:
            self.machine.run(f"xl destroy {self.identifier}", check=False)
            self.identifier = None
        while self.disks:
            try:
                self.disks.pop().detach()
            except MachineError:
                if self.machine.qemu.running:
                    raise
