"""The XenBus handshake as XenStore saw it, and what is left when a guest has ended."""

from harness import case, expect, expect_nothing_open
from machine import history, leftovers

XVDA = 51712
XVDB = 51728

# A whole disk directory with a backend that no driver serves: under `silent`, where nobody looks.
ADD_SILENT_DISK = """
front=/local/domain/{guest}/device/vbd/{device}
back=/local/domain/0/backend/silent/{guest}/{device}
xenstore-write $front/backend $back $front/backend-id 0 $front/state 1 \
	$front/virtual-device {device} $front/device-type disk
xenstore-write $back/frontend $front $back/frontend-id {guest} $back/online 1 $back/state {state}
xenstore-chmod -r $front n{guest} r0
xenstore-chmod -r $back n0 r{guest}
"""


def of(changes, end):
    return [change.state for change in changes if change.end == end]


@case("handshake-order")
def states_come_in_order(rig):
    history.begin(rig.machine)
    run = rig.run("blkread", "xvda", [rig.disk("disk", 1 << 20, seed=6)])
    expect(run.verdict.status == 0, run.verdict.words)
    identifier = run.guest.identifier
    changes = history.states(history.read(rig.machine, identifier), identifier, XVDA)
    rig.log("".join(f"{change.end:8} {change.state}\n" for change in changes))
    expect(of(changes, "frontend") == [1, 3, 4, 5, 6],
           f"the frontend's states are {of(changes, 'frontend')}")  # fmt: skip
    initialised = changes.index(("frontend", 3))
    expect(("backend", 2) in changes[:initialised], "3 was published before the backend was at 2")
    connected = changes.index(("frontend", 4))
    expect(("backend", 4) in changes[:connected], "4 was published before the backend was at 4")


@case("nothing-left-behind")
def nothing_is_left_behind(rig):
    guest = rig.guest("blkread", "xvda", [rig.disk("disk", 1 << 20, seed=7)])
    directory = f"/local/domain/{guest.identifier}/device/vbd/{XVDA}"
    before = leftovers.store_tree(rig.machine, guest.identifier)
    run = rig.finish(guest)
    expect(run.verdict.status == 0, run.verdict.words)
    after = leftovers.store_tree(rig.machine, guest.identifier)
    changed = [
        f"{path} from {before.get(path)} to {after.get(path)}"
        for path in sorted(before | after)
        if before.get(path) != after.get(path)
        and path != f"{directory}/state"
        and "/control/feature-" not in path  # what the guest says of itself
    ]
    expect(not changed, f"changed in XenStore: {', '.join(changed)}")
    expect(after[f"{directory}/state"] == "6", "the device's state is not Closed")
    expect_nothing_open(rig.machine, guest.identifier)


def silent_backend(name, state, words):
    @case(f"silent-backend-{name}")
    def waiting_is_bounded(rig):
        guest = rig.guest("blkread", "--timeout=5 xvdb", [rig.disk("disk", 1 << 20, seed=8)])
        rig.machine.run(
            ADD_SILENT_DISK.format(guest=guest.identifier, device=XVDB, state=state)
        )
        run = rig.finish(guest)
        expect(run.end.reason == "poweroff", f"the guest ended by {run.end.reason}")
        expect(run.verdict.status == 1, "the guest does not report failure")
        expect(words in run.console, f"the guest does not say what it waited for ({words})")


silent_backend("initialising", 1, "InitWait")
silent_backend("init-wait", 2, "Connected")
