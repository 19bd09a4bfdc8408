"""The frame around the cases: how they are registered, run, timed and reported."""

import fnmatch
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from machine import leftovers, places
from machine.errors import MachineError
from machine.machine import Machine
from machine.packages import USUAL_XEN, Packages
from rig import Rig

LOGS = places.BUILD / "boot"
CASES = []


class Failure(Exception):
    """What a case found wrong, in one line."""


def expect(condition, what):
    """`what` says in words what should have held, or what was found instead."""
    if not condition:
        raise Failure(what)


def expect_nothing_open(machine, identifier):
    """A guest that has ended has neither grants nor ports by Xen's account."""
    for what in (leftovers.grants, leftovers.ports):
        left = what(machine, identifier)
        expect(not left, f"{what.__name__} still open: {left}")


@dataclass(frozen=True)
class Needs:
    """The machine a case runs on: at least so much memory (by default enough for dom0 and a guest
    of a few hundred MiB), and exactly this Xen and this XenStore daemon."""

    mebibytes: int = 1280
    xen: str = USUAL_XEN
    xenstored: str = "xenstored"

    def start(self):
        return Machine(self.mebibytes, Packages(self.xen), xenstored=self.xenstored)

    def are_met_by(self, machine):
        enough = machine.memory >= self.mebibytes
        same = (machine.packages.xen, machine.xenstored) == (self.xen, self.xenstored)
        return machine.qemu.running and enough and same

    def __str__(self):
        return f"Xen {self.xen} with {self.xenstored}"


@dataclass(frozen=True)
class Case:
    name: str
    mode: str
    function: Callable
    needs: Needs

    def matches(self, pattern, mode):
        """A pattern is part of a name, or has wildcards for all of it."""
        by_name = pattern in self.name or fnmatch.fnmatch(self.name, pattern)
        return by_name and mode in (None, self.mode)


def case(name, modes=("pv", "pvh"), needs=Needs()):
    """Registers a function as a case, once a mode; it is given a `Rig`.

    Cases in a row that need the same machine share it; another one takes seconds to start.
    """

    def register(function):
        CASES.extend(Case(name, mode, function, needs) for mode in modes)
        return function

    return register


class Runner:
    """Owns the machine: starts it for the first case, and anew if a case has brought it down."""

    def __init__(self, repeat=None):
        self._machine = None
        self._repeat = repeat

    def run(self, cases):
        LOGS.mkdir(parents=True, exist_ok=True)
        failed = 0
        try:
            for case in cases:
                failed += not self._run_one(case)
        finally:
            self._stop()
        return len(cases) - failed, failed

    def _run_one(self, case):
        log = LOGS / f"{case.name}-{case.mode}.log"
        log.unlink(missing_ok=True)
        machine = self._running_machine(case.needs)
        rig = Rig(machine, case, log, self._repeat)
        started = time.monotonic()
        reason = self._reason_of_failure(case, rig)
        seconds = time.monotonic() - started
        label = f"{case.name:28} {case.mode:4} {seconds:5.1f} s"
        if reason is None:
            print(f"ok    {label}", flush=True)
            return True
        first, _, more = reason.partition("\n")
        where = log.relative_to(places.REPOSITORY)
        print(f"FAIL  {label}  {first} (see {where})", flush=True)
        rig.log(f"\nFAIL: {first}\n{more}\n")
        return False

    @staticmethod
    def _reason_of_failure(case, rig):
        """None, or what was wrong: one line for people, then what else there is to say."""
        try:
            with rig:
                case.function(rig)
        except (Failure, MachineError) as error:
            return str(error).strip()
        except Exception as error:  # a mistake in the case itself must not end the run
            return f"the case itself fails: {error!r}\n{traceback.format_exc()}"
        return None

    def _running_machine(self, needs):
        if self._machine and not needs.are_met_by(self._machine):
            self._stop()
        if not self._machine:
            self._machine = needs.start()
            print(f"{needs} is up after {self._machine.start_seconds:.1f} s", flush=True)
        return self._machine

    def _stop(self):
        if self._machine:
            self._machine.stop()
            self._machine = None
