"""Measuring a disk: what is printed adds up, and --verify sees what is wrong."""

import json

from harness import case, expect

MIB = 1 << 20


def measure(rig, arguments, disk, status=0):
    run = rig.run("blkbench", f"--json {arguments}", [disk])
    expect(run.verdict.status == status, run.verdict.words)
    lines = [line for line in run.console.splitlines() if line.startswith("{")]
    expect(len(lines) == 1, "no line for programs")
    return json.loads(lines[0])


@case("blkbench")
def figures_add_up(rig):
    disk = rig.disk("disk", 4 * MIB)
    written = measure(rig, "--op=write --bs=16k --count=128 --jobs=2 --depth=4 --verify", disk)
    expect(written["bytes"] == 4 * MIB and written["requests"] == 256, f"not 4 MiB: {written}")
    expect(written["latency_ns"]["p50"] <= written["latency_ns"]["p99"], "percentiles fall")
    read = measure(rig, "--op=randread --count=1000 --verify --buffers=heap", disk)
    expect(read["requests"] == 1000 and not read["wrong"], f"what was written differs: {read}")
    expect(read["grants"] == 0, "grants are made while requests run")
    expect(read["sleeps"] + read["notifications"] < 1000, "a hypercall for each request")
    with open(disk.path, "r+b") as file:
        file.seek(MIB + 5)
        file.write(b"?")
    spoiled = measure(rig, "--op=read --count=256 --bs=16k --verify", disk, status=1)
    expect(spoiled["wrong"] == 1, f"{spoiled['wrong']} wrong blocks, not 1")
