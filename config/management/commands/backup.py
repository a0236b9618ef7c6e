from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.postgres.base import PgDumpClient
from config.postgres.pg_programs import PgProgramError, run_pg_program
from policy.progress import show_byte_progress


class Command(BaseCommand):
    help = "Write the whole database into a file that `restore` reads: drafts, texts, users, all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if file.exists():
            raise CommandError(f"{file} is there already. A backup never replaces another.")
        draft = file.with_name(f".{file.name}.part")
        try:
            with show_byte_progress(
                "Backing up", lambda: draft.stat().st_size if draft.exists() else 0
            ):
                run_pg_program(PgDumpClient, "--format", "custom", "--file", str(draft))
            size = draft.stat().st_size
            draft.rename(file)
        except (PgProgramError, OSError) as error:
            raise CommandError(f"Nothing was backed up: {error}") from None
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(f"{file}: {size:,} bytes. It holds all that is private: keep it so.")
