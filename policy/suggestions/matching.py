"""Matching of suggestions with the fields of an action."""

from collections.abc import Iterable, Mapping
from datetime import date

from policy.documents.keys import actor_key
from policy.documents.types import Document
from policy.suggestions.bodies import DescribedBody
from policy.suggestions.date_intervals import ParsedDateInterval
from policy.suggestions.figures import Quantity
from policy.suggestions.lexicon import SERIES_CODE
from policy.suggestions.suggestion import Suggestion

ActionTypes = Mapping[str, str | None]  # public id of an action -> its type
SUGGESTION_KIND_BY_FIELD = {
    "agencies": "agency",
    "entities": "entity",
    "jurisdictions": "jurisdiction",
    "targets": "jurisdiction",
    "type": "type",
    "activities": "activity",
    "relations": "type",
    "dates": "date",
    "figures": "figure",
}


def get_suggestion_kind(field: str, document: Document) -> str:
    """Return the kind of suggestion for a key of a field; empty if there is none."""
    name, _, key = field.partition("/")
    if name == "unit":
        return "type" if is_action_series(document) else ""
    if name == "entities" and not any(
        part["entity"] for part in actors_with_key(document, name, key)
    ):
        return ""  # only described: it cannot be suggested
    return SUGGESTION_KIND_BY_FIELD.get(name, "")


def is_action_series(document: Document) -> bool:
    return strip_vocabulary(document["unit"]) == SERIES_CODE and not document["type"]


def actors_with_key(document: Document, name: str, key: str) -> list[Document]:
    return [part for part in document[name] if actor_key(part) == key.partition("/")[0]]


def matches_field(row: Suggestion, field: str, document: Document, types: ActionTypes) -> bool:
    """Whether a suggestion has the value of a field.

    `types` has the types of actions by id: for a relation, the type of the other act counts.
    """
    name, _, key = field.partition("/")
    if get_suggestion_kind(field, document) != row.kind:
        return False
    suggested: object = row.value
    if name in ("type", "unit"):
        return (strip_vocabulary(document["type"]) or SERIES_CODE) == suggested
    if name == "relations":
        return (strip_vocabulary(types.get(key.partition("/")[2])) or SERIES_CODE) == suggested
    parts = parts_with_key(document, name, key) if name in ("dates", "figures") else ()
    if isinstance(suggested, ParsedDateInterval):
        return any(is_date_overlap(suggested, part) for part in parts)
    if isinstance(suggested, Quantity):
        return any(float(part["value"]) == float(suggested.value) for part in parts)
    actor = key.partition("/")[0]
    return suggested.key in actor if isinstance(suggested, DescribedBody) else suggested == actor


def parts_with_key(document: Document, name: str, key: str) -> Iterable[Document]:
    return [part for part in document[name] if part_key(part) == key]


def part_key(part: Document) -> str:
    return "/".join(filter(None, [strip_vocabulary(part["kind"]), part.get("part")]))


def is_date_overlap(suggested: ParsedDateInterval, part: Document) -> bool:
    return suggested.overlaps(as_date(part["earliest"]), as_date(part["latest"]))


def as_date(value: date | str | None) -> date | None:
    """Dates are strings in documents and date objects in validated documents."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def strip_vocabulary(code: str | None) -> str | None:
    """Return the code of a term without its vocabulary."""
    return code and code.rpartition(".")[2]
