"""Which values an action states, which citations support them, and what is missing.

Functions that take a document accept any JSON object with the fields of an action: a published
document, a draft or a file. Fields may be absent.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol, cast

from policy.documents.action_schema import ActionDocument
from policy.documents.columns import describe_field, describe_fields
from policy.documents.keys import actor_key
from policy.documents.markers import Coded, CodeOf
from policy.documents.shape import Shape
from policy.documents.types import (
    ActionContent,
    ActorContent,
    AnyDocument,
    EvidenceContent,
    SupportContent,
    as_action,
)

CODED_FIELDS: dict[str, Coded] = {
    name: coded
    for name, field in describe_fields(ActionDocument).items()
    for coded in field.markers
    if isinstance(coded, Coded)
}
CODED_LIST_FIELDS = tuple(
    name for name in CODED_FIELDS if describe_field(ActionDocument, name).is_list
)
CODED_SCALAR_FIELDS = tuple(name for name in CODED_FIELDS if name not in CODED_LIST_FIELDS)
# Each scalar field that holds a code, and its vocabulary.
CODED_VOCABULARIES: dict[str, str] = {
    name: code.vocabulary
    for name in CODED_SCALAR_FIELDS
    for code in describe_field(ActionDocument, name).markers
    if isinstance(code, CodeOf)
}
# An action gives the reason why one of these is empty.
CORE_FIELDS = tuple(name for name, coded in CODED_FIELDS.items() if not coded.may_be_empty)
ACTOR_KINDS = {"agencies": "agency", "entities": "entity"}  # list field: kind of its records
ACTOR_FIELDS = tuple(ACTOR_KINDS)
BACKING = ("stated", "derived")  # an inference does not make an act better evidenced
FIELDS_OF_WHAT_WAS_DONE = (
    *("type", "status", "agencies", "entities", "jurisdictions", "targets", "dates", "figures"),
)
OFFICIAL_SOURCE_CLASSES = {"source_class.official_primary", "source_class.official_secondary"}


class CitedSource(Protocol):
    """What the evidence level depends on: a Source, or an object with the same attributes."""

    @property
    def slug(self) -> str: ...
    @property
    def publisher(self) -> str: ...
    @property
    def source_class_id(self) -> str: ...
    @property
    def derived_from(self) -> "CitedSource | None": ...


class CitedSupport(NamedTuple):
    """One support of a value, with the position of its citation in the document."""

    position: int
    support: SupportContent


class FieldProblem(NamedTuple):
    """What is wrong, and the field of the document in which."""

    field: str
    message: str


def item_key(field: str, item: Any) -> str:
    """Return the key of one item of a field in CODED_LIST_FIELDS: a code or a JSON object."""
    return item if isinstance(item, str) else item_schema(field).item_key(item)


@cache
def item_schema(field: str) -> type[Shape]:
    schema: type[Shape] = describe_field(ActionDocument, field).type
    return schema


def coded_fields(document: AnyDocument) -> list[str]:
    """Return the keys of all values in a document, in the order of its fields.

    A key is the name of a field (`type`), or of a list field and an item (`dates/adopted`).
    """
    scalars = [name for name in CODED_SCALAR_FIELDS if document.get(name)]
    items = [
        f"{name}/{item_key(name, item)}"
        for name in CODED_LIST_FIELDS
        for item in cast(Iterable[object], document.get(name, []))
    ]
    return list(dict.fromkeys(scalars + items))


def role_keys(document: AnyDocument) -> list[str]:
    """Return the keys of actors in one of their roles: `agencies/<key>/<role>`.

    A support may name these keys as well as those of `coded_fields`.
    """
    return [f"{name}/{actor_key(row)}/{row['role']}" for name, row in iter_actors(document)]


def iter_actors(document: AnyDocument) -> Iterator[tuple[str, ActorContent]]:
    """Yield the list field and the row of every agency and entity."""
    action = as_action(document)
    yield from (("agencies", row) for row in action.get("agencies", []))
    yield from (("entities", row) for row in action.get("entities", []))


def bases_by_key(document: AnyDocument) -> dict[str, set[str]]:
    """Return the bases of each value that a citation supports, by the key of the value."""
    return {
        key: {support["basis"] for _, support in supports}
        for key, supports in supports_by_key(document).items()
    }


def supports_by_key(document: AnyDocument) -> dict[str, list[CitedSupport]]:
    """Return the supports of each value, by the key of the value.

    A support of an actor in a role supports the actor as well.
    """
    supports: dict[str, list[CitedSupport]] = {}
    for position, citation in enumerate(as_action(document).get("citations", [])):
        for support in citation["supports"]:
            key = support["field"]
            in_role = key.startswith(ACTOR_FIELDS) and key.count("/") == 2
            for value in (key, key.rpartition("/")[0]) if in_role else (key,):
                supports.setdefault(value, []).append(CitedSupport(position, support))
    return supports


def iter_key_problems(document: AnyDocument) -> Iterator[FieldProblem]:
    """Yield a problem for every key that names no value. Drafts must not have such keys either."""
    action = as_action(document)
    values = set(coded_fields(document))
    keys = values | set(role_keys(document))
    for position, citation in enumerate(action.get("citations", [])):
        for support in citation["supports"]:
            if support["field"] not in keys:
                message = f"This record has no value with the key {support['field']}."
                yield FieldProblem(f"citations[{position}].supports", message)
    yield from iter_claim_problems(action, values)
    yield from iter_note_problems(action, keys | set(CODED_FIELDS))
    for field in action.get("unknowns", {}):
        yield from iter_unknown_problems(action, field, values)


def iter_claim_problems(action: ActionContent, values: set[str]) -> Iterator[FieldProblem]:
    for figure in action.get("figures", []):
        claimant = figure.get("claimed_by")
        if claimant and claimant not in values:
            message = f"claimed_by: this record has no actor with the key {claimant}."
            yield FieldProblem(f"figures/{item_key('figures', figure)}", message)


def iter_note_problems(action: ActionContent, fields: set[str]) -> Iterator[FieldProblem]:
    for note in action.get("notes", []):
        if note.get("field") and note["field"] not in fields:
            yield FieldProblem("notes", f"This record has no field {note['field']}.")


def iter_unknown_problems(
    action: ActionContent, field: str, values: set[str]
) -> Iterator[FieldProblem]:
    name, _, item = field.partition("/")
    if name not in CODED_FIELDS:
        yield FieldProblem(f"unknowns/{field}", "There is no such field.")
    elif field in values or (not item and not is_core_field_empty(action, name)):
        yield FieldProblem(f"unknowns/{field}", "The field has a value, so it is not unknown.")


def iter_evidence_gaps(document: AnyDocument) -> Iterator[FieldProblem]:
    """Yield a problem for every value without a citation.

    Also yield one for every core field that is empty without a reason under `unknowns`.
    """
    supported = bases_by_key(document)
    for field in coded_fields(document):
        if field not in supported:
            yield FieldProblem(field, "No citation supports this value. Add one.")
    unknowns = as_action(document).get("unknowns", {})
    for field in CORE_FIELDS:
        if field not in unknowns and is_core_field_empty(document, field):
            yield FieldProblem(field, "The field is empty. Give the reason under unknowns.")


def is_core_field_empty(document: AnyDocument, field: str) -> bool:
    """Return whether a core field has no value.

    `dates` is also empty if it has only the date of the report.
    """
    if field == "dates":
        return not any(date["kind"] != "reported" for date in as_action(document).get("dates", []))
    return not document.get(field)


def summarize_evidence(document: AnyDocument, sources: Sequence[CitedSource]) -> EvidenceContent:
    """Return the field `evidence` of an action. `sources` are the source of each citation."""
    claimants = [
        f"{name}/{actor_key(row)}"
        for name, row in iter_actors(document)
        if row["role"] == "claimed"
    ]
    backing = {
        key: [sources[position] for position, support in supports if support["basis"] in BACKING]
        for key, supports in supports_by_key(document).items()
    }
    done = [key for key in backing if key.partition("/")[0] in FIELDS_OF_WHAT_WAS_DONE]
    relations = as_action(document)["relations"]
    return {
        "level": evidence_level(source for key in done for source in backing[key]),
        "reported_claim": bool(claimants),
        "claimed_by": claimants,
        "disputed": any(row["type"] == "contradicts" for row in relations),
        "fields": {key: evidence_level(backing.get(key, [])) for key in coded_fields(document)},
    }


def evidence_level(sources: Iterable[CitedSource]) -> str | None:
    """Return a code of the vocabulary `evidence`, or None if there are no sources."""
    cited = {source.slug: source for source in sources}.values()
    if any(source.source_class_id in OFFICIAL_SOURCE_CLASSES for source in cited):
        return "official"
    publishers = {original_publisher(source) for source in cited} - {""}
    if len(publishers) > 1:
        return "corroborated"
    return "single_source" if cited else None


def original_publisher(source: CitedSource) -> str:
    """Return the publisher of the original that a source repeats; empty if it is not known.

    Two sources of one publisher, or of unknown ones, do not corroborate each other.
    """
    seen = {source.slug}
    while source.derived_from and source.derived_from.slug not in seen:
        source = source.derived_from
        seen.add(source.slug)
    return source.publisher.strip().casefold()
