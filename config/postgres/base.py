"""Django's backend for PostgreSQL, which starts the embedded server where settings ask for it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql import base, client, features, operations
from django.db.backends.utils import CursorWrapper

from config.postgres import (
    embedded,
    embedded_home,
    embedded_locks,
    embedded_programs,
    embedded_server,
    timeouts,
)

PREPARE_THRESHOLD = 3  # times that a connection asks a statement before the server keeps it
ENCODING_ERROR = "The database does not know the letters of every script: search would miss names."


def get_embedded_address(settings_dict: dict[str, Any]) -> dict[str, Any]:
    """Where the embedded server listens, if these settings name its data folder."""
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
        where = {name.upper(): value for name, value in get_embedded_address(settings_dict).items()}
        args, env = super().settings_to_cmd_args_env({**settings_dict, **where}, parameters)
        program = (
            str(embedded_programs.program_path(cls.executable_name))
            if where
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
        """Names in every script must be stored, and found by search."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_encoding') = 'UTF8'"
                " AND strip(to_tsvector('simple', 'É安')) = $$'é安'$$::tsvector"
            )
            fine = cursor.fetchone()[0]
        name = self.connection.settings_dict["NAME"]
        create = f"createdb --template template0 --encoding UTF8 --locale C.UTF-8 {name}"
        return (
            [] if fine else [Error(ENCODING_ERROR, hint=f"Make it so: {create}", id="config.E001")]
        )


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str | None:
        """With its values, as everywhere, also where they travelled apart."""
        if isinstance(cursor, base.ServerBindingCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


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
                raise  # a command says what to do
            raise psycopg.OperationalError(str(error)) from error

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Commands wait; requests do not."""
        if timeouts.current_limits.get() == timeouts.UNLIMITED:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return timeouts.ResponsiveConnection.connect_guarded(conn_params, self.circuit_breaker)

    def prepared_cursor(self) -> CursorWrapper:
        """Its values travel apart from its statements, which the server keeps once they return, and
        come back as PostgreSQL holds them, not as text."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = base.ServerBindingCursor(self.connection)
            cursor.format = psycopg.pq.Format.BINARY
            return self._prepare_cursor(cursor)

    def connect(self) -> None:
        with self.circuit_breaker.guard():
            super().connect()

    def init_connection_state(self) -> None:
        super().init_connection_state()
        timeouts.current_limits.get().apply(self.connection)

    def is_usable(self) -> bool:
        """Asked once a request. One round trip, which sets the request's limits, unless they are
        set and nothing has come from the server since: that it went would have been heard."""
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
