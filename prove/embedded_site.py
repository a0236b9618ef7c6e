"""A temporary PostgreSQL server and a site on it, which tests may kill."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from config.postgres import embedded_home, embedded_programs, embedded_server
from prove.processes import child_pids, is_alive
from tests.live_server import free_port

HBA_ADMIT = "host all all 127.0.0.1/32 trust\n"
HBA_REJECT = "host all all 127.0.0.1/32 reject\n"
WAIT_SECONDS = 30.0
ADMIN_PASSWORD = "quite a long secret"


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited {WAIT_SECONDS:.0f} s for {what}"
        time.sleep(0.01)


@dataclass
class EmbeddedCluster:
    """A server with the programs and options of the embedded database, but on a TCP port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: Any = None

    def __post_init__(self) -> None:
        self.home = embedded_home.find_or_create_home(self.folder)
        self.programs = embedded_programs.programs_for(self.home.uid)
        options = [
            f"--{name}={value}"
            for name, value in embedded_server.INITDB_OPTIONS.items()
            if "auth" not in name
        ]
        initdb = (
            self.programs / "initdb",
            "-D",
            self.home.data,
            "--auth=trust",
            "--no-sync",
            *options,
        )
        embedded_programs.run_as(self.home.uid, *initdb)
        self.write_hba(HBA_ADMIT)

    @property
    def url(self) -> str:
        return self.database_url(embedded_server.DATABASE)

    def database_url(self, database: str) -> str:
        return f"postgresql://{embedded_server.USER}@127.0.0.1:{self.port}/{database}"

    def write_hba(self, rule: str) -> None:
        embedded_programs.run_as(self.home.uid, "tee", self.home.data / "pg_hba.conf", input=rule)

    def start(self, **changes: Any) -> None:
        """Start the server and wait until it answers.

        Without fsync: the kernel keeps what a killed process wrote.
        """
        values = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "shared_buffers": "16MB",
            "fsync": "off",
        } | changes
        options = [f"--{name}={value}" for name, value in values.items()]
        server = (str(self.programs / "postgres"), "-D", str(self.home.data), *options)
        with (self.folder / "log").open("ab") as log:
            someone = {} if self.home.uid == os.geteuid() else {"user": self.home.uid}
            self.process = subprocess.Popen(
                server, stdout=log, stderr=log, start_new_session=True, **someone
            )
        wait_until(self.accepts_queries, "PostgreSQL")

    def accepts_queries(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        with suppress(psycopg.OperationalError):
            self.sql("SELECT 1", "template1")
            return True
        return False

    def accepts_connections(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False

    def sql(
        self, statement: str, database: str = embedded_server.DATABASE
    ) -> list[tuple[Any, ...]]:
        where = self.database_url(database)
        with psycopg.connect(where, autocommit=True, connect_timeout=2) as connection:
            found = connection.execute(statement)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []

    def processes(self) -> list[int]:
        """Return the pids of the postmaster and its children."""
        return [self.process.pid, *child_pids(self.process.pid)]

    def signal_all(self, number: int) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self) -> None:
        """Stop the postmaster first, so that it starts no more processes."""
        os.kill(self.process.pid, signal.SIGSTOP)
        self.signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """Kill all processes at once, as if the machine stopped."""
        os.kill(self.process.pid, signal.SIGSTOP)
        children = self.processes()[1:]
        for pid in (*children, self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(WAIT_SECONDS)
        wait_until(lambda: not any(map(is_alive, children)), "the end of its children")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_SECONDS)

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self.thaw()
            self.stop()
        shutil.rmtree(self.home.path, ignore_errors=True)

    def terminate_sessions(self) -> None:
        """End the sessions of all clients."""
        self.sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
            "template1",
        )


def load_seed(cluster: EmbeddedCluster, blocker: Any) -> None:
    """Create the database with the seed dataset and the administrator "chief"."""
    cluster.sql(f"CREATE DATABASE {embedded_server.DATABASE}", "template1")
    with use_database(cluster, blocker):
        call_command("migrate", verbosity=0)
        call_command("load_dataset", settings.BASE_DIR / "fixtures", verbosity=0)
        User.objects.create_superuser("chief", password=ADMIN_PASSWORD)


@contextmanager
def use_database(
    cluster: EmbeddedCluster, blocker: Any, name: str = embedded_server.DATABASE
) -> Iterator[None]:
    """Connect Django in this process to a database of the cluster."""
    before = connection.settings_dict
    with blocker.unblock():
        connection.close()
        connection.settings_dict = before | {
            **{"HOST": "127.0.0.1", "PORT": cluster.port, "NAME": name},
            **{"USER": embedded_server.USER, "PASSWORD": "", "EMBEDDED": None, "CONN_MAX_AGE": 0},
        }
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = before


@dataclass
class SiteResponse:
    """A response, and the seconds that it took."""

    status: int
    headers: Any
    body: bytes
    seconds: float


@dataclass
class Site:
    """A site that is served as in docs/self-hosting.md."""

    cluster: EmbeddedCluster
    folder: Path
    port: int = field(default_factory=free_port)
    process: Any = None
    database: str = embedded_server.DATABASE

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.cluster.database_url(self.database),
            "DATA_DIR": str(self.folder),
            "DEBUG": "off",
            "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopq",
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_PROXY": "on",
            "READER_TIMEOUT": "3",
        }

    def start(self) -> None:
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input"]
        subprocess.run(
            collect,
            cwd=settings.BASE_DIR,
            env=self.environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.serve()

    def serve(self) -> None:
        granian = Path(sys.executable).with_name("granian")
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        shape = ("--interface", "wsgi", "--workers", "1", "--blocking-threads", "4", "--http", "1")
        with (self.folder / "site.log").open("ab") as log:
            self.process = subprocess.Popen(
                [granian, *where, *shape, "config.wsgi:application"],
                cwd=settings.BASE_DIR,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        wait_until(self.is_serving, "the site")

    def is_serving(self) -> bool:
        with suppress(OSError):
            return self.get("/livez").status == 200
        return False

    def get(self, path: str, **headers: str) -> SiteResponse:
        return self.request("GET", path, **headers)

    def request(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> SiteResponse:
        """Send a request as a proxy does that terminates TLS."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(client):  # also if the server dies before it has answered
            began = time.monotonic()
            client.request(method, path, body, {"X-Forwarded-Proto": "https"} | names)
            response = client.getresponse()
            content = response.read()
            took = time.monotonic() - began
        return SiteResponse(response.status, response.headers, content, took)

    def workers(self) -> list[int]:
        return child_pids(self.process.pid)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(WAIT_SECONDS)

    def kill(self) -> None:
        """Kill the server and its workers at once."""
        for pid in (pids := [self.process.pid, *self.workers()]):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(WAIT_SECONDS)
        wait_until(lambda: not any(map(is_alive, pids)), "the end of the server")

    def log(self) -> str:
        return (self.folder / "site.log").read_text()
