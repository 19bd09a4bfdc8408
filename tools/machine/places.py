"""Where things lie: these tools, the repository if they are in one, and the cache shared by all."""

import os
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1]
REPOSITORY = TOOLS.parent
BUILD = REPOSITORY / "build"


def work():
    """The folder for what runs leave behind: the repository's, or the cache of an installed tool."""
    return BUILD if (REPOSITORY / "Makefile").exists() else cache()


def cache():
    """The folder for what is expensive to make and independent of the working tree."""
    if "LODGER_CACHE" in os.environ:
        return Path(os.environ["LODGER_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lodger"
