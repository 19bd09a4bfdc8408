"""Guests that check the library from within, and say in their last line what they found."""

from harness import case, expect


def guest_that_judges_itself(image, memory):
    @case(f"{image}-{memory}-mib")
    def judges_itself(rig):
        run = rig.run(f"tests/{image}", memory=memory)
        expect(run.verdict.status == 0, run.verdict.words)
        expect("Test result: SUCCESS" in run.console, "the guest gives no verdict")


guest_that_judges_itself("heap", 8)
guest_that_judges_itself("heap", 64)
guest_that_judges_itself("threads", 16)
