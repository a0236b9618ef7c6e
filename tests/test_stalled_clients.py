"""A client that takes nothing is disconnected. One that reads slowly is not."""

import socket
import time
from contextlib import ExitStack, closing, suppress

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse

from config import stalled_clients

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "TCP_INFO"), reason="only Linux tells how long a client has taken nothing"
)
SMALL_BUFFER = 4096


def send_until_full(sender):
    """Raise BlockingIOError when nothing more fits."""
    while True:
        sender.send(bytes(2**16))


def read_all(reader):
    while reader.recv(2**16):
        pass


class Connection:
    """Both ends of a connection to a port of this process. The client has a small buffer."""

    def __init__(self, listener, stack):
        self.client = stack.enter_context(closing(socket.socket()))
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.client.connect(listener.getsockname())
        self.server = stack.enter_context(closing(listener.accept()[0]))
        self.server.setblocking(False)

    def fill(self):
        with suppress(BlockingIOError):
            send_until_full(self.server)


@pytest.fixture
def connect():
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        yield lambda: Connection(listener, stack)


def test_a_client_that_takes_nothing_is_disconnected(connect):
    stalled, idle, moving = connect(), connect(), connect()
    stalled.fill()
    moving.fill()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        moving.client.recv(SMALL_BUFFER)
        time.sleep(0.01)
    assert stalled_clients.disconnect_stalled_clients(10) == 0
    assert stalled_clients.disconnect_stalled_clients(1) == 1
    with pytest.raises(BrokenPipeError):
        stalled.server.send(b"more")
    assert (idle.server.send(b"x"), idle.client.recv(9)) == (1, b"x")
    assert len(moving.client.recv(SMALL_BUFFER)) > 0
    stalled.server.close()
    with pytest.raises(ConnectionResetError):  # the rest is not kept for it
        read_all(stalled.client)


def test_connections_to_other_servers_are_left_alone(connect):
    """Such as those to PostgreSQL: this process is the client there."""
    connection = connect()
    connection.client.setblocking(False)
    connection.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    with pytest.raises(BlockingIOError):
        send_until_full(connection.client)
    time.sleep(1.2)
    assert stalled_clients.disconnect_stalled_clients(1) == 0


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=10-19"}], ids=["whole", "part"])
def test_a_static_file_is_one_piece(client, headers):
    """A server waits for the reader of a stream; it sends one piece without a thread."""
    with open(finders.find("web/site.css"), "rb") as file:
        content = file.read()
    response = client.get("/static/web/site.css", headers=headers)
    assert type(response) is HttpResponse
    expected = content[10:20] if headers else content
    assert (response.status_code, response.content) == (206 if headers else 200, expected)
    assert response["Content-Length"] == str(len(expected))
    assert response["Content-Type"].startswith("text/css")
