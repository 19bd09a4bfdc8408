"""The smallest guest, in little and much memory; and guests that are no good."""

import re

from harness import case, expect


def hello_in(memory):
    @case(f"hello-{memory}-mib")
    def hello(rig):
        run = rig.run("hello", memory=memory)
        expect(run.verdict.status == 0, run.verdict.words)
        expect(re.search(r"Xen version +4\.17", run.console), "no word of the Xen it runs on")
        expect(re.search(rf"Mode +{rig.mode.upper()}$", run.console, re.M), "no word of the mode")


for memory in (8, 16, 256):
    hello_in(memory)


@case("exit-output")
def output_before_exit_arrives(rig):
    run = rig.run("tests/exit-output")
    expect(run.verdict.status == 0, run.verdict.words)
    lines = [line for line in run.console.splitlines() if line.startswith("line ")]
    expected = [
        f"line {number:04} of 2000, followed by the rest of a line of text"
        for number in range(2000)
    ]
    expect(lines == expected, f"{len(lines)} of 2000 lines have arrived, or out of order")
    expect(run.console.splitlines()[-1] == "Test result: SUCCESS", "the last line is missing")
