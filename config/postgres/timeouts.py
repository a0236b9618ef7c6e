"""Time limits of database work, and what happens when the server stops responding.

Public requests get short limits, requests to the admin longer ones, and commands none. The
connection of a request checks an unresponsive server and gives up. The reasons are in
docs/decisions/performance.md.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from select import POLLIN, poll
from threading import Lock
from time import monotonic
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn
from psycopg.rows import TupleRow
from psycopg.waiting import READY_NONE, Ready

CHECK_AFTER_SECONDS = 0.3  # without data from the server, before we check whether it responds
CONNECT_TIMEOUT_SECONDS = 0.6  # for each address of the server to respond
BREAKER_RESET_SECONDS = 0.3  # before an unresponsive server is tried again
STATEMENT_GRACE_SECONDS = 1.0  # after statement_timeout, before we close the connection
TIMEOUT_PARAMETERS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
PLANNER_PARAMETERS = ("jit", "plan_cache_mode", "max_parallel_workers_per_gather")
SET_CONFIG_QUERY = "SELECT " + ", ".join(
    f"set_config('{name}', %s, false)" for name in PLANNER_PARAMETERS + TIMEOUT_PARAMETERS
)
# With these, commands without limits notice a lost host, too.
KEEPALIVE_PARAMETERS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
Yielded = TypeVar("Yielded")
Returned = TypeVar("Returned")


class ServerUnresponsive(psycopg.OperationalError):
    """The server accepts data and does not respond."""

    def __init__(self, message: str = "the server does not respond", **options: Any) -> None:
        super().__init__(message, **options)


@dataclass(frozen=True)
class TimeLimits:
    """Seconds for a statement, for a lock, and between statements of a transaction; 0: no limit."""

    statement: int = 0
    lock: int = 0
    idle: int = 0

    @classmethod
    def for_requests(cls, statement: int, lock: int) -> Self:
        return cls(statement, min(lock, statement), statement)

    def apply(self, connection: "psycopg.Connection[TupleRow]") -> None:
        """Set the limits on a connection in one round trip. This also shows that it works."""
        connection.limits = self  # type: ignore[attr-defined] # also on commands' connections
        times = [f"{seconds}s" for seconds in (self.statement, self.lock, self.idle)]
        connection.execute(SET_CONFIG_QUERY, [*self.planner_values, *times])

    @property
    def planner_values(self) -> tuple[str, str, str]:
        """The values of PLANNER_PARAMETERS.

        JIT compilation costs more than it saves in all our queries. Requests get a custom plan for
        their values, because a generic plan cannot know which word is rare; and no parallel
        workers, because these take longer to start than a page takes. Commands run the same
        statement for thousands of rows, so they may use generic plans and workers.
        """
        return ("off", "auto", "2") if self == UNLIMITED else ("off", "force_custom_plan", "0")


UNLIMITED = TimeLimits()
current_limits: ContextVar[TimeLimits] = ContextVar("limits", default=UNLIMITED)


def has_current_limits(connection: "psycopg.Connection[TupleRow]") -> bool:
    """Return whether a connection has the limits of this context and the server has not closed
    it."""
    if getattr(connection, "limits", None) != current_limits.get():
        return False
    readable = poll()
    readable.register(connection.pgconn.socket, POLLIN)
    return not readable.poll(0)


class CircuitBreaker:
    """While the server is unresponsive, let one request at a time try it and refuse the others."""

    def __init__(self) -> None:
        self.lock, self.open_until = Lock(), 0.0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run a block that uses the server. Raise ServerUnresponsive while the breaker is open."""
        self.raise_if_open()
        try:
            yield
        except ServerUnresponsive:
            self.trip()
            raise
        except psycopg.Error:
            self.open_until = 0.0  # the server responded
            raise
        self.open_until = 0.0

    def trip(self) -> None:
        self.open_until = monotonic() + BREAKER_RESET_SECONDS

    def raise_if_open(self) -> None:
        with self.lock:
            if self.open_until:
                if monotonic() < self.open_until:
                    raise ServerUnresponsive
                self.open_until = monotonic() + CONNECT_TIMEOUT_SECONDS + BREAKER_RESET_SECONDS


class ResponsiveConnection(psycopg.Connection[TupleRow]):
    """A connection that waits for a result only while the server accepts other connections."""

    limits = UNLIMITED
    parameters: dict[str, Any]
    circuit_breaker: CircuitBreaker

    @classmethod
    def _connect_gen(cls, *args: Any, **options: Any) -> PQGenConn[Self]:
        end = monotonic() + CONNECT_TIMEOUT_SECONDS

        def check() -> None:
            if monotonic() > end:
                raise ServerUnresponsive

        return iter_with_check(super()._connect_gen(*args, **options), check)

    @classmethod
    def connect_guarded(cls, parameters: dict[str, Any], breaker: CircuitBreaker) -> Self:
        """Connect with the parameters of psycopg.connect."""
        connection = cls.connect(**parameters)
        connection.parameters, connection.circuit_breaker = parameters, breaker
        return connection

    def wait(
        self, gen: PQGen[Returned], interval: float = 0.1, timeout: float | None = None
    ) -> Returned:
        return super().wait(iter_with_check(gen, self.make_check()), interval, timeout)

    def make_check(self) -> Callable[[], None]:
        """Return a function that raises ServerUnresponsive if waiting any longer is useless."""
        began = checked = monotonic()

        def check() -> None:
            nonlocal checked
            if monotonic() - checked < CHECK_AFTER_SECONDS:
                return
            is_late = (
                self.limits.statement
                and monotonic() - began > self.limits.statement + STATEMENT_GRACE_SECONDS
            )
            if is_late or not self.server_answers():
                self.close()
                raise ServerUnresponsive
            checked = monotonic()

        return check

    def server_answers(self) -> bool:
        """Try a new connection and return whether the server responds; it may refuse."""
        try:
            self.connect(**self.parameters).close()
        except ServerUnresponsive:
            self.circuit_breaker.trip()
            return False
        except psycopg.Error:
            pass
        return True


def iter_with_check(
    gen: Generator[Yielded, Ready | int, Returned], check: Callable[[], None]
) -> Generator[Yielded, Ready | int, Returned]:
    """Run a generator of psycopg, and call `check` whenever a wait ends without data."""
    try:
        awaited = next(gen)
        while True:
            ready = yield awaited
            if ready == READY_NONE:
                check()
            awaited = gen.send(ready)
    except StopIteration as stop:
        returned: Returned = stop.value
        return returned
