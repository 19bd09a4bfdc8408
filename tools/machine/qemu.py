"""The QEMU process: a PC whose kernel is Xen, and its monitor (QMP).

All flags are here; those that look odd have their reason beside them.
"""

import ctypes
import json
import os
import signal
import subprocess
import time

from .errors import MachineError
from .lines import LineSocket

# - Emulated SMAP and SMEP crash a PV dom0 in QEMU 7.2 (#PF in Xen's create_bounce_frame).
# - With XSAVE programs in dom0 die at random, as if vector state got lost.
# - SVM with nested paging is emulated in software: PVH and HVM guests run.
CPU = "max,-smap,-smep,+svm,+npt,-xsave"
ACCELERATOR = "tcg,thread=multi"

# For figures: time is the number of instructions, 2 ns each, and passes at once while all wait; so
# a run repeats, however busy the host is. A copy by `rep movsb` would then take as many
# instructions as bytes, which no hardware does: with neither feature Linux copies by words.
COUNTED_CPU = f"{CPU},-erms,-fsrm"
COUNTED_ACCELERATOR = "tcg,thread=single"
COUNTED_CLOCK = ("-icount", "shift=1,sleep=off")

# The last two lines only save time: nobody scrubs for secrets or tests ciphers here.
XEN_ARGUMENTS = (
    "console=com1 com1=115200 loglvl=all guest_loglvl=all conring_size=256k noreboot "
    "dom0_mem={dom0}M,max:{dom0}M dom0_max_vcpus=1 "
    "bootscrub=0 spec-ctrl=no"
)
DOM0_ARGUMENTS = (
    "console=hvc0 quiet loglevel=4 panic=-1 mitigations=off cryptomgr.notests lsm= "
    "lodger.xenstored={xenstored}"
)
DOM0_MEBIBYTES = 384

PR_SET_PDEATHSIG = 1


class Qemu:
    """Owns the process: it ends with this object, and with the process that started it."""

    def __init__(self, packages, initramfs, share, log, memory,
                 counted=False, xenstored="xenstored", arguments=()):
        self._counted = counted
        self._arguments = arguments
        self._xenstored = xenstored
        self.agent = LineSocket()
        self._monitor = LineSocket()
        self._events = []
        self._error_path = log.with_suffix(".qemu")
        command = self._command(packages, initramfs, share, log, memory)
        theirs = [self.agent.theirs.fileno(), self._monitor.theirs.fileno()]
        with open(self._error_path, "wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                pass_fds=theirs, preexec_fn=_die_with_parent, env=packages.emulator.environment(),
            )  # fmt: skip
        self.agent.handed_over()
        self._monitor.handed_over()
        self._greet()

    def _command(self, packages, initramfs, share, log, memory):
        xen_arguments = XEN_ARGUMENTS.format(dom0=DOM0_MEBIBYTES)
        dom0_arguments = DOM0_ARGUMENTS.format(xenstored=self._xenstored)
        emulator = packages.emulator
        return emulator.command(
            emulator.qemu,
            "-L", emulator.find("usr/share/qemu"), "-L", emulator.find("usr/share/seabios"),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *self._processor(), "-smp", "1", "-m", str(memory),
            "-kernel", packages.hypervisor_image(), "-append", xen_arguments,
            "-initrd", f"{packages.kernel_image()} {dom0_arguments},{initramfs}",
            "-serial", f"file:{log}",
            "-device", "virtio-scsi-pci,id=disks",
            "-virtfs", f"local,path={share},mount_tag=share,security_model=none",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,fd={self.agent.theirs.fileno()}",
            "-device", "virtserialport,chardev=agent,name=lodger.channel",
            "-chardev", f"socket,id=monitor,fd={self._monitor.theirs.fileno()}",
            "-mon", "chardev=monitor,mode=control",
            *self._arguments,
        )  # fmt: skip

    def _processor(self):
        if self._counted:
            return ("-accel", COUNTED_ACCELERATOR, "-cpu", COUNTED_CPU, *COUNTED_CLOCK)
        return ("-accel", ACCELERATOR, "-cpu", CPU)

    def _greet(self):
        """QEMU accepts commands only after a greeting and its answer."""
        try:
            self._receive(time.monotonic() + 30)
        except MachineError as error:
            errors = self._error_path.read_text(errors="replace").strip()
            raise MachineError(f"QEMU does not start: {errors or error}") from None
        self.execute("qmp_capabilities")

    def execute(self, command, arguments=None):
        """Runs one monitor command and returns its result; events that come first are kept."""
        self._monitor.send(json.dumps({"execute": command, "arguments": arguments or {}}))
        deadline = time.monotonic() + 30
        while True:
            message = self._receive(deadline)
            if "error" in message:
                raise MachineError(f"QEMU refuses {command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]
            self._events.append(message)

    def wait_until_deleted(self, device, seconds=30):
        """After `device_del`: waits until the guest and QEMU have let go of the device."""
        deadline = time.monotonic() + seconds
        while True:
            for event in self._events:
                if event["event"] == "DEVICE_DELETED" and event["data"].get("device") == device:
                    self._events.clear()
                    return
            self._events.append(self._receive(deadline))

    def _receive(self, deadline):
        try:
            line = self._monitor.receive(deadline)
        except (EOFError, ConnectionError):
            raise MachineError("QEMU has ended") from None
        if line is None:
            raise MachineError("QEMU does not answer on its monitor")
        return json.loads(line)

    @property
    def running(self):
        return self._process.poll() is None

    def stop(self):
        """Nothing in dom0 is worth an orderly end: guests' disks are written through."""
        if self.running:
            self._process.kill()
        self._process.wait()
        self.agent.close()
        self._monitor.close()


def _die_with_parent():
    """In the child: be killed when the parent dies, however it dies, and not by its Ctrl-C."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
