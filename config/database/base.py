"""Django's backend for PostgreSQL, which starts the embedded server where settings ask for it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client, features

from config import embedded


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


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), **address(self.settings_dict)}
