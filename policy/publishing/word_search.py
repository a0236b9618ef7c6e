"""TODO docstring."""

from django.db import connection

LIST_TABLES_SQL = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname NOT LIKE 'django%%session' ORDER BY relname
"""


def analyze_all_tables() -> None:
    """The planner keeps samples of what columns hold."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        cursor.execute(f"ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")


def find_word(word: str) -> list[str]:
    """Every row of every table that holds a word, in whatever case."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT coalesce(j->>'record', j->>'slug', j->>'id', ''), j->>'number'"  # noqa: S608
                f" FROM {table} t, to_jsonb(t) j WHERE strpos(lower(t::text), lower(%s)) > 0",
                [word],
            )
            found += [format_occurrence(table, *row) for row in cursor.fetchall()]
    return found


def format_occurrence(table: str, name: str, number: str | None) -> str:
    where = f"{name}@{number}" if number else name
    return f"A word to remove still stands in {table}: {where}."
