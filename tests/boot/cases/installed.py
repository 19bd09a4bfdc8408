"""Images of projects outside the repository; the guide for newcomers, word for word."""

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
    with tempfile.TemporaryDirectory(prefix="lodger-home-") as home:
        environment = {**os.environ, "HOME": home, "LODGER_CACHE": str(places.cache())}
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            environment.pop(name, None)
        guide = ["tests/install/guide", "docs/getting-started.md", str(places.REPOSITORY)]
        end = subprocess.run(guide, cwd=places.REPOSITORY, env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    rig.log(end.stdout)
    expect(end.returncode == 0, end.stdout.strip().splitlines()[-1])
