"""What stands beside each value of an action: the citations that back it, or that none does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from policy.documents import evidence
from policy.documents.types import Document, SupportContent

Badges = list["EvidenceBadge"]


@dataclass(frozen=True)
class BadgeCitation:
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
    def tooltip(self) -> str:
        return ", ".join(filter(None, (self.source, self.quote and f"“{self.quote}”", self.reason)))


@dataclass(frozen=True)
class EvidenceBadge:
    """Beside one value, or beside a field that holds none."""

    key: str
    label: str = ""  # which value of a field that holds several
    citations: list[BadgeCitation] = field(default_factory=list)
    unknown: str = ""  # why the field is empty
    empty: bool = False

    @property
    def lacks_citation(self) -> bool:
        return not (self.citations or self.unknown)


def build_badges(document: Document, cited: list[str]) -> dict[str, Badges]:
    """By field of the document; by field and position for fields whose items are rows.

    `cited` names the form's row of each citation.
    """
    backed = citations_by_key(document, cited)
    found: dict[str, Badges] = {}
    for name in (*evidence.CODED_SCALAR_FIELDS, *evidence.CODED_LIST_FIELDS):
        found[name] = list(iter_field_badges(document, name, backed))
    for name in ROW_FIELDS:
        for position, row in enumerate(document[name]):
            key = f"{name}/{evidence.item_key(name, row)}"
            found[f"{name}-{position}"] = [EvidenceBadge(key, citations=backed.get(key, []))]
    return found


ROW_FIELDS = ("agencies", "entities", "dates", "figures", "relations")


def iter_field_badges(
    document: Document, name: str, backed: dict[str, list[BadgeCitation]]
) -> Iterator[EvidenceBadge]:
    if name in evidence.CORE_FIELDS and evidence.is_core_field_empty(document, name):
        yield EvidenceBadge(name, unknown=document["unknowns"].get(name, ""), empty=True)
    elif name in evidence.CODED_SCALAR_FIELDS:
        yield EvidenceBadge(name, citations=backed.get(name, []))
    elif name not in ROW_FIELDS:
        for item in document[name]:
            key = f"{name}/{evidence.item_key(name, item)}"
            yield EvidenceBadge(key, label=item_label(item), citations=backed.get(key, []))


def item_label(item: Any) -> str:
    return item["name"] if isinstance(item, dict) else item.replace("_", " ")


def citations_by_key(document: Document, cited: list[str]) -> dict[str, list[BadgeCitation]]:
    return {
        key: [
            build_badge_citation(document["citations"][position], cited[position], support)
            for position, support in found
        ]
        for key, found in evidence.supports_by_key(document).items()
    }


def build_badge_citation(citation: Document, row: str, support: SupportContent) -> BadgeCitation:
    basis, reason = support["basis"], support.get("reason", "")
    return BadgeCitation(row, basis, reason, citation["source"]["name"], citation["quote"])
