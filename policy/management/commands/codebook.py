"""Command that prints the codebook."""

from django.core.management.base import BaseCommand

from policy.documents.codebook import iter_codebook_markdown


class Command(BaseCommand):
    help = "Print the codebook in Markdown, as in docs/codebook.md."

    def handle(self, **options: object) -> None:
        for line in iter_codebook_markdown():
            self.stdout.write(line)
