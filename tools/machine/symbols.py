"""Names for addresses: Xen's log of a crashed guest in terms of the guest's source."""

import re
import subprocess

# Xen prints 64-bit values as sixteen digits, registers and stack words alike.
ADDRESS = re.compile(r"\b[0-9a-f]{16}\b")


class Symbols:
    """The code symbols of one ELF file, by binutils."""

    def __init__(self, image):
        self._image = str(image)
        self._ranges = [
            (int(address, 16), int(address, 16) + int(size, 16))
            for address, size, kind, *_ in map(str.split, self._nm())
            if kind in "tTwW"
        ]

    def _nm(self):
        command = ["nm", "--defined-only", "--print-size", self._image]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        return [line for line in lines if len(line.split()) == 4]

    def is_code(self, address):
        return any(start <= address < end for start, end in self._ranges)

    def name(self, address):
        """`function (file:line)`, with the functions inlined there, innermost first."""
        command = ["addr2line", "-f", "-C", "-i", "-s", "-e", self._image, hex(address)]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        return ", in ".join(
            f"{function} ({place.split(' ')[0]})"
            for function, place in zip(lines[::2], lines[1::2], strict=False)
        )

    def annotate(self, text):
        """The text with one line added below each line that holds addresses of code."""
        result = []
        for line in text.splitlines():
            result.append(line)
            for digits in ADDRESS.findall(line):
                if self.is_code(int(digits, 16)):
                    result.append(f"      {digits}: {self.name(int(digits, 16))}")
        return "\n".join(result)
