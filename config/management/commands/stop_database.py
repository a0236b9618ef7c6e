"""The command `stop_database`."""

from django.conf import settings
from django.core.management.base import BaseCommand

from config.postgres import embedded


class Command(BaseCommand):
    help = "Stop the embedded database if it still runs."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        if settings.DATABASES["default"].get("EMBEDDED"):
            embedded.stop(settings.DATA_DIR)
            self.stdout.write("The embedded database is stopped.")
        else:
            self.stdout.write("DATABASE_URL is set, so there is no embedded database to stop.")
