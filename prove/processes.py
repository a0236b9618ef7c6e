"""Look up processes in /proc."""

from contextlib import suppress
from pathlib import Path


def child_pids(pid: int) -> list[int]:
    """Return the pids of the direct children of a process. Raise OSError if it has ended."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
