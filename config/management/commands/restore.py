"""The command `restore`."""

import os
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.postgres.base import PgRestoreClient
from config.postgres.pg_programs import PgProgramError, run_pg_program
from policy.progress import show_byte_progress

# The command database_roles sets owners and privileges; the roles may not exist yet.
PG_RESTORE_OPTIONS = (
    "--exit-on-error",
    "--single-transaction",
    "--no-owner",
    "--no-privileges",
    "--dbname",
)


class Command(BaseCommand):
    help = "Read a file of `backup` into an empty database. A damaged file changes nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        with connection.cursor() as cursor:
            count = len(connection.introspection.table_names(cursor))
        if count:
            raise CommandError(
                f"The database contains {count} tables. Create an empty one with createdb."
            )
        try:
            with (
                file.open("rb") as archive,
                show_byte_progress(
                    "Restoring; indexes come last",
                    lambda: get_read_position(archive),
                    file.stat().st_size,
                ),
            ):
                run_pg_program(PgRestoreClient, *PG_RESTORE_OPTIONS, stdin=archive)
        except (PgProgramError, OSError) as error:
            raise CommandError(f"Nothing was restored: {error}") from None
        self.stdout.write(f"{file} is restored. If you use database roles, now run database_roles.")


def get_read_position(archive: BinaryIO) -> int:
    """Return the bytes that pg_restore has read: it shares the position of our file."""
    return os.lseek(archive.fileno(), 0, os.SEEK_CUR)
