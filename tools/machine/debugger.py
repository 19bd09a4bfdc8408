"""gdb on a guest of the emulated machine, through QEMU's own stub.

QEMU stops its processor at a virtual address, whoever runs there. A guest's code lies from 1 MiB on,
where neither Xen nor dom0 has any, so what stops there is the guest. The whole machine stops with it:
no time passes, and nobody in dom0 gets impatient.
"""

import shutil
import signal
import subprocess

from .errors import MachineError

# QEMU translates addresses by the processor's page tables alone. With nested paging these lead to
# what the guest takes for its memory, and the second translation is missed.
UNREADABLE = ("pvh", "hvm")


def require():
    """The path of gdb, asked for before a machine is started for nothing."""
    path = shutil.which("gdb")
    if not path:
        raise MachineError("gdb is missing: apt-get install gdb")
    return path


def converse(machine, guest, script, show_news):
    """Runs gdb with the guest stopped at `main`, and returns when gdb ends; the guest goes on then.

    With a script gdb does what it says and asks nobody. `show_news` is called now and then, to show
    what the guest has said.
    """
    socket = machine.share / "gdb"
    # Stopped, so that dom0 starts the guest only once gdb has set its breakpoint and lets it go on.
    machine.qemu.execute("stop")
    guest.begin_unpausing()
    machine.qemu.execute("human-monitor-command",
                         {"command-line": f"gdbserver unix:{socket},server=on,wait=off"})  # fmt: skip
    process = subprocess.Popen(_command(guest, socket, script))
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
    try:
        while process.poll() is None:
            show_news()
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
    finally:
        signal.signal(signal.SIGINT, interrupt)
        process.kill()
        process.wait()
    if not machine.qemu.running:
        raise MachineError("the machine has ended with gdb")
    machine.qemu.execute("cont")


def _command(guest, socket, script):
    words = [require(), "-q", "-nx", "-iex", "set confirm off", str(guest.settings.image)]
    if guest.settings.mode in UNREADABLE:
        words += ["-ex", "set trust-readonly-sections on"]
    words += ["-ex", f"target remote {socket}", "-ex", "hbreak main", "-ex", "continue",
              "-ex", "delete"]  # fmt: skip
    return words + (["-batch", "-x", str(script)] if script else [])
