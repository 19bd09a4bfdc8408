"""What an HVM guest needs in dom0 besides: its firmware, and QEMU, which plays a PC around it.

That is six times as large as all else in dom0, so dom0 starts without it and takes it from the
shared folder when the first HVM guest is made.
"""

import shutil

from .archive import Archive
from .initramfs import add_programs, cached

ARCHIVE = "device-model.cpio"
QEMU = "usr/libexec/xen-qemu-system-i386"

# hvmloader starts SeaBIOS, and SeaBIOS the loader (an option ROM of QEMU's) for the guest's image.
FIRMWARE = (
    "usr/lib/xen-4.17/boot/hvmloader",
    "usr/share/seabios/bios-256k.bin",
    "usr/share/qemu/kvmvapic.bin",
    "usr/share/qemu/keymaps/en-us",  # even without a keyboard
)


def build(packages):
    """The path of the cached archive."""
    archive = Archive()
    add_programs(archive, packages, [packages.root / QEMU])
    for name in FIRMWARE:
        archive.file(name, packages.find(name).read_bytes())
    # QEMU takes the loader that reads by DMA, though under Xen it has no DMA for it
    # (docs/decisions/0020-hvm.md): the other one serves under its name.
    loader = packages.find("usr/share/qemu/multiboot.bin").read_bytes()
    archive.file("usr/share/qemu/multiboot_dma.bin", loader)
    archive.folder("var/log/xen")
    return cached("device-model", archive.bytes())


def install(machine):
    """Unpacks it in dom0."""
    shutil.copy(build(machine.packages), machine.share / ARCHIVE)
    machine.run(f"cd / && cpio -idu </share/{ARCHIVE}")
