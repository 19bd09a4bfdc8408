"""What is told to people about a guest that did not end well."""

import re

# Lines of Xen's log that concern a guest; the rest is dom0's own console and noise.
TAIL_LINES = 60

# A line as runtime/backtrace.cpp prints it.
FRAME = re.compile(r"^  #(\d+) 0x([0-9a-f]+)  ", re.MULTILINE)


def of_failure(guest, end):
    """The end of Xen's log, with names for the guest's addresses.

    The registers follow if they are not there already and the guest has not reported on itself.
    """
    symbols = guest.symbols()
    lines = [line for line in end.xen_log.splitlines() if _says_something(line)]
    parts = ["--- Xen's log ---", symbols.annotate("\n".join(lines[-TAIL_LINES:])) or "(empty)"]
    told = "RIP:" in end.xen_log or "lodger: panic" in end.console
    if end.registers.strip() and not told:
        parts += ["--- registers of the guest's CPU ---", _registers(end.registers, symbols)]
    return "\n".join(parts)


def backtrace(console, symbols):
    """The backtrace of a guest's last panic with files and lines; empty if there is none.

    What is called returns behind the call, which may be another line: only #0 is not a caller."""
    panic = console.rpartition("lodger: panic")[2] if "lodger: panic" in console else ""
    lines = []
    for number, digits in FRAME.findall(panic):
        address = int(digits, 16) - (number != "0")
        if symbols.is_code(address):
            lines.append(f"  #{number} {symbols.name(address)}")
    return "\n".join(lines)


def _says_something(line):
    """Xen's own lines without those of a stack dump that hold nothing but zeros."""
    return "(XEN)" in line and not re.fullmatch(r"\(XEN\)[ 0]+", line)


def _registers(text, symbols):
    """The register lines of xenctx: what follows (stack, code bytes) repeats Xen's log."""
    wanted = text.split("\ncr0:")[0]
    return symbols.annotate(wanted.rstrip())
