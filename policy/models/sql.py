"""Runs raw SQL as prepared statements, which PostgreSQL parses once per connection."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

SqlRow = tuple[Any, ...]


class SqlFragment(NamedTuple):
    """SQL and the values of its placeholders. It may be a condition or a whole statement."""

    sql: str
    values: SqlRow = ()

    def __invert__(self) -> "SqlFragment":
        return SqlFragment(f"NOT {self.sql}", self.values)


def fetch_all(statement: str, values: Sequence[Any] = ()) -> list[SqlRow]:
    """Run a prepared statement and return all rows.

    Never put input into `statement`: pass it in `values`.
    """
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
        rows: list[SqlRow] = cursor.fetchall()
    return rows


def join_conditions(conditions: Sequence[SqlFragment]) -> SqlFragment:
    values = tuple(value for condition in conditions for value in condition.values)
    return SqlFragment(" AND ".join(condition.sql for condition in conditions), values)
