"""Statements that are asked again and again: the server parses each of them once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

Row = tuple[Any, ...]


class Condition(NamedTuple):
    """A piece of SQL and the values for its places."""

    sql: str
    values: Row = ()

    def __invert__(self) -> "Condition":
        return Condition(f"NOT {self.sql}", self.values)


def fetched(statement: str, values: Sequence[Any] = ()) -> list[Row]:
    """All rows that a statement gives. Its text is code: whatever somebody asked is in `values`."""
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
        rows: list[Row] = cursor.fetchall()
    return rows


def all_of(conditions: Sequence[Condition]) -> Condition:
    values = tuple(value for condition in conditions for value in condition.values)
    return Condition(" AND ".join(condition.sql for condition in conditions), values)
