"""Running a guest for real, where this very machine is a Xen dom0."""

import subprocess
import tempfile
import time
from pathlib import Path

from .configuration import render
from .errors import MachineError
from .verdict import judge

CAPABILITIES = Path("/proc/xen/capabilities")


def is_here():
    try:
        return "control_d" in CAPABILITIES.read_text()
    except OSError:
        return False


def configuration(settings, at_end="destroy"):
    """The xl configuration with the host's own paths: files as they are, no loop set-up."""
    if any(disk.path is None for disk in settings.disks):
        raise MachineError("null: disks exist only on the emulated machine")
    devices = [
        (disk.path, "phy" if disk.path.is_block_device() else "qdisk", disk.read_only)
        for disk in settings.disks
    ]
    return render(settings, settings.image.resolve(), devices, at_end)


def run(settings, seconds, show):
    """Runs the guest with its console here and returns the verdict."""
    with tempfile.NamedTemporaryFile("w", prefix="lodger-", suffix=".cfg") as file:
        file.write(configuration(settings))
        file.flush()
        console, ended = _follow(["xl", "create", "-c", file.name], settings.name, seconds, show)
    reason = "poweroff" if ended else "hang"
    if "lodger: panic" in console:
        reason = "crash"
    return judge(console, reason)


def _follow(command, name, seconds, show):
    """The console's text, and whether the guest ended by itself."""
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = b""
    try:
        while chunk := process.stdout.read1():
            text += chunk
            show(chunk.decode(errors="replace"))
            if time.monotonic() > deadline:
                return text.decode(errors="replace"), False
        return text.decode(errors="replace").replace("\r", ""), True
    finally:
        process.kill()
        process.wait()
        subprocess.run(["xl", "destroy", name], stderr=subprocess.DEVNULL)
