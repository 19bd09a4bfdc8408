"""Disks of guests: how people name them, and how files of the host get into dom0.

A file becomes a SCSI disk of the machine, plugged in while it runs. dom0 gives that to the
guest as a block device, so the guest's writes pass dom0's cache by and are in the host's file
when they complete.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from .errors import MachineError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

# Linux names a disk some time after it has been plugged in.
AWAIT_DISK = """
for attempt in $(seq 500); do
	name=$(ls /sys/bus/scsi/devices/*:0:{target}:0/block 2>/dev/null)
	[ -n "$name" ] && [ -b "/dev/$name" ] && echo "/dev/$name" && exit
	usleep 10000
done
echo "the disk has not appeared" >&2; exit 1
"""

MAKE_NULL_DISK = """
cd /sys/kernel/config/nullb && mkdir {name} && cd {name} &&
echo {mebibytes} >size && echo {sector_size} >blocksize && echo {keeps} >memory_backed &&
echo 1 >power &&
echo /dev/{name}
"""


@dataclass(frozen=True)
class Disk:
    """What a guest gets as a disk: a file, or a device that reads and writes nothing, fast, unless
    it is to keep in dom0's memory what is written."""

    path: Path | None
    null_bytes: int = 0
    keeps: bool = False
    read_only: bool = False
    sector_size: int = 512
    backend: str = "phy"  # Linux's; `qdisk` is QEMU's own

    @classmethod
    def parse(cls, text):
        """`FILE[,ro][,sector=4096]` or `null:SIZE[,...]` with SIZE as in 64M."""
        target, *options = text.split(",")
        settings = {}
        for option in options:
            if option == "ro":
                settings["read_only"] = True
            elif option in ("sector=512", "sector=4096"):
                settings["sector_size"] = int(option.partition("=")[2])
            else:
                raise MachineError(f"disk {text}: no option {option} (there are ro, sector=4096)")
        if target.startswith("null:"):
            size = re.fullmatch(r"(\d+)([KMG]?)", target.removeprefix("null:"))
            if not size:
                raise MachineError(f"disk {text}: a size looks like 64M")
            return cls(None, int(size[1]) * UNITS[size[2]], **settings)
        path = Path(target)
        if not path.exists():
            raise MachineError(f"disk {text}: there is no file {target}")
        return cls(path.resolve(), **settings)


class AttachedDisk:
    """A disk while dom0 has it: `device` is its name there."""

    _next_target = 1

    def __init__(self, machine, disk):
        self._machine = machine
        self.disk = disk
        self._target = AttachedDisk._next_target
        AttachedDisk._next_target = self._target % 255 + 1
        self._name = f"disk{self._target}"
        self.device = self._attach_file() if disk.path else self._make_null()

    def _attach_file(self):
        access = {"read-only": self.disk.read_only}
        self._machine.qemu.execute("blockdev-add", {
            "driver": "raw", "node-name": self._name, **access,
            "file": {"driver": "file", "filename": str(self.disk.path), **access},
        })  # fmt: skip
        self._machine.qemu.execute("device_add", {
            "driver": "scsi-hd", "id": self._name, "drive": self._name, "bus": "disks.0",
            "scsi-id": self._target, "lun": 0, "serial": self._name,
            "logical_block_size": self.disk.sector_size,
            "physical_block_size": self.disk.sector_size,
        })  # fmt: skip
        return self._machine.run(AWAIT_DISK.format(target=self._target)).output.strip()

    def _make_null(self):
        script = MAKE_NULL_DISK.format(
            name=self._name, mebibytes=self.disk.null_bytes >> 20,
            sector_size=self.disk.sector_size, keeps=int(self.disk.keeps),
        )  # fmt: skip
        return self._machine.run(script).output.strip()

    def limit(self, requests_per_second=0, bytes_per_second=0):
        """Has the machine's disk, if it is a file, answer no faster than that; 0 is no limit. With
        a byte a second it does not answer at all until it is told otherwise, for which Linux has patience
        here."""
        name = self.device.removeprefix("/dev/")
        self._machine.run(f"echo 900 >/sys/block/{name}/device/timeout")
        none = dict.fromkeys(("bps_rd", "bps_wr", "iops_rd", "iops_wr"), 0)
        self._machine.qemu.execute("block_set_io_throttle", {
            "id": self._name, "bps": bytes_per_second, "iops": requests_per_second, **none,
        })  # fmt: skip

    def detach(self):
        """Takes the disk away again; the guest must have let go of it."""
        if not self.disk.path:
            self._machine.run(f"rmdir /sys/kernel/config/nullb/{self._name}")
            return
        name = self.device.removeprefix("/dev/")
        self._machine.run(f"echo 1 >/sys/block/{name}/device/delete")
        self._machine.qemu.execute("device_del", {"id": self._name})
        self._machine.qemu.wait_until_deleted(self._name)
        self._machine.qemu.execute("blockdev-del", {"node-name": self._name})
