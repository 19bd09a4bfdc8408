"""The smallest guest, in little and much memory; and guests that are no good."""

import re

from harness import case, expect


def check_hello(rig, run):
    expect(run.verdict.status == 0, run.verdict.words)
    xen = re.escape(rig.machine.packages.xen)
    expect(re.search(rf"Xen version +{xen}", run.console), "no word of the Xen it runs on")
    expect(re.search(rf"Mode +{rig.mode.upper()}$", run.console, re.M), "no word of the mode")


def hello_in(memory, modes):
    @case(f"hello-{memory}-mib", modes)
    def hello(rig):
        run = rig.run("hello", "two words", memory=memory)
        check_hello(rig, run)
        expect(re.search(r"Command line +two words$", run.console, re.M), "no command line")


# The least that libxc builds a PV guest with is 4 MiB.
hello_in(2, ("pvh",))
hello_in(4, ("pv", "pvh"))
hello_in(16, ("pv", "pvh", "hvm"))
hello_in(256, ("pv", "pvh"))


@case("hello-ramdisk", modes=("pv", "pvh", "hvm"))
def prints_the_first_line_of_a_module(rig):
    notes = b"A line from the host.\nAnd another.\n"
    run = rig.run("hello", ramdisk=rig.file("notes.txt", notes))
    check_hello(rig, run)
    expect(f"Module         {len(notes)} bytes: A line from the host.\n" in run.console,
           "no word of the module")  # fmt: skip


def check_output_before_exit(rig):
    run = rig.run("tests/exit-output")
    expect(run.verdict.status == 0, run.verdict.words)
    lines = [line for line in run.console.splitlines() if line.startswith("line ")]
    expected = [
        f"line {number:04} of 2000, followed by the rest of a line of text"
        for number in range(2000)
    ]
    expect(lines == expected, f"{len(lines)} of 2000 lines have arrived, or out of order")
    expect(run.console.splitlines()[-1] == "Test result: SUCCESS", "the last line is missing")


@case("exit-output")
def output_before_exit_arrives(rig):
    check_output_before_exit(rig)


@case("two-ends")
def the_first_to_end_the_guest_does_so(rig):
    run = rig.run("tests/two-ends")
    expect(run.console.count("all is written\n") == 1, "the file system was cut off")
    expect("unmounted twice" not in run.console, "the file system was unmounted twice")
    expect(run.verdict.status == 0, run.verdict.words)
