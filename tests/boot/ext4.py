"""File systems: made and checked on the host, mounted in dom0."""

import subprocess

import kernel_modules
from machine.disk_image import program

# Beside what it names itself: its checksums are a cipher to the kernel, found by name.
WANTED = ("crc32c_generic", "ext4")


def bring_ext4(machine):
    """Has dom0's kernel know ext4."""
    kernel_modules.bring(machine, WANTED)


def make_ext4(path, mebibytes, source=None, block_size=None):
    """A file with an ext4 file system; with what is in the folder `source`, if one is given."""
    options = ["-d", source] if source else []
    options += ["-b", str(block_size)] if block_size else []
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    subprocess.run([program("mke2fs"), "-q", "-t", "ext4", *options, path, f"{mebibytes}m"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip


def faults_of(path):
    """What e2fsck finds wrong with a file system; nothing, one hopes."""
    checked = subprocess.run([program("e2fsck"), "-fn", path], capture_output=True, text=True)
    return checked.stdout + checked.stderr if checked.returncode else ""


def is_clean(path):
    """Whether a file system says of itself that it was unmounted."""
    said = subprocess.run([program("e2fsck"), "-n", path], capture_output=True, text=True)
    return "was not cleanly unmounted" not in said.stdout + said.stderr


def contents_of(path, folder):
    """The files in a file system, read by another program than Linux."""
    subprocess.run([program("debugfs"), "-R", f"rdump / {folder}", path],
                   check=True, capture_output=True)  # fmt: skip
    return {file.relative_to(folder): file.read_bytes()
            for file in sorted(folder.rglob("*")) if file.is_file()}  # fmt: skip
