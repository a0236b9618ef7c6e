"""A real server process on the database of the tests, as in docs/self-hosting.md."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from prove.processes import child_pids

SERVER_HOST = "good.example"
SERVER_THREADS = 4  # each has its own connection to the database
SERVER_TIMEOUT_SECONDS = 30


def database_url() -> str:
    """Return the URL of the database that the tests use now."""
    params = connection.get_connection_params()
    where = [quote(str(params.get(name) or ""), safe="") for name in ("user", "password", "host")]
    port = f":{params['port']}" if params.get("port") else ""
    return "postgresql://{}:{}@{}".format(*where) + f"{port}/{quote(params['dbname'])}"


@dataclass
class Server:
    """A server with one worker process."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def worker(self) -> int:
        return child_pids(self.process.pid)[0]

    def connect(self, timeout: float = SERVER_TIMEOUT_SECONDS) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def send(self, raw: bytes) -> bytes:
        """Send bytes and return the response, which may be incomplete if the server closes."""
        response = b""
        with self.connect() as client, suppress(ConnectionError):
            with suppress(
                ConnectionError
            ):  # the server may answer and close before it has read everything
                client.sendall(raw)
            while not is_complete(response) and (piece := client.recv(2**16)):
                response += piece
        return response

    def get(self, path: str, *headers: str, method: str = "GET") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {SERVER_HOST}", "Connection: close", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))


def is_complete(answer: bytes) -> bool:
    """Return whether a response has all the bytes that its headers announce."""
    head, end, body = answer.partition(b"\r\n\r\n")
    fields = parse_headers(answer)
    if not end or "content-length" not in fields:
        return bool(end) and (b"chunked" not in head.lower() or body.endswith(b"0\r\n\r\n"))
    return len(body) >= int(fields["content-length"])


def parse_headers(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)}


def parse_status(answer: bytes) -> int:
    """Return the status of a response, or 0 if the server closed without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1") else 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(folder),
        "DEBUG": "off",
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": SERVER_HOST,
        "SECURE_SSL_REDIRECT": "off",
    }


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    port, run = free_port(), {"cwd": settings.BASE_DIR, "env": server_environment(folder)}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, check=True, **run)
    options = f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --http 1"
    command = [Path(sys.executable).with_name("granian"), *options.split()]
    command += ["--blocking-threads", str(SERVER_THREADS), "config.wsgi:application"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **run)
    try:
        yield wait_until_ready(Server(process, port), folder / "log")
    finally:
        process.terminate()
        process.wait(SERVER_TIMEOUT_SECONDS)


def wait_until_ready(server: Server, log: Path) -> Server:
    end = time.monotonic() + SERVER_TIMEOUT_SECONDS
    while time.monotonic() < end:
        with suppress(OSError):
            if parse_status(server.get("/livez")) == 200:
                return server
        assert server.process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")
