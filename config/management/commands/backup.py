"""The command `backup`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.postgres.base import PgDumpClient
from config.postgres.pg_programs import PgProgramError, run_pg_program
from policy.progress import show_byte_progress


class Command(BaseCommand):
    help = "Write the whole database into a file for `restore`, including all private data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        if file.exists():
            raise CommandError(f"{file} exists already. Choose another name.")
        unfinished = file.with_name(f".{file.name}.part")
        try:
            with show_byte_progress(
                "Backing up", lambda: unfinished.stat().st_size if unfinished.exists() else 0
            ):
                run_pg_program(PgDumpClient, "--format", "custom", "--file", str(unfinished))
            size = unfinished.stat().st_size
            unfinished.rename(file)
        except (PgProgramError, OSError) as error:
            raise CommandError(f"Nothing was backed up: {error}") from None
        finally:
            unfinished.unlink(missing_ok=True)
        self.stdout.write(f"{file}: {size:,} bytes. It contains private data. Keep it private.")
