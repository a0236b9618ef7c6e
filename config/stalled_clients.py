"""Disconnect clients that stop reading a response, so that they occupy no thread for long.

A WSGI server waits in a thread until the client has taken enough of a stream. Python cannot end
this wait, but it can shut the connection down: then the server closes the stream.
"""

import fcntl
import logging
import os
import socket
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from django.conf import settings

logger = logging.getLogger("policy_events.server")
FILE_DESCRIPTORS = "/proc/self/fd"
CHECKS_PER_TIMEOUT = 4
# The fields tcpi_last_data_sent and tcpi_last_ack_recv of Linux' struct tcp_info, in milliseconds.
TCP_INFO = struct.Struct("=44xI8xI")
INT = struct.Struct("=i")
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: forget what was not sent


def start_watching() -> None:
    """Look for stalled clients of this process until it ends. Does nothing except on Linux."""
    if hasattr(socket, "TCP_INFO") and os.path.isdir(FILE_DESCRIPTORS):
        Thread(target=watch, name="stalled clients", daemon=True).start()


def watch() -> None:
    while True:
        time.sleep(settings.SEND_TIMEOUT / CHECKS_PER_TIMEOUT)
        if count := disconnect_stalled_clients(settings.SEND_TIMEOUT):
            logger.warning(
                "disconnected %s clients that took nothing for %s s", count, settings.SEND_TIMEOUT
            )


def disconnect_stalled_clients(seconds: int) -> int:
    """Shut down all connections to this process whose client has taken nothing for so long,
    although there was something to send. Return their number."""
    descriptors = [int(name) for name in os.listdir(FILE_DESCRIPTORS)]
    ports = {port for descriptor in descriptors for port in iter_listening_ports(descriptor)}
    return sum(disconnect_if_stalled(descriptor, ports, seconds) for descriptor in descriptors)


def iter_listening_ports(descriptor: int) -> Iterator[int]:
    with suppress(OSError), borrow_socket(descriptor) as borrowed:
        if borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and is_tcp(borrowed):
            yield borrowed.getsockname()[1]


def disconnect_if_stalled(descriptor: int, ports: set[int], seconds: int) -> bool:
    with suppress(OSError), borrow_socket(descriptor) as borrowed:
        if not is_tcp(borrowed) or borrowed.getsockname()[1] not in ports:
            return False
        if not get_unsent_size(descriptor) or get_idle_seconds(borrowed) < seconds:
            return False
        borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        borrowed.shutdown(socket.SHUT_RDWR)
        return True
    return False


@contextmanager
def borrow_socket(descriptor: int) -> Iterator[socket.socket]:
    """Use a socket of the server, which goes on using it. Raise OSError if it is no socket."""
    borrowed = socket.socket(fileno=descriptor)
    try:
        yield borrowed
    finally:
        borrowed.detach()


def is_tcp(borrowed: socket.socket) -> bool:
    return borrowed.family in (socket.AF_INET, socket.AF_INET6) and (
        borrowed.type == socket.SOCK_STREAM
    )


def get_unsent_size(descriptor: int) -> int:
    """Return the bytes that the client has not acknowledged."""
    size: int = INT.unpack(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(INT.size)))[0]
    return size


def get_idle_seconds(borrowed: socket.socket) -> float:
    """Return the seconds since the client took data: since data was last sent to it, or since it
    last acknowledged anything, whichever is longer."""
    info = borrowed.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
    milliseconds: tuple[int, int] = TCP_INFO.unpack(info)
    return max(milliseconds) / 1000
