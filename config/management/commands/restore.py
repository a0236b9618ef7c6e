import os
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.postgres.base import PgRestoreClient
from config.postgres.pg_programs import PgProgramError, run_pg_program
from policy.progress import show_byte_progress

# Owners and grants are made anew by database_roles: the roles may not be there yet.
PG_RESTORE_OPTIONS = (
    "--exit-on-error",
    "--single-transaction",
    "--no-owner",
    "--no-privileges",
    "--dbname",
)


class Command(BaseCommand):
    help = "Read a file of `backup` into an empty database: all of it or nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        with connection.cursor() as cursor:
            found = connection.introspection.table_names(cursor)
        if found:
            raise CommandError(
                f"The database holds {len(found)} tables. Restore into an empty one: createdb it."
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
        self.stdout.write(f"{file} is restored. Now run database_roles, if you use roles.")


def get_read_position(archive: BinaryIO) -> int:
    """How far pg_restore has read: it shares our place in the file."""
    return os.lseek(archive.fileno(), 0, os.SEEK_CUR)
