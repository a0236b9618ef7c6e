"""Compares two documents value by value."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from policy.documents.keys import actor_key
from policy.documents.types import AnyDocument


@dataclass(frozen=True)
class Difference:
    """A value that differs, with its key. None: the value is absent."""

    field: str
    before: str | None
    after: str | None

    @property
    def change(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def diff_documents(before: AnyDocument, after: AnyDocument) -> list[Difference]:
    """Return the values that differ, in the order of the documents."""
    old, new = dict(iter_leaf_values(before)), dict(iter_leaf_values(after))
    return [
        Difference(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
    ]


def changed_fields(before: AnyDocument, after: AnyDocument) -> list[str]:
    """Return the names of the top-level fields that differ, in the order of the documents."""
    absent = object()
    return [
        name
        for name in dict.fromkeys([*after, *before])
        if before.get(name, absent) != after.get(name, absent)
    ]


def iter_leaf_values(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the key and the text of every scalar value in a JSON value.

    The key of an item of a list contains the key of the item, not its position. A second item with
    the same key has the suffix ` (2)`.
    """
    if isinstance(value, dict):
        for name, item in value.items():
            yield from iter_leaf_values(item, f"{key}/{name}" if key else name)
    elif isinstance(value, list):
        seen: dict[str, int] = {}
        for item in value:
            name = list_item_key(item)
            seen[name] = seen.get(name, 0) + 1
            name += f" ({seen[name]})" if seen[name] > 1 else ""
            yield from iter_leaf_values(item, f"{key}/{name}")
    elif value not in (None, ""):
        yield key, value if isinstance(value, str) else json.dumps(value)


def list_item_key(item: object) -> str:
    """Return the key of an item of any list in a document."""
    if not isinstance(item, dict):
        return str(item)
    if "source" in item:
        return f"{item['source']['id']} {item['start']}-{item['end']}"
    if "action" in item:
        return f"{item['type']}/{item['action']['id']}"
    if "scheme" in item:
        return f"{item['scheme']}:{item['value']}"
    if "jurisdiction" in item:
        return f"{item['jurisdiction']['id']}/{item['role']}"
    if "role" in item:
        return f"{actor_key(item)}/{item['role']}"
    name = str(item.get("id") or item.get("kind") or item.get("field"))
    return f"{name}/{item['part']}" if item.get("part") else name
