"""Which values of an action a suggestion speaks of."""

from collections.abc import Iterable, Mapping
from datetime import date

from policy.documents.evidence import actor_key
from policy.documents.types import Document
from policy.suggestions.bodies import DescribedBody
from policy.suggestions.date_readings import SuggestedDate
from policy.suggestions.lexicon import SERIES_CODE
from policy.suggestions.suggestion import Suggestion

SUGGESTION_KIND_BY_FIELD = {
    "agencies": "agency",
    "entities": "entity",
    "jurisdictions": "jurisdiction",
} | {
    "type": "type",
    "activities": "activity",
    "relations": "type",
    "dates": "date",
    "figures": "figure",
}


def get_suggestion_kind(field: str, document: Document) -> str:
    """The kind of suggestion that speaks of a field; empty where none does."""
    name, _, key = field.partition("/")
    if name == "unit":
        return "type" if is_action_series(document) else ""
    if name == "entities" and not any(
        part["entity"] for part in actors_with_key(document, name, key)
    ):
        return ""  # words of the source, and nothing that could be known
    return SUGGESTION_KIND_BY_FIELD.get(name, "")


def is_action_series(document: Document) -> bool:
    return strip_vocabulary(document["unit"]) == SERIES_CODE and not document["type"]


def actors_with_key(document: Document, name: str, key: str) -> list[Document]:
    return [part for part in document[name] if actor_key(part) == key.partition("/")[0]]


def matches_field(
    row: Suggestion, field: str, document: Document, types: Mapping[str, str | None]
) -> bool:
    """Whether a suggestion holds the value of a field. A relation speaks of the other act."""
    name, _, key = field.partition("/")
    if get_suggestion_kind(field, document) != row.kind:
        return False
    if name in ("type", "unit"):
        return (strip_vocabulary(document["type"]) or SERIES_CODE) == row.value
    if name == "relations":
        return (strip_vocabulary(types.get(key.partition("/")[2])) or SERIES_CODE) == row.value
    if name == "dates":
        return any(is_date_overlap(row.value, part) for part in parts_of_kind(document, name, key))
    if name == "figures":
        return any(
            float(part["value"]) == float(row.value.value)
            for part in parts_of_kind(document, name, key)
        )
    known = key.partition("/")[0]
    return row.value.key in known if isinstance(row.value, DescribedBody) else row.value == known


def parts_of_kind(document: Document, name: str, key: str) -> Iterable[Document]:
    return [part for part in document[name] if strip_vocabulary(part["kind"]) == key]


def is_date_overlap(found: SuggestedDate, part: Document) -> bool:
    ends = (part["earliest"], part["latest"])
    earliest, latest = (date.fromisoformat(end) if isinstance(end, str) else end for end in ends)
    return found.overlaps(earliest, latest)


def strip_vocabulary(code: str | None) -> str | None:
    """A term's code without its vocabulary."""
    return code and code.rpartition(".")[2]
