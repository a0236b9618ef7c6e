"""Clients that ask for exports or files and never read do not stop the site, also without a proxy.

They get no more than MAX_EXPORTS threads of each process, and those for SEND_TIMEOUT seconds.
"""

import socket
import time
from contextlib import ExitStack, closing

import pytest
from django.core.management import call_command

from bench import generate
from policy.publishing.restore import restore
from tests.live_server import SERVER_HOST, parse_status, run_server

ACTIONS, SEED = 5000, 1  # an export of 14 MB: more than the system and granian buffer
STALLED_CLIENTS, MAX_EXPORTS, SEND_TIMEOUT = 30, 2, 6
SLOWEST_SECONDS = 1.0  # that the promise allows
PAGES = ("/livez", "/", "/actions/", "/api/v1/actions/", "/api/v1/actions/count/?type=enforcement")
EXPORT = "/api/v1/actions/?format=ndjson"
STATIC_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
REPEATS = 6  # of one request on a connection: more than the system buffers


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    generate.write_reference(folder, ACTIONS, SEED)
    return folder


@pytest.fixture
def server(committed, records, tmp_path, monkeypatch):
    call_command("load_dataset", records, verbosity=0)
    restore(generate.revisions(ACTIONS, SEED))
    monkeypatch.setenv("MAX_EXPORTS", str(MAX_EXPORTS))
    monkeypatch.setenv("SEND_TIMEOUT", str(SEND_TIMEOUT))
    with run_server(tmp_path) as server:
        yield server


def stall(server, path, repeats):
    """Request a path some times on one connection that takes next to nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(SEND_TIMEOUT)
    client.connect(("127.0.0.1", server.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {SERVER_HOST}\r\n\r\n".encode() * repeats)
    return client


def wait_for_export(server, status):
    end = time.monotonic() + 3 * SEND_TIMEOUT
    while parse_status(server.get(EXPORT)) != status:
        assert time.monotonic() < end
        time.sleep(0.5)


def measure(server, seconds):
    """Return the longest time of any page, in seconds. Every response must be 200."""
    longest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        for path in PAGES:
            began = time.monotonic()
            assert parse_status(server.get(path)) == 200, path
            longest = max(longest, time.monotonic() - began)
    return longest


@pytest.mark.parametrize(("path", "repeats"), [(EXPORT, 1), (STATIC_FILE, REPEATS)])
def test_clients_that_never_read_do_not_slow_pages_down(server, figure, path, repeats):
    measure(server, 1)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(closing(stall(server, path, repeats)))
            for _ in range(STALLED_CLIENTS)
        ]
        longest = measure(server, SEND_TIMEOUT / 2)
        statuses = sorted(parse_status(client.recv(100)) for client in clients)
    figure(f"{STALLED_CLIENTS} stalled clients of {path}: pages take at most {longest:.2f} s")
    assert longest < SLOWEST_SECONDS
    refused = STALLED_CLIENTS - MAX_EXPORTS if path == EXPORT else 0
    assert statuses == [200] * (STALLED_CLIENTS - refused) + [503] * refused


def test_stalled_exports_end(server, figure):
    """Others can export then, although nobody closed anything."""
    with ExitStack() as stack:
        for _ in range(MAX_EXPORTS):
            client = stack.enter_context(closing(stall(server, EXPORT, 1)))
            assert client.recv(12) == b"HTTP/1.1 200"  # it has its slot
        began = time.monotonic()
        wait_for_export(server, 503)
        wait_for_export(server, 200)
        took = time.monotonic() - began
    figure(
        f"exports are available {took:.1f} s after two stalled, with SEND_TIMEOUT={SEND_TIMEOUT}"
    )


def test_a_slow_client_gets_the_whole_file(server):
    """It takes 1.5 times SEND_TIMEOUT for the first bytes, and never stops."""
    whole = server.get(EXPORT)
    with closing(stall(server, EXPORT, 1)) as client:
        end, received = time.monotonic() + 1.5 * SEND_TIMEOUT, b""
        while time.monotonic() < end:
            received += client.recv(256)
            time.sleep(0.05)
        pieces = [received]
        while not pieces[-1].endswith(b"\r\n0\r\n\r\n"):
            pieces.append(client.recv(2**20))
            assert pieces[-1]
    assert b"".join(pieces).partition(b"\r\n\r\n")[2] == whole.partition(b"\r\n\r\n")[2]
