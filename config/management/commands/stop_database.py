from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.postgres import embedded


class Command(BaseCommand):
    help = "Stop the embedded database, should one have been left behind."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"].get("EMBEDDED"):
            embedded.stop(settings.DATA_DIR)
            self.stdout.write("The embedded database is stopped.")
        else:
            self.stdout.write("DATABASE_URL names a server: there is nothing to stop.")
