"""One file for all modes, and what it says where it cannot run at all."""

import subprocess
import tempfile
import time
from pathlib import Path

from harness import case, expect
from rig import IMAGES, sha256

BARE_SECONDS = 200
MESSAGE = "lodger: this is a guest for Xen, and there is no Xen here"


@case("one-image", modes=("all",))
def every_mode_runs_the_same_file(rig):
    """Compared is what xl has loaded, byte by byte, once the guest has run."""
    image = IMAGES / "hello.elf"
    digest = sha256(image)
    for mode in ("pv", "pvh", "hvm"):
        run = rig.run("hello", mode=mode)
        expect(run.verdict.status == 0, f"{mode}: {run.verdict.words}")
        expect(f"Mode           {mode.upper()}\n" in run.console, f"{mode}: not in that mode")
        loaded = sha256(run.guest.loaded_image)
        rig.log(f"--- {mode}: SHA-256 {loaded}\n")
        expect(loaded == digest, f"{mode}: another file")
    expect(sha256(image) == digest, "the file has changed meanwhile")


@case("without-xen", modes=("bare",))
def says_that_there_is_no_xen(rig):
    """A plain QEMU, as anybody might try: both the serial port and the emulator's log tell."""
    packages = rig.machine.packages
    with tempfile.TemporaryDirectory(prefix="lodger-bare-") as folder:
        logs = [Path(folder, name) for name in ("serial", "debug")]
        command = packages.command(
            packages.qemu, "-L", packages.find("usr/share/qemu"),
            "-L", packages.find("usr/share/seabios"),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "64",
            "-serial", f"file:{logs[0]}", "-debugcon", f"file:{logs[1]}",
            "-kernel", IMAGES / "hello.elf",
        )  # fmt: skip
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, env=packages.environment()
        ) as process:
            try:
                texts = wait_for_message(process, logs)
            finally:
                process.kill()
    for name, text in zip(("serial port", "debug port"), texts):
        rig.log(f"--- {name}\n{text}\n")
        expect(MESSAGE in text, f"the {name} does not tell that Xen is missing")


def wait_for_message(process, logs):
    """What both files hold, once both have the whole line or there is no more to come."""
    deadline = time.monotonic() + BARE_SECONDS
    while True:
        texts = [log.read_text(errors="replace") if log.exists() else "" for log in logs]
        complete = all(MESSAGE in text and text.endswith("\n") for text in texts)
        if complete or process.poll() is not None or time.monotonic() > deadline:
            return texts
        time.sleep(0.1)
