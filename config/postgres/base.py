"""Django's PostgreSQL backend, with the embedded server, time limits and prepared statements."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql import base, client, features, operations
from django.db.backends.utils import CursorWrapper
from psycopg.rows import TupleRow

from config.postgres import (
    embedded,
    embedded_home,
    embedded_locks,
    embedded_programs,
    embedded_server,
    timeouts,
)

PREPARE_THRESHOLD = 3  # executions on a connection after which the server prepares a statement
ENCODING_ERROR = (
    "The database does not know the letters of every script, so search would miss names."
)


def get_embedded_address(settings_dict: dict[str, Any]) -> dict[str, str | int]:
    """Start the embedded server if the settings name its data folder.

    Return its connection parameters, or an empty dictionary for another server.
    """
    if not settings_dict.get("EMBEDDED"):
        return {}
    folder = embedded.start(Path(settings_dict["EMBEDDED"]))
    return {"host": str(folder), "port": embedded_home.SOCKET_PORT, "user": embedded_server.USER}


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (15,)


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        address = get_embedded_address(settings_dict)
        where = {name.upper(): value for name, value in address.items()}
        args, env = super().settings_to_cmd_args_env({**settings_dict, **where}, parameters)
        program = (
            str(embedded_programs.program_path(cls.executable_name))
            if address
            else cls.executable_name
        )
        return [program, *args[1:]], env


class PgDumpClient(DatabaseClient):
    executable_name = "pg_dump"


class PgRestoreClient(DatabaseClient):
    executable_name = "pg_restore"


class DatabaseValidation(BaseDatabaseValidation):
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self.check_encoding()]

    def check_encoding(self) -> list[CheckMessage]:
        """Report an encoding or locale in which names in some scripts cannot be found."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_encoding') = 'UTF8'"
                " AND strip(to_tsvector('simple', 'É安')) = $$'é安'$$::tsvector"
            )
            is_valid = cursor.fetchone() == (True,)
        name = self.connection.settings_dict["NAME"]
        create = f"createdb --template template0 --encoding UTF8 --locale C.UTF-8 {name}"
        hint = f"Create it like this: {create}"
        return [] if is_valid else [Error(ENCODING_ERROR, hint=hint, id="config.E001")]


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: object, sql: object, params: Any) -> str:
        """Include the values, also if they were sent separately (prepared_cursor)."""
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


def server_binding_cursor(connection: psycopg.Connection[TupleRow]) -> psycopg.Cursor[TupleRow]:
    # The stubs do not know that Django's class is a cursor of psycopg.
    return base.ServerBindingCursor(connection)  # type: ignore[call-arg, return-value]


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    client_class = DatabaseClient
    validation_class = DatabaseValidation
    circuit_breakers: dict[str, timeouts.CircuitBreaker] = {}

    @property
    def circuit_breaker(self) -> timeouts.CircuitBreaker:
        return self.circuit_breakers.setdefault(self.alias, timeouts.CircuitBreaker())

    def get_connection_params(self) -> dict[str, Any]:
        params = {**timeouts.KEEPALIVE_PARAMETERS, **super().get_connection_params()}
        params["prepare_threshold"] = PREPARE_THRESHOLD
        try:
            return {**params, **get_embedded_address(self.settings_dict)}
        except embedded_locks.EmbeddedError as error:
            if timeouts.current_limits.get() == timeouts.UNLIMITED:
                raise  # manage.py prints what to do
            raise psycopg.OperationalError(str(error)) from error

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Let commands wait for the server without limit, but not requests."""
        if timeouts.current_limits.get() == timeouts.UNLIMITED:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return timeouts.ResponsiveConnection.connect_guarded(conn_params, self.circuit_breaker)

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor whose statements the server prepares when they are repeated.

        Values are sent separately from statements, and results are transferred in binary.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = server_binding_cursor(self.connection)
            cursor.format = psycopg.pq.Format.BINARY
            wrapper: CursorWrapper = self._prepare_cursor(cursor)  # type: ignore[attr-defined]
            return wrapper

    def connect(self) -> None:
        with self.circuit_breaker.guard():
            super().connect()

    def init_connection_state(self) -> None:
        super().init_connection_state()
        timeouts.current_limits.get().apply(self.connection)

    def is_usable(self) -> bool:
        """Check the connection at the start of a request, and set the limits of the request.

        This takes one round trip. It takes none if the limits are set already and the server has
        sent nothing since: a closed connection would have sent something.
        """
        if self.connection is None or self.connection.closed:
            return False
        if timeouts.has_current_limits(self.connection) and not self.circuit_breaker.open_until:
            return True
        try:
            with self.circuit_breaker.guard():
                timeouts.current_limits.get().apply(self.connection)
        except psycopg.Error:
            return False
        return True
