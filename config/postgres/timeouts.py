"""How long a piece of work may keep the database, and who has to wait for it.

Readers get short limits, the desk longer ones, commands none. A connection that answers requests
is impatient: when nothing comes, it asks whether the server still answers anybody, and gives up
where it does not. docs/decisions/0016-frozen-database.md says why.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from select import POLLIN, poll
from threading import Lock
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg.waiting import READY_NONE

CHECK_AFTER_SECONDS = (
    0.3  # seconds without a byte, after which to ask whether the server answers anybody
)
CONNECT_TIMEOUT_SECONDS = 0.6  # seconds for each address of the server to say anything at all
BREAKER_RESET_SECONDS = 0.3  # seconds in which a silent server is not asked again
STATEMENT_GRACE_SECONDS = 1.0  # seconds for the server's own limit to act before ours does
TIMEOUT_PARAMETERS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
PLANNER_PARAMETERS = ("jit", "plan_cache_mode", "max_parallel_workers_per_gather")
SET_CONFIG_QUERY = "SELECT " + ", ".join(
    f"set_config('{name}', %s, false)" for name in PLANNER_PARAMETERS + TIMEOUT_PARAMETERS
)
# A host that vanished is noticed, also by a command that waits without limit.
KEEPALIVE_PARAMETERS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


class ServerUnresponsive(psycopg.OperationalError):
    """The server takes what is sent to it, and says nothing."""

    def __init__(self, message: str = "the server says nothing", **more: Any) -> None:
        super().__init__(message, **more)


@dataclass(frozen=True)
class TimeLimits:
    """Seconds for a statement, for a lock, and between statements of a transaction; 0: no limit."""

    statement: int = 0
    lock: int = 0
    idle: int = 0

    @classmethod
    def for_requests(cls, statement: int, lock: int) -> Self:
        return cls(statement, min(lock, statement), statement)

    def apply(self, connection: psycopg.Connection[Any]) -> None:
        """In one round trip, which also shows whether the connection works."""
        connection.limits = self  # type: ignore[attr-defined]
        times = [f"{n}s" for n in (self.statement, self.lock, self.idle)]
        connection.execute(SET_CONFIG_QUERY, [*self.planner_values, *times])

    @property
    def planner_values(self) -> tuple[str, str, str]:
        """Nothing that is asked here is worth compiling, and branches that never run would be too.

        What a request asks is planned for its values each time: no plan for all of them knows which
        word is rare. It takes one process: more take longer to start than a page takes, and belong
        to other requests. A command asks the same of thousands of rows.
        """
        return ("off", "auto", "2") if self == UNLIMITED else ("off", "force_custom_plan", "0")


def has_current_limits(connection: psycopg.Connection[Any]) -> bool:
    """Whether a connection has the limits of this moment, and nobody closed it."""
    if getattr(connection, "limits", None) != current_limits.get():
        return False
    heard = poll()
    heard.register(connection.pgconn.socket, POLLIN)
    return not heard.poll(0)


UNLIMITED = TimeLimits()
current_limits: ContextVar[TimeLimits] = ContextVar("limits", default=UNLIMITED)


class CircuitBreaker:
    """While the server is silent one request at a time asks it; all others are told at once."""

    def __init__(self) -> None:
        self.lock, self.open_until = Lock(), 0.0

    @contextmanager
    def guard(self) -> Iterator[None]:
        self.raise_if_open()
        try:
            yield
        except ServerUnresponsive:
            self.trip()
            raise
        except psycopg.Error:
            self.open_until = 0.0  # a refusal is an answer
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


class ResponsiveConnection(psycopg.Connection[Any]):
    """A connection that waits for an answer only while the server answers somebody."""

    limits = UNLIMITED
    parameters: dict[str, Any]
    circuit_breaker: CircuitBreaker

    @classmethod
    def _connect_gen(cls, *args: Any, **options: Any) -> Generator[Any, Any, Any]:
        end = monotonic() + CONNECT_TIMEOUT_SECONDS

        def check() -> None:
            if monotonic() > end:
                raise ServerUnresponsive

        return iter_with_check(super()._connect_gen(*args, **options), check)

    @classmethod
    def connect_guarded(cls, parameters: dict[str, Any], gate: CircuitBreaker) -> Self:
        connection = cls.connect(**parameters)
        connection.parameters, connection.circuit_breaker = parameters, gate
        return connection

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(iter_with_check(gen, self.check()), interval, timeout)

    def check(self) -> Callable[[], None]:
        began = asked = monotonic()

        def check() -> None:
            nonlocal asked
            if monotonic() - asked < CHECK_AFTER_SECONDS:
                return
            late = (
                self.limits.statement
                and monotonic() - began > self.limits.statement + STATEMENT_GRACE_SECONDS
            )
            if late or not self.server_answers():
                self.close()
                raise ServerUnresponsive
            asked = monotonic()

        return check

    def server_answers(self) -> bool:
        """Whether a newcomer is told anything: a refusal is an answer too."""
        try:
            self.connect(**self.parameters).close()
        except ServerUnresponsive:
            self.circuit_breaker.trip()
            return False
        except psycopg.Error:
            pass
        return True


def iter_with_check(gen: Any, check: Callable[[], None]) -> Generator[Any, Any, Any]:
    """The same steps, with a check whenever a while has passed in which nothing came."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == READY_NONE:
                check()
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
