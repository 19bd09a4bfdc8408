"""Writing a cpio archive ("newc"), the form in which Linux takes its initial file system.

The archive is a function of its contents alone (no times, owners or inode numbers of the host),
so its hash can name it.
"""

import stat

MAGIC = "070701"
TRAILER = "TRAILER!!!"


def _padded(data):
    """newc aligns names and contents to four bytes."""
    return data + bytes(-len(data) % 4)


class Archive:
    """Collects files, links and folders by their path in the archive; folders appear by need."""

    def __init__(self):
        self._entries = {}

    def file(self, path, data, mode=0o644):
        self._add(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, str(target).encode())

    def folder(self, path):
        self._add(path, stat.S_IFDIR | 0o755, b"")

    def _add(self, path, mode, data):
        path = str(path).strip("/")
        parent = path.rpartition("/")[0]
        if parent and parent not in self._entries:
            self.folder(parent)
        self._entries[path] = (mode, data)

    def bytes(self):
        parts = [
            self._entry(number, path, mode, data)
            for number, (path, (mode, data)) in enumerate(sorted(self._entries.items()), 1)
        ]
        return b"".join(parts) + self._entry(0, TRAILER, 0, b"")

    @staticmethod
    def _entry(inode, path, mode, data):
        name = path.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        header = MAGIC + "".join(f"{field:08x}" for field in fields)
        return _padded(header.encode() + name) + _padded(data)
