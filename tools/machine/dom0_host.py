"""Running a guest for real, where this very machine is a Xen dom0."""

import re
import selectors
import subprocess
import tempfile
import time
from pathlib import Path

from .configuration import render
from .errors import MachineError
from .guest import REASONS
from .verdict import judge

CAPABILITIES = Path("/proc/xen/capabilities")
# Where xl's daemon, which waits for the guest's end, says why it ended.
DAEMON_LOG = Path("/var/log/xen")


def is_here():
    try:
        return "control_d" in CAPABILITIES.read_text()
    except OSError:
        return False


def configuration(settings, at_end="destroy"):
    """The xl configuration with the host's own paths; xl serves files by its qdisk backend."""
    if any(disk.path is None for disk in settings.disks):
        raise MachineError("null: disks exist only on the emulated machine")
    devices = [
        (disk.path, "phy" if disk.path.is_block_device() else "qdisk", disk.read_only)
        for disk in settings.disks
    ]
    ramdisk = settings.ramdisk and settings.ramdisk.resolve()
    return render(settings, settings.image.resolve(), devices, at_end, ramdisk)


def run(settings, seconds, show):
    """Runs the guest with its console here and returns the verdict and all it has said."""
    with tempfile.NamedTemporaryFile("w", prefix="lodger-", suffix=".cfg") as file:
        file.write(configuration(settings))
        file.flush()
        return _follow(["xl", "create", "-c", file.name], settings.name, seconds, show)


def _follow(command, name, seconds, show):
    """As `run`. The guest is gone afterwards, however this ends."""
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    has_ended = False
    try:
        text, in_time = _read_all(process.stdout, deadline, show)
        if in_time and process.wait():
            raise MachineError(f"xl has not started the guest:\n{text.rstrip()}")
        reason = _reason(name) if in_time else "hang"
        has_ended = in_time and reason is not None
        # A crash if nobody says why it ended, so that none is missed.
        return judge(text, reason or "crash"), text
    finally:
        # Then nothing was made, and a guest of that name is another's.
        has_refused = (process.poll() or 0) > 0
        process.kill()
        process.wait()
        if not has_ended and not has_refused:
            subprocess.run(["xl", "destroy", name], check=False)


def _read_all(stream, deadline, show):
    """What is said until the end, and whether that came before the deadline."""
    text = b""
    while chunk := _read(stream, deadline):
        text += chunk
        show(chunk.decode(errors="replace"))
    return text.decode(errors="replace").replace("\r", ""), chunk is not None


def _read(stream, deadline):
    """What comes next; empty at the end, None when the deadline passes first."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(max(0, deadline - time.monotonic())):
            return None
    return stream.read1()


def _reason(name):
    """The daemon's word on why the guest ended; None if it has none.

    The log is this guest's own, since xl begins a new one with each (libxl_create_logfile in
    tools/libs/light/libxl_utils.c).
    """
    log = DAEMON_LOG / f"xl-{name}.log"
    codes = re.findall(r"reason code (\d+)", log.read_text()) if log.exists() else []
    return REASONS[int(codes[-1])] if codes else None
