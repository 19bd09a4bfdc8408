"""Kernel modules that most tests have no use for, so that dom0 does not start with them."""

from machine import modules
from machine.initramfs import MODULE_OPTIONS


def bring(machine, wanted):
    """Has dom0's kernel load these, and what they need, unless it has them."""
    files = machine.share / "files"
    files.mkdir(exist_ok=True)
    script = []
    for name, contents in modules.in_loading_order(machine.packages.modules, wanted):
        (files / name).write_bytes(contents)
        loaded = name.removesuffix(".ko").replace("-", "_")
        script.append(f"[ -d /sys/module/{loaded} ] || insmod /share/files/{name} "
                      f"{MODULE_OPTIONS.get(name, '')} || exit")  # fmt: skip
    machine.run("\n".join(script))
