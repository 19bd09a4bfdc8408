"""SQLite on a disk: databases that come from the host and go back, and one whose guest is destroyed
over and over again, on a disk that forgets what was not flushed."""

import random
import re
import sqlite3

from exercise import Disks
from harness import case, expect
from machine.disks import Disk
from terminal import CTRL_C, CTRL_D, ENTER, LEFT, TAB, UP, Terminal

# What the host has in the database, and what the guest does to it.
MADE_BY_HOST = """
PRAGMA page_size={page_size};
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, weight REAL, cover BLOB);
CREATE INDEX by_title ON book(title);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300)
INSERT INTO book SELECT i, 'title ' || i, i / 8.0, zeroblob(i * 7) FROM n;
"""
DONE_BY_GUEST = """
DELETE FROM book WHERE id % 3 = 0;
BEGIN;
UPDATE book SET title = 'new ' || title, cover = NULL WHERE id % 2 = 0;
INSERT INTO book SELECT id + 1000, title, weight, cover FROM book;
COMMIT;
CREATE TABLE guest(name);
INSERT INTO guest VALUES('from the guest');
CREATE VIEW heavy AS SELECT * FROM book WHERE weight > 30;
"""

FORGETS = "cd /sys/kernel/config/nullb/{name} && echo 0 >power && echo 1 >power"


def content(connection):
    return list(connection.iterdump())


def host_database(rig, label, mebibytes, page_size=4096):
    """A disk that begins with a database of the host's; and a database in memory with the same."""
    path = rig.file(f"{label}.img", b"")
    path.unlink()
    copy = sqlite3.connect(":memory:")
    with sqlite3.connect(path) as connection:
        for each in (connection, copy):
            each.executescript(MADE_BY_HOST.format(page_size=page_size))
    connection.close()
    with open(path, "r+b") as file:
        file.truncate(mebibytes << 20)
    return Disk(path), copy


def check_on_host(disk, copy):
    """The database on a disk is whole, and says the same as the other one."""
    connection = sqlite3.connect(f"file:{disk.path}?mode=ro&immutable=1", uri=True)
    found = connection.execute("PRAGMA integrity_check").fetchall()
    expect(found == [("ok",)], f"the host finds {found}")
    expect(content(connection) == content(copy), "the host finds other rows than it should")
    connection.close()


@case("sqlite-host")
def databases_come_from_the_host_and_go_back(rig):
    disk, copy = host_database(rig, "database", 4)
    script = rig.file("script.sql", DONE_BY_GUEST.encode())
    run = rig.run("sqlite", "--script=ramdisk xvda \"SELECT 'rows', count(*) FROM book\" .tables "
                  "'PRAGMA integrity_check'", [disk], memory=32, ramdisk=script)  # fmt: skip
    expect(run.verdict.status == 0, run.verdict.words)
    copy.executescript(DONE_BY_GUEST)
    for line in ("rows|400", "book\nguest\nheavy", "ok"):
        expect(f"\n{line}\n" in run.console, f"the guest does not print {line!r}")
    check_on_host(disk, copy)
    # One disk more for the way back: what the guest has begun, the host goes on with.
    with open(disk.path, "r+b") as file:
        start = file.read(32)
        file.truncate(int.from_bytes(start[16:18], "big") * int.from_bytes(start[28:32], "big"))
    with sqlite3.connect(disk.path) as connection:
        connection.executescript("INSERT INTO guest VALUES('from the host'); VACUUM")
    connection.close()
    with open(disk.path, "r+b") as file:
        file.truncate(4 << 20)
    run = rig.run("sqlite", "xvda 'SELECT * FROM guest'", [disk], memory=32)
    expect("from the guest\nfrom the host\n" in run.console, "the guest does not find the rows")


