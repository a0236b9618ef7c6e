"""Run pg_dump and pg_restore on the database of the settings. They show no password."""

import os
import subprocess
from typing import BinaryIO

from django.db import connection

from config.postgres.base import DatabaseClient


class PgProgramError(Exception):
    """The program is missing or failed; the message is what it printed."""


def run_pg_program(
    client: type[DatabaseClient], *parameters: str, stdin: BinaryIO | None = None
) -> None:
    """Run the program of a client class with these parameters. Raise PgProgramError."""
    args, env = client.settings_to_cmd_args_env(connection.settings_dict, parameters)
    try:
        subprocess.run(  # noqa: S603 (a program of PostgreSQL, with our own settings)
            args,
            env={**os.environ, **(env or {})},
            stdin=stdin,
            check=True,
            stderr=subprocess.PIPE,
            umask=0o077,
        )
    except FileNotFoundError:
        raise PgProgramError(
            f"{args[0]} is not installed. On Debian: apt install postgresql-client"
        ) from None
    except subprocess.CalledProcessError as error:
        message: bytes = error.stderr
        raise PgProgramError(message.decode(errors="replace").strip()) from None
