"""A guest whose coroutines read and write a disk."""

from harness import case, expect

SIZE = (1 << 20) + 3 * 512


@case("coroutines")
def every_bit_is_inverted(rig):
    disk = rig.disk("disk", SIZE, seed=5)
    before = disk.path.read_bytes()
    run = rig.run("tests/coroutines", "", [disk])
    expect(run.verdict.status == 0, run.verdict.words)
    expect(disk.path.read_bytes() == bytes(byte ^ 0xFF for byte in before), "not the bytes inverted")
