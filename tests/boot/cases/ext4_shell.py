"""Files of ext4 disks in a guest: made by the host and by Linux, changed by the guest, and read by
Linux and by e2fsprogs again."""

import hashlib
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from ext4 import bring_ext4, faults_of, is_clean, make_ext4
from harness import case, expect
from machine.disk_image import program
from machine.disks import AttachedDisk, Disk
from rig import sha256
from terminal import Terminal

LONG_NAME = "n" * 255
DEEP = "/".join(f"level-{level}" for level in range(40))

# What the guest does to what the host has made. The second disk is the first one's copy.
SCRIPT = f"""
tree a
sum -r a
cp -r a b/copy
cd b/copy
mkdir made made/{LONG_NAME}
mv large made/moved
write made/{LONG_NAME}/text first line
append made/{LONG_NAME}/text second line
edit made/{LONG_NAME}/text 1 another first line
ln -s {LONG_NAME}/text made/link
ln made/moved made/second
chmod 600 made/second
rm holes
write made/huge start
truncate made/huge 5000000000
append made/huge the end
fill made/filling
rm made/filling
fill made/after 64
sync
"""

# Linux reads what the guest has written, and has some of its own to say.
READ_IN_DOM0 = """
mkdir -p /tmp/read && mount -t ext4 {device} /tmp/read || exit 1
cd /tmp/read && find . -name bottom -o -name text &&
sha256sum copy/made/moved copy/made/after copy/made/link &&
ls -l copy/made && rm -r copy/small && cp copy/made/moved copy/from-linux
cd / && umount /tmp/read
"""


COPY_ONTO_ITSELF = (
    "cp from-linux from-linux; cp from-linux .; ln from-linux other; cp other from-linux;"
    "sum from-linux; mkdir d; write d/f words; cp -r d d; tree d"
)


def make_tree(tree):
    numbers = random.Random(11)
    (tree / DEEP).mkdir(parents=True)
    (tree / DEEP / "bottom").write_text("here\n")
    (tree / "large").write_bytes(numbers.randbytes(2_000_000))
    (tree / "small").mkdir()
    for number in range(120):
        name = f"{number}-" + "x" * (numbers.randrange(60))
        (tree / "small" / name).write_bytes(numbers.randbytes(numbers.randrange(3000)))
    (tree / LONG_NAME).write_text("a long name\n")
    (tree / "short-link").symlink_to("large")
    (tree / "long-link").symlink_to(f"{DEEP}/bottom")
    with open(tree / "holes", "wb") as file:
        file.seek(3_000_000)
        file.write(b"behind a hole")


def lines_of(tree, at):
    """What `tree` and `sum -r` have to print of a tree on the host."""
    for path in tree.rglob("*"):
        name = f"{at}/{path.relative_to(tree)}"
        if path.is_symlink():
            yield f"l {os.readlink(path)} {name}"
        elif path.is_dir():
            yield f"d - {name}"
        else:
            yield f"- {path.stat().st_size} {name}"
            yield f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}"


@case("ext4-files")
def a_guest_and_linux_read_what_the_other_has_written(rig):
    bring_ext4(rig.machine)
    one = Disk(rig.file("one.img", b""))
    two = Disk(rig.file("two.img", b""))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        make_tree(tree)
        make_ext4(one.path, 24, tree)
        make_ext4(two.path, 24)
        script = rig.file("script", SCRIPT.encode())
        run = rig.run("ext4-shell", "--script xvda=/a xvdb=/b", [one, two], memory=32,
                      ramdisk=script)  # fmt: skip
        expect(run.verdict.status == 0, run.verdict.words)
        printed = set(run.console.splitlines())
        missing = [line for line in lines_of(tree, "a") if line not in printed]
        expect(not missing, f"the guest does not print {missing[:3]}")
        moved = sha256(tree / "large")
    for disk in (one, two):
        expect(not faults_of(disk.path), f"e2fsck says {faults_of(disk.path)}")
    both = Disk(rig.file("both.img", b""))  # The guest that is kept has the other one.
    shutil.copyfile(two.path, both.path)
    attached = AttachedDisk(rig.machine, both)
    seen = rig.machine.run(READ_IN_DOM0.format(device=attached.device)).output
    attached.detach()
    expect(f"{moved}  copy/made/moved" in seen, f"Linux reads another file: {seen[-500:]}")
    expect(f"./copy/{DEEP}/bottom" in seen, "Linux does not find the deepest file")
    expect(f"./copy/made/{LONG_NAME}/text" in seen, "Linux does not find the longest name")
    expect("5000000008" in seen, f"Linux sees another size: {seen[-500:]}")
    words = hashlib.sha256(b"another first line\nsecond line\n").hexdigest()
    expect(f"{words}  copy/made/link" in seen, "Linux reads other words")
    expect(not faults_of(both.path), f"e2fsck says {faults_of(both.path)}")
    run = rig.run("ext4-shell", "--read-only xvda=/a 'cd a/copy; sum from-linux; ls'", [both],
                  memory=24)  # fmt: skip
    expect(run.verdict.status == 0, run.verdict.words)
    expect(f"{moved}  from-linux" in run.console, "the guest does not read what Linux wrote")
    expect("small" not in run.console.splitlines(), "the guest sees what Linux has removed")
    run = rig.run("ext4-shell", f"xvda=/a 'cd a/copy; {COPY_ONTO_ITSELF}'", [both], memory=24)
    expect(run.verdict.status == 1, run.verdict.words)
    expect(run.console.count("are the same file") == 3, "a file was copied onto itself")
    expect("d is where the copy goes" in run.console, "a directory was copied into itself")
    expect(f"{moved}  from-linux" in run.console, "a file copied onto itself is another")
    expect("- 6 d/d/f" in run.console.splitlines(), "what is beside the copy was not copied")


