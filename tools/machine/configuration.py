"""What xl needs to know of a guest, as values and as the text of an xl configuration file
(docs/man/xl.cfg.5.pod.in and xl-disk-configuration.5.pod.in in Xen's source)."""

from dataclasses import dataclass, field
from pathlib import Path

# What xl does with a domain that has ended; `preserve` keeps it to be looked at.
EVENTS = ("on_poweroff", "on_reboot", "on_crash", "on_watchdog")

# Nobody looks at a screen; the firmware would spend time on it.
HVM_LINES = ('vga = "none"', "nographic = 1", "vnc = 0", "usb = 0")


@dataclass
class Settings:
    """A guest as its user wants it."""

    image: Path
    name: str
    mode: str = "pv"
    memory: int = 16
    arguments: str = ""
    disks: list = field(default_factory=list)
    extra: list = field(default_factory=list)
    ramdisk: Path | None = None


def disk_name(index):
    """Disks are xvda, xvdb, ... in the order they were given."""
    return f"xvd{chr(ord('a') + index)}"


def render(settings, image, devices, at_end="preserve", ramdisk=None):
    """The configuration text.

    `image` and `ramdisk` are the guest's files as dom0 names them, `devices` a list of (target,
    backend, read_only) in the order of the guest's disks.
    """
    lines = [
        f"name = {_quoted(settings.name)}",
        f'type = "{settings.mode}"',
        f"kernel = {_quoted(image)}",
        f"cmdline = {_quoted(settings.arguments)}",
        f"memory = {settings.memory}",
        f"maxmem = {settings.memory}",
        "vcpus = 1",
    ]
    if ramdisk:
        lines.append(f"ramdisk = {_quoted(ramdisk)}")
    if settings.mode != "pv":
        # Emulated SVM does not tell the length of an intercepted rdtscp, and Xen, which would
        # emulate the instruction, then gives up on the guest.
        lines.append('tsc_mode = "native"')
    if settings.mode == "hvm":
        lines += HVM_LINES
    lines += [f'{event} = "{at_end}"' for event in EVENTS]
    lines.append("disk = [")
    lines += [f"    {_disk(index, *device)}," for index, device in enumerate(devices)]
    lines += ["]", *settings.extra, ""]
    return "\n".join(lines)


def _disk(index, target, backend, read_only):
    access = "ro" if read_only else "rw"
    return _quoted(f"format=raw, vdev={disk_name(index)}, access={access}, "
                   f"backendtype={backend}, target={target}")  # fmt: skip


def _quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
