"""What is measured, and what is compared with what."""

from dataclasses import dataclass

from machine.disks import Disk
from measure import DISK, LINUX_MEMORY, Figure, run_linux, run_lodger

STORE_REQUESTS = 2000
STORE_KEYS = (1, 10, 100)
# One request at a time, as libxenstore sends them; and as many as xenstored takes from a domain.
LINUX_DEPTHS = (1, 20)

# Kind, bytes, requests under way, requests.
ACCESSES = (
    ("randread", 4096, 1, 4000),
    ("randread", 4096, 8, 10000),
    ("randread", 4096, 32, 20000),
    ("randwrite", 4096, 32, 20000),
    ("read", 32 << 10, 20, 4000),
    ("read", 64 << 10, 32, 2000),
    ("write", 64 << 10, 32, 2000),
    ("read", 1 << 20, 4, 200),
    ("write", 1 << 20, 4, 200),
)
# With a ring of so many pages, as an order, and more requests under way than one page holds.
LARGE_RING_ORDER = 2
LARGE_RING_ACCESSES = (("randread", 4096, 128, 20000),)
ONE_OFF_ACCESSES = (("randread", 4096, 32, 20000), ("read", 64 << 10, 32, 2000))


@dataclass(frozen=True)
class Row:
    """The same work done by both; either may be unable to."""

    label: str
    ours: Figure | None
    theirs: Figure | None
    unit: int = 0  # bytes of a request, if that means something

    @property
    def ratio(self):
        return self.ours and self.theirs and self.ours.per_second / self.theirs.per_second


def _better(*figures):
    return max(filter(None, figures), key=lambda figure: figure.per_second, default=None)


def store(machine, setup):
    """XenStore: reads one by one and pipelined."""
    keys = " ".join(map(str, STORE_KEYS))
    ours = run_lodger(machine, setup, "store", f"{STORE_REQUESTS} {keys}")
    # One that fails is missing in the table, as with 100 keys pipelined in a Linux PVH guest.
    lines = [f"storebench {STORE_REQUESTS} {count} {depth} || echo 'storebench fails'"
             for count in STORE_KEYS for depth in LINUX_DEPTHS]  # fmt: skip
    theirs = run_linux(machine, setup, "\n".join(lines) + "\n")
    rows = []
    for count in STORE_KEYS:
        label = f"{count} key{'s' if count > 1 else ''}"
        one = theirs.get(f"store/{count}/depth-1")
        many = theirs.get(f"store/{count}/depth-{LINUX_DEPTHS[-1]}")
        rows.append(Row(f"{label}, one by one", ours.get(f"store/{count}/one-by-one"), one))
        if count > 1:
            pipelined = ours.get(f"store/{count}/pipelined")
            rows.append(Row(f"{label}, pipelined; Linux one by one", pipelined, one))
            rows.append(Row(f"{label}, both pipelined", pipelined, many))
    return rows


def block(machine, setup):
    """A disk that does nothing, through blkback: reads and writes."""
    return _block(machine, setup, ACCESSES)


def large_ring(machine, setup):
    """The same with a ring of four pages on both sides."""
    return _block(machine, setup, LARGE_RING_ACCESSES, ring_order=LARGE_RING_ORDER)


def one_off_grants(machine, setup):
    """The same without persistent grants on either side."""
    return _block(machine, setup, ONE_OFF_ACCESSES, persistent=False)


def _block(machine, setup, accesses, ring_order=0, persistent=True):
    """Linux's figure is the better one of its two modes, if there may be two."""
    wanted = [" ".join(map(str, access)) for access in accesses]
    ours = run_lodger(machine, setup, "block",
                      f"xvda {1 << ring_order} {int(persistent)} {' '.join(wanted)}",
                      [DISK])  # fmt: skip
    script = "echo none >/sys/block/xvda/queue/scheduler\n"
    script += "".join(f"blkbench /dev/xvda {access}\n" for access in wanted)
    theirs = []
    for mode in (0, 1) if persistent else (0,):
        options = f"max_ring_page_order={ring_order} feature_persistent={mode}"
        theirs.append(run_linux(machine, setup, script, [DISK], {"xen_blkfront.ko": options}))
    rows = []
    for kind, size, depth, _ in accesses:
        name = f"block/{kind}/{size}/{depth}"
        label = f"{kind} of {size >> 10} KiB, {depth} under way"
        best = _better(*(figures.get(name) for figures in theirs))
        rows.append(Row(label, ours.get(name), best, size))
    return rows


# Of speedtest1; how it works with the disk is SQLite's default.
SQLITE_SIZE = 5
# Without a journal of its own, which is in Linux's favour: SQLite has one.
ON_EXT4 = "mke2fs /dev/xvda >/dev/null\nmkdir /disk\nmount -t ext4 /dev/xvda /disk\n"


def sqlite(machine, setup):
    """SQLite's speedtest1 on a disk in dom0's memory, on Linux in a file on ext4."""
    disk = Disk(None, null_bytes=128 << 20, keeps=True)
    name, arguments = "sqlite/speedtest1", f"--size {SQLITE_SIZE}"
    ours = run_lodger(machine, setup, "sqlite", arguments, [disk], LINUX_MEMORY)
    script = f"{ON_EXT4}sqlitebench {arguments} /disk/db\n"
    theirs = run_linux(machine, setup, script, [disk], programs=["sqlitebench"],
                       modules=["crc32c_generic", "ext4"])  # fmt: skip
    return [Row(f"speedtest1 {arguments}", ours.get(name), theirs.get(name))]


COMPARISONS = {
    "store": store,
    "block": block,
    "large-ring": large_ring,
    "one-off-grants": one_off_grants,
    "sqlite": sqlite,
}
