"""The seals of revisions, which name the versions of the dataset.

A leaf is the hash of one revision, a seal the hash of the previous seal and the leaf. So a seal
names the whole history up to its revision, and two histories never have the same seal. Everything
that a leaf covers is public: who has a dump can compute the same seals.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from policy.documents.times import format_timestamp
from policy.hashes import sha256_hex
from policy.models import Revision

LEAF_FIELDS = (
    *("kind", "record", "revision", "event", "published_at"),
    *("reason", "merged_into", "review", "digest"),
)


def compute_leaf(values: Mapping[str, Any]) -> str:
    """Return the leaf of a revision: the SHA-256 of the canonical JSON of its LEAF_FIELDS, that is
    with sorted keys, without spaces, in UTF-8. The time is written as in documents."""
    stated = {name: values[name] for name in LEAF_FIELDS}
    stated["published_at"] = format_timestamp(values["published_at"])
    return sha256_hex(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS))


def revision_leaf(revision: Revision) -> str:
    """Return the leaf that belongs to the present content of a revision."""
    return compute_leaf({**vars(revision), "revision": revision.number})


def compute_seal(previous: str, leaf: str) -> str:
    """Return the SHA-256 of the previous seal, followed by the leaf; both are 64 characters."""
    return sha256_hex(previous + leaf)
