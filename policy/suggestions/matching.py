"""Which values of an action a suggestion speaks of."""

from collections.abc import Iterable, Mapping
from datetime import date

from policy.documents.evidence import actor_key
from policy.documents.types import Document
from policy.suggestions.bodies import Described
from policy.suggestions.date_readings import Interval
from policy.suggestions.lexicon import SERIES
from policy.suggestions.suggestion import Suggestion

FIELDS = {"agencies": "agency", "entities": "entity", "jurisdictions": "jurisdiction"} | {
    "type": "type",
    "activities": "activity",
    "relations": "type",
    "dates": "date",
    "figures": "figure",
}


def kind_of(field: str, document: Document) -> str:
    """The kind of suggestion that speaks of a field; empty where none does."""
    name, _, key = field.partition("/")
    if name == "unit":
        return "type" if is_series(document) else ""
    if name == "entities" and not any(part["entity"] for part in actors(document, name, key)):
        return ""  # words of the source, and nothing that could be known
    return FIELDS.get(name, "")


def is_series(document: Document) -> bool:
    return bare(document["unit"]) == SERIES and not document["type"]


def actors(document: Document, name: str, key: str) -> list[Document]:
    return [part for part in document[name] if actor_key(part) == key.partition("/")[0]]


def speaks_of(
    row: Suggestion, field: str, document: Document, types: Mapping[str, str | None]
) -> bool:
    """Whether a suggestion holds the value of a field. A relation speaks of the other act."""
    name, _, key = field.partition("/")
    if kind_of(field, document) != row.kind:
        return False
    if name in ("type", "unit"):
        return (bare(document["type"]) or SERIES) == row.value
    if name == "relations":
        return (bare(types.get(key.partition("/")[2])) or SERIES) == row.value
    if name == "dates":
        return any(overlap(row.value, part) for part in parts(document, name, key))
    if name == "figures":
        return any(
            float(part["value"]) == float(row.value.value) for part in parts(document, name, key)
        )
    known = key.partition("/")[0]
    return row.value.key in known if isinstance(row.value, Described) else row.value == known


def parts(document: Document, name: str, key: str) -> Iterable[Document]:
    return [part for part in document[name] if bare(part["kind"]) == key]


def overlap(found: Interval, part: Document) -> bool:
    ends = (part["earliest"], part["latest"])
    earliest, latest = (date.fromisoformat(end) if isinstance(end, str) else end for end in ends)
    return found.overlaps(earliest, latest)


def bare(code: str | None) -> str | None:
    """A term's code without its vocabulary."""
    return code and code.rpartition(".")[2]
