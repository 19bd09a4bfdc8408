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
        console, ended = _follow(["xl", "create", "-c", file.name], settings.name, seconds, show)
    return judge(console, _reason(settings.name) if ended else "hang"), console


def _follow(command, name, seconds, show):
    """The console's text, and whether the guest ended by itself."""
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = b""
    try:
        while (chunk := _read(process.stdout, deadline)) is not None:
            text += chunk
            show(chunk.decode(errors="replace"))
            if not chunk:
                break
        if chunk is None:
            subprocess.run(["xl", "destroy", name], check=False)
        return text.decode(errors="replace").replace("\r", ""), chunk is not None
    finally:
        process.kill()
        process.wait()


def _read(stream, deadline):
    """What comes next; empty at the end, None when the deadline passes first."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(max(0, deadline - time.monotonic())):
            return None
    return stream.read1()


def _reason(name):
    """The daemon's word on why the guest ended; a crash if it has none, so that none is missed."""
    log = DAEMON_LOG / f"xl-{name}.log"
    codes = re.findall(r"reason code (\d+)", log.read_text()) if log.exists() else []
    return REASONS[int(codes[-1])] if codes else "crash"
