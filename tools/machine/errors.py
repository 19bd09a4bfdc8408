"""The one exception of this package: something a person must hear about, without a traceback."""


class MachineError(Exception):
    """The message says what was being done, what was waited for, and where to look."""
