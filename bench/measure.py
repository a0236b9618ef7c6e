"""What processes cost, read from /proc: CPU seconds and resident memory."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
MB = 2**20
PAGE = 8192  # bytes, of PostgreSQL
SERVER_CORE, OTHER_CORE = 0, 1  # the worker alone; the load generator and PostgreSQL


def pin(pid: int, *cores: int) -> None:
    """Keep a process to some cores, where there is more than one."""
    if (os.cpu_count() or 1) > 1:
        with suppress(OSError):  # it may have ended meanwhile
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), set(cores))


def unpin(pid: int) -> None:
    pin(pid, *range(os.cpu_count() or 1))


def fields(pid: int) -> list[str]:
    """What stands behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(parent: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(fields(int(path.name))[1]) == parent:
                yield int(path.name)


def tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        found.extend(children(pid))
    return found


def cpu(pids: list[int], reaped: int | None = None) -> float:
    """Seconds that processes have used, and those that a parent has seen the end of."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            ticks += sum(map(int, fields(pid)[11:13]))
    if reaped:
        ticks += sum(map(int, fields(reaped)[13:15]))
    return ticks / TICK


def database_cpu(postmaster: int) -> float:
    return cpu([postmaster, *children(postmaster)], postmaster)


def database_pages(postmaster: int) -> float:
    """Pages that the server has asked the system for so far: those that its own memory had not."""
    read = 0
    for pid in [postmaster, *children(postmaster)]:
        with suppress(OSError):
            io = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
            read += int(io["rchar"])
    return read / PAGE


def memory(pids: list[int]) -> float:
    """MB of the largest of some processes: the worker, not the one that watches it."""
    return max(status(pid, "VmRSS:") for pid in pids) / MB


def peak(pids: list[int]) -> float:
    return max(status(pid, "VmHWM:") for pid in pids) / MB


def forget_peak(pids: list[int]) -> None:
    for pid in pids:
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def status(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
