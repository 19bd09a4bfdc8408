"""The same guests on Xen 4.20 with Linux 6.12 as dom0."""

from cases import blkread, hello
from cases.store import check_store_cases
from harness import Needs, case
from machine.packages import NEWER_XEN

NEWER = Needs(xen=NEWER_XEN)


@case("newer-xen-hello", needs=NEWER)
def says_hello(rig):
    hello.check_hello(rig, rig.run("hello"))


@case("newer-xen-exit-output", needs=NEWER)
def output_before_exit_arrives(rig):
    """Its console pages say nothing of whether anybody reads: that flag came with Xen 4.21."""
    hello.check_output_before_exit(rig)


@case("newer-xen-blkread", needs=NEWER)
def reads_a_disk(rig):
    disk = rig.disk("disk", 2 << 20, seed=11)
    blkread.check(rig.run("blkread", "xvda", [disk]), {"xvda": disk})


@case("newer-xen-store-cases", needs=NEWER)
def every_case_holds_on_the_c_daemon(rig):
    check_store_cases(rig, "xenstored-4.20")
