"""Writing disks: the host finds in its file what the guest has written."""

import random
import tempfile
from pathlib import Path

from ext4 import bring_ext4, contents_of, faults_of, make_ext4
from harness import case, expect
from machine.disks import AttachedDisk, Disk
from rig import sha256

MIB = 1 << 20


@case("blkcopy")
def copies_one_disk_to_another(rig):
    source = rig.disk("source", 5 * MIB + 512, seed=4)
    target = rig.disk("target", 5 * MIB + 512)
    original = sha256(source)
    run = rig.run("blkcopy", "xvda xvdb", [source, target])
    expect(run.verdict.status == 0, run.verdict.words)
    expect(sha256(source) == original, "the source has changed")
    expect(sha256(target) == original, "the copy differs from the source")


@case("blkcopy-read-only")
def refuses_to_write_a_read_only_disk(rig):
    source = rig.disk("source", MIB, seed=5)
    target = rig.disk("target", MIB, read_only=True)
    run = rig.run("blkcopy", "xvda xvdb", [source, target])
    expect(run.verdict.status == 1, "the guest does not report failure")
    expect("read-only" in run.console, "the guest does not say why")


FILL_IN_DOM0 = """
mkdir -p /tmp/filled && mount -t ext4 {device} /tmp/filled &&
cp -r /tmp/filled/files /tmp/filled/again && umount /tmp/filled
"""


@case("blkcopy-ext4")
def a_file_system_comes_through_whole(rig):
    """Made on the host, changed by Linux, copied by the guest: the copy has no fault, and the same
    files as the original."""
    bring_ext4(rig.machine)
    source = Disk(rig.file("source.img", b""))
    target = rig.disk("target", 8 * MIB)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        (tree / "files").mkdir(parents=True)
        numbers = random.Random(6)
        for number in range(40):
            data = numbers.randbytes(numbers.randrange(100_000))
            (tree / "files" / f"{number}").write_bytes(data)
        make_ext4(source.path, 8, tree)
        attached = AttachedDisk(rig.machine, source)
        rig.machine.run(FILL_IN_DOM0.format(device=attached.device))
        attached.detach()
        run = rig.run("blkcopy", "xvda xvdb", [source, target])
        expect(run.verdict.status == 0, run.verdict.words)
        expect(not faults_of(target.path), f"e2fsck says {faults_of(target.path)}")
        expect(sha256(source) == sha256(target), "the copy differs from the source")
        Path(scratch, "copied").mkdir()
        copied = contents_of(target.path, Path(scratch, "copied"))
        for number in range(40):
            original = (tree / "files" / f"{number}").read_bytes()
            for folder in ("files", "again"):
                expect(copied.get(Path(folder, str(number))) == original,
                       f"{folder}/{number} is another one")
