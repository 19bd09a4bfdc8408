"""The file system that dom0 starts from: busybox, Xen's tools with their libraries, modules.

It is made once and cached under a hash of all that goes into it. What changes from run to run
reaches dom0 through the shared folder instead.
"""

import hashlib
import os
from pathlib import Path

from . import modules, places
from .archive import Archive

DOM0 = Path(__file__).parent / "dom0"

# Programs from Xen's own folder and from the path; their libraries come along.
XEN_PROGRAMS = (
    "xl", "libxl-save-helper", "xenstored", "oxenstored", "xenconsoled", "xenconsole",
    "xenstore-control", "xen-init-dom0", "xenctx", "lsevtchn",
)  # fmt: skip
PROGRAMS = ("usr/bin/xenstore",)
XENSTORE_NAMES = ("chmod", "exists", "list", "ls", "read", "rm", "watch", "write")

# Loaded at run time rather than linked, so no listing names it: xl aborts without it.
LOADED_LATE = ("lib/x86_64-linux-gnu/libgcc_s.so.1",)

# One disk name covers a whole disk, and a partition scan of every test disk only costs time.
MODULE_OPTIONS = {"null_blk.ko": "nr_devices=0", "brd.ko": "rd_nr=0", "loop.ko": "max_loop=0"}


def build(packages):
    """The path of the cached archive; makes it if anything it is made from has changed."""
    return cached("dom0", _contents(packages).bytes())


def cached(name, archive):
    """The path of a file in the cache that has these bytes, and their hash in its name."""
    digest = hashlib.sha256(archive).hexdigest()[:16]
    path = places.cache() / "machine" / f"{name}-{digest}.cpio"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(archive)
        partial.rename(path)
    return path


def _contents(packages):
    archive = Archive()
    for folder in ("dev", "proc", "sys", "tmp"):
        archive.folder(folder)
    archive.file("init", (DOM0 / "init").read_bytes(), 0o755)
    archive.file("agent", (DOM0 / "agent").read_bytes())
    archive.file("etc/xen/scripts/block", (DOM0 / "block").read_bytes(), 0o755)
    archive.file("etc/xen/xl.conf", b'autoballoon="off"\n')
    archive.file("etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    busybox = packages.emulator.find("bin/busybox", "usr/bin/busybox")
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    archive.file("etc/xen/oxenstored.conf", packages.find("etc/xen/oxenstored.conf").read_bytes())
    _add_xen(archive, packages)
    add_modules(archive, packages, modules.WANTED, MODULE_OPTIONS)
    return archive


def _add_xen(archive, packages):
    programs = [packages.xen_tools / name for name in XEN_PROGRAMS]
    programs += [packages.root / name for name in PROGRAMS]
    add_programs(archive, packages, programs, LOADED_LATE)
    loader = (packages.root / "lib64/ld-linux-x86-64.so.2").resolve()
    archive.file("lib64/ld-linux-x86-64.so.2", loader.read_bytes(), 0o755)
    for name in XENSTORE_NAMES:
        archive.link(f"usr/bin/xenstore-{name}", "xenstore")


def add_programs(archive, packages, programs, loaded_late=()):
    """Programs and libraries keep the paths that Debian gave them: they find each other so."""
    libraries = {packages.root / name for name in loaded_late}
    for program in programs:
        archive.file(program.relative_to(packages.root), program.read_bytes(), 0o755)
        libraries |= packages.libraries(program)
    for library in libraries:
        archive.file(library.relative_to(packages.root), library.read_bytes(), 0o755)


def add_modules(archive, packages, wanted, options):
    """Modules with all they depend on, and `modules/order`, a line each for `insmod`."""
    order = []
    for name, contents in modules.in_loading_order(packages.modules, wanted):
        archive.file(f"modules/{name}", contents)
        order.append(f"{name} {options.get(name, '')}".strip())
    archive.file("modules/order", "\n".join([*order, ""]).encode())
