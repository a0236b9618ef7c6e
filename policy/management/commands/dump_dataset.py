"""Command that writes a dump of the dataset."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policy.exchange.dump import dump_dataset
from policy.progress import show_progress


class Command(BaseCommand):
    help = "Write the published dataset with its history into a folder that load_dataset reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        try:
            version = dump_dataset(folder, watch=show_progress)
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}.") from None
        self.stdout.write(f"{folder}: version {version}.")
