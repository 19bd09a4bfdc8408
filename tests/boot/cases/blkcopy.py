"""Writing disks: the host finds in its file what the guest has written."""

from harness import case, expect
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
