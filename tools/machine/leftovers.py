"""What a domain that has shut down still holds, by Xen's own account (debug keys `g` and `e`)."""

import re

from .errors import MachineError

# The domain builder grants two pages (console and XenStore) and opens two ports (the same).
BUILT_GRANTS = (0, 1)
BUILT_PORTS = (1, 2)

# As Xen describes a port: its number, its state. State 5 is bound to a VIRQ, of which 0 is the
# timer, that a guest has for as long as it lives (xen/common/event_channel.c).
PORT = re.compile(r"^\(XEN\)\s+(\d+) \[.*\]: (.*)$", re.MULTILINE)
TIMER = re.compile(r"s=5 .*\bv=0\b")


def debug_key(machine, key):
    """What Xen logs for a debug key."""
    return machine.run(f"xl dmesg -c >/dev/null; xl debug-keys {key} && xl dmesg").output


def grants(machine, identifier):
    """References of the domain's grants besides the builder's that are still in use."""
    section = _section(
        debug_key(machine, "g"), f"grant-table for remote d{identifier} ", "grant-table for remote"
    )
    found = [int(reference, 16) for reference in re.findall(r"\[0x([0-9a-f]+)\]", section)]
    return [reference for reference in found if reference not in BUILT_GRANTS]


def ports(machine, identifier):
    """The domain's event channels besides the builder's and its timer that are not closed."""
    section = _section(
        debug_key(machine, "e"), f"information for domain {identifier}:", "information for domain"
    )
    found = [int(port) for port, state in PORT.findall(section) if not TIMER.search(state)]
    return [port for port in found if port not in BUILT_PORTS]


def _section(text, beginning, next_beginning):
    """The part of a dump that concerns one domain, which is there also if nothing is in it."""
    _, found, rest = text.partition(beginning)
    if not found:
        raise MachineError(f"Xen has logged nothing under `{beginning.strip()}`")
    return rest.partition(next_beginning)[0]


def store_tree(machine, identifier):
    """The domain's directory in XenStore, as a dictionary from path to value."""
    listing = machine.run(f"xenstore-ls -f /local/domain/{identifier}").output
    pairs = (line.split(" = ", 1) for line in listing.splitlines() if " = " in line)
    return {path: value.strip('"') for path, value in pairs}
