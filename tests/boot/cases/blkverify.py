"""Disks under load: of every kind, coming and going, and taken away by force."""

import re

from exercise import Disks, Exercise, number_of
from harness import case, expect

# Until all disks are gone, or it is told to end.
WITHOUT_END = "--time=2000 --span=4"
BLKBACK = "/sys/module/xen_blkback/parameters"
DRIVER = "/sys/bus/xen-backend/drivers/vbd"


GONE = re.compile(r"^(xvd.): gone for good; (\d+) requests failed, the last .* \(([\d.]+) s\)$",
                  re.MULTILINE)  # fmt: skip


class DetachedByForce:
    @staticmethod
    def take_away(exercise, name):
        exercise.detach(name, "--force")

    @staticmethod
    def bring_back(exercise, name, device):
        exercise.attach(name, device)


class BackendRemoved:
    """Its directory in XenStore is gone."""

    @staticmethod
    def take_away(exercise, name):
        exercise.run(f"xenstore-rm {exercise.backend(name)}")

    @staticmethod
    def bring_back(exercise, name, device):
        exercise.detach(name, "--force")  # libxl keeps an account of its own.
        exercise.attach(name, device)


class DriverUnbound:
    """The driver lets go of the disk and says nothing; what is seen is that it begins anew. It has
    no device until it is brought back, and it is that only when it has our new ring: or else it
    would take up the old one where it was, now and then before we have a look
    (drivers/block/xen-blkback/xenbus.c, frontend_changed)."""

    @staticmethod
    def take_away(exercise, name):
        device = f"vbd-{exercise.guest.identifier}-{number_of(name)}"
        exercise.run(f"echo {device} >{DRIVER}/unbind; "
                     f"xenstore-rm {exercise.backend(name)}/physical-device; "
                     f"echo {device} >{DRIVER}/bind")  # fmt: skip

    @staticmethod
    def bring_back(exercise, name, device):
        exercise.run(f"until [ $(xenstore-read {exercise.frontend(name)}/state) = 3 ]; "
                     f"do usleep 20000; done\n"
                     f"xenstore-write {exercise.backend(name)}/physical-device "
                     f"$(stat -L -c %t:%T {device})")  # fmt: skip


WAYS = {"xvda": DetachedByForce, "xvdb": BackendRemoved, "xvdc": DriverUnbound}


@case("blkverify-force-fail")
def requests_fail_at_once_when_a_disk_is_gone(rig):
    disks = Disks(rig)
    exercise = Exercise(rig, f"{WITHOUT_END} --on-loss=fail trace=xenbus {' '.join(WAYS)}")
    for name in WAYS:
        exercise.attach(name, disks.slow(name))
    exercise.start()
    exercise.wait_for("xvdc exercises")
    losses = {}
    for name, way in WAYS.items():
        with exercise.noting_loss(name) as losses[name]:
            way.take_away(exercise, name)
        exercise.wait_for(f"{name} is lost")
    run = exercise.finish()
    expect(run.end.reason == "poweroff", f"the guest ended by {run.end.reason}")
    expect(run.verdict.status == 1, "the guest does not report failure")
    gone = GONE.findall(run.console)
    expect([name for name, *_ in gone] == list(WAYS), f"these are gone: {gone}")
    for name, count, failed_at in gone:
        expect(int(count) > 0, f"{name}: no request has failed")
        lost_at, looks = losses[name]
        late = f"{float(failed_at) - lost_at:.3f} s after the loss; looks take {looks:.3f} s"
        rig.log(f"{name}: the last request failed {late}\n")
        expect(float(failed_at) < lost_at + looks + 1, f"{name}: requests failed {late}")
    expect("0 wrong sectors" in run.console, "data was wrong")
    expect("Something was not given back" not in run.console, "something was not given back")


@case("blkverify-force-wait")
def requests_wait_until_a_disk_is_back(rig):
    disks = Disks(rig)
    device = disks.slow("disk")
    exercise = Exercise(rig, f"{WITHOUT_END} --on-loss=wait trace=xenbus xvda")
    exercise.attach("xvda", device)
    exercise.start()
    exercise.wait_for("xvda exercises")
    for way in WAYS.values():
        way.take_away(exercise, "xvda")
        exercise.wait_for("xvda is lost")
        way.bring_back(exercise, "xvda", device)
        exercise.wait_for("xvda is connected")
        exercise.wait_for("xvda exercises")
    exercise.xl("shutdown")
    expect(exercise.pass_with(losses=len(WAYS)) == 0, "requests have failed")


