"""What xl needs to know of a guest, as values and as the text of an xl configuration file
(docs/man/xl.cfg.5.pod.in and xl-disk-configuration.5.pod.in in Xen's source)."""

from dataclasses import dataclass, field
from pathlib import Path

# What xl does with a domain that has ended; `preserve` keeps it to be looked at.
EVENTS = ("on_poweroff", "on_reboot", "on_crash", "on_watchdog")


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


def disk_name(index):
    """Disks are xvda, xvdb, ... in the order they were given."""
    return f"xvd{chr(ord('a') + index)}"


def render(settings, image, devices, at_end="preserve"):
    """The configuration text.

    `image` is the guest's ELF as dom0 names it, `devices` a list of (target, backend, read_only)
    in the order of the guest's disks.
    """
    lines = [
        f"name = {_quoted(settings.name)}",
        f'type = "{settings.mode}"',
        *_kernel(settings, image),
        f"memory = {settings.memory}",
        f"maxmem = {settings.memory}",
        "vcpus = 1",
    ]
    if settings.mode != "pv":
        # Emulated SVM does not tell the length of an intercepted rdtscp, and Xen, which would
        # emulate the instruction, then gives up on the guest.
        lines.append('tsc_mode = "native"')
    lines += [f'{event} = "{at_end}"' for event in EVENTS]
    lines.append("disk = [")
    lines += [f"    {_disk(index, *device)}," for index, device in enumerate(devices)]
    lines += ["]", *settings.extra, ""]
    return "\n".join(lines)


def _kernel(settings, image):
    """An HVM guest has no kernel for xl to load: it takes the place of the firmware."""
    if settings.mode == "hvm":
        return [f"firmware_override = {_quoted(image)}"]
    return [f"kernel = {_quoted(image)}", f"cmdline = {_quoted(settings.arguments)}"]


def _disk(index, target, backend, read_only):
    access = "ro" if read_only else "rw"
    return _quoted(f"format=raw, vdev={disk_name(index)}, access={access}, "
                   f"backendtype={backend}, target={target}")  # fmt: skip


def _quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
