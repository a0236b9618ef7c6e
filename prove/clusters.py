"""Temporary PostgreSQL servers: version 18 of the wheel, and version 15 of Debian."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from config.postgres import embedded_home, embedded_programs
from prove import RUN_LONG_PROOFS
from tests.live_server import free_port

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SUPPORTED_MAJORS = ("18", "15")
TESTED_MAJORS = SUPPORTED_MAJORS if RUN_LONG_PROOFS else SUPPORTED_MAJORS[:1]
CREATEDB_OPTIONS = ("--template", "template0", "--encoding", "UTF8", "--locale", "C.UTF-8")


def server_uid() -> int:
    """Return the uid for the server, because PostgreSQL does not run as root."""
    return os.geteuid() or embedded_home.service_user()


def programs_folder(major: str) -> Path:
    if major == "18":
        return embedded_programs.programs_for(server_uid())
    if not DEBIAN_PROGRAMS.exists() and not os.environ.get("ALL_TESTS"):
        pytest.skip("NO POSTGRESQL 15: install it to run this proof (apt install postgresql-15)")
    assert DEBIAN_PROGRAMS.exists(), (
        "PostgreSQL 15 is not installed, but ALL_TESTS requires every test."
    )
    return DEBIAN_PROGRAMS


class InstalledCluster:
    """A server in a folder that belongs to its user."""

    def __init__(self, major: str, folder: Path) -> None:
        self.bin, self.folder, self.port = programs_folder(major), folder, free_port()
        self.data = folder / "data"

    def run(self, program: str, *arguments: str | Path, **options) -> str:
        """Run a program of PostgreSQL as the user of the server, and return its output."""
        name = pwd.getpwuid(server_uid())
        someone = {"user": server_uid(), "group": name.pw_gid, "extra_groups": []}
        here = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres"}
        done = subprocess.run(
            [self.bin / program, *arguments],
            **(someone if os.geteuid() == 0 else {}),
            env=os.environ | here,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def create(self) -> None:
        options = ("--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8")
        self.run("initdb", "-D", self.data, "-U", "postgres", *options)

    def options(self) -> str:
        given = ("listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=")
        quick = ("fsync=off", "max_connections=40", "shared_buffers=64MB")
        return " ".join(f"-c {setting}" for setting in (*given, *quick))

    def start(self) -> None:
        self.run_pg_ctl("start", "-l", self.folder / "log", "-o", self.options())

    def stop(self) -> None:
        self.run_pg_ctl("stop", "-m", "fast")

    def run_pg_ctl(self, verb: str, *options: str | Path) -> None:
        """Run pg_ctl without pipes: its children would keep them open."""
        name = pwd.getpwuid(server_uid())
        someone = {"user": server_uid(), "group": name.pw_gid, "extra_groups": []}
        subprocess.run(
            [self.bin / "pg_ctl", verb, "-D", self.data, "-w", "-s", *options],
            **(someone if os.geteuid() == 0 else {}),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def createdb(self, name: str, *options: str) -> str:
        self.run("createdb", *CREATEDB_OPTIONS, *options, name)
        return self.url(name)

    def run_manage_py(self, url: str, *arguments: str | Path, **environment: str) -> str:
        """Run manage.py with the pg_dump and pg_restore of this server, and return its output."""
        path = f"{self.bin}:{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": url, "PATH": path} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_cluster(major: str) -> Iterator[InstalledCluster]:
    """Run a server in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix=f"policy-events-{major}-"))
    os.chown(folder, server_uid(), -1)
    made = InstalledCluster(major, folder)
    try:
        made.create()
        made.start()
        yield made
    finally:
        if (made.data / "postmaster.pid").exists():
            made.stop()
        shutil.rmtree(folder)
