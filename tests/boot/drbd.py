"""DRBD in dom0: both ends of a replicated disk under one kernel, each with a disk of its own below,
and the hotplug scripts with which Xen and DRBD serve it (docs/toolstacks.md)."""

import shutil

import kernel_modules
from machine.archive import Archive
from machine.disks import AttachedDisk
from machine.initramfs import add_programs, cached
from machine.packages import Root

ARCHIVE = "drbd.cpio"
PROGRAMS = ("bin/bash", "usr/bin/flock", "sbin/drbdadm", "sbin/drbdsetup", "sbin/drbdmeta",
            "lib/drbd/drbdadm-84", "lib/drbd/drbdsetup-84")  # fmt: skip
SCRIPTS = "etc/xen/scripts"
# Xen's own, that block-drbd is written with.
XEN_SCRIPTS = ("block-common.sh", "hotplugpath.sh", "locking.sh", "logging.sh",
               "xen-hotplug-common.sh", "xen-script-common.sh")  # fmt: skip

# DRBD takes the ends for two hosts: by their addresses, this one's first.
HERE, THERE = "here", "there"
RESOURCE = """
resource {name} {{
  protocol C;
  net {{ allow-two-primaries {both}; }}
  on dom0 {{ device /dev/drbd{minor}; disk {disk}; meta-disk internal; address 127.0.0.1:{own}; }}
  on peer {{ device /dev/drbd{minor}; disk {disk}; meta-disk internal; address 127.0.0.1:{other}; }}
}}
"""

# The scripts compare a lock's file with /dev/stdin, for which udev would have a link. modinfo, by
# which drbdadm would ask for the module's version, has no list of modules here.
PREPARE = f"""
[ -x /sbin/drbdadm ] || (cd / && cpio -idu </share/{ARCHIVE} 2>/dev/null) || exit
ln -sf /proc/self/fd/0 /dev/stdin
rm -f /bin/modinfo /sbin/modinfo
mkdir -p /var/lib/drbd /var/log/xen
hostname dom0 && ifconfig lo 127.0.0.1 up
"""
START = f"""
export PATH=$PATH:/sbin
for name in {HERE} {THERE}; do drbdadm --force create-md $name && drbdadm up $name || exit; done
until [ "$(grep -c cs:Connected /proc/drbd)" = 2 ]; do usleep 50000; done
drbdadm primary --force {HERE}
until [ "$(grep -c ds:UpToDate/UpToDate /proc/drbd)" = 2 ]; do usleep 50000; done
drbdadm secondary {HERE}
"""
STOP = f"for name in {HERE} {THERE}; do /sbin/drbdadm down $name; done"


def build(packages):
    """The path of the cached archive; `packages` are the machine's."""
    more = Root("toolstacks")
    archive = Archive()
    add_programs(archive, more, [more.root / name for name in PROGRAMS])
    for name in XEN_SCRIPTS:
        archive.file(f"{SCRIPTS}/{name}", packages.find(f"{SCRIPTS}/{name}").read_bytes(), 0o755)
    script = more.find(f"{SCRIPTS}/block-drbd").read_bytes()
    archive.file(f"{SCRIPTS}/block-drbd", script, 0o755)
    return cached("drbd", archive.bytes())


class Replicated:
    """The two ends, secondary both, with the same contents; gone when the case is over."""

    def __init__(self, rig, mebibytes=16):
        self._machine = rig.machine
        if not (self._machine.share / ARCHIVE).exists():
            shutil.copy(build(self._machine.packages), self._machine.share / ARCHIVE)
        kernel_modules.bring(self._machine, ("crc32c_generic", "drbd"))
        self._machine.run(PREPARE)
        self.files = [rig.disk(name, mebibytes << 20) for name in (HERE, THERE)]
        self._disks = [AttachedDisk(self._machine, file) for file in self.files]
        for attached in self._disks:
            rig.at_end(attached.detach)
        self._write_configuration(both="no")
        rig.at_end(lambda: self._machine.run(STOP, check=False))
        self._machine.run(START)
        for attached in self._disks:
            attached.limit(requests_per_second=20)  # leaves dom0 its time

    def _write_configuration(self, both):
        text = "global { usage-count no; }\n"
        for minor, (name, attached) in enumerate(zip((HERE, THERE), self._disks)):
            text += RESOURCE.format(name=name, minor=minor, both=both, disk=attached.device,
                                    own=7788 + minor, other=7789 - minor)  # fmt: skip
        self._machine.run(f"cat >/etc/drbd.conf <<'END'\n{text}END")

    def allow_two_primaries(self):
        self._write_configuration(both="yes")
        self._machine.run(f"for name in {HERE} {THERE}; do /sbin/drbdadm adjust $name || exit; done")

    def roles(self):
        """As each end sees itself: (here, there)."""
        ask = f"for name in {HERE} {THERE}; do /sbin/drbdadm role $name; done"
        return tuple(line.partition("/")[0] for line in self._machine.run(ask).output.split())

    def size(self):
        """Bytes of the disk, without what DRBD keeps for itself."""
        return 512 * int(self._machine.run("cat /sys/block/drbd0/size").output)

    def contents(self):
        """What the disks below have where the guest sees it."""
        return [file.path.read_bytes()[: self.size()] for file in self.files]
