"""SQL that finds the current revision of a record, now or at a time."""

from datetime import datetime
from typing import NamedTuple

from policy.models.sql import SqlFragment

AS_OF_SQL = "published_at <= %s AND (superseded_at IS NULL OR superseded_at > %s)"


class CurrentRevision(NamedTuple):
    """The columns of a revision that answer a request for its record."""

    event: str
    reason: str
    merged_into: str
    digest: str
    document: str


def current_revision_sql(kind: str, record: str, moment: datetime | None) -> SqlFragment:
    """Return a statement that selects a CurrentRevision of a record, now or at a time."""
    current = "superseded_at IS NULL" if moment is None else AS_OF_SQL
    statement = (
        f"SELECT {', '.join(CurrentRevision._fields)} FROM policy_revision"  # noqa: S608
        f" WHERE kind = %s AND record = %s AND {current}"
    )
    moments = () if moment is None else (moment, moment)
    return SqlFragment(statement, (kind, record, *moments))
