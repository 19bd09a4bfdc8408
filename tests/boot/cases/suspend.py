"""Guests that are saved, restored, migrated and asked to end, by the real xl."""

import re

from harness import case, expect
from terminal import Terminal
from travel import Traveller

ASK = """
xenstore-write /local/domain/{guest}/data/command {command}
until [ "$(xenstore-read /local/domain/{guest}/data/answer)" = {command} ]; do usleep 20000; done
"""
HOLDS = re.compile(
    r"restored (\d+), ports (\d+), watches (\d+), grants (\d+), ballooned (\d+) KiB, (.*)"
)


class Asked(Traveller):
    """A running guest, asked by name through XenStore."""

    def __init__(self, rig):
        self.rig = rig
        self.guest = rig.guest("tests/suspend")
        super().__init__(rig, self.guest)
        self._questions = 0
        self.terminal = Terminal(self.guest)

    def state(self):
        """What the guest says it has: (restored, ports, watches, grants, ballooned, time)."""
        self._questions += 1
        command = f"question-{self._questions}"
        self.rig.machine.run(ASK.format(guest=self.guest.identifier, command=command))
        self.guest.settle()
        said = [line for line in self.guest.console().splitlines() if line.startswith(command)]
        self.rig.log("\n".join(said) + "\n")
        expect(said, f"no {command} on the console")
        found = HOLDS.search(said[-1])
        return [int(number) for number in found.groups()[:5]] + [found[6]]

    def state_once(self, is_so, what):
        """What it has as soon as that is so; `what` says it in words."""
        states = []

        def look():
            states.append(self.state())
            return is_so(states[-1])

        self.terminal.wait_until(look, what)
        return states[-1]

    def node(self, path):
        return f"/local/domain/{self.guest.identifier}/{path}"

    def write(self, path, value):
        self.rig.machine.run(f"xenstore-write {self.node(path)} '{value}'")

    def read(self, path):
        return self.rig.machine.run(f"xenstore-read {self.node(path)}").output.rstrip("\n")

    def expect_end(self, reason):
        end = self.guest.follow(60)
        self.rig.log(end.console)
        expect(end.reason == reason, f"the guest ended by {end.reason}")
        return end.console


def check_same(before, after, times):
    expect(after[0] == before[0] + times, f"restored {after[0] - before[0]} times, not {times}")
    expect(after[1:] == before[1:], f"it had {before[1:]} and has {after[1:]}")


@case("save-and-restore", modes=("pv", "pvh", "hvm"))
def is_saved_and_restored(rig):
    asked = Asked(rig)
    before = asked.state()
    expect(before[5] == "time goes on", before[5])
    for times in range(1, 4):
        asked.save_and_restore()
        check_same(before, asked.state(), times)
        expect(asked.read("control/feature-suspend") == "1", "suspend is not advertised again")
    asked.save_and_go_on()
    check_same(before, asked.state(), 3)
    asked.xl(f"shutdown -w {asked.name}")
    console = asked.expect_end("poweroff")
    expect("FAILED" not in console, "the guest complains")
    expect("atexit" in console, "the guest did not run what exit runs")


@case("save-cancelled")
def goes_on_where_it_was(rig):
    asked = Asked(rig)
    before = asked.state()
    for _ in range(2):
        asked.save_and_go_on()
        check_same(before, asked.state(), 0)


@case("migrate-live", modes=("pvh",))
def is_migrated(rig):
    asked = Asked(rig)
    before = asked.state()
    for times in (1, 2):
        asked.migrate()
        check_same(before, asked.state(), times)


@case("control-shutdown")
def ends_when_asked(rig):
    asked = Asked(rig)
    asked.state()
    for value in ("fly", "power", "poweroffx", "x" * 100):
        asked.write("control/shutdown", value)
        asked.state()
        expect(asked.read("control/shutdown") == value, f"{value} was taken for a request")
    asked.write("control/shutdown", "")
    asked.write("control/sysrq", "t")
    asked.terminal.wait_for("thread clock: waits")
    expect(asked.read("control/sysrq") == "", "the key was not taken")
    asked.xl(f"reboot {asked.name}")
    asked.expect_end("reboot")


@case("control-crash")
def crashes_when_asked(rig):
    asked = Asked(rig)
    asked.state()
    asked.write("control/shutdown", "crash")
    console = asked.expect_end("crash")
    expect("the toolstack asked for a crash" in console, "no word of why")


def xen_memory(asked):
    listing = asked.rig.machine.run(f"xl list {asked.name}").output
    return int(listing.splitlines()[-1].split()[2])


@case("memory-target")
def gives_and_takes_memory(rig):
    asked = Asked(rig)
    before = asked.state()
    whole = xen_memory(asked)
    asked.xl(f"mem-set {asked.name} 10m")
    asked.state_once(lambda state: state[4] == 6 * 1024, "that 6 MiB are given back")
    expect(xen_memory(asked) == whole - 6, "Xen does not have the memory")
    asked.save_and_restore()
    expect(asked.state()[4] == 6 * 1024, "what was given is not what was")
    asked.xl(f"mem-set {asked.name} 2m")
    asked.state_once(lambda state: state[4] > 6 * 1024, "that more is given back")
    asked.xl(f"mem-set {asked.name} 16m")
    asked.state_once(lambda state: state[1:] == before[1:], "that all came back")
    expect(xen_memory(asked) == whole, "Xen still has some of it")
