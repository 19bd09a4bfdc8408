"""The frame around the cases: how they are registered, run, timed and reported."""

import fnmatch
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from machine import places
from machine.errors import MachineError
from machine.machine import Machine
from rig import Rig

LOGS = places.BUILD / "boot"
CASES = []


class Failure(Exception):
    """What a case found wrong, in one line."""


def expect(condition, what):
    """`what` says in words what should have held, or what was found instead."""
    if not condition:
        raise Failure(what)


@dataclass(frozen=True)
class Case:
    name: str
    mode: str
    function: Callable
    machine_memory: int

    def matches(self, pattern, mode):
        """A pattern is part of a name, or has wildcards for all of it."""
        by_name = pattern in self.name or fnmatch.fnmatch(self.name, pattern)
        return by_name and mode in (None, self.mode)


# Enough for dom0 and a guest of a few hundred MiB.
MACHINE_MEBIBYTES = 1280


def case(name, modes=("pv", "pvh"), machine_memory=MACHINE_MEBIBYTES):
    """Registers a function as a case, once a mode; it is given a `Rig`.

    A case for a large guest asks for a machine with more memory, in MiB.
    """

    def register(function):
        CASES.extend(Case(name, mode, function, machine_memory) for mode in modes)
        return function

    return register


class Runner:
    """Owns the machine: starts it for the first case, and anew if a case has brought it down."""

    def __init__(self):
        self._machine = None

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
        machine = self._running_machine(case.machine_memory)
        rig = Rig(machine, case, log)
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

    def _running_machine(self, memory):
        if self._machine and not (self._machine.qemu.running and self._machine.memory >= memory):
            self._stop()
        if not self._machine:
            self._machine = Machine(memory)
            print(f"Xen and dom0 are up after {self._machine.start_seconds:.1f} s", flush=True)
        return self._machine

    def _stop(self):
        if self._machine:
            self._machine.stop()
            self._machine = None
