"""A line-wise conversation over a socket with a deadline for everything: the base of both
channels into the machine (QEMU's monitor and the agent in dom0)."""

import selectors
import socket
import time


class LineSocket:
    """One end of a socket pair; the other end is handed to QEMU as a file descriptor.

    No name in the file system, no port: nothing to collide with or to clean up.
    """

    def __init__(self):
        self._own, self.theirs = socket.socketpair()
        self._own.setblocking(False)
        self._pending = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._own, selectors.EVENT_READ)

    def handed_over(self):
        """Closes the other end here, so that the end of its new owner is seen as such."""
        self.theirs.close()

    def send(self, line):
        self._own.setblocking(True)
        self._own.sendall(line.encode() + b"\n")
        self._own.setblocking(False)

    def receive(self, deadline):
        """The next line; None when the deadline (of `time.monotonic`) passes first."""
        while b"\n" not in self._pending:
            remaining = max(0, deadline - time.monotonic())
            if not self._selector.select(remaining):
                return None
            data = self._own.recv(65536)
            if not data:
                raise EOFError
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace").strip()

    def close(self):
        self._selector.close()
        self._own.close()
