"""SQL for the version of the dataset. All responses depend only on it."""

from typing import NamedTuple


class DatasetVersion(NamedTuple):
    """The version of the dataset.

    `version` is the id of the last revision, `reference` the number of changes to jurisdictions
    and terms, and `at` the time of the last change of either, in seconds since 1970.
    """

    version: int
    reference: int
    at: float


DATASET_VERSION_SQL = """
    SELECT coalesce(last.id, 0) AS version, reference.number AS reference,
        extract(epoch FROM greatest(reference.changed_at, last.published_at))::float8 AS at
    FROM policy_referenceversion reference LEFT JOIN LATERAL (
        SELECT id, published_at FROM policy_revision ORDER BY id DESC LIMIT 1
    ) last ON true
"""
# Do not use max(id): planning it takes five times as long.
LAST_REVISION_ID_SQL = "coalesce((SELECT id FROM policy_revision ORDER BY id DESC LIMIT 1), 0)"
