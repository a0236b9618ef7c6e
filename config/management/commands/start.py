"""The command `start`, which `make run` calls."""

import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

DEVELOPMENT_HOST = "127.0.0.1"


class Administrator(NamedTuple):
    """A user name, and the password in plain text, which is empty after somebody changed it."""

    name: str
    password: str


class Command(BaseCommand):
    help = "For development: migrate, load the seed dataset, create an administrator and serve."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: object, port: int, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("This is for development only. See docs/self-hosting.md.")
        require_free_port(port)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # which runs the exit hooks
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
        site, administrator = f"http://{DEVELOPMENT_HOST}:{port}", get_or_create_administrator()
        password = administrator.password or "as you changed it"
        return (
            f"\n  Site   {site}/\n"
            f"  API    {site}/api/v1/   (documentation: /api/docs/)\n"
            f"  Admin  {site}/admin/   (user {administrator.name}, password {password})\n\n"
            "Press Ctrl-C to stop."
        )

    def serve(self, port: int) -> None:
        os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
        call_command("runserver", f"{DEVELOPMENT_HOST}:{port}", use_reloader=False, verbosity=0)


def require_free_port(port: int) -> None:
    """Raise CommandError if the server could not listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((DEVELOPMENT_HOST, port))
        except (OSError, OverflowError):
            raise CommandError(
                f"Port {port} cannot be used. Use another port: make run PORT={port % 60000 + 1}"
            ) from None


def get_or_create_administrator() -> Administrator:
    """Return the development administrator. The password is generated once, in DATA_DIR."""
    path: Path = settings.DATA_DIR / "admin_password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="ascii")
    password = path.read_text(encoding="ascii")
    user = User.objects.filter(username="admin").first()
    if user is None:
        user = User.objects.create_superuser("admin", password=password)
    return Administrator(user.username, password if user.check_password(password) else "")
