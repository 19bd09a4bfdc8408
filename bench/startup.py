"""How long a guest takes from `xl unpause` to its first byte from a disk, and the least memory that
it starts in."""

import re
import shutil
from dataclasses import dataclass

from machine import places
from machine.configuration import Settings
from machine.errors import MachineError
from machine.guest import Guest
from measure import DISK, GUEST_SECONDS

IMAGES = places.BUILD / "images"
MEBIBYTES = 32
MOST_MEBIBYTES = 16

# Xen gives both domains the same time of day.
TIMED = places.BUILD / "bench" / "linux" / "timed"
UNPAUSE = "/share/timed xl unpause {guest}"
MARK = re.compile(r"^mark (\S+) wall_ns=(\d+) cpu_ns=(\d+)", re.MULTILINE)
STEPS = {"main": "main", "connected": "Connected", "read": "the first byte read"}


@dataclass(frozen=True)
class Step:
    label: str
    since_unpause_ms: float
    cpu_ms: float | None  # the guest's, Xen's work for it included


def steps(machine, setup):
    settings = Settings(IMAGES / "bench" / "boot.elf", "lodger-boot", setup.mode, MEBIBYTES,
                        "xvda", [DISK], list(setup.lines))  # fmt: skip
    shutil.copy(TIMED, machine.share / "timed")
    with Guest(machine, settings) as guest:
        begun, done = map(int, guest.unpause(UNPAUSE).split())
        end = guest.follow(GUEST_SECONDS)
    marks = MARK.findall(end.console)
    if [name for name, _, _ in marks] != list(STEPS):
        raise MachineError(f"{settings.name} ended by {end.reason}:\n{end.console[-2000:]}")
    rows = [Step("xl unpause has ended", (done - begun) / 1e6, None)]
    rows += [Step(STEPS[name], (int(wall) - begun) / 1e6, int(cpu) / 1e6)
             for name, wall, cpu in marks]  # fmt: skip
    return rows


def least_memory(machine, setup):
    """MiB in which `hello` says what it has to say."""
    for mebibytes in range(1, MOST_MEBIBYTES + 1):
        settings = Settings(IMAGES / "hello.elf", "lodger-hello", setup.mode, mebibytes, "", [],
                            list(setup.lines))  # fmt: skip
        try:
            with Guest(machine, settings) as guest:
                if guest.run(GUEST_SECONDS).well:
                    return mebibytes
        except MachineError:
            continue # Xen could not even load it.
    return None


def table(setup, rows, least):
    lines = [f"From `xl unpause` on, with {MEBIBYTES} MiB ({setup.words})",
             f"{'':<28}{'ms':>8}{'CPU ms':>8}"]  # fmt: skip
    for row in rows:
        cpu = f"{row.cpu_ms:8.2f}" if row.cpu_ms is not None else ""
        lines.append(f"{row.label:<28}{row.since_unpause_ms:8.1f}{cpu}")
    lines.append(f"hello starts in {least} MiB" if least else "hello does not start")
    return "\n".join(lines)


def as_json(rows, least):
    return {"steps": [vars(row) for row in rows], "least_memory_mib": least}
