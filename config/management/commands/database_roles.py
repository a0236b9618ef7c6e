"""The command `database_roles`: create the roles, set their privileges, owners and passwords."""

import os
import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction
from psycopg import sql
from psycopg.rows import TupleRow

from config.postgres.grants import MAX_DATABASE_NAME_LENGTH, Privileges

REQUIRED_RIGHTS_HINT = (
    "Run this as a superuser; or as the owner of the database and of its tables, with CREATEROLE; "
    "or, if the roles exist, as {}."
)
EMBEDDED_HAS_NO_PASSWORDS = (
    "Only its owner can connect to the embedded database, so its roles have no passwords."
)


class Command(BaseCommand):
    help = "Create or update the database roles migrate, app, read and backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Print the changes without making them."
        )
        parser.add_argument(
            "--urls",
            type=Path,
            metavar="FOLDER",
            help="Write a database URL with a new password for each role (app.url and so on), "
            "unless the file exists, and set these passwords.",
        )
        parser.add_argument(
            "--renew", action="store_true", help="With --urls: replace all four passwords."
        )

    def handle(
        self, *args: object, check: bool, urls: Path | None, renew: bool, **options: object
    ) -> None:
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
            raise CommandError(f"Changes needed: {count}. Run database_roles.")
        self.stdout.write(f"Changes made: {count}." if count else "The roles are up to date.")

    def validate_options(self, urls: Path | None, renew: bool, check: bool) -> None:
        if urls and connection.settings_dict.get("EMBEDDED"):
            raise CommandError(EMBEDDED_HAS_NO_PASSWORDS)
        if urls and not urls.is_dir():
            raise CommandError(f"{urls} is not a folder. Create a private one: mkdir -m 700 {urls}")
        if (renew and not urls) or (urls and check):
            raise CommandError("Use --renew only with --urls, and --check without both.")
        if len(str(connection.settings_dict["NAME"])) > MAX_DATABASE_NAME_LENGTH:
            raise CommandError(
                f"The name of the database has more than {MAX_DATABASE_NAME_LENGTH} characters, "
                "so the names of its roles would be too long. Rename the database."
            )

    def apply_changes(self, privileges: Privileges) -> int:
        """Execute and print the statements that are needed. Return their number."""
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
        """Send only the SCRAM verifier, because the server may log the statement."""
        verifier = get_session().pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        form = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with connection.cursor() as cursor:
            cursor.execute(form.format(sql.Identifier(name), verifier.decode()))


def get_session() -> psycopg.Connection[TupleRow]:
    """Return the open psycopg connection of Django's default connection."""
    session: psycopg.Connection[TupleRow] = connection.connection
    return session


def new_database_url(name: str) -> str:
    """Return the URL of the current database for another role, with a new password.

    A Unix socket becomes 127.0.0.1, because servers usually check no password on a socket.
    """
    info = get_session().info
    host = "127.0.0.1" if info.host.startswith("/") else info.host
    password, database = secrets.token_urlsafe(24), quote(info.dbname, safe="")
    return f"postgresql://{quote(name)}:{password}@{host}:{info.port}/{database}"


def write_secret(path: Path, text: str) -> None:
    """Write a file atomically that only its owner can read."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(f"{text}\n")
    new.replace(path)


def read_password(path: Path) -> str:
    password = urlsplit(path.read_text(encoding="utf-8").strip()).password
    if not password:
        raise CommandError(f"{path} contains no password. Delete the file and run this again.")
    return password
