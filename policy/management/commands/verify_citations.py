"""Command that verifies all citations."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import pluralize

from policy.progress import show_progress
from policy.sources.citations import files_by_sha256, verify_citations


class Command(BaseCommand):
    help = "Compare the SHA-256, quote and paragraph of every citation with the text of its source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--texts", type=Path, help="A folder with the files of sources.")

    def handle(self, *args: object, texts: Path | None, **options: object) -> None:
        try:
            report = verify_citations(
                files_by_sha256(texts, show_progress) if texts else {}, show_progress
            )
        except OSError as error:
            raise CommandError(f"{texts}: {error.strerror}.") from None
        for fault in report.faults:
            self.stderr.write(fault)
        self.stdout.write(f"{report.valid_count} citations are valid.")
        if report.unchecked_count:
            self.stdout.write(
                f"{report.unchecked_count} could not be checked because their texts are missing. "
                "Specify a folder with --texts, or attach the texts with attach_texts."
            )
        if report.faults:
            raise CommandError(f"{len(report.faults)} fault{pluralize(report.faults)}.")
