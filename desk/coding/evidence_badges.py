"""What stands beside each value of an action: the citations that back it, or that none does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from policy.documents import evidence
from policy.documents.types import Document

Marks = list["Mark"]


@dataclass(frozen=True)
class Backing:
    """One citation of a value."""

    row: str  # of the form, such as citations-0
    basis: str
    reason: str
    source: str
    quote: str

    @property
    def number(self) -> int:
        return int(self.row.rpartition("-")[2]) + 1

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (self.source, self.quote and f"“{self.quote}”", self.reason)))


@dataclass(frozen=True)
class Mark:
    """Beside one value, or beside a field that holds none."""

    key: str
    label: str = ""  # which value of a field that holds several
    backings: list[Backing] = field(default_factory=list)
    unknown: str = ""  # why the field is empty
    empty: bool = False

    @property
    def wanting(self) -> bool:
        return not (self.backings or self.unknown)


def marks(document: Document, cited: list[str]) -> dict[str, Marks]:
    """By field of the document; by field and position for fields whose items are rows.

    `cited` names the form's row of each citation.
    """
    backed = backings(document, cited)
    found: dict[str, Marks] = {}
    for name in (*evidence.SCALARS, *evidence.EVERY_LIST):
        found[name] = list(of_field(document, name, backed))
    for name in ROWS:
        for position, row in enumerate(document[name]):
            key = f"{name}/{evidence.item_key(name, row)}"
            found[f"{name}-{position}"] = [Mark(key, backings=backed.get(key, []))]
    return found


ROWS = ("agencies", "entities", "dates", "figures", "relations")


def of_field(document: Document, name: str, backed: dict[str, list[Backing]]) -> Iterator[Mark]:
    if name in evidence.CORE and evidence.is_silent(document, name):
        yield Mark(name, unknown=document["unknowns"].get(name, ""), empty=True)
    elif name in evidence.SCALARS:
        yield Mark(name, backings=backed.get(name, []))
    elif name not in ROWS:
        for item in document[name]:
            key = f"{name}/{evidence.item_key(name, item)}"
            yield Mark(key, label=called(item), backings=backed.get(key, []))


def called(item: Any) -> str:
    return item["name"] if isinstance(item, dict) else item.replace("_", " ")


def backings(document: Document, cited: list[str]) -> dict[str, list[Backing]]:
    return {
        key: [
            backing(document["citations"][position], cited[position], support)
            for position, support in found
        ]
        for key, found in evidence.backing(document).items()
    }


def backing(citation: Document, row: str, support: dict[str, str]) -> Backing:
    basis, reason = support["basis"], support.get("reason", "")
    return Backing(row, basis, reason, citation["source"]["name"], citation["quote"])
