"""Crashes: each must reach Xen as one, with a report that says what happened and where."""

from harness import case, expect
from machine import report


def crash(rig, image, arguments=""):
    run = rig.run(image, arguments)
    expect(run.end.reason == "crash", f"the guest ended by {run.end.reason}, not by a crash")
    expect("Test result" not in run.console, "the guest went on")
    return run


@case("panic")
def panic_reaches_xen(rig):
    run = crash(rig, "tests/panic")
    expect("lodger: panic: this guest panics on purpose" in run.console, "no reason is given")
    expect("main" in run.console.partition("on purpose")[2], "the backtrace does not name main")
    lines = report.backtrace(run.console, run.guest.symbols())
    expect("main (main.cpp:" in lines, f"no file and line of main: {lines}")


def undefined(what, says, where):
    @case(f"undefined-{what}")
    def undefined_behaviour_is_reported(rig):
        run = crash(rig, "tests/undefined", what)
        expect(f"undefined behaviour: {says}" in run.console, f"the report does not say: {says}")
        expect("guests/undefined/main.cpp:" in run.console, "the report does not say where")
        lines = report.backtrace(run.console, run.guest.symbols())
        expect(f"{where}(int" in lines and "main.cpp:" in lines, f"no line of {where}: {lines}")


undefined("overflow", "signed addition overflows", "add_one")
undefined("null", "null pointer", "pointed_to")


@case("undefined-nothing", modes=("pvh",))
def defined_behaviour_is_left_alone(rig):
    run = rig.run("tests/undefined")
    expect("result 42" in run.console, "the guest did not come to its end")


def fault(name, says, where):
    @case(f"fault-{name}")
    def fault_reports(rig):
        run = crash(rig, "tests/fault", name)
        expect(says in run.console, f"the report does not say: {says}")
        expect(where in run.console, f"the backtrace does not name {where}")


fault("text", "page fault: write to", "write_to_text")
fault("heap", "page fault: execution of", "execute_the_heap")
fault("null", "page fault: read of 0x0 (null pointer)", "read_null")


@case("fault-stack", modes=("pv",))
def stack_overflow_is_reported_by_xen(rig):
    """On PV the guest cannot report it: Xen has no stack to push the exception's frame to."""
    run = crash(rig, "tests/fault", "stack")
    expect("domain_crash" in run.end.xen_log, "Xen's log tells of no crash")
    text = report.of_failure(run.guest, run.end)
    rig.log(text)
    expect("recurse" in text, "the report does not name the function that overflowed the stack")


@case("fault-stack", modes=("pvh",))
def stack_overflow_is_reported_by_the_guest(rig):
    """Here the exception is handled on a stack of its own."""
    run = crash(rig, "tests/fault", "stack")
    expect("lodger: panic: " in run.console, "the guest gives no report")
    expect("recurse" in run.console, "the backtrace does not name recurse")
