"""Linux as a guest: the kernel that dom0 has too, and a file system of busybox and what a caller
brings. It runs one script and ends."""

from .archive import Archive
from .configuration import Settings
from .initramfs import add_modules, cached

# To be asked for its CPU time, Xen is called from a program: allowed to dom0 alone by default.
MODULES = ("xen-privcmd", "xen-blkfront")
MODULE_OPTIONS = {"xen_privcmd.ko": "unrestricted=1"}

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /bin /dev /proc /sys
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module options; do
	insmod "/modules/$module" $options || echo "cannot load $module"
done </modules/order
sh -e /script 2>&1 && echo "{success}" || echo "{failure}"
poweroff -f
"""


def settings(packages, name, script, programs=(), module_options=None, modules=(), **guest):
    """A guest that runs a shell script; `programs` are files without libraries, found in /bin.

    Options of modules, if any, are by the module's file; `modules` are more of them; the rest is as
    in `Settings`.
    """
    archive = _contents(packages, script, programs, module_options or {}, modules)
    ramdisk = cached("linux", archive.bytes())
    guest.setdefault("memory", 256)
    arguments = "console=hvc0 quiet loglevel=4 panic=-1"
    return Settings(packages.kernel_image(), name, arguments=arguments, ramdisk=ramdisk, **guest)


def _contents(packages, script, programs, options, modules):
    archive = Archive()
    init = INIT.format(success="Test result: SUCCESS", failure="Test result: FAILURE")
    archive.file("init", init.encode(), 0o755)
    archive.file("script", script.encode())
    busybox = packages.find("bin/busybox", "usr/bin/busybox")
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    for program in programs:
        archive.file(f"bin/{program.name}", program.read_bytes(), 0o755)
    add_modules(archive, packages, (*MODULES, *modules), MODULE_OPTIONS | options)
    return archive
