"""Command that attaches the texts of sources."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policy.progress import show_progress
from policy.sources.citations import attach_folder


class Command(BaseCommand):
    help = "Store the files of sources, matched by SHA-256. Only curators can see them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        try:
            result = attach_folder(folder, show_progress)
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}. Nothing was attached.") from None
        except ValueError as error:
            raise CommandError(f"{error} Nothing was attached.") from None
        for source in result.sources:
            self.stdout.write(f"{source.slug}: attached.")
        for path in result.unmatched_files:
            self.stdout.write(f"{path.name}: matches no source.")
