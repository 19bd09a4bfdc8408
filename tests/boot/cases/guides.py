"""What the guides show of C++ is run, and prints what they say (tests/guides)."""

import re

from harness import case, expect
from machine import places

OUTPUT = re.compile(r"^```output\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = ("writing-a-guest", "block-io")


@case("guides")
def guides_say_what_their_snippets_print(rig):
    disk = rig.disk("disk", 1 << 20)
    words = "copy 'from here' trace=xenbus lodger.crash_on_failure"
    run = rig.run("tests/guides", words, [disk])
    expect(run.verdict.status == 0, run.verdict.words)
    for guide in GUIDES:
        text = (places.REPOSITORY / f"docs/{guide}.md").read_text()
        for wanted in OUTPUT.findall(text):
            expect(wanted in run.console, f"docs/{guide}.md promises {wanted!r}")
    expect(disk.path.read_bytes()[:1] == b"\x03", "the disk was not counted on")
