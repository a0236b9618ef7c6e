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

QUIET = 0.3  # seconds without a byte, after which to ask whether the server answers anybody
PATIENCE = 0.6  # seconds for each address of the server to say anything at all
REST = 0.3  # seconds in which a silent server is not asked again
GRACE = 1.0  # seconds for the server's own limit to act before ours does
SETTINGS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
PLANNING = ("jit", "plan_cache_mode", "max_parallel_workers_per_gather")
SET = "SELECT " + ", ".join(f"set_config('{name}', %s, false)" for name in PLANNING + SETTINGS)
# A host that vanished is noticed, also by a command that waits without limit.
TRANSPORT = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


class Silent(psycopg.OperationalError):
    """The server takes what is sent to it, and says nothing."""

    def __init__(self, message: str = "the server says nothing", **more: Any) -> None:
        super().__init__(message, **more)


@dataclass(frozen=True)
class Limits:
    """Seconds for a statement, for a lock, and between statements of a transaction; 0: no limit."""

    statement: int = 0
    lock: int = 0
    idle: int = 0

    @classmethod
    def of_requests(cls, statement: int, lock: int) -> Self:
        return cls(statement, min(lock, statement), statement)

    def apply(self, connection: psycopg.Connection[Any]) -> None:
        """In one round trip, which also shows whether the connection works."""
        connection.limits = self  # type: ignore[attr-defined]
        times = [f"{n}s" for n in (self.statement, self.lock, self.idle)]
        connection.execute(SET, [*self.planning, *times])

    @property
    def planning(self) -> tuple[str, str, str]:
        """Nothing that is asked here is worth compiling, and branches that never run would be too.

        What a request asks is planned for its values each time: no plan for all of them knows which
        word is rare. It takes one process: more take longer to start than a page takes, and belong
        to other requests. A command asks the same of thousands of rows.
        """
        return ("off", "auto", "2") if self == UNLIMITED else ("off", "force_custom_plan", "0")


def stand(connection: psycopg.Connection[Any]) -> bool:
    """Whether a connection has the limits of this moment, and nobody closed it."""
    if getattr(connection, "limits", None) != current.get():
        return False
    heard = poll()
    heard.register(connection.pgconn.socket, POLLIN)
    return not heard.poll(0)


UNLIMITED = Limits()
current: ContextVar[Limits] = ContextVar("limits", default=UNLIMITED)


class Gate:
    """While the server is silent one request at a time asks it; all others are told at once."""

    def __init__(self) -> None:
        self.lock, self.shut_until = Lock(), 0.0

    @contextmanager
    def passage(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        except Silent:
            self.shut()
            raise
        except psycopg.Error:
            self.shut_until = 0.0  # a refusal is an answer
            raise
        self.shut_until = 0.0

    def shut(self) -> None:
        self.shut_until = monotonic() + REST

    def enter(self) -> None:
        with self.lock:
            if self.shut_until:
                if monotonic() < self.shut_until:
                    raise Silent
                self.shut_until = monotonic() + PATIENCE + REST


class Impatient(psycopg.Connection[Any]):
    """A connection that waits for an answer only while the server answers somebody."""

    limits = UNLIMITED
    parameters: dict[str, Any]
    gate: Gate

    @classmethod
    def _connect_gen(cls, *args: Any, **options: Any) -> Generator[Any, Any, Any]:
        end = monotonic() + PATIENCE

        def check() -> None:
            if monotonic() > end:
                raise Silent

        return watched(super()._connect_gen(*args, **options), check)

    @classmethod
    def to(cls, parameters: dict[str, Any], gate: Gate) -> Self:
        connection = cls.connect(**parameters)
        connection.parameters, connection.gate = parameters, gate
        return connection

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(watched(gen, self.check()), interval, timeout)

    def check(self) -> Callable[[], None]:
        began = asked = monotonic()

        def check() -> None:
            nonlocal asked
            if monotonic() - asked < QUIET:
                return
            late = self.limits.statement and monotonic() - began > self.limits.statement + GRACE
            if late or not self.server_answers():
                self.close()
                raise Silent
            asked = monotonic()

        return check

    def server_answers(self) -> bool:
        """Whether a newcomer is told anything: a refusal is an answer too."""
        try:
            self.connect(**self.parameters).close()
        except Silent:
            self.gate.shut()
            return False
        except psycopg.Error:
            pass
        return True


def watched(gen: Any, check: Callable[[], None]) -> Generator[Any, Any, Any]:
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