@case("sqlite-shell", modes=("pv",))
def sql_is_typed_at_the_console(rig):
    guest = rig.guest("sqlite", "xvda", [rig.disk("disk", 2 << 20)], memory=32)
    terminal = Terminal(guest)
    terminal.wait_for("sqlite> ")
    for keys, answer in (
        ("CREATE TABLE word(w);" + ENTER, ""),
        ("INSERT INTO word" + ENTER, "   ...> "),
        ("VALUES('one'),('three');" + ENTER, ""),
        (".ta" + TAB + ENTER, "word\n"),
        ("SELECT cont(*) FROM word;" + LEFT * 16 + "u" + ENTER, "2\n"),
        (UP + ENTER, "2\n"),
        ("SELECT" + ENTER + "nonsense" + CTRL_C + "SELECT max(w) FROM word;" + ENTER, "three\n"),
        ("SELECT * FROM missing;" + ENTER, "Error: no such table: missing"),
        (".schema word" + ENTER, "CREATE TABLE word(w);\n"),
    ):
        terminal.type(keys)
        if answer:
            terminal.wait_for(answer)
        if answer != "   ...> ":
            terminal.wait_for("sqlite> ")
    terminal.type("DELETE FROM word;" + ENTER)
    terminal.wait_for("sqlite> ")
    terminal.type(CTRL_D)
    run = rig.finish(guest)
    expect(run.verdict.status == 0, run.verdict.words)


@case("sqlite-refusals", modes=("pv",))
def a_disk_of_something_else_is_left_as_it_is(rig):
    disk = rig.disk("disk", 1 << 20, seed=5)
    before = disk.path.read_bytes()
    run = rig.run("sqlite", "xvda 'CREATE TABLE t(a)'", [disk], memory=32)
    expect(run.verdict.status == 1, run.verdict.words)
    expect("xvda is not used: " in run.console, "the guest does not say why")
    expect(disk.path.read_bytes() == before, "the disk has changed")


class Loads:
    """Guests one after the other that commit to the same disk, none of which ends by itself."""

    def __init__(self, rig):
        self._rig = rig
        self._name = "forgetful"
        self._device = Disks(rig).null(self._name, mebibytes=8, settings="cache_size=8")
        self._reported = 0
        self.commits = 0

    def _start(self, arguments=""):
        guest = self._rig.guest("tests/sqlite-load", arguments, memory=24)
        self._rig.machine.run(
            f"xl block-attach {guest.identifier} 'format=raw,vdev=xvda,access=rw,"
            f"backendtype=phy,target={self._device}'")  # fmt: skip
        terminal = Terminal(guest)
        terminal.wait_for("found: ")
        terminal.wait_until(lambda: re.search(r"found: \d+\n", guest.console()), "all of it")
        for line in ("integrity: ok", "torn: 0", "strangers: 0", "gaps: 0"):
            expect(f"{line}\n" in guest.console(), f"after {self._reported}: {guest.console()}")
        found = int(re.search(r"found: (\d+)\n", guest.console())[1])
        # It may have committed more than the console's daemon has come to read.
        expect(found >= self._reported,
               f"{self._reported} transactions were reported, {found} are found")
        self._reported = found
        return guest, terminal

    def run_and_destroy(self, commits):
        """Destroys a guest soon after it has reported so many."""
        guest, terminal = self._start()
        enough = f"committed: {self._reported + commits}\n"
        terminal.wait_for(enough)
        guest.destroy()
        reported = re.findall(r"committed: (\d+)\n", guest.console())
        self.commits += int(reported[-1]) - self._reported
        self._reported = int(reported[-1])
        self._rig.machine.run(FORGETS.format(name=self._name))

    def finish(self):
        guest, _ = self._start("3")
        run = self._rig.finish(guest)
        expect(run.verdict.status == 0, run.verdict.words)


@case("sqlite-destroyed")
def what_was_committed_outlives_the_guest(rig):
    loads = Loads(rig)
    moments = random.Random(rig.mode)
    for _ in range(rig.times(2)):
        loads.run_and_destroy(moments.randint(1, 12))
    loads.finish()
    rig.log(f"{loads.commits} transactions\n")
