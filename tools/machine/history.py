"""What XenStore was asked, by whom and in which order: read from xenstored's trace.

A watch would coalesce changes and show values read later; the trace has every write.
"""

import re
from typing import NamedTuple

TRACE = "/tmp/trace/xenstore"
REQUEST = re.compile(r"IN (\S+) \S+ \S+ (\w+) \(([^ )]*) ?(.*?) ?\)$")
CREATION = re.compile(r"CREATE connection (\S+)")

# What matters here, so that the megabytes of reads stay in dom0.
WANTED = "^CREATE|(WRITE|RM|MKDIR|INTRODUCE) [(]"


class Change(NamedTuple):
    """A request that changed XenStore; `by_guest` tells the guest's own from dom0's."""

    by_guest: bool
    operation: str
    path: str
    value: str


class StateChange(NamedTuple):
    """A XenBus state that one end of a device published."""

    end: str
    state: int


def begin(machine):
    """Forgets what was before: after many guests it takes minutes to read."""
    machine.run(f": >{TRACE}")


def read(machine, identifier):
    """All changes since the domain was introduced to xenstored, with absolute paths."""
    trace = machine.run(f"grep -aE '{WANTED}' {TRACE}").output
    return parse(trace, identifier)


def parse(trace, identifier):
    changes = []
    connection = None
    introducing = introduced = False
    for line in trace.splitlines():
        if created := CREATION.match(line):
            if introducing:
                connection = created[1]
                introducing = False
            continue
        request = REQUEST.match(line)
        if not request:
            continue
        who, operation, path, value = request.groups()
        if operation == "INTRODUCE":
            introducing = path == str(identifier)
            introduced = introduced or introducing
        elif introduced:
            changes.append(_change(identifier, who == connection, operation, path, value))
    return changes


def _change(identifier, by_guest, operation, path, value):
    """A relative path begins at the directory of the domain whose kernel wrote it."""
    if not path.startswith("/"):
        path = f"/local/domain/{identifier if by_guest else 0}/{path}"
    return Change(by_guest, operation, path, value)


def states(changes, identifier, device):
    """The states of both ends of a block device in order, repetitions left out."""
    ends = {
        f"/local/domain/{identifier}/device/vbd/{device}/state": "frontend",
        f"/local/domain/0/backend/vbd/{identifier}/{device}/state": "backend",
    }
    last = {"frontend": 1, "backend": 1}
    result = [StateChange("frontend", 1), StateChange("backend", 1)]
    for change in changes:
        end = ends.get(change.path)
        if end and change.operation == "WRITE" and last[end] != int(change.value):
            last[end] = int(change.value)
            result.append(StateChange(end, last[end]))
    return result
