from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import pluralize

from policy.progress import watched
from policy.sources.citations import read_texts, verify


class Command(BaseCommand):
    help = "Read every cited passage again and compare its digest, quote and paragraph."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--texts", type=Path, help="A folder with the sources' files.")

    def handle(self, *args: Any, texts: Path | None, **options: Any) -> None:
        try:
            found = verify(read_texts(texts, watched) if texts else {}, watched)
        except OSError as error:
            raise CommandError(f"{texts}: {error.strerror}.") from None
        for fault in found.faults:
            self.stderr.write(fault)
        self.stdout.write(f"{found.held} citations hold.")
        if found.unchecked:
            self.stdout.write(
                f"{found.unchecked} could not be checked: their texts are not here. "
                "Name their folder with --texts, or attach them with attach_texts."
            )
        if found.faults:
            raise CommandError(f"{len(found.faults)} fault{pluralize(found.faults)}.")
