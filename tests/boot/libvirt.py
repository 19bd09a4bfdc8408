"""libvirt with its Xen driver (libxl), brought into dom0; and guests that it makes, as
docs/toolstacks.md shows."""

import re
import shutil

from harness import expect
from machine import places
from machine.archive import Archive
from machine.disks import AttachedDisk
from machine.initramfs import add_programs, cached
from machine.packages import Root
from rig import IMAGES

ARCHIVE = "libvirt.cpio"
PROGRAMS = ("usr/sbin/libvirtd", "usr/bin/virsh")
DRIVER = "usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_libxl.so"
CPU_MAP = "usr/share/libvirt/cpu_map"
CPU_MAP_PARTS = ("x86_vendors.xml", "x86_features.xml")

# Whoever is root in dom0 may; there is no D-Bus to ask.
SETTINGS = """auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:/tmp/libvirtd.log"
"""

# Every model of libvirt's has VME, and QEMU emulates none: libvirt does not start on a CPU of which
# it knows no part.
CPUS = """<cpus>
  <arch name='x86'>
    <include filename='x86_vendors.xml'/>
    <include filename='x86_features.xml'/>
    <include filename='x86_emulated.xml'/>
  </arch>
</cpus>
"""
EMULATED_CPU = """<cpus>
  <model name='emulated'>
    <decode host='on' guest='on'/>
    <feature name='fpu'/>
    <feature name='lm'/>
  </model>
</cpus>
"""

START = f"""
[ -x /usr/sbin/libvirtd ] || (cd / && cpio -idu </share/{ARCHIVE} 2>/dev/null) || exit
rm -f /run/libvirt/libvirt-sock
/usr/sbin/libvirtd -d || exit
until [ -S /run/libvirt/libvirt-sock ]; do usleep 50000; done
"""
STOP = "kill $(cat /run/libvirtd.pid)"

# The guide's guest, and what stands in it for what a reader has.
GUIDE = places.REPOSITORY / "docs/toolstacks.md"
EXAMPLE = re.compile(r"^```xml\n(<domain .*?)^```$", re.MULTILINE | re.DOTALL)
PV = "<type arch='x86_64' machine='xenpv'>linux</type>"
PVH = "<type arch='x86_64' machine='xenpvh'>xenpvh</type>"


def build():
    """The path of the cached archive."""
    packages = Root("toolstacks")
    archive = Archive()
    add_programs(archive, packages, [packages.root / name for name in PROGRAMS])
    add_programs(archive, packages, [packages.root / DRIVER])
    for name in CPU_MAP_PARTS:
        archive.file(f"{CPU_MAP}/{name}", packages.find(f"{CPU_MAP}/{name}").read_bytes())
    archive.file(f"{CPU_MAP}/index.xml", CPUS.encode())
    archive.file(f"{CPU_MAP}/x86_emulated.xml", EMULATED_CPU.encode())
    archive.file("etc/libvirt/libvirtd.conf", SETTINGS.encode())
    archive.file("etc/group", b"root:x:0:\n")
    return cached("libvirt", archive.bytes())


class Libvirt:
    """The daemon, for as long as a case goes on."""

    def __init__(self, rig):
        self._rig = rig
        self._machine = rig.machine
        if not (self._machine.share / ARCHIVE).exists():
            shutil.copy(build(), self._machine.share / ARCHIVE)
        self._machine.run(START)
        rig.at_end(lambda: self._machine.run(STOP, check=False))

    def virsh(self, *commands):
        """Runs commands in one go, since it takes its time to start; none may fail."""
        text = "; ".join(commands)
        outcome = self._machine.run(f'virsh -c xen:///system "{text}"', check=False)
        self._rig.log(f"\n--- virsh {text}\n{outcome.output.strip()}\n{outcome.errors}")
        failed = "error:" in outcome.errors or outcome.status
        expect(not failed, f"virsh {text}: {outcome.errors.strip()}")
        return outcome.output

    def attach(self, label, size=16 << 20):
        """A disk that dom0 has for the time of the case, slow enough to leave it its time."""
        disk = AttachedDisk(self._machine, self._rig.disk(label, size))
        self._rig.at_end(disk.detach)
        disk.limit(requests_per_second=20)
        return disk.device


class Managed:
    """The guide's guest with another image, other arguments and another disk, for a `Terminal`."""

    def __init__(self, rig, libvirt, name, image, arguments, device):
        self.machine = rig.machine
        self._libvirt = libvirt
        self.name = f"{name}-{rig.mode}"
        folder = self.machine.share
        shutil.copy(IMAGES / f"{image}.elf", folder / "images" / self.name)
        self._console = folder / "console" / f"guest-{self.name}.log"
        self._console.unlink(missing_ok=True)
        self._xml = folder / "configurations" / f"{self.name}.xml"
        text = EXAMPLE.search(GUIDE.read_text())[1]
        for shown, real in (("<name>guest<", f"<name>{self.name}<"), ("words for main", arguments),
                            ("/srv/guests/app.elf", f"/share/images/{self.name}"),
                            ("/dev/vg0/data", device)):  # fmt: skip
            expect(text.count(shown) == 1, f"{GUIDE.name} has {shown!r} {text.count(shown)} times")
            text = text.replace(shown, real)
        self._xml.write_text(text if rig.mode == "pv" else text.replace(PV, PVH))
        rig.log(self._xml.read_text())
        rig.at_end(self._remove)

    def _remove(self):
        """Whatever has become of it."""
        for command in ("destroy", "undefine --managed-save"):
            self.machine.run(f"virsh -c xen:///system {command} {self.name}", check=False)

    def define(self):
        self._libvirt.virsh(f"define /share/configurations/{self._xml.name}")

    def unpause(self):
        self._libvirt.virsh(f"start {self.name}")

    def console(self):
        if not self._console.exists():
            return ""
        return self._console.read_bytes().decode(errors="replace").replace("\r\n", "\n")
