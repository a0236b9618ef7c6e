"""The load generator: one thread, raw sockets, connections that are kept.

Bodies are counted, not kept. `python -m bench` states what it can take at most.
"""

import gc
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

BUFFER = 1 << 20
scratch = bytearray(BUFFER)


@dataclass
class Run:
    """What a few seconds of load gave."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    size: int = 0
    failed: int = 0
    cpu: float = 0.0  # of the load generator

    def quantile(self, share: float) -> float:
        found = sorted(self.latencies)
        return found[min(len(found) - 1, int(share * len(found)))] if found else float("nan")

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


class Connection:
    """Sends a request and reads until its answer is whole."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.head = b""  # until the length is known
        self.missing: int | None = None  # bytes of the answer; None while it is not known
        self.tail = b""  # of an answer in chunks
        self.status = self.size = 0

    def send(self, request: bytes) -> None:
        self.head, self.missing, self.tail, self.size = b"", None, b"", 0
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Whether the answer is whole now."""
        got = self.socket.recv_into(scratch)
        if not got:
            raise ConnectionError("The server closed the connection.")
        self.size += got
        if self.missing is not None:
            self.missing -= got
            return self.missing <= 0
        if self.tail:
            return self.ended(bytes(scratch[max(0, got - 7) : got]))
        self.head += scratch[:got]
        end = self.head.find(b"\r\n\r\n")
        return end > 0 and self.begun(end + 4)

    def begun(self, end: int) -> bool:
        head = self.head[:end].lower()
        self.status = int(head[9:12])
        place = head.find(b"\r\ncontent-length:")
        if place > 0:
            length = int(head[place + 17 : head.index(b"\r", place + 17)])
            self.missing = end + length - len(self.head)
            return self.missing <= 0
        if b"\r\ntransfer-encoding: chunked" in head:
            return self.ended(self.head[end:][-7:] or b"\r")
        return True  # 304 has no body

    def ended(self, last: bytes) -> bool:
        self.tail = (self.tail + last)[-7:]
        return self.tail.endswith(b"\r\n0\r\n\r\n")


def around(requests: list[bytes]) -> Iterator[bytes]:
    """One after the other, again and again, going on where the last round ended."""
    return cycle(requests)


def once(port: int, requests: Iterator[bytes], wanted: int = 200) -> Run:
    """Each of a few requests, on one connection."""
    run, connection, began = Run(), Connection(port), time.perf_counter()
    for request in requests:
        connection.send(request)
        while not connection.receive():
            pass
        run.latencies.append(time.perf_counter() - connection.began)
        run.size += connection.size
        run.failed += connection.status != wanted
    run.seconds = time.perf_counter() - began
    connection.socket.close()
    return run


def drive(
    port: int, requests: Iterator[bytes], seconds: float, connections: int, wanted: int = 200
) -> Run:
    """Ask for as many seconds, one request after the other on each connection."""
    run, poll = Run(), select.epoll()
    held = {c.socket.fileno(): c for c in (Connection(port) for _ in range(connections))}
    for descriptor, connection in held.items():
        poll.register(descriptor, select.EPOLLIN)
        connection.send(next(requests))
    gc.disable()
    cpu, began = time.process_time(), time.perf_counter()
    end, waiting = began + seconds, connections
    try:
        while waiting:
            for descriptor, _ in poll.poll(60):
                connection = held[descriptor]
                if not connection.receive():
                    continue
                now = time.perf_counter()
                run.latencies.append(now - connection.began)
                run.size += connection.size
                run.failed += connection.status != wanted
                if now < end:
                    connection.send(next(requests))
                else:
                    waiting -= 1
            if time.perf_counter() > end + 60:
                raise TimeoutError("An answer did not come within a minute.")
    finally:
        gc.enable()
        run.seconds, run.cpu = time.perf_counter() - began, time.process_time() - cpu
        for connection in held.values():
            connection.socket.close()
        poll.close()
    return run
