"""Searches every table for a word that a takedown must remove."""

from django.db import connection

LIST_TABLES_SQL = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname NOT LIKE 'django%%session' ORDER BY relname
"""


def analyze_all_tables() -> None:
    """Update the planner's statistics, which contain samples of the values in columns."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        cursor.execute(f"ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")


def find_word(word: str) -> list[str]:
    """Return a message for every row of any table that contains a word, ignoring case."""
    messages: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT coalesce(j->>'record', j->>'slug', j->>'id', ''), j->>'number'"  # noqa: S608
                f" FROM {table} t, to_jsonb(t) j WHERE strpos(lower(t::text), lower(%s)) > 0",
                [word],
            )
            messages += [format_occurrence(table, *row) for row in cursor.fetchall()]
    return messages


def format_occurrence(table: str, name: str, number: str | None) -> str:
    where = f"{name}@{number}" if number else name
    return f"A word that must be removed is still in the table {table}: {where}."
