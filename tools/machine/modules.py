"""Choosing kernel modules for dom0: the wanted ones, what they depend on, in loading order.

The unpacked kernel package has no `modules.dep` (installing it would make one), but every module
names its dependencies in its `.modinfo` section.
"""

import lzma
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


def _contents(path):
    """Debian packs each module from Linux 6.7 on."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def in_loading_order(tree, wanted=WANTED):
    """File names and contents of the wanted modules and all that they need, each after what it
    depends on; without those that are part of the kernel."""
    known = {_name(path.name.partition(".ko")[0]): path for path in tree.rglob("*.ko*")}
    lines = (tree / "modules.builtin").read_text().splitlines()
    built_in = {_name(line.rpartition("/")[2].removesuffix(".ko")) for line in lines}
    order = {}

    def visit(name):
        if name in order or name in built_in:
            return
        if name not in known:
            raise MachineError(f"the kernel in {tree} has no module {name}")
        contents = _contents(known[name])
        depends = re.search(rb"\0depends=([^\0]*)", contents)
        for needed in filter(None, depends[1].decode().split(",")):
            visit(_name(needed))
        order[name] = (f"{name}.ko", contents)

    for name in wanted:
        visit(_name(name))
    return list(order.values())
