"""Images of projects outside the repository; the guides that a test follows word for word."""

import os
import subprocess
import tempfile

from harness import case, expect
from machine import places


@case("installed")
def images_built_with_an_installation_run(rig):
    """By the compiler alone, by make, by CMake, and from the Debian package (tests/install)."""
    for way in ("by-hand", "pkg-config", "cmake", "package"):
        run = rig.run(f"installed/{way}", "some words some")
        expect(run.verdict.status == 0, f"{way}: {run.verdict.words}")
        expect("some 2\nwords 1\nvowels 2, XenStore there" in run.console, f"{way}: other output")


@case("getting-started", modes=("both",))
def guide_for_newcomers_ends_with_their_own_guest(rig):
    """In both modes, on the machine that lodger-run starts for them."""
    follow(rig, "getting-started", places.REPOSITORY)


@case("debugging", modes=("both",))
def guide_to_debugging_finds_its_bug(rig):
    """A panic with lines, a guest stopped at main under gdb, a report of undefined behaviour."""
    follow(rig, "debugging")


@case("gdb-stops-at-main", modes=("pvh",))
def gdb_stops_a_pvh_guest_at_main(rig):
    """Registers and lines, at least: its memory is out of gdb's reach (docs/debugging.md)."""
    script = rig.file("script.gdb", b"info registers rip\nnext\n")
    image = places.BUILD / "images" / "hello.elf"
    command = ["tools/lodger-run", image, "--mode", rig.mode, "--no-disk", "--gdb-script", script]
    end = subprocess.run(command, cwd=places.REPOSITORY, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    rig.log(end.stdout)
    expect("Breakpoint 1, main (" in end.stdout, "gdb has not stopped at main")
    expect("<main" in end.stdout, "gdb does not know where it is")
    expect("the guest ended well" in end.stdout, "the guest did not go on")


def follow(rig, guide, start=None):
    """Has tests/install/guide follow a guide, from an empty folder unless `start` is one."""
    with tempfile.TemporaryDirectory(prefix="lodger-home-") as home:
        installed = places.BUILD / "install" / "moved" / "bin"
        environment = {**os.environ, "HOME": home, "LODGER_CACHE": str(places.cache()),
                       "PATH": f"{installed}:{os.environ['PATH']}"}  # fmt: skip
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            environment.pop(name, None)
        command = ["tests/install/guide", f"docs/{guide}.md", str(start or home)]
        end = subprocess.run(command, cwd=places.REPOSITORY, env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    rig.log(end.stdout)
    expect(end.returncode == 0, (end.stdout.strip() or "no word").splitlines()[-1])
