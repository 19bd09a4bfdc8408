"""What is measured, and what is compared with what."""

from dataclasses import dataclass

from measure import DISK, Figure, run_linux, run_lodger

STORE_REQUESTS = 2000
STORE_KEYS = (1, 10, 100)
# One request at a time, as libxenstore sends them; and as many as xenstored takes from a domain.
LINUX_DEPTHS = (1, 20)

# Kind, bytes, requests under way, requests.
ACCESSES = (
    ("randread", 4096, 1, 4000),
    ("randread", 4096, 32, 20000),
    ("randwrite", 4096, 32, 20000),
    ("read", 32 << 10, 20, 4000),
    ("read", 64 << 10, 32, 2000),
    ("read", 1 << 20, 4, 200),
)


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
    lines = [f"storebench {STORE_REQUESTS} {count} {depth} || echo 'storebench fails'"
             for count in STORE_KEYS for depth in LINUX_DEPTHS]  # fmt: skip
    theirs = run_linux(machine, setup, "\n".join(lines) + "\n")
    rows = []
    for count in STORE_KEYS:
        label = f"{count} key{'s' if count > 1 else ''}"
        one = theirs.get(f"store/{count}/depth-1")
        best = _better(one, theirs.get(f"store/{count}/depth-{LINUX_DEPTHS[-1]}"))
        rows.append(Row(f"{label}, one by one", ours.get(f"store/{count}/one-by-one"), one))
        if count > 1:
            pipelined = ours.get(f"store/{count}/pipelined")
            rows.append(Row(f"{label}, pipelined; Linux one by one", pipelined, one))
            rows.append(Row(f"{label}, both pipelined", pipelined, best))
    return rows


def block(machine, setup):
    """A disk that does nothing, through blkback: reads and writes."""
    wanted = [" ".join(map(str, access)) for access in ACCESSES]
    ours = run_lodger(machine, setup, "block", "xvda " + " ".join(wanted), [DISK])
    script = "echo none >/sys/block/xvda/queue/scheduler\n"
    script += "".join(f"blkbench /dev/xvda {access}\n" for access in wanted)
    persistent = run_linux(machine, setup, script, [DISK])
    plain = run_linux(machine, setup, script, [DISK],
                      {"xen_blkfront.ko": "feature_persistent=0"})  # fmt: skip
    rows = []
    for kind, size, depth, _ in ACCESSES:
        name = f"block/{kind}/{size}/{depth}"
        label = f"{kind} of {size >> 10} KiB, {depth} under way"
        theirs = _better(persistent.get(name), plain.get(name))
        rows.append(Row(label, ours.get(name), theirs, size))
    return rows


COMPARISONS = {"store": store, "block": block}
