"""Who takes part: how each is started, where it is asked, and where its rows stand."""

import json
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import measure, tables
from bench.calls import Ask
from bench.install import DIRECTUS, VENV
from bench.store import HOME, ROOT, Dataset

PEERS = VENV / "bin"
SERVICE = ROOT / "docs" / "examples" / "policy-events-public.service"
PATIENCE = 90.0
SECRET = secrets.token_urlsafe(48)  # of every process of ours: cursors are signed with it
Rows = list[dict[str, Any]]


class Contestant:
    """A server that is asked by HTTP. The URLs here are those of the peers written for this."""

    name = ""
    label = ""
    nests = True  # its rows hold agencies, citations and all else
    exact = True  # its search finds the very rows that the others find
    leaves_out: tuple[str, ...] = ()  # calls that it has no such thing for
    headers: dict[str, str] = {}
    rows_in = "results"

    def __init__(self, dataset: Dataset, workers: int = 1) -> None:
        self.dataset, self.workers, self.port = dataset, workers, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.idle = 0.0  # MB, once it has answered for the first time
        self.log = HOME / "logs" / f"{self.name}.log"

    # What the subclasses say

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return self.dataset.peers.parameters

    def path(self, ask: Ask) -> str:
        if ask.call == "one":
            return f"/actions/{ask.given['id']}{self.slash}"
        if ask.call == "aggregate":
            return f"/actions/groups{self.slash}?{urlencode(ask.given)}"
        return f"/actions{self.slash}?{urlencode(self.parameters(ask))}"

    slash = ""

    def parameters(self, ask: Ask) -> dict[str, Any]:
        given = {k: v for k, v in ask.given.items() if k in ("jurisdiction", "since", "until", "q")}
        if "offset" in ask.given:
            given["page"] = ask.given["offset"] // 50 + 1
        return given

    def rows(self, body: bytes) -> Rows:
        found: Rows = json.loads(body)[self.rows_in]
        return found

    def one(self, body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(body)
        return found

    def groups(self, body: bytes) -> set[tuple[Any, ...]]:
        return {(row["type"], row["stance"], row["count"]) for row in json.loads(body)}

    # What they share

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env={**os.environ, **self.environment()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        measure.pin(self.process.pid, measure.SERVER_CORE)
        self.wait()
        for pid in self.pids():
            measure.pin(pid, measure.SERVER_CORE)

    def wait(self) -> None:
        assert self.process
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.label} ended: {self.said()}")
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.label} did not start in {PATIENCE:.0f} s: {self.said()}")

    def said(self) -> str:
        return " | ".join(self.log.read_text(errors="replace").strip().splitlines()[-5:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def pids(self) -> list[int]:
        assert self.process
        return measure.tree(self.process.pid)

    @property
    def memory(self) -> float:
        return measure.memory(self.pids())

    def request(self, ask: Ask) -> bytes:
        headers = {"Host": "localhost", "Accept": "*/*", **self.headers, **ask.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"GET {self.path(ask)} HTTP/1.1\r\n{lines}\r\n".encode()

    def get(self, path: str, **headers: str) -> tuple[bytes, Any]:
        """The body and the headers of an answer."""
        given = {"Host": "localhost", **self.headers, **headers}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=given)
        try:
            with urllib.request.urlopen(asked, timeout=300) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            said = error.read(300).decode(errors="replace")
            raise RuntimeError(f"{self.label} said {error.code} to {path}: {said}") from None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def granian(self: Contestant, application: str, folder: Path = PEERS) -> list[str]:
    options = f"--interface wsgi --workers {self.workers} --blocking-threads 4 --port {self.port}"
    return [str(folder / "granian"), *options.split(), "--host", "127.0.0.1", application]


def said_by_unit(key: str) -> list[str]:
    """The words behind a key of docs/examples/, wherever it stands."""
    return shlex.split(" ".join(re.findall(f"^{key}=(.*)$", SERVICE.read_text(), re.M)))


class Ours(Contestant):
    """The public process, started as docs/examples/ starts it."""

    name, label = "ours", "Policy Events"
    headers = {"X-Forwarded-Proto": "https"}  # as the proxy in front of it says
    memory_of_answers = "0"  # every answer is made anew

    def command(self) -> list[str]:
        program, *options = said_by_unit("ExecStart")
        options = replaced(options, "--port", str(self.port))
        options = replaced(options, "--workers", str(self.workers))
        return [str(Path(sys.executable).parent / Path(program).name), *options]

    def environment(self) -> dict[str, str]:
        tuned = [word for word in said_by_unit("Environment") if word.startswith("MALLOC_")]
        return {
            **dict(word.split("=") for word in tuned),
            "DEBUG": "off",
            "DESK": "off",
            "SECRET_KEY": SECRET,
            "ALLOWED_HOSTS": "localhost",
            "BEHIND_PROXY": "on",
            "RATE_LIMIT": "",
            "MEMORY": self.memory_of_answers,
            "DATABASE_URL": self.dataset.product.url,
            "DATA_DIR": str(HOME),
        }

    def start(self) -> None:
        static = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        environment = {**os.environ, **self.environment()}
        subprocess.run(static, cwd=ROOT, env=environment, check=True)
        super().start()

    def path(self, ask: Ask) -> str:
        given = ask.given
        if "path" in given:
            return str(given["path"])
        if ask.call == "one":
            return f"/api/v1/actions/{given['id']}/"
        if ask.call == "changes":
            return f"/api/v1/changes/?after={given['after']}"
        names = {
            "jurisdiction": "jurisdiction_exactly",
            "since": "sort_date__gte",
            "until": "sort_date__lte",
        }
        asked = {names.get(k, k): v for k, v in given.items() if k not in ("group", "offset")}
        if ask.call == "aggregate":
            return f"/api/v1/actions/aggregate/?{urlencode({'group_by': 'type,stance', **asked})}"
        return f"/api/v1/actions/?{urlencode(asked)}"

    def groups(self, body: bytes) -> set[tuple[Any, ...]]:
        rows = json.loads(body)["groups"]
        return {(r["keys"]["type"], r["keys"]["stance"], r["count"]) for r in rows}


class Keeping(Ours):
    """The same with its memory of answers, for the calls that ask the same again."""

    memory_of_answers = ""  # as much as it has when nobody says

    def __init__(self, dataset: Dataset, workers: int = 1) -> None:
        super().__init__(dataset, workers)
        self.log = self.log.with_stem("keeping")


def replaced(options: list[str], name: str, value: str) -> list[str]:
    found = list(options)
    found[found.index(name) + 1] = value
    return found


class Limit(Contestant):
    name, label = "limit", "physical limit"

    def command(self) -> list[str]:
        return granian(self, "bench.peers.limit.app:application", Path(sys.executable).parent)

    def parameters(self, ask: Ask) -> dict[str, Any]:
        given = {k: v for k, v in ask.given.items() if k in ("jurisdiction", "since", "until", "q")}
        return {**given, **ask.given.get("after_row", {})}

    def path(self, ask: Ask) -> str:
        if ask.call == "aggregate":
            return f"/actions?{urlencode(ask.given)}"
        return super().path(ask)

    def groups(self, body: bytes) -> set[tuple[Any, ...]]:
        return {tuple(row) for row in json.loads(body)["results"]}


class Constant(Contestant):
    """The load generator's own ceiling."""

    name, label = "constant", "constant answer"

    def command(self) -> list[str]:
        return granian(self, "bench.peers.limit.constant:application", Path(sys.executable).parent)


class DRF(Contestant):
    name, label, slash = "drf", "plain DRF", "/"

    def command(self) -> list[str]:
        return granian(self, "bench.peers.wsgi:application")

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "DJANGO_SETTINGS_MODULE": "bench.peers.django_settings",
            "ROOT_URLCONF": f"bench.peers.{self.name}.urls",
        }


class Ninja(DRF):
    name, label, slash = "ninja", "Django Ninja", ""
    rows_in = "items"


class FastAPI(Contestant):
    name, label = "fastapi", "FastAPI, SQLAlchemy"

    def command(self) -> list[str]:
        options = f"--host 127.0.0.1 --port {self.port} --workers {self.workers} --no-access-log"
        return [str(PEERS / "uvicorn"), "bench.peers.fastapi.app:app", *options.split()]

    def parameters(self, ask: Ask) -> dict[str, Any]:
        given = super().parameters(ask)
        given.pop("page", None)
        return {**given, "offset": ask.given["offset"]} if "offset" in ask.given else given

    def rows(self, body: bytes) -> Rows:
        found: Rows = json.loads(body)
        return found


class Datasette(Contestant):
    """Its table pages, with what they offer to be quick: no facets, no count. Rows are flat."""

    name, label = "datasette", "Datasette (flat)"
    nests = False

    def command(self) -> list[str]:
        options = f"serve -i {self.dataset.flat} --host 127.0.0.1 --port {self.port}"
        settings = (
            "--setting suggest_facets off --setting sql_time_limit_ms 60000 --setting max_csv_mb 0"
        )
        return [str(PEERS / "datasette"), *options.split(), *settings.split()]

    def path(self, ask: Ask) -> str:
        name = self.dataset.flat.stem
        if ask.call == "one":
            return f"/{name}/action/{ask.given['id']}.json?_shape=objects"
        if ask.call == "aggregate":
            return f"/{name}.json?{urlencode({'sql': GROUPS, '_shape': 'objects', **bounds(ask)})}"
        return f"/{name}/action.json?{urlencode(self.parameters(ask))}"

    def parameters(self, ask: Ask) -> dict[str, Any]:
        found = {"_shape": "objects", "_size": 50, "_sort_desc": "place_in_list"}
        found |= {"_nocount": 1, "_nofacet": 1, "_nocol": "search_text"}
        if place := ask.given.get("jurisdiction"):  # its _through fails beside other filters
            found["_where"] = f"id in ({OF_PLACE} '{place}')"
        if word := ask.given.get("q"):
            found["_search"] = word
        if row := ask.given.get("after_row"):
            found["_next"] = f"{row['date']}_{row['record']},{row['record']}"
        names = {"since": "sort_date__gte", "until": "sort_date__lte"}
        return found | {names[name]: day for name, day in bounds(ask).items()}

    def rows(self, body: bytes) -> Rows:
        found: Rows = json.loads(body)["rows"]
        return found

    def one(self, body: bytes) -> dict[str, Any]:
        return self.rows(body)[0]

    def groups(self, body: bytes) -> set[tuple[Any, ...]]:
        return {(row["type"], row["stance"], row["count"]) for row in self.rows(body)}


OF_PLACE = "select action_id from action_jurisdiction where jurisdiction_id ="
GROUPS = (
    "select type, stance, count(*) as count from action"
    " where sort_date between :since and :until group by type, stance"
)


def bounds(ask: Ask) -> dict[str, str]:
    return {name: ask.given[name] for name in ("since", "until") if name in ask.given}


class Directus(Contestant):
    """Asked by its administrator's token, which skips the work of its permissions."""

    name, label = "directus", "Directus"
    exact = False  # it looks for parts of words, in every column
    rows_in = "data"
    token = "benchmark"
    headers = {"Authorization": f"Bearer {token}"}
    fields = ",".join(
        (
            *tables.PLAIN,
            *tables.LISTS,
            *("jurisdictions.jurisdiction_id.*", "agencies.*", "agencies.agency_id.*"),
            *("entities.*", "entities.entity_id.*", "dates.*", "figures.*", "relations.*"),
            *("relations.target_id.id", "relations.target_id.title", "notes.*"),
            *("citations.*", "citations.source_id.*"),
        )
    )

    def command(self) -> list[str]:
        return ["node", str(DIRECTUS / "node_modules" / "directus" / "cli.js"), "start"]

    def environment(self) -> dict[str, str]:
        given = self.dataset.peers.parameters
        return {
            **{"DB_CLIENT": "pg", "DB_HOST": given["PGHOST"], "DB_PORT": given["PGPORT"]},
            **{"DB_USER": given["PGUSER"], "DB_DATABASE": given["PGDATABASE"]},
            **{"HOST": "127.0.0.1", "PORT": str(self.port), "NODE_ENV": "production"},
            **{"SECRET": "not a secret", "TELEMETRY": "false", "LOG_LEVEL": "error"},
            **{"ADMIN_EMAIL": "admin@example.com", "ADMIN_PASSWORD": "benchmark"},
            **{"ADMIN_TOKEN": self.token, "WEBSOCKETS_ENABLED": "false"},
        }

    def start(self) -> None:
        with self.dataset.peers.connect() as connection:
            found = connection.execute("SELECT to_regclass('directus_relations')").fetchone()
        if found == (None,):
            self.bootstrap()
        super().start()

    def bootstrap(self) -> None:
        """Its own tables beside those that are there, once for each database."""
        command = [*self.command()[:-1], "bootstrap"]
        environment = {**os.environ, **self.environment()}
        subprocess.run(command, cwd=DIRECTUS, env=environment, check=True, capture_output=True)
        with self.dataset.peers.connect() as connection:
            connection.execute((tables.FILES / "directus" / "relations.sql").read_text())

    def path(self, ask: Ask) -> str:
        if ask.call == "one":
            return f"/items/action/{ask.given['id']}?fields={self.fields}"
        asked: dict[str, Any] = {"filter": json.dumps({"_and": self.filters(ask)})}
        if ask.call == "aggregate":
            asked |= {"aggregate[count]": "*", "groupBy[]": ["type", "stance"], "limit": -1}
            return f"/items/action?{urlencode(asked, doseq=True)}"
        asked |= {"fields": self.fields, "sort": "-sort_date,-id", "limit": 50}
        if word := ask.given.get("q"):
            asked["search"] = word
        if "offset" in ask.given:
            asked["page"] = ask.given["offset"] // 50 + 1
        return f"/items/action?{urlencode(asked)}"

    def filters(self, ask: Ask) -> list[dict[str, Any]]:
        names = {"since": "_gte", "until": "_lte"}
        found: list[dict[str, Any]] = [
            {"sort_date": {names[name]: day}} for name, day in bounds(ask).items()
        ]
        if place := ask.given.get("jurisdiction"):
            found.append({"jurisdictions": {"jurisdiction_id": {"_eq": place}}})
        return found

    def one(self, body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(body)["data"]
        return found

    def groups(self, body: bytes) -> set[tuple[Any, ...]]:
        return {(row["type"], row["stance"], int(row["count"])) for row in self.rows(body)}


KNOWN: dict[str, type[Contestant]] = {
    c.name: c for c in (Ours, Limit, DRF, Ninja, FastAPI, Datasette, Directus)
}
