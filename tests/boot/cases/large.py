"""A guest with much memory. It needs a larger machine, hence it comes last."""

from harness import Needs, case, expect

GUEST_MEBIBYTES = 3 << 10


@case("all-memory-3-gib", needs=Needs(GUEST_MEBIBYTES + 768))
def all_memory_is_usable(rig):
    run = rig.run("tests/all-memory", memory=GUEST_MEBIBYTES, seconds=300)
    expect(run.verdict.status == 0, run.verdict.words)
    expect("Test result: SUCCESS" in run.console, "the guest gives no verdict")
