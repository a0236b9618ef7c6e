"""Command that loads a dataset folder."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import pluralize

from policy.exchange.folder import BadDataset
from policy.exchange.load import load_dataset
from policy.progress import show_progress

MAX_FAULTS_SHOWN = 200


class Command(BaseCommand):
    help = "Load a dataset folder: fixtures, a dump or an import. Loads everything or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, folder: Path, **options: object) -> None:
        try:
            loaded = load_dataset(folder, show_progress)
        except BadDataset as bad:
            for fault in bad.faults[:MAX_FAULTS_SHOWN]:
                self.stderr.write(str(fault))
            count = len(bad.faults)
            raise CommandError(
                f"{count} fault{pluralize(count)} in {folder}. Nothing was loaded."
            ) from None
        self.stdout.write(f"{folder}: {loaded}")
