"""All that xl does to a guest, done to one that has requests under way on two disks."""

from itertools import zip_longest

from exercise import Disks, Exercise
from harness import case, expect
from machine import leftovers
from travel import Traveller

FIRST, SECOND = "xvda", "xvdb"
REATTACHMENTS = 6  # `make soak-boot` does 50

# Until it is told to end; dom0 may take its time. With little at a time it has more of it.
DEPTH = 8
WITHOUT_END = f"--time=9000 --patience=900 --on-loss=wait --span=4 --depth={DEPTH} --largest=64"


class Journey:
    def __init__(self, rig):
        disks = Disks(rig)
        self._rig = rig
        self._second_device = disks.slow("second")
        self._exercise = Exercise(rig, f"{WITHOUT_END} {FIRST} {SECOND}",
                                  disks=[rig.disk("first", 16 << 20)])  # fmt: skip
        self._traveller = Traveller(rig, self._exercise.guest)
        self._first = self._exercise.guest.disks[0]
        self._let_first_answer()
        self._exercise.attach(SECOND, self._second_device)
        self._exercise.start()
        self._go_on()
        self._ports = self._count_ports()
        self.losses = 0

    def legs(self):
        """Everything but attaching and detaching."""
        legs = [self.pause, self.restore, self.cancel, self.restore_unanswered, self.pause,
                self.restore_unanswered]  # fmt: skip
        # Debian's Xen cannot track which pages a PV guest writes to.
        return legs + [self.migrate] * 2 if self._rig.mode == "pvh" else legs

    def reattach(self):
        self._exercise.detach(SECOND)
        self._exercise.wait_for_change(SECOND, "lost")
        self._exercise.attach(SECOND, self._second_device)
        self._exercise.wait_for_change(SECOND, "connected")
        self.losses += 1
        self._go_on()

    def pause(self):
        self._exercise.xl("pause")
        self._exercise.xl("unpause")
        self._go_on()

    def cancel(self):
        self._traveller.save_and_go_on()
        self._go_on()

    def restore(self):
        self._traveller.save_and_restore()
        self._arrive()

    def restore_unanswered(self):
        """Of the requests to the first disk none is answered until the guest is saved."""
        self._first.limit(bytes_per_second=1)
        self._exercise.wait_for_standstill(FIRST)
        self._traveller.save_and_restore_after(self._let_first_answer)
        self._arrive()
        unanswered = self._exercise.unanswered_at_losses(FIRST)[-1]
        expect(unanswered == DEPTH, f"when {FIRST} was lost, {unanswered} were under way")

    def _let_first_answer(self):
        """As slowly as the second: dom0 has other things to do."""
        self._first.limit(requests_per_second=20)

    def migrate(self):
        self._traveller.migrate()
        self._arrive()

    def _arrive(self):
        for change in ("lost", "connected"):
            for name in (FIRST, SECOND):
                self._exercise.wait_for_change(name, change)
        self.losses += 2
        self._go_on()

    def _go_on(self):
        """Waits until either disk has done what may have been under way, and more."""
        before = self._exercise.requests()
        wanted = {name: before.get(name, 0) + 2 * DEPTH for name in (FIRST, SECOND)}

        def have_done_more():
            done = self._exercise.requests()
            return all(done.get(name, 0) > wanted[name] for name in wanted)

        self._exercise.terminal.wait_until(have_done_more, f"of more requests than {before}")

    def _count_ports(self):
        return len(leftovers.ports(self._rig.machine, self._exercise.guest.identifier))

    def end(self):
        ports = self._count_ports()
        expect(ports == self._ports, f"it had {self._ports} ports and has {ports}")
        self._exercise.xl("shutdown")
        errors = self._exercise.pass_with(losses=self.losses)
        expect(errors == 0, f"{errors} requests have failed")


@case("blkverify-journey")
def loses_nothing_on_the_way(rig):
    journey = Journey(rig)
    reattachments = [journey.reattach] * rig.times(REATTACHMENTS)
    for reattach, leg in zip_longest(reattachments, journey.legs(), fillvalue=lambda: None):
        reattach()
        leg()
    journey.end()
