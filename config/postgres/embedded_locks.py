"""The file locks of the embedded server."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

TIMEOUT_SECONDS = 60.0


class EmbeddedError(Exception):
    """The embedded database cannot be used. The message says why, and what to do."""


held_locks: set[int] = set()  # file descriptors


@contextmanager
def release_after(lock: int) -> Iterator[int]:
    try:
        yield lock
    finally:
        release_lock(lock)


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[int]:
    """Hold the lock on a folder. Raise EmbeddedError after TIMEOUT_SECONDS."""
    for _ in retry_until_timeout():
        if (lock := try_lock(folder)) is not None:
            break
    else:
        raise EmbeddedError(f"Another process uses {folder}: wait until it ends, or stop it.")
    with release_after(lock):
        yield lock


def try_lock(path: Path, shared: bool = False) -> int | None:
    """Return a file descriptor that holds the lock, or None if another process holds it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    held_locks.add(descriptor)
    return descriptor


def release_lock(descriptor: int) -> None:
    """Close the descriptor. A child process that inherited it keeps the lock."""
    held_locks.discard(descriptor)
    os.close(descriptor)


def retry_until_timeout() -> Iterator[None]:
    """Yield every 20 ms for TIMEOUT_SECONDS."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < end:
        yield
        time.sleep(0.02)
