"""The folder of the embedded server: who owns it, where its socket is, and how it is created."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.postgres.embedded_locks import EmbeddedError
from config.postgres.embedded_programs import (
    UNFINISHED_PREFIX,
    can_run,
    run_as,
    shared_folder,
    user_name,
)

if sys.platform != "win32":
    import pwd

SOCKET_PORT = 5432  # names the socket's file, and nothing else
SOCKET_NAME = f".s.PGSQL.{SOCKET_PORT}"
MAX_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
SERVICE_USER = "policy-events"
USE_ANOTHER_DATABASE = "set DATA_DIR to a folder of your own, or set DATABASE_URL"


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


def find_or_create_home(data_dir: Path) -> Home:
    home = data_dir / "postgres"
    if not home.exists():
        create_home(home)
    uid, me = home.stat().st_uid, os.geteuid()
    if me not in {0, uid} or home.lstat().st_uid not in {0, uid}:
        owner = user_name(uid) or uid
        raise EmbeddedError(
            f"{home} belongs to {owner}, not to {user_name(me) or me}: {USE_ANOTHER_DATABASE}."
        )
    if uid == 0:
        raise EmbeddedError(
            f"{home} belongs to root, whom PostgreSQL refuses: {USE_ANOTHER_DATABASE}."
        )
    if not user_name(uid):
        raise EmbeddedError(f"User {uid} has no name, which PostgreSQL needs: set DATABASE_URL.")
    return Home(home.resolve(), uid)


def create_home(home: Path) -> None:
    """Make it under another name, so that the first of several starters wins."""
    if home.is_symlink() and not home.exists():
        raise EmbeddedError(f"{home.readlink()} is gone: bring it back, or remove the link {home}.")
    home.parent.mkdir(parents=True, exist_ok=True)
    uid = server_user(home.parent)
    reached = can_run(uid, "test", "-x", home.parent)
    folder, prefix = (home.parent, UNFINISHED_PREFIX) if reached else (shared_folder(), "")
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


def server_user(data_dir: Path) -> int:
    """PostgreSQL refuses root, who runs it as the folder's owner, or as a user made for it."""
    if (me := os.geteuid()) != 0:
        return me
    owner = data_dir.stat().st_uid
    return owner if owner and user_name(owner) else service_user()


def service_user() -> int:
    for _ in range(2):
        with suppress(KeyError):
            return pwd.getpwnam(SERVICE_USER).pw_uid
        shell = ("--shell", "/usr/sbin/nologin")
        can_run(0, "useradd", "--system", "--no-create-home", *shell, SERVICE_USER)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and useradd did not make the user {SERVICE_USER}: "
        "run this as an ordinary user, or set DATABASE_URL."
    )


def ensure_socket(home: Home) -> None:
    if is_private_socket(home):
        return
    folder = home.path / "socket"
    run_as(home.uid, "rm", "-rf", folder)
    if is_valid_socket_path(folder):
        run_as(home.uid, "mkdir", "-m", "700", folder)
    else:
        elsewhere = run_as(home.uid, "mktemp", "-d", "-t", "policy-events-XXXXXXXX")
        run_as(home.uid, "ln", "-s", elsewhere, folder)


def is_private_socket(home: Home) -> bool:
    """Whether the folder is the server's own, and closed to everyone else."""
    with suppress(OSError):
        found = home.socket.lstat()
        closed = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        return closed and found.st_uid == home.uid and is_valid_socket_path(home.socket)
    return False


def is_valid_socket_path(folder: Path) -> bool:
    """A socket's path has its limit, and a client takes a comma for the end of the first host."""
    return len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH and "," not in str(folder)


@contextmanager
def explain_os_errors(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = next(path for path in (data_dir, *data_dir.parents) if os.path.exists(path))
        uid = folder.stat().st_uid
        raise EmbeddedError(
            f"{error.filename} cannot be used ({error.strerror}), and {folder} belongs to "
            f"{user_name(uid) or uid}: {USE_ANOTHER_DATABASE}."
        ) from error
