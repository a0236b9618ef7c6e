"""The rows of a whole database in a file, and databases beside the test database to load them in.

`tests/data/database-0.9.0.zip` holds a database of version 0.9.0: the seed dataset, records that
were revised, withdrawn, merged and taken down, drafts, open reviews, comments and users. To add
the database of another version: `python -m tests.database_snapshot FILE` with the code of that
version.
"""

import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'django_migrations' ORDER BY relname
"""
SEQUENCES = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public'
    AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""
SCHEMA = (
    "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length,"
    " collation_name, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY table_name, column_name",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " ORDER BY 1",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
)


def save_rows(path: Path) -> None:
    """Write every table of the current database, but Django's list of migrations, as CSV."""
    with connection.cursor() as cursor, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT csv, HEADER)") as rows:
                entry = zipfile.ZipInfo(f"{table}.csv")  # of 1980: the same rows, the same bytes
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, b"".join(bytes(part) for part in rows))


def load_rows(path: Path) -> None:
    """Fill the current database, which a migration has just created, with saved rows alone."""
    with connection.cursor() as cursor, zipfile.ZipFile(path) as archive:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        cursor.execute(TABLES)
        cursor.execute(f"TRUNCATE {', '.join(table for (table,) in cursor.fetchall())}")
        for name in archive.namelist():
            table, content = name.removesuffix(".csv"), archive.read(name)
            columns = content.partition(b"\n")[0].decode()
            quoted = ", ".join(f'"{column}"' for column in columns.split(","))
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN (FORMAT csv, HEADER)") as rows:
                rows.write(content)
        cursor.execute(SEQUENCES)
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"
                f" greatest(1, (SELECT max({column}) FROM {table})))"
            )
        cursor.execute("SET session_replication_role = origin")


def read_schema() -> list[tuple[str, ...]]:
    """Every column, constraint, index, function and trigger of the current database."""
    found = []
    with connection.cursor() as cursor:
        for statement in SCHEMA:
            cursor.execute(statement)
            found += [tuple(map(str, row)) for row in cursor.fetchall()]
    return found


@contextmanager
def empty_database(name: str) -> Iterator[None]:
    """Make the default connection use a new, empty database, which is dropped in the end."""
    before = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        use_database(name)
        yield
    finally:
        use_database(before)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def use_database(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def write_example_data() -> None:
    """The seed dataset, every event of a history, drafts, reviews, comments and users."""
    from policy.publishing.publish import merge, publish, withdraw
    from policy.publishing.takedown import take_down
    from tests import factories as make
    from tests import folders, sentinel
    from tests.conftest import FIXTURES

    folders.load_folder(FIXTURES)
    by = make.reviewer()
    revised, withdrawn, merged, taken_down = (
        make.publish_new_action(slug) for slug in ("revised", "withdrawn", "merged", "taken-down")
    )
    revised.summary = "Corrected."
    revised.save()
    publish([revised], by=by, reason="The article was corrected.")
    withdraw(withdrawn, by=by, reason="It did not happen.")
    merge(merged, revised, by=by, reason="Both describe the same act.")
    take_down([taken_down], by, "A court ordered it.")
    folders.create_release("2026.1", 40)
    for row in sentinel.add_drafts():
        row.summary = "Edited after it was published."
        row.save()
        sentinel.add_sentinel_review(row)


if __name__ == "__main__":
    import django
    from django.core.management import call_command

    django.setup()
    with empty_database("snapshot"):
        call_command("migrate", verbosity=0)
        write_example_data()
        save_rows(Path(sys.argv[1]))