@case("blkverify-devices")
def every_kind_of_device_holds_its_data(rig):
    disks = Disks(rig)
    exercise = Exercise(rig, "--count=400 --span=4 xvda xvdb xvdc xvdd xvde", memory=40)
    exercise.attach("xvda", disks.null("memory"))
    exercise.attach("xvdb", disks.null("memory-4096", block_size=4096))
    exercise.attach("xvdc", disks.ram())
    exercise.attach("xvdd", disks.loop())
    exercise.attach("xvde", disks.null("memory-ro"), access="r")
    exercise.start()
    expect(exercise.pass_with() == 0, "requests have failed")
    console = exercise.guest.console()
    expect("sector size 4096" in console, "no disk has sectors of 4096 bytes")
    expect("read-only" in console, "no disk is read-only")


@case("blkverify-stacked")
def disks_that_stand_on_others_hold_their_data(rig):
    disks = Disks(rig)
    exercise = Exercise(rig, "--count=400 --span=4 xvda xvdb")
    exercise.attach("xvda", disks.file_on_ext4())
    exercise.attach("xvdb", disks.slow_by_mapping())
    exercise.start()
    expect(exercise.pass_with() == 0, "requests have failed")


@case("blkverify-qdisk")
def a_disk_that_qemu_serves_holds_its_data(rig):
    disk = rig.disk("disk", 16 << 20, backend="qdisk")
    exercise = Exercise(rig, "--count=400 --span=4 xvda", disks=[disk])
    expect(exercise.pass_with() == 0, "requests have failed")


@case("blkverify-untrusted")
def a_backend_that_is_not_trusted_holds_its_data(rig):
    """xl has no word for it, so it is written where libxl says that all are trusted."""
    disks = Disks(rig)
    exercise = Exercise(rig, "--count=400 --span=4 xvda")
    exercise.attach("xvda", disks.null("memory"))
    frontend = f"/local/domain/{exercise.guest.identifier}/device/vbd/{number_of('xvda')}"
    expect(exercise.run(f"xenstore-read {frontend}/trusted").strip() == "1",
           "libxl says nothing of trust")
    exercise.run(f"xenstore-write {frontend}/trusted 0")
    exercise.start()
    expect(exercise.pass_with() == 0, "requests have failed")
    expect(", copies" in exercise.guest.console(), "the backend has seen more than copies")


@case("blkverify-flakey")
def a_disk_that_takes_no_writes_now_and_then_has_no_wrong_data(rig):
    disks = Disks(rig)
    exercise = Exercise(rig, "--time=6 --span=4 --allow-errors xvda")
    exercise.attach("xvda", disks.failing_by_mapping())
    exercise.start()
    expect(exercise.pass_with() > 0, "no request has failed")


def exercises_a_form(name, arguments, in_use, **parameters):
    """One form of the protocol, as the command line or blkback's parameters ask for it."""

    @case(f"blkverify-{name}")
    def holds_its_data(rig):
        disks = Disks(rig)
        for parameter, value in parameters.items():
            disks.setting(f"{BLKBACK}/{parameter}", value)
        exercise = Exercise(rig, f"--count=400 --span=4 {arguments} xvda")
        exercise.attach("xvda", disks.null("memory"))
        exercise.start()
        expect(exercise.pass_with() == 0, "requests have failed")
        said = re.search(r"^  in use +(.*)$", exercise.guest.console(), re.MULTILINE)[1]
        expect(re.search(in_use, said), f"in use is {said}")


exercises_a_form("plain", "--indirect=no", r"32 requests of up to 44 KiB in 1 ring of 1 page$",
                 feature_persistent=0)  # fmt: skip
exercises_a_form("one-off-grants", "--persistent=no", r"32 requests of up to 1024 KiB in 1 ring of "
                 r"1 page$")  # fmt: skip
exercises_a_form("large-ring", "--ring-pages=8 --depth=64", r"in 1 ring of 8 pages, persistent")
exercises_a_form("small-ring", "--depth=64 --indirect=no",
                 r"32 requests of up to 44 KiB in 1 ring of 1 page")
exercises_a_form("queues", "--queues=4 --ring-pages=2", r"in 4 rings of 2 pages", max_queues=4)


@case("blkverify-bad-sectors")
def failing_requests_are_no_wrong_data(rig):
    """Reads and writes fail over a part of the disk: what is written there may be old or new."""
    disks = Disks(rig)
    exercise = Exercise(rig, "--count=400 --span=4 --allow-errors xvda")
    exercise.attach("xvda", disks.null("memory", settings="badblocks=+100-300"))
    exercise.start()
    expect(exercise.pass_with() > 0, "no request has failed")
