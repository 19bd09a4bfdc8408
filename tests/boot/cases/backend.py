"""One guest serves a RAM disk to another: the backend role under real Xen."""

import re
import time

from exercise import Exercise
from harness import case, expect, expect_nothing_open
from rig import sha256

XVDA = 51712
XVDB = 51728
MIB = 1 << 20

# What the toolstack writes for a disk whose backend is in another guest, and who may do what there.
# The medium is there at last, as the hotplug script would have it.
ADD_DISK = """
front=/local/domain/{front}/device/vbd/{device}
back=/local/domain/{back}/backend/vbd/{front}/{device}
xenstore-write $front "" && xenstore-chmod $front n{front} r{back}
xenstore-write $back "" && xenstore-chmod $back n{back} r{front}
xenstore-write $front/backend $back $front/backend-id {back} $front/state 1 \
	$front/virtual-device {device} $front/device-type disk
xenstore-write $back/frontend $front $back/frontend-id {front} $back/online 1 $back/state 1
xenstore-write $back/hotplug-status connected
"""
REMOVE_DISK = """
xenstore-rm /local/domain/{back}/backend/vbd/{front}/{device}
"""
STATE = "xenstore-read /local/domain/{back}/backend/vbd/{front}/{device}/state"


def digests(console, label):
    return re.findall(rf"^{label}: (\d+) bytes, SHA-256 ([0-9a-f]{{64}})$", console, re.MULTILINE)


def await_text(guest, text, seconds=200):
    """Waits until a guest has said something."""
    deadline = time.monotonic() + seconds * guest.machine.patience
    while text not in guest.console():
        expect(time.monotonic() < deadline, f"the guest did not say '{text}'")
        expect(guest.reason() is None, f"the guest ended before it said '{text}'")


@case("backend-serves-blkread")
def one_guest_serves_another(rig):
    backend = rig.guest("ramdisk-backend", "--once 2", memory=16)
    frontend = rig.guest("blkread", f"--timeout=60 device/vbd/{XVDA}")
    names = {"front": frontend.identifier, "back": backend.identifier, "device": XVDA}
    backend.unpause()
    await_text(backend, "Waiting for devices")
    rig.machine.run(ADD_DISK.format(**names))
    run = rig.finish(frontend)
    expect(run.verdict.status == 0, run.verdict.words)
    state = rig.machine.run(STATE.format(**names)).output.strip()
    expect(state == "6", f"the backend's state is {state} after the frontend has closed")
    rig.machine.run(REMOVE_DISK.format(**names))
    served = rig.finish(backend)
    expect(served.verdict.status == 0, served.verdict.words)
    first = digests(served.console, "RAM disk")
    expect(len(first) == 1 and int(first[0][0]) == 2 * MIB, f"the RAM disk is {first}")
    expect(f"xvda: {2 * MIB} bytes" in run.console, "the disk has another size")
    expect(f"SHA-256 {first[0][1]}  xvda" in run.console, "the bytes read are not the disk's")
    expect(digests(served.console, "At the end") == first, "reading has changed the disk")
    for guest in (frontend, backend):
        expect_nothing_open(rig.machine, guest.identifier)


@case("backend-serves-blkverify")
def a_guest_exercises_the_disk_of_another(rig):
    backend = rig.guest("ramdisk-backend", "--once 4", memory=16)
    exercise = Exercise(rig, f"--count=400 --queues=2 --ring-pages=4 device/vbd/{XVDA}")
    names = {"front": exercise.guest.identifier, "back": backend.identifier, "device": XVDA}
    backend.unpause()
    await_text(backend, "Waiting for devices")
    rig.machine.run(ADD_DISK.format(**names))
    exercise.start()
    errors = exercise.pass_with()
    expect(errors == 0, f"{errors} requests have failed")
    rig.machine.run(REMOVE_DISK.format(**names))
    served = rig.finish(backend)
    expect(served.verdict.status == 0, served.verdict.words)
    first, last = digests(served.console, "RAM disk"), digests(served.console, "At the end")
    expect(first and last and first != last, "nothing was written to the RAM disk")
    expect_nothing_open(rig.machine, backend.identifier)


@case("backend-serves-blkcopy")
def what_a_guest_writes_is_in_the_other(rig):
    backend = rig.guest("ramdisk-backend", "--once 2", memory=16)
    source = rig.disk("source", 2 * MIB, seed=21)
    frontend = rig.guest("blkcopy", "xvda xvdb", [source])
    names = {"front": frontend.identifier, "back": backend.identifier, "device": XVDB}
    backend.unpause()
    await_text(backend, "Waiting for devices")
    rig.machine.run(ADD_DISK.format(**names))
    run = rig.finish(frontend)
    expect(run.verdict.status == 0, run.verdict.words)
    rig.machine.run(REMOVE_DISK.format(**names))
    served = rig.finish(backend)
    expect(served.verdict.status == 0, served.verdict.words)
    last = digests(served.console, "At the end")
    expect(last and last[0][1] == sha256(source), "the RAM disk is not what was copied onto it")
