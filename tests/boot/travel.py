"""What xl does to a guest that goes on: saved and restored, migrated, or not saved after all."""

import time

from harness import expect

# xl runs `WRAPPER HOST xl migrate-receive`.
WRAPPER = b'shift\nexec "$@"\n'

# With a guest that keeps dom0 busy.
MOST_SECONDS = 200


class Traveller:
    """A guest to which that happens, by its name: it is another domain each time."""

    def __init__(self, rig, guest):
        self._rig = rig
        self._guest = guest
        self._saved = rig.dom0_file("saved")
        self._wrapper = rig.file("wrapper", WRAPPER)

    @property
    def name(self):
        return self._guest.settings.name

    def xl(self, command):
        started = time.monotonic()
        outcome = self._rig.machine.run(f"xl {command}", seconds=MOST_SECONDS, check=False)
        took = f"{time.monotonic() - started:.1f} s"
        self._rig.log(f"\n--- xl {command}: {outcome.status} ({took})\n"
                      f"{outcome.output}{outcome.errors}")  # fmt: skip
        expect(outcome.status == 0, f"xl {command} ended with {outcome.status}")

    def save_and_restore(self):
        self.xl(f"save {self.name} {self._saved}")
        self._restore()

    def save_and_restore_after(self, change):
        """Calls `change` when the guest is saved, and its backends still have what it asked for."""
        self.xl(f"save -p {self.name} {self._saved}")
        change()
        self.xl(f"destroy {self.name}")
        self._restore()

    def _restore(self):
        self.xl(f"restore -e {self._saved}")
        self._guest.find()

    def save_and_go_on(self):
        self.xl(f"save -c {self.name} {self._saved}")

    def migrate(self):
        self.xl(self.migration())
        self._guest.find()

    def migration(self, *options):
        """The command of xl that does so."""
        wrapper = f"'sh /share/files/{self._wrapper.name}'"
        return " ".join(("migrate -e", *options, "-s", wrapper, self.name, "localhost"))