LEAVE_A_JOURNAL = """
mkdir -p /tmp/journal && mount -t ext4 -o commit=1 {device} /tmp/journal &&
echo words >/tmp/journal/words && sync
"""


@case("ext4-recovery", modes=("pv",))
def a_disk_that_was_not_unmounted_is_known_for_it(rig):
    bring_ext4(rig.machine)
    disk = Disk(rig.file("disk.img", b""))
    make_ext4(disk.path, 16)
    # Linux's, as it is when its guest is gone.
    attached = AttachedDisk(rig.machine, disk)
    rig.machine.run(LEAVE_A_JOURNAL.format(device=attached.device))
    left = Disk(rig.file("left.img", b""))
    shutil.copyfile(disk.path, left.path)
    rig.machine.run("umount /tmp/journal")
    attached.detach()
    before = sha256(left)
    run = rig.run("ext4-shell", "xvda=/ 'write words others'", [left], memory=24)
    expect(run.verdict.status == 1, run.verdict.words)
    expect("journal" in run.console and "e2fsck -f" in run.console, "the guest does not say why")
    expect(sha256(left) == before, "the disk has changed")
    # The guest's own.
    guest = rig.guest("ext4-shell", "xvda=/", [disk], memory=24)
    terminal = Terminal(guest)
    for command in ("write kept words of a guest", "sync", "write lost others"):
        terminal.wait_for("files> ")
        terminal.type(command + "\r")
    terminal.wait_for("files> ")
    guest.destroy()
    expect(not is_clean(disk.path), "nobody would check the disk")
    subprocess.run([program("e2fsck"), "-fy", disk.path], capture_output=True)
    run = rig.run("ext4-shell", "xvda=/ 'cat kept words'", [disk], memory=24)
    expect(run.verdict.status == 0, run.verdict.words)
    expect("words of a guest\n" in run.console, "what was synced is lost")


@case("ext4-damaged")
def what_cannot_be_read_is_not_taken_for_nothing(rig):
    disk = Disk(rig.file("disk.img", b""))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        (tree / "folder").mkdir(parents=True)
        (tree / "words").write_text("first\nsecond\n")
        make_ext4(disk.path, 4, tree)
    for name in ("folder", "words"):  # The first extent begins where there is no disk.
        subprocess.run([program("debugfs"), "-w", "-R", f"sif {name} block[5] 0xffffff", disk.path],
                       check=True, capture_output=True)  # fmt: skip
    run = rig.run("ext4-shell", "xvda=/ 'edit words 1 other; ls folder; ls'", [disk], memory=24)
    expect(run.verdict.status == 1, run.verdict.words)
    for name in ("edit: words", "ls: folder"):
        expect(f"{name}: I/O error" in run.console, f"{name} is no error: {run.console[-500:]}")
    expect("words.new" not in run.console, "what could not be finished is still there")
    listed = subprocess.run([program("debugfs"), "-R", "stat words", disk.path],
                            capture_output=True, text=True)  # fmt: skip
    expect("Size: 13" in listed.stdout, f"the file was replaced: {listed.stdout}")


@case("ext4-ended-from-outside")
def a_disk_that_is_written_at_the_end_is_unmounted(rig):
    """xl ends the guest while `main` writes, which then fails, and wants to unmount as well."""
    disk = Disk(rig.file("disk.img", b""))
    make_ext4(disk.path, 400)
    guest = rig.guest("ext4-shell", "xvda=/ 'ls; fill filling; ls'", [disk], memory=24)
    Terminal(guest).wait_for("lost+found")
    rig.machine.run(f"xl shutdown {guest.settings.name}")
    run = rig.finish(guest)
    expect(run.console.count("lost+found") == 1, "the guest was not writing any more")
    expect(run.verdict.status == 0, run.verdict.words)
    expect(not faults_of(disk.path), f"e2fsck says {faults_of(disk.path)}")
