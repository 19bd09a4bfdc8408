"""Where things lie: the repository, its build folder and the cache shared by all clones."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"


def cache():
    """The folder for what is expensive to make and independent of the working tree."""
    if "LODGER_CACHE" in os.environ:
        return Path(os.environ["LODGER_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lodger"
