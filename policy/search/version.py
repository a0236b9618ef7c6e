"""Where the dataset stands: what all that is served follows from."""

from typing import NamedTuple


class DatasetVersion(NamedTuple):
    """The last revision's id, how often places and terms have changed, and when either did last,
    in seconds since 1970."""

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
# Not max(id): that takes the planner five times as long.
LAST_REVISION_ID_SQL = "coalesce((SELECT id FROM policy_revision ORDER BY id DESC LIMIT 1), 0)"
