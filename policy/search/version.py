"""SQL for the version of the dataset. All responses depend only on it."""

from datetime import datetime
from typing import NamedTuple

from policy.models.sql import fetch_all
from policy.versions import EMPTY_VERSION, INITIAL_SEAL, SEAL_NAME_LENGTH, Version

# Do not use max(id): planning it takes five times as long.
LAST_VERSION_SQL = f"""coalesce(
    (SELECT id || '.' || left(seal, {SEAL_NAME_LENGTH}) FROM policy_revision
        ORDER BY id DESC LIMIT 1),
    '{EMPTY_VERSION}')"""  # noqa: S608
DATASET_STATE_SQL = f"""
    SELECT coalesce(last.id, 0) AS number, coalesce(last.seal, '{INITIAL_SEAL}') AS seal,
        last.published_at, reference.number AS reference, reference.changed_at
    FROM policy_referenceversion reference LEFT JOIN LATERAL (
        SELECT id, seal, published_at FROM policy_revision ORDER BY id DESC LIMIT 1
    ) last ON true
"""  # noqa: S608


class DatasetState(NamedTuple):
    """The state of the dataset, on which all responses depend.

    `number` and `seal`, of 64 characters, are those of the last revision, and `published_at` is
    its instant, None if nothing was ever published. `reference` counts the changes to
    jurisdictions and terms; `reference_changed_at` is the time of the last one.
    """

    number: int
    seal: str
    published_at: datetime | None
    reference: int
    reference_changed_at: datetime

    @property
    def version(self) -> Version:
        return Version.of(self.number, self.seal)

    @property
    def changed_at(self) -> datetime:
        """When the dataset, or a jurisdiction or term, changed last."""
        times = (self.published_at, self.reference_changed_at)
        return max(time for time in times if time)


def parse_stored_version(text: str) -> Version:
    """Return the version in a text that LAST_VERSION_SQL selected."""
    version = Version.parse(text)
    assert version, "the database names versions as Version.parse() reads them"  # noqa: S101
    return version


def is_held(version: Version) -> bool:
    """Return whether the history has this version."""
    if version.number == 0:
        return version == EMPTY_VERSION
    rows = fetch_all("SELECT seal FROM policy_revision WHERE id = %s", (version.number,))
    return [Version.of(version.number, seal) for (seal,) in rows] == [version]


def is_in_recovery() -> bool:
    """Return whether the database is a standby, or recovers from a backup."""
    ((answer,),) = fetch_all("SELECT pg_is_in_recovery()")
    return bool(answer)
