"""Run pg_dump and pg_restore on the database that the settings name; no password is shown."""

import os
import subprocess
from typing import Any

from django.db import connection

from config.postgres.base import DatabaseClient


class PgProgramError(Exception):
    """What the program said."""


def run_pg_program(client: type[DatabaseClient], *parameters: str, **options: Any) -> None:
    args, env = client.settings_to_cmd_args_env(connection.settings_dict, parameters)
    try:
        subprocess.run(  # noqa: S603 (the programs of PostgreSQL, on our own settings)
            args,
            env={**os.environ, **(env or {})},
            check=True,
            stderr=subprocess.PIPE,
            text=True,
            umask=0o077,
            **options,
        )
    except FileNotFoundError:
        raise PgProgramError(
            f"{args[0]} is not installed. On Debian: apt install postgresql-client"
        ) from None
    except subprocess.CalledProcessError as error:
        raise PgProgramError(error.stderr.strip()) from None
