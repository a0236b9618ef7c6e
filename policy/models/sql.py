"""Statements that are asked again and again: the server parses each of them once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

SqlRow = tuple[Any, ...]


class SqlFragment(NamedTuple):
    """A piece of SQL and the values for its places."""

    sql: str
    values: SqlRow = ()

    def __invert__(self) -> "SqlFragment":
        return SqlFragment(f"NOT {self.sql}", self.values)


def fetch_all(statement: str, values: Sequence[Any] = ()) -> list[SqlRow]:
    """All rows that a statement gives. Its text is code: whatever somebody asked is in `values`."""
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
        rows: list[SqlRow] = cursor.fetchall()
    return rows


def join_conditions(conditions: Sequence[SqlFragment]) -> SqlFragment:
    values = tuple(value for condition in conditions for value in condition.values)
    return SqlFragment(" AND ".join(condition.sql for condition in conditions), values)
