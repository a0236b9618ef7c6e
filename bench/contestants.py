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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bench import measure
from bench.calls import Ask
from bench.store import HOME, ROOT, Dataset

PEERS = ROOT / ".venv-bench" / "bin"
SERVICE = ROOT / "docs" / "examples" / "policy-events-public.service"
PATIENCE = 90.0
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


class Ours(Contestant):
    """The public process, started as docs/examples/ starts it."""

    name, label = "ours", "Policy Events"
    headers = {"X-Forwarded-Proto": "https"}  # as the proxy in front of it says

    def command(self) -> list[str]:
        line = re.search("^ExecStart=(.*)$", SERVICE.read_text(), re.M)
        assert line
        program, *options = shlex.split(line[1])
        options = replaced(options, "--port", str(self.port))
        options = replaced(options, "--workers", str(self.workers))
        return [str(Path(sys.executable).parent / Path(program).name), *options]

    def environment(self) -> dict[str, str]:
        return {
            "DEBUG": "off",
            "DESK": "off",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "localhost",
            "BEHIND_PROXY": "on",
            "RATE_LIMIT": "",
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


KNOWN: dict[str, type[Contestant]] = {c.name: c for c in (Ours, Limit, DRF)}
