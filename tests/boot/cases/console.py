"""Keys typed at the real console: an editor of lines, and the C library's input."""

from harness import case, expect
from terminal import BACKSPACE, CTRL_C, CTRL_D, ENTER, LEFT, RIGHT, TAB, UP, Terminal

PROMPT = "store> "


def at_shell(rig):
    """A shell that waits for its first command; and what reading its `name` prints."""
    guest = rig.guest("store-shell")
    terminal = Terminal(guest)
    terminal.wait_for(PROMPT)
    return guest, terminal, f'\n"{guest.settings.name}"\n'


def leave(rig, guest, terminal):
    """Ctrl-D ends the shell where a line is empty."""
    terminal.type(CTRL_D)
    run = rig.finish(guest)
    expect(run.verdict.status == 0, run.verdict.words)
    expect("Test result: SUCCESS" in run.console, "the shell gives no verdict")


def check_shell(rig):
    """Every editing key, each in a command that is wrong without it."""
    guest, terminal, name = at_shell(rig)
    # All of it at once, as if pasted, and without a key that the shell does not know.
    for keys in (
        "read namex" + BACKSPACE + ENTER,
        "read nme" + LEFT * 2 + "a" + RIGHT * 5 + ENTER,
        UP + ENTER,
        "read domid" + UP + ENTER,
        "rea" + TAB + "na" + TAB + ENTER,
        "rm data" + CTRL_C + "read name" + ENTER,
    ):
        terminal.type(keys)
        terminal.wait_for(name)
        terminal.wait_for(PROMPT)
    terminal.type("ls data" + CTRL_D + ENTER)
    terminal.wait_for(PROMPT)
    terminal.type("ls" + ENTER)
    listing = terminal.wait_for(PROMPT)
    expect("data = " in listing, "Ctrl-C has not called the command off")
    leave(rig, guest, terminal)


@case("store-shell-keys")
def shell_is_edited_at_the_console(rig):
    check_shell(rig)


@case("lines")
def c_library_reads_lines(rig):
    guest = rig.guest("tests/lines")
    terminal = Terminal(guest)
    terminal.wait_for("ready\n")
    terminal.type("one line" + ENTER)
    terminal.wait_for("line 1: [one line]\n")
    terminal.type("secnd" + BACKSPACE * 2 + "ond" + ENTER + "third" + ENTER)
    terminal.wait_for("line 2: [second]\n")
    terminal.wait_for("line 3: [third]\n")
    terminal.type("no end" + CTRL_D * 2)
    terminal.wait_for("line 4: [no end], the last\n")
    run = rig.finish(guest)
    expect("4 lines, then the end\nTest result: SUCCESS\n" in run.console, "no end is seen")


@case("crash-on-failure")
def failure_is_a_crash_if_asked_for(rig):
    """What else would be a power-off is one that `on_crash=` applies to."""
    run = rig.run("blkread", "lodger.crash_on_failure xvda")
    expect("lodger: exit status 1\n" in run.console, "the exit status is not told")
    expect(run.end.reason == "crash", f"the guest ended by {run.end.reason}, not by a crash")
