"""Searches every table for a word that a takedown must remove."""

from django.db import connection

LIST_TABLES_SQL = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname NOT LIKE 'django%%session' ORDER BY relname
"""


def list_tables() -> list[str]:
    """Return the names of all tables except sessions."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        rows: list[tuple[str]] = cursor.fetchall()
    return [name for (name,) in rows]


def analyze_all_tables() -> None:
    """Update the planner's statistics, which contain samples of the values in columns."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(list_tables())}")


def find_word(word: str) -> list[str]:
    """Return a message for every row of any table that contains a word, ignoring case."""
    messages: list[str] = []
    with connection.cursor() as cursor:
        for table in list_tables():
            cursor.execute(
                f"SELECT coalesce(j->>'record', j->>'slug', j->>'id', ''), j->>'number'"  # noqa: S608
                f" FROM {table} t, to_jsonb(t) j WHERE strpos(lower(t::text), lower(%s)) > 0",
                [word],
            )
            rows: list[tuple[str, str | None]] = cursor.fetchall()
            messages += [format_occurrence(table, *row) for row in rows]
    return messages


def format_occurrence(table: str, name: str, number: str | None) -> str:
    where = f"{name}@{number}" if number else name
    return f"A word that must be removed is still in the table {table}: {where}."
