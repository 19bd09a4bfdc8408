"""What is told to people about a guest that did not end well."""

# Lines of Xen's log that concern a guest; the rest is dom0's own console and noise.
TAIL_LINES = 60


def of_failure(guest, end):
    """The end of Xen's log, with names for the guest's addresses, and the registers."""
    symbols = guest.symbols()
    lines = [line for line in end.xen_log.splitlines() if "(XEN)" in line]
    parts = ["--- Xen's log ---", symbols.annotate("\n".join(lines[-TAIL_LINES:])) or "(empty)"]
    if end.registers.strip():
        parts += ["--- registers of the guest's CPU ---", _registers(end.registers, symbols)]
    return "\n".join(parts)


def _registers(text, symbols):
    """The register lines of xenctx: what follows (stack, code bytes) repeats Xen's log."""
    wanted = text.split("\ncr0:")[0]
    return symbols.annotate(wanted.rstrip())
