"""The seals of revisions, which name the versions of the dataset.

A leaf is the hash of one revision, a seal the hash of the previous seal and the leaf. So a seal
names the whole history up to its revision, and two histories never have the same seal. Everything
that a leaf covers is public: who has a dump can compute the same seals.
"""

from datetime import datetime

import orjson

from policy.documents.times import format_timestamp
from policy.hashes import sha256_hex
from policy.models import Revision

LEAF_FIELDS = (
    *("kind", "record", "revision", "event", "published_at"),
    *("reason", "merged_into", "review", "digest"),
)


def compute_leaf(
    *,
    kind: str,
    record: str,
    revision: int,
    event: str,
    published_at: datetime,
    reason: str,
    merged_into: str,
    review: str,
    digest: str,
) -> str:
    """Return the leaf of a revision: the SHA-256 of the canonical JSON of these values, that is
    with sorted keys, without spaces, in UTF-8. The time is written as in documents."""
    values = {
        "kind": kind,
        "record": record,
        "revision": revision,
        "event": event,
        "published_at": format_timestamp(published_at),
        "reason": reason,
        "merged_into": merged_into,
        "review": review,
        "digest": digest,
    }
    return sha256_hex(orjson.dumps(values, option=orjson.OPT_SORT_KEYS))


def revision_leaf(revision: Revision) -> str:
    """Return the leaf that belongs to the present content of a revision."""
    return compute_leaf(
        kind=revision.kind,
        record=revision.record,
        revision=revision.number,
        event=revision.event,
        published_at=revision.published_at,
        reason=revision.reason,
        merged_into=revision.merged_into,
        review=revision.review,
        digest=revision.digest,
    )


def compute_seal(previous: str, leaf: str) -> str:
    """Return the SHA-256 of the previous seal, followed by the leaf; both are 64 characters."""
    return sha256_hex(previous + leaf)
