"""Choosing kernel modules for dom0: the wanted ones, what they depend on, in loading order.

The unpacked kernel package has no `modules.dep` (installing it would make one), but every module
names its dependencies in its `.modinfo` section.
"""

import re

from .errors import MachineError

WANTED = (
    # Xen: hypercalls, its file system, event channels and grants for the tools, the disk backend
    "xen-privcmd", "xenfs", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-blkback",
    # the machine under dom0: disks that come and go, the shared folder, the command channel
    "virtio_pci", "crct10dif_common", "crct10dif_generic", "virtio_scsi", "sd_mod",
    "9pnet_virtio", "9p", "virtio_console",
    # disks for measuring and for injecting failures
    "null_blk", "brd", "loop", "dm-delay", "dm-flakey",
)  # fmt: skip


def _name(text):
    """A module's name as its file has it or as others write it: both spellings occur."""
    return text.replace("-", "_")


def in_loading_order(tree, wanted=WANTED):
    """Paths of the wanted modules and all that they need, each after what it depends on."""
    known = {_name(path.stem): path for path in tree.rglob("*.ko")}
    order = {}

    def visit(name):
        if name in order:
            return
        if name not in known:
            raise MachineError(f"the kernel in {tree} has no module {name}")
        depends = re.search(rb"\0depends=([^\0]*)", known[name].read_bytes())
        for needed in filter(None, depends[1].decode().split(",")):
            visit(_name(needed))
        order[name] = known[name]

    for name in wanted:
        visit(_name(name))
    return list(order.values())
