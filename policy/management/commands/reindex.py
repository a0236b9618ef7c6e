"""Command that writes all index rows again."""

from django.core.management.base import BaseCommand

from policy.progress import show_progress
from policy.publishing.reindex import reindex


class Command(BaseCommand):
    help = (
        "Write facets, dates, search words and CSV rows of all published revisions again. "
        "manage.py migrate does it after an upgrade that needs it."
    )

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{reindex(show_progress)} revisions indexed.")
