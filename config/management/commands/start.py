"""`make run`: bring everything up to date, load the seed dataset, serve the site."""

import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

DEVELOPMENT_HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Migrate, load the seed dataset, make a development administrator and serve."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This serves for development. See docs/self-hosting.md.")
        require_free_port(port)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that exit hooks run
        self.write_line("Preparing the database …")
        call_command("migrate", verbosity=0)
        self.write_line("Loading the seed dataset …")
        call_command("load_dataset", settings.BASE_DIR / "fixtures")
        self.write_line(self.format_welcome(port))
        self.serve(port)

    def write_line(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def format_welcome(self, port: int) -> str:
        name, password = get_or_create_administrator()
        shown = password or "the one you chose"
        return (
            f"\n  Site   http://{DEVELOPMENT_HOST}:{port}/\n"
            f"  API    http://{DEVELOPMENT_HOST}:{port}/api/v1/   (documented at /api/docs/)\n"
            f"  Admin  http://{DEVELOPMENT_HOST}:{port}/admin/   (user {name}, password {shown})\n\n"
            "Stop with Ctrl-C."
        )

    def serve(self, port: int) -> None:
        os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
        call_command("runserver", f"{DEVELOPMENT_HOST}:{port}", use_reloader=False, verbosity=0)


def require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((DEVELOPMENT_HOST, port))
        except (OSError, OverflowError):
            raise CommandError(
                f"Port {port} cannot be used. Choose another one: make run PORT={port % 60000 + 1}"
            ) from None


def get_or_create_administrator() -> tuple[str, str]:
    """The development administrator and a password, kept in DATA_DIR; none once it was changed."""
    path: Path = settings.DATA_DIR / "admin_password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="ascii")
    password = path.read_text(encoding="ascii")
    user = User.objects.filter(username="admin").first()
    if user is None:
        user = User.objects.create_superuser("admin", password=password)
    return user.username, password if user.check_password(password) else ""
