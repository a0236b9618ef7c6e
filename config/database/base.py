"""Django's backend for PostgreSQL, which starts the embedded server where settings ask for it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from django.core.checks import CheckMessage, Error
from django.db.backends.base.validation import BaseDatabaseValidation
from django.db.backends.postgresql import base, client, features

from config import embedded
from config.database import limits

LETTERS = "The database does not know the letters of every script: search would miss names."


def address(settings_dict: dict[str, Any]) -> dict[str, Any]:
    """Where the embedded server listens, if these settings name its data folder."""
    if not settings_dict.get("EMBEDDED"):
        return {}
    folder = embedded.start(Path(settings_dict["EMBEDDED"]))
    return {"host": str(folder), "port": embedded.PORT, "user": embedded.USER}


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (15,)


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        where = {name.upper(): value for name, value in address(settings_dict).items()}
        args, env = super().settings_to_cmd_args_env({**settings_dict, **where}, parameters)
        return [str(embedded.binary("psql")), *args[1:]] if where else args, env


class DatabaseValidation(BaseDatabaseValidation):
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self.check_letters()]

    def check_letters(self) -> list[CheckMessage]:
        """Names in every script must be stored, and found by search."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_encoding') = 'UTF8'"
                " AND strip(to_tsvector('simple', 'É安')) = $$'é安'$$::tsvector"
            )
            fine = cursor.fetchone()[0]
        name = self.connection.settings_dict["NAME"]
        create = f"createdb --template template0 --encoding UTF8 --locale C.UTF-8 {name}"
        return [] if fine else [Error(LETTERS, hint=f"Make it so: {create}", id="config.E001")]


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    client_class = DatabaseClient
    validation_class = DatabaseValidation
    gates: dict[str, limits.Gate] = {}

    @property
    def gate(self) -> limits.Gate:
        return self.gates.setdefault(self.alias, limits.Gate())

    def get_connection_params(self) -> dict[str, Any]:
        params = {**limits.TRANSPORT, **super().get_connection_params()}
        return {**params, **address(self.settings_dict)}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Commands wait; requests do not."""
        if limits.current.get() == limits.UNLIMITED:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return limits.Impatient.to(conn_params)

    def connect(self) -> None:
        with self.gate.passage():
            super().connect()

    def init_connection_state(self) -> None:
        super().init_connection_state()
        limits.current.get().apply(self.connection)

    def is_usable(self) -> bool:
        """Asked once a request: the same round trip sets the request's limits."""
        if self.connection is None or self.connection.closed:
            return False
        try:
            with self.gate.passage():
                limits.current.get().apply(self.connection)
        except psycopg.Error:
            return False
        return True
