"""The badges beside each value of an action: the citations that support it, or that none does."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from desk.base.fields import SupportRow
from policy.documents import evidence
from policy.documents.types import Document
from policy.models import CHILD_MODELS

# Each item of these fields is a row of the form.
ROW_FIELDS = tuple(name for name in evidence.CODED_LIST_FIELDS if name in CHILD_MODELS)


@dataclass(frozen=True)
class BadgeCitation:
    """One citation that supports a value."""

    row: str  # prefix of its row in the form, such as citations-0
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
    """The badge of one value, or of a field without a value."""

    key: str
    label: str = ""  # which value of a field with several
    citations: list[BadgeCitation] = field(default_factory=list)
    unknown: str = ""  # the reason why the field is empty
    empty: bool = False

    @property
    def lacks_citation(self) -> bool:
        return not (self.citations or self.unknown)


Badges = list[EvidenceBadge]
CitationsByKey = dict[str, list[BadgeCitation]]


def build_badges(document: Document, prefixes: list[str]) -> dict[str, Badges]:
    """Return the badges of a draft by field, or by `field-position` if its items are rows.

    `prefixes` names the form's row of each of the document's citations.
    """
    citations = citations_by_key(document, prefixes)
    badges: dict[str, Badges] = {}
    for name in (*evidence.CODED_SCALAR_FIELDS, *evidence.CODED_LIST_FIELDS):
        badges[name] = list(iter_field_badges(document, name, citations))
    for name in ROW_FIELDS:
        rows: list[Document] = document[name]
        for position, row in enumerate(rows):
            key = f"{name}/{evidence.item_key(name, row)}"
            badge = EvidenceBadge(key, citations=citations.get(key, []))
            badges[f"{name}-{position}"] = [badge]
    return badges


def iter_field_badges(
    document: Document, name: str, citations: CitationsByKey
) -> Iterator[EvidenceBadge]:
    """Yield the badges beside a field: one for each of its values, or one that it is empty."""
    if name in evidence.CORE_FIELDS and evidence.is_core_field_empty(document, name):
        unknowns: dict[str, str] = document["unknowns"]
        yield EvidenceBadge(name, unknown=unknowns.get(name, ""), empty=True)
    elif name in evidence.CODED_SCALAR_FIELDS:
        if document[name]:
            yield EvidenceBadge(name, citations=citations.get(name, []))
    elif name not in ROW_FIELDS:
        items: list[str | dict[str, str]] = document[name]
        for item in items:
            item_key = evidence.item_key(name, item)
            label = item_label(item, item_key)
            key = f"{name}/{item_key}"
            yield EvidenceBadge(key, label=label, citations=citations.get(key, []))


def item_label(item: str | dict[str, str], key: str) -> str:
    return item.get("name", key) if isinstance(item, dict) else item.replace("_", " ")


def citations_by_key(document: Document, prefixes: list[str]) -> CitationsByKey:
    """Return the citations that support each value, by the key of the value."""
    citations: list[Document] = document["citations"]
    return {
        key: [
            build_badge_citation(citations[position], prefixes[position], support)
            for position, support in supports
        ]
        for key, supports in evidence.supports_by_key(document).items()
    }


def build_badge_citation(
    citation: Document, prefix: str, support: SupportRow | dict[str, str]
) -> BadgeCitation:
    source: dict[str, str] = citation["source"]
    quote: str = citation["quote"]
    reason = support.get("reason", "")
    return BadgeCitation(prefix, support["basis"], reason, source["name"], quote)
