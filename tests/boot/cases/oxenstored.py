"""The same guests on the other XenStore daemon, the one written in OCaml."""

from cases import blkread, console, hello
from cases.store import check_store_cases
from harness import Needs, case

OXENSTORED = Needs(xenstored="oxenstored")


@case("oxenstored-hello", needs=OXENSTORED)
def says_hello(rig):
    hello.check_hello(rig, rig.run("hello"))


@case("oxenstored-blkread", needs=OXENSTORED)
def reads_a_disk(rig):
    disk = rig.disk("disk", 2 << 20, seed=10)
    blkread.check(rig.run("blkread", "xvda", [disk]), {"xvda": disk})


@case("oxenstored-shell", needs=OXENSTORED)
def shell_explores_it(rig):
    console.check_shell(rig)


@case("oxenstored-store-cases", needs=OXENSTORED)
def every_case_holds_but_for_known_differences(rig):
    check_store_cases(rig, "oxenstored-4.17")
