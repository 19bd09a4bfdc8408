"""Somebody at a guest's console, who types and waits for what is printed."""

import time

from harness import Failure

# Dom0's daemon takes keys from the pty that it named in XenStore.
TYPE = "printf '{keys}' >$(xenstore-read /local/domain/{guest}/console/tty)"

ANSWER_SECONDS = 200
GLANCE_SECONDS = 0.03

LEFT, RIGHT, UP, DOWN = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
BACKSPACE, TAB, ENTER = "\x7f", "\t", "\r"
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """The console of a guest that is started by this."""

    def __init__(self, guest, start=None):
        self._guest = guest
        self._seen = 0
        (start or guest.unpause)()

    def type(self, keys):
        octal = "".join(f"\\{ord(key):03o}" for key in keys)
        self._guest.machine.run(TYPE.format(keys=octal, guest=self._guest.identifier))

    def wait_for(self, text):
        """Waits until the guest has printed this, behind what was waited for before.

        Returns what was printed in between.
        """
        self.wait_until(lambda: text in self._news(), repr(text))
        before, _, _ = self._news().partition(text)
        self._seen += len(before) + len(text)
        return before

    def wait_until(self, is_so, what):
        """Waits until what the guest has printed is what it should be; `what` says it in words."""
        deadline = time.monotonic() + ANSWER_SECONDS
        machine = self._guest.machine
        while not is_so():
            now = time.monotonic()
            if now > deadline:
                raise Failure(f"the guest has not printed {what} but {self._news()[-200:]!r}")
            machine.wait_for_release(min(deadline, now + GLANCE_SECONDS), machine.releases)

    def _news(self):
        return self._guest.console()[self._seen :]
