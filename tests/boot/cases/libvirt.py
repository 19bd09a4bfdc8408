"""Guests that libvirt makes and manages, by the text that docs/toolstacks.md shows."""

from harness import case, expect
from libvirt import Libvirt, Managed
from machine import configuration
from machine.configuration import Settings
from rig import IMAGES
from terminal import Terminal

FIRST, SECOND = "xvda", "xvdb"
WITHOUT_END = "--time=9000 --patience=900 --on-loss=wait --span=4 --depth=8 --largest=64"


def attach(name, device, *options):
    return f"attach-disk {name} {device} {SECOND} --targetbus xen {' '.join(options)}"


@case("libvirt-life")
def goes_through_all_that_virsh_does(rig):
    libvirt = Libvirt(rig)
    virsh = libvirt.virsh
    first, second = libvirt.attach("first"), libvirt.attach("second")
    guest = Managed(rig, libvirt, "life", "blkverify", f"{WITHOUT_END} {FIRST} {SECOND}", first)
    name = guest.name
    guest.define()
    virsh(attach(name, second, "--config"))
    terminal = Terminal(guest)
    terminal.wait_for(f"{SECOND} exercises")
    told = virsh(f"dominfo {name}", f"domblklist {name}", f"suspend {name}", f"domstate {name}",
                 f"resume {name}", f"domblkstat {name} {FIRST}")  # fmt: skip
    for word in ("running", "24576 KiB", first, second, "paused", "rd_req"):
        expect(word in told, f"virsh says nothing of {word!r}")

    virsh(f"detach-disk {name} {SECOND}")
    terminal.wait_for(f"{SECOND} is lost")
    virsh(attach(name, second))
    terminal.wait_for(f"{SECOND} is connected")

    saved = rig.dom0_file("saved")
    virsh(f"save {name} {saved}", f"restore {saved}")
    terminal.wait_for("is connected")
    terminal.wait_for("is connected")
    virsh(f"managedsave {name}", f"start {name}")
    terminal.wait_for("is connected")
    terminal.wait_for("is connected")

    virsh(f"reboot {name}")
    terminal.wait_for("  exercise  the first")
    terminal.wait_for(f"{FIRST} exercises")
    virsh(f"shutdown {name}")
    terminal.wait_for("blkverify: PASS")
    terminal.wait_until(lambda: "shut off" in virsh(f"domstate {name}"), "its end to libvirt")
    virsh(f"start {name}")
    terminal.wait_for(f"{FIRST} exercises")
    virsh(f"destroy {name}", f"undefine {name}")


@case("libvirt-takes-xl-configuration")
def makes_its_own_of_what_lodger_xlcfg_writes(rig):
    libvirt = Libvirt(rig)
    device = libvirt.attach("disk")
    guest = Managed(rig, libvirt, "xl", "hello", "", device)
    settings = Settings(IMAGES / "hello.elf", guest.name, rig.mode, 16, "some words")
    written = rig.file("xl.cfg", configuration.render(
        settings, f"/share/images/{guest.name}", [(device, "phy", True)]).encode())  # fmt: skip
    text = libvirt.virsh(f"domxml-from-native xen-xl /share/files/{written.name}")
    xml = rig.file("xml", text.encode())
    Terminal(guest, lambda: libvirt.virsh(f"create /share/files/{xml.name}")).wait_for("SUCCESS")
    expect("some words" in guest.console(), "the guest has not got its arguments")
