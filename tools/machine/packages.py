"""Debian's packages, unpacked side by side into one folder that looks like a root.

Nothing of it is installed, and nothing of the host is used: its programs run with their own
loader and libraries, so the machine behaves alike wherever the folder is.
"""

import gzip
import hashlib
import lzma
import os
import struct
import subprocess
from pathlib import Path

from . import places
from .errors import MachineError

# Where Debian puts libraries; the programs' dependencies are looked up here and nowhere else.
LIBRARY_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
LOADER = "lib64/ld-linux-x86-64.so.2"


USUAL_XEN = "4.17"
NEWER_XEN = "4.20"

# Offsets in the set-up header of a Linux bzImage (Documentation/x86/boot.rst in its source).
SETUP_SECTORS, PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x1F1, 0x248, 0x24C
XZ_MAGIC = b"\xfd7zXZ\0"


def _kernel_payload(image):
    """The kernel proper, which a bzImage carries compressed by xz (with a length behind it); the
    bzImage itself if it is compressed in another way, which Xen knows to unpack."""
    offset, length = (struct.unpack_from("<I", image, at)[0]
                      for at in (PAYLOAD_OFFSET, PAYLOAD_LENGTH))
    start = (image[SETUP_SECTORS] + 1) * 512 + offset
    payload = image[start : start + length]
    return lzma.LZMADecompressor().decompress(payload) if payload.startswith(XZ_MAGIC) else image


def _bring_in(part):
    """Unpacks what is missing; silent and quick when nothing is."""
    if subprocess.run([places.TOOLS / "setup", part]).returncode:
        raise MachineError("there is no Xen machine without the packages it is made of")


class Root:
    """A list of packages, unpacked: finds files in them and runs their programs on the host."""

    def __init__(self, part):
        _bring_in(part)
        self.root = places.cache() / f"{part}-root"

    def find(self, *patterns):
        """The newest file that matches the first pattern which matches anything."""
        for pattern in patterns:
            found = sorted(self.root.glob(pattern))
            if found:
                return found[-1]
        raise MachineError(
            f"{self.root} holds no {' or '.join(patterns)}: run `tools/setup` again"
        )

    def command(self, program, *arguments):
        """The command line that runs an unpacked program with the libraries beside it."""
        libraries = ":".join(str(self.root / folder) for folder in LIBRARY_FOLDERS)
        return [self.root / LOADER, "--library-path", libraries, program, *arguments]

    def libraries(self, program):
        """Every library that an unpacked program loads, by the loader's own account."""
        command = [*self.command(program)]
        command.insert(1, "--list")
        listing = subprocess.run(command, capture_output=True, text=True)
        if listing.returncode:
            raise MachineError(f"cannot list the libraries of {program}: {listing.stderr}")
        lines = [line.split() for line in listing.stdout.splitlines() if "=>" in line]
        missing = [words[0] for words in lines if words[2] == "not"]
        if missing:
            raise MachineError(f"{program} lacks {' '.join(missing)}: add it to "
                               f"tools/packages/{self.root.name.removesuffix('-root')}")
        return {Path(words[2]) for words in lines}


class Packages(Root):
    """What the machine is made of.

    A Xen other than the usual one comes with its own kernel and tools; the emulator it runs on,
    and what else does not belong to a dom0, is the usual one's.
    """

    def __init__(self, xen=USUAL_XEN):
        super().__init__("machine" if xen == USUAL_XEN else f"machine-{xen}")
        self.xen = xen
        self.emulator = self if xen == USUAL_XEN else Packages()

    @property
    def qemu(self):
        return self.find("usr/bin/qemu-system-x86_64")

    @property
    def kernel(self):
        return self.find("boot/vmlinuz-*-amd64")

    @property
    def modules(self):
        """The kernel's module tree, of the same version as the kernel."""
        version = self.kernel.name.removeprefix("vmlinuz-")
        return self.find(f"lib/modules/{version}", f"usr/lib/modules/{version}")

    @property
    def hypervisor(self):
        return self.find(f"boot/xen-{self.xen}-amd64.gz")

    @property
    def xen_tools(self):
        return self.find(f"usr/lib/xen-{self.xen}/bin")

    def hypervisor_image(self):
        """The hypervisor as the ELF file that QEMU's `-kernel` understands."""
        return self._unpacked(self.hypervisor, gzip.decompress)

    def kernel_image(self):
        """The kernel's ELF file: unpacked here, it costs the emulated machine seconds less."""
        return self._unpacked(self.kernel, _kernel_payload)

    @staticmethod
    def _unpacked(source, unpack):
        """What `unpack` makes of a file, kept in the cache under the source's hash."""
        data = source.read_bytes()
        digest = hashlib.sha256(data).hexdigest()[:16]
        image = places.cache() / "machine" / f"{source.stem}-{digest}"
        if not image.exists():
            image.parent.mkdir(parents=True, exist_ok=True)
            partial = image.with_name(f"{image.name}.{os.getpid()}")
            partial.write_bytes(unpack(data))
            partial.rename(image)
        return image

    def environment(self):
        """For QEMU, which loads parts of itself at run time from where this says."""
        modules = self.find("usr/lib/x86_64-linux-gnu/qemu")
        return {**os.environ, "QEMU_MODULE_DIR": str(modules)}
