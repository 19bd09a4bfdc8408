"""Runs the measuring programs on the emulated machine: Lodger's images and Linux, one after the
other in the same dom0, with instructions counted as time."""

import re
from contextlib import contextmanager
from dataclasses import dataclass

from machine import linux_guest, places
from machine.configuration import Settings
from machine.disks import Disk
from machine.errors import MachineError
from machine.guest import Guest
from machine.machine import Machine
from machine.verdict import judge

GUEST_SECONDS = 240
DISK = Disk(None, null_bytes=1 << 30)
LINUX_PROGRAMS = ("storebench", "blkbench")
LINUX_MEMORY = 256

FIGURE = re.compile(r"^figure (\S+) requests=(\d+) ns=(\d+) cpu_ns=(\d+) waits=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Setup:
    """How Xen runs both guests."""

    name: str
    words: str
    mode: str
    lines: tuple = ()


# With xl's default Xen emulates a PV guest's time stamp counter here, since QEMU does not promise
# that it is invariant; real machines do. Linux reads it for every request, so that it then looks
# slower than it is.
NATIVE = 'tsc_mode = "native"'
SETUPS = (
    Setup("pv", "PV", "pv", (NATIVE,)),
    Setup("pvh", "PVH", "pvh"),
    Setup("pv-tsc", "PV, time stamp counter emulated", "pv"),
)


@dataclass(frozen=True)
class Figure:
    """What one program measured."""

    requests: int
    ns: int
    cpu_ns: int
    waits: int

    @property
    def per_second(self):
        return self.requests * 1e9 / self.ns

    @property
    def cpu_us(self):
        """Of the guest's CPU, for one request."""
        return self.cpu_ns / self.requests / 1e3


@contextmanager
def started(arguments=()):
    """The machine, with a XenStore that does not write down what it is asked.

    `arguments` are further ones for QEMU.
    """
    with Machine(counted=True, arguments=arguments) as machine:
        machine.run("xenstore-control log off")
        yield machine


def run_lodger(machine, setup, image, arguments, disks=(), memory=64):
    path = places.BUILD / "images" / "bench" / f"{image}.elf"
    settings = Settings(path, f"lodger-{image}", setup.mode, memory, arguments, list(disks),
                        list(setup.lines))  # fmt: skip
    return _figures(machine, settings)


def run_linux(machine, setup, script, disks=(), module_options=None, programs=LINUX_PROGRAMS,
              modules=()):  # fmt: skip
    programs = [places.BUILD / "bench" / "linux" / name for name in programs]
    settings = linux_guest.settings(
        machine.packages, "linux", script, programs, module_options,
        mode=setup.mode, disks=list(disks), extra=list(setup.lines), modules=modules,
        memory=LINUX_MEMORY,
    )  # fmt: skip
    return _figures(machine, settings)


def _figures(machine, settings):
    """What the guest printed, by the figures' names."""
    with Guest(machine, settings) as guest:
        end = guest.run(GUEST_SECONDS)
    verdict = judge(end.console, end.reason)
    if verdict.status:
        raise MachineError(f"{settings.name}: {verdict.words}:\n{end.console[-2000:]}")
    return {name: Figure(*map(int, numbers)) for name, *numbers in FIGURE.findall(end.console)}
