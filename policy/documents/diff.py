"""What parts two documents, value by value."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy.documents import evidence
from policy.documents.types import Document


@dataclass(frozen=True)
class Difference:
    """One value, by the key that names it, as it is public and as it would be."""

    field: str
    before: str | None
    after: str | None

    @property
    def change(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def diff_documents(before: Document, after: Document) -> list[Difference]:
    """Value by value, in the order of the document."""
    old, new = dict(iter_leaf_values(before)), dict(iter_leaf_values(after))
    return [
        Difference(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*new, *old])
        if old.get(key) != new.get(key)
    ]


def changed_fields(before: Document, after: Document) -> list[str]:
    """The names of the fields in which they differ, in the order of the document."""
    nothing = object()
    return [
        name
        for name in dict.fromkeys([*after, *before])
        if before.get(name, nothing) != after.get(name, nothing)
    ]


def iter_leaf_values(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every single value. Items of lists go by what names them."""
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


def list_item_key(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "source" in item:
        return f"{item['source']['id']} {item['start']}-{item['end']}"
    if "action" in item:
        return f"{item['type']}/{item['action']['id']}"
    if "role" in item:
        return f"{evidence.actor_key(item)}/{item['role']}"
    return str(item.get("id") or item.get("kind") or item.get("field"))
