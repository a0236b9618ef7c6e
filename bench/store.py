"""The benchmark's own PostgreSQL, and in it two databases for each dataset: what the product
serves, and what its peers serve. They are kept, so that the next run begins at once."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from bench import measure, tables
from bench.progress import bar, say
from config.postgres import embedded, embedded_home, embedded_server

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("BENCH_DIR") or ROOT / ".data" / "bench").absolute()
# Where these change, a database that was kept holds something else.
MAKERS = (
    *("bench/generate.py", "bench/words.py", "bench/tables.py", "bench/peers/*.sql"),
    *("bench/peers/datasette/*.sql", "policy/documents/*.py", "policy/publishing/index.py"),
    *("policy/models/*.py", "policy/migrations/*.py"),
)


def fingerprint() -> str:
    found = hashlib.sha256()
    for path in sorted(path for pattern in MAKERS for path in ROOT.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]


@dataclass(frozen=True)
class Database:
    """A database on the benchmark's server."""

    name: str

    @property
    def parameters(self) -> dict[str, str]:
        """As libpq, asyncpg and node-postgres take them from the environment."""
        return {
            "PGHOST": str(embedded.start(HOME)),
            "PGPORT": str(embedded_home.SOCKET_PORT),
            "PGUSER": embedded_server.USER,
            "PGDATABASE": self.name,
        }

    @property
    def url(self) -> str:
        given = self.parameters
        host = quote(given["PGHOST"], safe="")
        return f"postgresql://{given['PGUSER']}@{host}:{given['PGPORT']}/{self.name}"

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, **options)


SERVER = Database(embedded_server.DATABASE)


@dataclass(frozen=True)
class Dataset:
    """A number of actions from a seed, loaded for everybody."""

    actions: int
    seed: int = 1

    @property
    def label(self) -> str:
        return f"bench_{self.actions}_{self.seed}"

    @property
    def name(self) -> str:
        return f"{self.label}_{fingerprint()}"

    @property
    def product(self) -> Database:
        return Database(f"{self.name}_product")

    @property
    def peers(self) -> Database:
        return Database(f"{self.name}_peers")

    @property
    def flat(self) -> Path:
        return HOME / f"{self.name}.sqlite"

    def ready(self) -> bool:
        return {self.product.name, self.peers.name} <= set(databases()) and self.flat.exists()

    def prepare(self) -> None:
        """Load what is not there yet. A database gets its name when it is whole."""
        if self.ready():
            say(f"{self.actions:,} actions are loaded already ({self.name}).")
            return
        self.drop()
        new_product, new_peers = (Database(f"{db.name}_new") for db in (self.product, self.peers))
        create(new_product), create(new_peers)
        load(new_product, self.actions, self.seed)
        with new_product.connect() as product, new_peers.connect() as peers:
            watched = bar(f"Filling the peers' tables with {self.actions:,} actions", self.actions)
            tables.fill(product, peers, self.flat, watched)
        rename(new_product, self.product), rename(new_peers, self.peers)

    def drop(self) -> None:
        """What an older version of the code has left of it."""
        for name in databases():
            if name.startswith(f"{self.label}_"):
                administer("DROP DATABASE {} WITH (FORCE)", name)
        for path in HOME.glob(f"{self.label}_*.sqlite"):
            path.unlink()


def administer(statement: str, *names: str) -> None:
    with SERVER.connect(autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def databases() -> list[str]:
    with SERVER.connect() as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database")]


def create(database: Database) -> None:
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", database.name)
    administer("CREATE DATABASE {}", database.name)


def rename(old: Database, new: Database) -> None:
    administer("ALTER DATABASE {} RENAME TO {}", old.name, new.name)


def load(database: Database, actions: int, seed: int) -> None:
    """In a process of its own: settings name one database."""
    command = [sys.executable, "-m", "bench.load_product", str(actions), str(seed)]
    environment = {**os.environ, "DATABASE_URL": database.url, "DATA_DIR": str(HOME)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def cluster() -> Path:
    return HOME / "postgres" / "data"


def postmaster() -> int:
    embedded.start(HOME)
    return int((cluster() / "postmaster.pid").read_text().split()[0])


def forget() -> None:
    """Restart the server and let the system forget its files: what comes next is cold."""
    embedded.stop(HOME)
    for path in files():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    embedded.start(HOME)


def remember(database: Database) -> None:
    """Read its files, so that the system has as much of them in memory as finds room."""
    with database.connect() as connection:
        query = "SELECT oid FROM pg_database WHERE datname = current_database()"
        (oid,) = connection.execute(query).fetchone() or ("",)
    for path in sorted((cluster() / "base" / str(oid)).iterdir()):
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 22):
                pass


def pin() -> None:
    """Keep the server and whatever it starts to its core."""
    for pid in measure.tree(postmaster()):
        measure.pin(pid, measure.OTHER_CORE)


def files() -> Iterator[Path]:
    yield from (path for path in (cluster() / "base").rglob("*") if path.is_file())
