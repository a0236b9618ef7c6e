"""Create the cluster of the embedded PostgreSQL, start the server and stop it."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from config.postgres.embedded_home import (
    SOCKET_NAME,
    SOCKET_PORT,
    Home,
    ensure_socket,
    is_private_socket,
)
from config.postgres.embedded_locks import (
    EmbeddedError,
    release_after,
    release_lock,
    retry_until_timeout,
    try_lock,
)
from config.postgres.embedded_programs import (
    MAJOR_VERSION,
    UNFINISHED_PREFIX,
    last_lines,
    logger,
    programs_for,
    run_as,
    user_name,
)

USER = DATABASE = "policy_events"
INITDB_OPTIONS = {
    "username": USER,
    "encoding": "UTF8",
    "locale": "C",
    "locale-provider": "builtin",
    "builtin-locale": "C.UTF-8",
    "auth-local": "peer",
    "auth-host": "reject",
}
MIN_SHARED_BUFFERS, MAX_SHARED_BUFFERS = (
    128 * 2**20,
    4096 * 2**20,
)  # for the page cache of PostgreSQL
CGROUP_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": SOCKET_PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 60,
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def ensure_cluster(home: Home, data_dir: Path, lock: int) -> None:
    """Create the cluster and its database, unless they exist.

    initdb inherits the lock: if we are killed, no other process starts again before it ends.
    """
    if home.data.exists():
        check_major_version(home)
        return
    logger.info("Creating the embedded database in %s (once)", data_dir)
    for abandoned in data_dir.glob(f"{UNFINISHED_PREFIX}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    programs, new = programs_for(home.uid), home.path / "data.new"
    options = [f"--{name}={value}" for name, value in INITDB_OPTIONS.items()]
    run_as(home.uid, "rm", "-rf", new)
    run_as(home.uid, programs / "initdb", "-D", new, *options, pass_fds=[lock])
    single = ("--single", "-c", "exit_on_error=on", "-D", str(new), "template1")
    creation = f"CREATE DATABASE {DATABASE}\n"
    run_as(home.uid, programs / "postgres", *single, input=creation, pass_fds=[lock])
    run_as(home.uid, "mv", new, home.data)


def check_major_version(home: Home) -> None:
    """Raise EmbeddedError if other programs created the cluster."""
    version = (home.data / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {version}, and the programs here are "
            f"{MAJOR_VERSION}: "
            'follow "The embedded database\'s next version" in docs/operations.md.'
        )


def ensure_server(home: Home) -> None:
    """Start the server unless it runs, and wait until it accepts connections."""
    if (lock := server_lock(home)) is not None:
        with release_after(lock):
            launch_server(home, lock)
        wait_for_server(home)


def stop_server(home: Home) -> None:
    """Stop the server if it runs, and wait until it has ended."""
    if (lock := server_lock(home, keep=False)) is not None:
        release_lock(lock)


def server_lock(home: Home, keep: bool = True) -> int | None:
    """Return the lock on `data/`, which is free when no server runs.

    Return None if a usable server runs and `keep` is true. Any other server is stopped first.
    """
    for _ in retry_until_timeout():
        is_kept = keep and is_listening(home)
        if is_kept and accepts_connections(home):
            return None
        postmaster = postmaster_pid(home)
        if postmaster is None and (lock := try_lock(home.data)) is not None:
            return lock
        if postmaster and not is_kept:
            with suppress(ProcessLookupError):
                os.kill(postmaster, signal.SIGINT)
    raise EmbeddedError(
        f"An earlier server still uses {home.data}: wait until it ends, or stop it."
    )


def postmaster_pid(home: Home) -> int | None:
    """Return the process in the pid file, unless that pid now belongs to another program."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if f"postgres -D {home.data} " in command_line(pid) else None


def command_line(pid: int) -> str:
    """Return the command line of a process, or an empty string if it has ended."""
    with suppress(EmbeddedError, OSError):
        if sys.platform != "linux":
            return run_as(os.geteuid(), "ps", "-wwo", "command=", "-p", str(pid))
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    return ""


def launch_server(home: Home, lock: int) -> None:
    """Start the server, which inherits the lock, in a session that Ctrl-C does not reach."""
    ensure_socket(home)
    write_hba(home, (user_name(home.uid), user_name(0)))
    stale = (
        home.data / "postmaster.pid",
        home.socket / SOCKET_NAME,
        home.socket / f"{SOCKET_NAME}.lock",
    )
    run_as(home.uid, "rm", "-f", *stale)
    folder = str(home.socket).replace('"', '""')
    settings = {
        **SERVER_SETTINGS,
        "shared_buffers": f"{shared_buffers_bytes() // 2**20}MB",
        "unix_socket_directories": f'"{folder}"',
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    shell = ("sh", "-c", '"$@" >"$0" 2>&1 </dev/null &', str(home.path / "log"))
    server = (str(programs_for(home.uid) / "postgres"), "-D", str(home.data), *options)
    run_as(home.uid, *shell, *server, start_new_session=True, pass_fds=[lock])


def shared_buffers_bytes() -> int:
    """Return a quarter of the memory, as the manual of PostgreSQL advises.

    The server uses it only as pages are read, except for 24 MB per gigabyte at the start.
    """
    return min(max(available_memory() // 4, MIN_SHARED_BUFFERS), MAX_SHARED_BUFFERS)


def available_memory() -> int:
    """Return the bytes of memory of the machine, or of the container."""
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or one without a limit
        available = min(available, int(CGROUP_MEMORY_LIMIT.read_text()))
    return available


def write_hba(home: Home, names: Iterable[str]) -> None:
    """Let these operating system users connect as every role.

    Root is always among them: it could become the owner anyway.
    """
    owners = "".join(f'owners "{name}" all\n' for name in names)
    run_as(home.uid, "tee", home.data / "pg_ident.conf", input=owners)
    run_as(home.uid, "tee", home.data / "pg_hba.conf", input="local all all peer map=owners\n")


def wait_for_server(home: Home) -> None:
    """Wait until the server accepts connections. Raise EmbeddedError with its log if it ends."""
    for _ in retry_until_timeout():
        if is_listening(home) and accepts_connections(home):
            return
        if (lock := try_lock(home.data)) is not None:
            release_lock(lock)
            break
    log = home.path / "log"
    lines = last_lines(log.read_text(errors="replace"))
    raise EmbeddedError(f"The embedded database did not start: {lines} (from {log})")


def is_listening(home: Home) -> bool:
    """Return whether a server listens on the socket, and the socket is private."""
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(home.socket / SOCKET_NAME))
        return is_private_socket(home)
    return False


def accepts_connections(home: Home) -> bool:
    """Return whether the server accepts connections; it does not during recovery or shutdown."""
    server = make_conninfo(host=str(home.socket), port=SOCKET_PORT, user=USER, connect_timeout=10)
    return bool(PGconn.ping(server.encode()) == Ping.OK)
