"""Least privilege by one command: the roles, what they own, what they may, how they sign in."""

import os
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from config.postgres.grants import MAX_DATABASE_NAME_LENGTH, Privileges

REQUIRED_RIGHTS_HINT = (
    "This takes a superuser; or the owner of the database and of its tables who may create roles; "
    "or, once the roles are there, {}."
)
EMBEDDED_HAS_NO_PASSWORDS = (
    "The embedded database admits nobody but its owner, so its roles have no passwords."
)


class Command(BaseCommand):
    help = "Make the database's roles, or bring them up to date: migrate, app, read and backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only say what would change.")
        parser.add_argument(
            "--urls",
            type=Path,
            metavar="FOLDER",
            help="Write app.url and its like, each with a password, where they are not there yet; "
            "give the roles these passwords.",
        )
        parser.add_argument(
            "--renew", action="store_true", help="With --urls: new passwords for all four."
        )

    def handle(self, *args: Any, check: bool, urls: Path, renew: bool, **options: Any) -> None:
        self.validate_options(urls, renew, check)
        privileges = Privileges(connection)
        try:
            with transaction.atomic():
                count = self.apply_changes(privileges)
                transaction.set_rollback(check)
                if urls:
                    self.set_passwords(privileges, urls, renew)
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(
                f"Nothing was changed: {reason}. {REQUIRED_RIGHTS_HINT.format(privileges.owner)}"
            ) from None
        if count and check:
            raise CommandError(f"{count} changes are needed: run database_roles.")
        self.stdout.write(f"{count} changes." if count else "The roles are as they should be.")

    def validate_options(self, urls: Path | None, renew: bool, check: bool) -> None:
        if urls and connection.settings_dict.get("EMBEDDED"):
            raise CommandError(EMBEDDED_HAS_NO_PASSWORDS)
        if urls and not urls.is_dir():
            raise CommandError(
                f"{urls} is no folder. Make it, closed to others: mkdir -m 700 {urls}"
            )
        if (renew and not urls) or (urls and check):
            raise CommandError("--renew goes with --urls, and --check with neither.")
        if len(str(connection.settings_dict["NAME"])) > MAX_DATABASE_NAME_LENGTH:
            raise CommandError(
                f"The database's name is longer than {MAX_DATABASE_NAME_LENGTH} letters."
            )

    def apply_changes(self, privileges: Privileges) -> int:
        count = 0
        with connection.cursor() as cursor:
            for count, change in enumerate(privileges.iter_changes(), 1):  # noqa: B007
                cursor.execute(change)
                self.stdout.write(f"{change.as_string()};")
        return count

    def set_passwords(self, privileges: Privileges, folder: Path, renew: bool) -> None:
        for role, name in privileges.names.items():
            path = folder / f"{role}.url"
            if renew or not path.exists():
                write_secret(path, new_database_url(name))
                self.stdout.write(f"{path}: written.")
            self.set_password(name, read_password(path))

    def set_password(self, name: str, password: str) -> None:
        """As a verifier that is made here: the password itself would stand in the server's log."""
        verifier = connection.connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        form = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with connection.cursor() as cursor:
            cursor.execute(form.format(sql.Identifier(name), verifier.decode()))


def new_database_url(name: str) -> str:
    """Where this connection goes, as another role. A socket admits by user, not by password."""
    where = connection.connection.info
    host = "127.0.0.1" if where.host.startswith("/") else where.host
    password, database = secrets.token_urlsafe(24), quote(where.dbname, safe="")
    return f"postgresql://{quote(name)}:{password}@{host}:{where.port}/{database}"


def write_secret(path: Path, text: str) -> None:
    """Whole or not at all, for its owner alone."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with closing(os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")) as f:
        f.write(f"{text}\n")
    draft.replace(path)


def read_password(path: Path) -> str:
    password = urlsplit(path.read_text(encoding="utf-8").strip()).password
    if not password:
        raise CommandError(f"{path} holds no password. Remove it, and it is written anew.")
    return password
