"""Guests that check the library from within, and say in their last line what they found."""

from harness import case, expect
from rig import IMAGES


def guest_that_judges_itself(image, memory):
    @case(f"{image}-{memory}-mib")
    def judges_itself(rig):
        run = rig.run(f"tests/{image}", memory=memory)
        expect(run.verdict.status == 0, run.verdict.words)
        expect("Test result: SUCCESS" in run.console, "the guest gives no verdict")


guest_that_judges_itself("heap", 8)
guest_that_judges_itself("heap", 64)
guest_that_judges_itself("threads", 16)
guest_that_judges_itself("protection", 16)
guest_that_judges_itself("balloon", 16)


@case("modules")
def module_is_what_the_host_gave(rig):
    """The guest's own image is its ramdisk: a file that is there anyway."""
    path = IMAGES / "tests/modules.elf"
    image = path.read_bytes()
    run = rig.run("tests/modules", ramdisk=path)
    expect(run.verdict.status == 0, run.verdict.words)
    expect(f"module 0: {len(image)} bytes, sum {sum(image)}" in run.console, "not the same bytes")
    expect(f"afterwards: sum {sum(image)}" in run.console, "memory in use was taken for free")
