"""TODO docstring."""

from django.db import connection

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname NOT LIKE 'django%%session' ORDER BY relname
"""


def forget_statistics() -> None:
    """The planner keeps samples of what columns hold."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute(f"ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")


def traces(word: str) -> list[str]:
    """Every row of every table that holds a word, in whatever case."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT coalesce(j->>'record', j->>'slug', j->>'id', ''), j->>'number'"  # noqa: S608
                f" FROM {table} t, to_jsonb(t) j WHERE strpos(lower(t::text), lower(%s)) > 0",
                [word],
            )
            found += [place(table, *row) for row in cursor.fetchall()]
    return found


def place(table: str, name: str, number: str | None) -> str:
    where = f"{name}@{number}" if number else name
    return f"A word to remove still stands in {table}: {where}."
