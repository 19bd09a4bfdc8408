"""The disk that a guest gets when nobody brings one: partitioned, formatted, with known files.

A GPT with two partitions: an ext4 file system made by mke2fs, and a raw one that holds a short
text. All identifiers are fixed, so that what a guest prints about it can be compared.
"""

import contextlib
import os
import shutil
import struct
import subprocess
import tempfile
import uuid
import zlib
from pathlib import Path

from . import places
from .errors import MachineError

SECTOR = 512
DISK_BYTES = 64 << 20
FIRST_USABLE = 34
ENTRY_COUNT, ENTRY_BYTES = 128, 128

LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
DISK_IDENTIFIER = uuid.UUID("10d9e400-0000-4000-8000-000000000000")
NAMES = uuid.uuid5(DISK_IDENTIFIER, "partition")

FIXED_TIME = 1_700_000_000

RAW_TEXT = b"This partition holds no file system, only this line.\n"
FILES = {
    "hello.txt": b"Hello from the host.\n",
    "folder/numbers.txt": b"".join(b"%d\n" % number for number in range(10000)),
    "folder/pattern.bin": bytes(range(256)) * 4096,
}


@contextlib.contextmanager
def fresh_copy():
    """A copy of the default disk for one guest to write to, gone afterwards."""
    with tempfile.NamedTemporaryFile(dir=default().parent, prefix="run-", suffix=".img") as file:
        shutil.copyfile(default(), file.name)
        yield Path(file.name)


def default():
    """The path of the default disk, made at first use, in the repository under build/disks."""
    path = places.work() / "disks" / "default.img"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        make(partial)
        partial.rename(path)
    return path


def make(path, size=DISK_BYTES):
    """Writes a partitioned disk of `size` bytes, a multiple of the sector size."""
    sectors = size // SECTOR
    first = 2048
    middle = sectors * 3 // 4 // 2048 * 2048
    partitions = [
        ("files", first, middle - 1, _ext4((middle - first) * SECTOR)),
        ("text", middle, sectors - FIRST_USABLE - 1, RAW_TEXT),
    ]
    with open(path, "wb") as disk:
        disk.truncate(sectors * SECTOR)
        for _, start, _, contents in partitions:
            disk.seek(start * SECTOR)
            disk.write(contents)
        for lba, data in _table(sectors, partitions):
            disk.seek(lba * SECTOR)
            disk.write(data)


def _ext4(size):
    """A file system of `size` bytes that holds FILES."""
    with tempfile.TemporaryDirectory(prefix="lodger-disk-") as folder:
        source = Path(folder, "source")
        for name, contents in FILES.items():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
        for path in (source, *source.rglob("*")):
            os.utime(path, (FIXED_TIME, FIXED_TIME))
        image = Path(folder, "image")
        command = [
            program("mke2fs"), "-q", "-t", "ext4", "-L", "lodger", "-U", str(DISK_IDENTIFIER),
            "-E", f"hash_seed={DISK_IDENTIFIER},root_owner=0:0", "-d", source,
            image, f"{size // 1024}k",
        ]  # fmt: skip
        environment = {**os.environ, "E2FSPROGS_FAKE_TIME": str(FIXED_TIME)}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        _fix_times(image, [path.relative_to(source) for path in source.rglob("*")])
        return image.read_bytes()


def _fix_times(image, names):
    """When a file was changed and looked at cannot be set in `source`, hence afterwards."""
    commands = "".join(
        f"set_inode_field /{name} {field} {value}\n"
        for name in sorted(names)
        for field, value in (("ctime", f"@{FIXED_TIME}"), ("atime", f"@{FIXED_TIME}"),
                             ("ctime_extra", 0), ("atime_extra", 0))
    )  # fmt: skip
    subprocess.run([program("debugfs"), "-w", "-f", "-", image], input=commands, text=True,
                   check=True, capture_output=True)  # fmt: skip


def program(name):
    """These live where only root's path leads."""
    for folder in ("/sbin", "/usr/sbin"):
        program = Path(folder, name)
        if program.exists():
            return program
    raise MachineError(f"the default disk is made with {name}: install the package e2fsprogs")


def _table(sectors, partitions):
    """(LBA, bytes) of a GPT and its protective MBR (UEFI specification, chapter 5)."""
    entries = b"".join(_entry(*partition[:3]) for partition in partitions)
    entries = entries.ljust(ENTRY_COUNT * ENTRY_BYTES, b"\0")
    last = sectors - 1
    entry_sectors = len(entries) // SECTOR
    return [
        (0, _protective_mbr(sectors)),
        (1, _header(1, last, 2, sectors, entries)),
        (2, entries),
        (last - entry_sectors, entries),
        (last, _header(last, 1, last - entry_sectors, sectors, entries)),
    ]


def _entry(name, first, last):
    identifier = uuid.uuid5(NAMES, name)
    label = name.encode("utf-16-le").ljust(72, b"\0")
    return struct.pack("<16s16sQQQ72s", LINUX_DATA.bytes_le, identifier.bytes_le,
                       first, last, 0, label)  # fmt: skip


def _header(own, other, entries_lba, sectors, entries):
    def pack(checksum):
        return struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, own, other,
            FIRST_USABLE, sectors - FIRST_USABLE - 1, DISK_IDENTIFIER.bytes_le,
            entries_lba, ENTRY_COUNT, ENTRY_BYTES, zlib.crc32(entries),
        )  # fmt: skip

    return pack(zlib.crc32(pack(0)))


def _protective_mbr(sectors):
    """Tells those who know no GPT that the whole disk is taken."""
    count = min(sectors - 1, 0xFFFFFFFF)
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, count)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"
