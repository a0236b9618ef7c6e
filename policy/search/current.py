"""SQL that finds the current revision of a record, now or at a version."""

from typing import NamedTuple

from policy.models.sql import SqlFragment

LAST_UP_TO_SQL = "id <= %s ORDER BY number DESC LIMIT 1"


class CurrentRevision(NamedTuple):
    """The columns of a revision that answer a request for its record."""

    event: str
    reason: str
    merged_into: str
    digest: str
    document: str


def current_revision_sql(kind: str, record: str, version: int | None = None) -> SqlFragment:
    """Return a statement that selects a CurrentRevision of a record, now or at a version, which is
    given as its number."""
    current = "superseded_at IS NULL" if version is None else LAST_UP_TO_SQL
    statement = (
        f"SELECT {', '.join(CurrentRevision._fields)} FROM policy_revision"  # noqa: S608
        f" WHERE kind = %s AND record = %s AND {current}"
    )
    return SqlFragment(statement, (kind, record, *(() if version is None else (version,))))
