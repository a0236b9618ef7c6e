"""The folder of the embedded server: its owner, its socket and its creation."""

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

SOCKET_PORT = 5432  # only part of the name of the socket file
SOCKET_NAME = f".s.PGSQL.{SOCKET_PORT}"
MAX_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
SERVICE_USER = "policy-events"
USE_ANOTHER_DATABASE = "set DATA_DIR to a folder that belongs to you, or set DATABASE_URL"


@dataclass(frozen=True)
class Home:
    """The folder of the files of a server, and the user that it runs as."""

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
    """Return the home in `<data_dir>/postgres`. Raise EmbeddedError if its owner is unsuitable."""
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
            f"{home} belongs to root, and PostgreSQL does not run as root: {USE_ANOTHER_DATABASE}."
        )
    if not user_name(uid):
        raise EmbeddedError(
            f"User {uid} has no user name, but PostgreSQL needs one: set DATABASE_URL."
        )
    return Home(home.resolve(), uid)


def create_home(home: Path) -> None:
    """Create the folder under another name and rename it, so that concurrent starts are safe."""
    if home.is_symlink() and not home.exists():
        raise EmbeddedError(
            f"{home.readlink()} does not exist: restore it, or delete the link {home}."
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    uid = server_user(home.parent)
    is_reachable = can_run(uid, "test", "-x", home.parent)
    folder, prefix = (home.parent, UNFINISHED_PREFIX) if is_reachable else (shared_folder(), "")
    fresh = Path(tempfile.mkdtemp(dir=folder, prefix=prefix))
    try:
        (fresh / "socket").mkdir(mode=0o700)  # so that rename() never replaces it
        for folder in (fresh / "socket", fresh):
            os.chown(folder, uid, -1 if uid == os.geteuid() else pwd.getpwuid(uid).pw_gid)
        fresh.rename(home) if is_reachable else home.symlink_to(fresh)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not home.exists():
            raise


def server_user(data_dir: Path) -> int:
    """Return the uid that the server runs as: our own, because PostgreSQL does not run as root.

    Root uses the owner of the folder, or the service user if that is root, too.
    """
    if (me := os.geteuid()) != 0:
        return me
    owner = data_dir.stat().st_uid
    return owner if owner and user_name(owner) else service_user()


def service_user() -> int:
    """Return the uid of SERVICE_USER. Create that user if it does not exist."""
    for _ in range(2):
        with suppress(KeyError):
            return pwd.getpwnam(SERVICE_USER).pw_uid
        shell = ("--shell", "/usr/sbin/nologin")
        can_run(0, "useradd", "--system", "--no-create-home", *shell, SERVICE_USER)
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and useradd did not create the user {SERVICE_USER}: "
        "run this as an ordinary user, or set DATABASE_URL."
    )


def ensure_socket(home: Home) -> None:
    """Create the folder of the socket again unless it is private and its path short enough."""
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
    """Return whether only the user of the server can access the folder of the socket."""
    with suppress(OSError):
        status = home.socket.lstat()
        is_private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
        return is_private and status.st_uid == home.uid and is_valid_socket_path(home.socket)
    return False


def is_valid_socket_path(folder: Path) -> bool:
    """Return whether the path of the socket is short enough for the kernel, and has no comma,
    which libpq reads as the end of the first host."""
    return len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH and "," not in str(folder)


@contextmanager
def explain_os_errors(data_dir: Path) -> Iterator[None]:
    """Turn an OSError of the block into an EmbeddedError that names the owner of the folder."""
    try:
        yield
    except OSError as error:
        folder = next(path for path in (data_dir, *data_dir.parents) if os.path.exists(path))
        uid = folder.stat().st_uid
        raise EmbeddedError(
            f"{error.filename} cannot be used ({error.strerror}), and {folder} belongs to "
            f"{user_name(uid) or uid}: {USE_ANOTHER_DATABASE}."
        ) from error
