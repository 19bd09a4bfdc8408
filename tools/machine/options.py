"""The words on a command line that describe a guest: common to lodger-run and lodger-xlcfg."""

import argparse
import re
from pathlib import Path

from .configuration import Settings
from .disks import Disk
from .errors import MachineError

DISKS = """disks: FILE            a file, as a disk the guest may write to
       FILE,ro         the same, read-only
       FILE,sector=4096
       null:64M        reads and writes nothing, fast
The first is xvda, the second xvdb, and so on.
"""


def parser(description, epilog):
    """A parser that knows what a guest can be given."""
    result = argparse.ArgumentParser(
        description=description, epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = result.add_argument
    add("image", type=Path, metavar="IMAGE.elf", help="the guest")
    add("--disk", action="append", default=[], metavar="DISK", help="a disk, see below")
    add("--memory", type=int, default=16, metavar="MIB", help="of the guest (default 16)")
    add("--mode", choices=("pv", "pvh", "hvm"), default="pv", help="how Xen runs it (default pv)")
    add("--args", default="", metavar="TEXT", help="the guest's command line")
    add("--ramdisk", type=Path, metavar="FILE", help="bytes that the guest finds in its memory")
    add("--xl", action="append", default=[], metavar="LINE", help="one more line for xl")
    return result


def settings_of(chosen, default_disk=None):
    """The guest as asked for; `default_disk` gives the path of the one it gets if none is named."""
    if not chosen.image.exists():
        raise MachineError(f"there is no image {chosen.image}; `make` builds the examples")
    if chosen.ramdisk and not chosen.ramdisk.exists():
        raise MachineError(f"there is no file {chosen.ramdisk}")
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", chosen.image.stem)
    if name.isdecimal():  # xl would take it for the number of a domain.
        name = f"guest-{name}"
    disks = [Disk.parse(text) for text in chosen.disk]
    if not disks and default_disk:
        disks = [Disk(default_disk())]
    return Settings(chosen.image, name, chosen.mode, chosen.memory, chosen.args,
                    disks, chosen.xl, chosen.ramdisk)  # fmt: skip
