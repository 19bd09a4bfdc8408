"""Guests on a disk that DRBD replicates, given to them by DRBD's own hotplug script."""

import re

from drbd import HERE, THERE, Replicated
from exercise import Exercise
from harness import case, expect
from machine import places
from travel import Traveller

UNTIL_TOLD = "--time=9000 --patience=900 --on-loss=wait --span=4 --depth=8 --largest=64 xvda"

# The guide's line of an xl configuration, for a resource of that name.
GUIDE = places.REPOSITORY / "docs/toolstacks.md"
LINE = re.compile(r"^disk = .*script=block-drbd, target=data.*$", re.MULTILINE)


def disk(resource):
    return LINE.search(GUIDE.read_text())[0].replace("target=data", f"target={resource}")


def expect_roles(replicated, *roles):
    now = replicated.roles()
    expect(now == roles, f"the ends are {' and '.join(now)}, not {' and '.join(roles)}")


@case("drbd-migration", modes=("pvh",))
def migrates_to_the_other_end(rig):
    replicated = Replicated(rig)
    exercise = Exercise(rig, UNTIL_TOLD, extra=[disk(HERE)])
    guest = exercise.guest
    expect_roles(replicated, "Primary", "Secondary")
    exercise.start()
    exercise.wait_for("xvda exercises")

    guest.settings.extra = [disk(THERE)]
    other_host = rig.file("there.cfg", guest.configuration().encode())
    traveller = Traveller(rig, guest)
    migration = traveller.migration("-C", f"/share/files/{other_host.name}")
    refused = rig.machine.run(f"xl {migration}", check=False)
    rig.log(f"--- with one primary: {refused.status}\n{refused.errors}\n")
    expect(refused.status and "block-drbd failed" in refused.errors, "one primary is enough")
    expect_roles(replicated, "Primary", "Secondary")
    exercise.wait_for("xvda exercises")

    replicated.allow_two_primaries()
    traveller.xl(migration)
    guest.find()
    exercise.wait_for_change("xvda", "connected")
    expect_roles(replicated, "Secondary", "Primary")
    exercise.wait_for("xvda exercises")
    exercise.xl("shutdown")
    exercise.pass_with(losses=1)
    guest.destroy()
    expect_roles(replicated, "Secondary", "Secondary")
    here, there = replicated.contents()
    expect(here == there and any(here), "the ends differ, or nothing was written")
