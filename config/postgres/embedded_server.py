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
MB = 2**20
MIN_SHARED_BUFFERS, MAX_SHARED_BUFFERS = 128 * MB, 4096 * MB  # of PostgreSQL's own memory
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
    """A killed starter's initdb inherits the lock, so nobody starts over before it has ended."""
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
    """PostgreSQL would refuse it too, without saying what to do."""
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {found}, and the programs here are "
            f"{MAJOR_VERSION}: "
            'follow "The embedded database\'s next version" in docs/operations.md.'
        )


def ensure_server(home: Home) -> None:
    if (vacancy := server_lock(home)) is not None:
        with release_after(vacancy):
            launch_server(home, vacancy)
        wait_for_server(home)


def stop_server(home: Home) -> None:
    if (vacancy := server_lock(home, keep=False)) is not None:
        release_lock(vacancy)


def server_lock(home: Home, keep: bool = True) -> int | None:
    """The lock of a server that is not there; nothing, if one is there and may be kept."""
    for _ in retry_until_timeout():
        reached = keep and is_listening(home)
        if reached and accepts_connections(home):
            return None
        postmaster = postmaster_pid(home)
        if postmaster is None and (lock := try_lock(home.data)) is not None:
            return lock
        if postmaster and not reached:
            with suppress(ProcessLookupError):
                os.kill(postmaster, signal.SIGINT)
    raise EmbeddedError(f"An earlier server is still busy in {home.data}: wait for it, or end it.")


def postmaster_pid(home: Home) -> int | None:
    """The process in the pid file, unless another has been given that number since."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if f"postgres -D {home.data} " in command_line(pid) else None


def command_line(pid: int) -> str:
    with suppress(EmbeddedError, OSError):
        if sys.platform != "linux":
            return run_as(os.geteuid(), "ps", "-wwo", "command=", "-p", str(pid))
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    return ""


def launch_server(home: Home, vacancy: int) -> None:
    """The server inherits the lock, and a session of its own that no terminal interrupts."""
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
        "shared_buffers": f"{shared_buffers_bytes() // MB}MB",
        "unix_socket_directories": f'"{folder}"',
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    shell = ("sh", "-c", '"$@" >"$0" 2>&1 </dev/null &', str(home.path / "log"))
    server = (str(programs_for(home.uid) / "postgres"), "-D", str(home.data), *options)
    run_as(home.uid, *shell, *server, start_new_session=True, pass_fds=[vacancy])


def shared_buffers_bytes() -> int:
    """Bytes for pages that were read: a quarter of all, as PostgreSQL's manual advises. They are
    taken as pages come, but for the list of pages: 24 MB a gigabyte."""
    return min(max(available_memory() // 4, MIN_SHARED_BUFFERS), MAX_SHARED_BUFFERS)


def available_memory() -> int:
    """Bytes of the machine, or those that a container allows."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # not in one; without a limit
        found = min(found, int(CGROUP_MEMORY_LIMIT.read_text()))
    return found


def write_hba(home: Home, names: Iterable[str]) -> None:
    """Root too, at every start: it could become the owner anyway, and may come while this runs."""
    owners = "".join(f'owners "{name}" all\n' for name in names)
    run_as(home.uid, "tee", home.data / "pg_ident.conf", input=owners)
    run_as(home.uid, "tee", home.data / "pg_hba.conf", input="local all all peer map=owners\n")


def wait_for_server(home: Home) -> None:
    for _ in retry_until_timeout():
        if is_listening(home) and accepts_connections(home):
            return
        if (lock := try_lock(home.data)) is not None:
            release_lock(lock)
            break
    log = home.path / "log"
    said = last_lines(log.read_text(errors="replace"))
    raise EmbeddedError(f"The embedded database did not start: {said} (from {log})")


def is_listening(home: Home) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(home.socket / SOCKET_NAME))
        return is_private_socket(home)
    return False


def accepts_connections(home: Home) -> bool:
    """Not while it recovers or shuts down."""
    server = make_conninfo(host=str(home.socket), port=SOCKET_PORT, user=USER, connect_timeout=10)
    return bool(PGconn.ping(server.encode()) == Ping.OK)
