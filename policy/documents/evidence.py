"""Which fields an action asserts, what backs them, and what is missing.

These functions read documents as plain dictionaries: a file's or a revision's.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.text import slugify

CODED_SCALAR_FIELDS = ("unit", "type", "status", "legal_force", "stance", "attribution")
CORE_LIST_FIELDS = ("penalty", "jurisdictions", "activities", "agencies", "dates")
CORE_FIELDS = CODED_SCALAR_FIELDS + CORE_LIST_FIELDS
CODED_LIST_FIELDS = (*CORE_LIST_FIELDS, "entities", "figures", "relations")
ACTOR_FIELDS = ("agencies", "entities")
OFFICIAL_SOURCE_CLASSES = {"source_class.official_primary", "source_class.official_secondary"}


def actor_key(row: dict[str, Any]) -> str:
    """How supports name an actor's row: its id, or a slug of the words that stand for it."""
    named = row.get("agency") or row.get("entity")
    if isinstance(named, dict):
        named = named.get("id")
    return named or slugify(row.get("described_as") or "")


def item_key(field: str, item: Any) -> str:
    """The key of one item of a list field."""
    if field in ACTOR_FIELDS:
        return actor_key(item)
    if field == "relations":
        return f"{item['type']}/{item['action']['id']}"
    if isinstance(item, dict):
        return str(item.get("id") or item.get("kind"))
    return str(item)


def coded_fields(document: dict[str, Any]) -> list[str]:
    """The keys of all values that the record asserts, in the order of the document."""
    scalars = [name for name in CODED_SCALAR_FIELDS if document.get(name) is not None]
    items = [
        f"{name}/{item_key(name, item)}"
        for name in CODED_LIST_FIELDS
        for item in document.get(name, [])
    ]
    return list(dict.fromkeys(scalars + items))


def role_keys(document: dict[str, Any]) -> list[str]:
    """Finer keys that a citation may name: an actor's row in one of its roles."""
    return [
        f"{name}/{actor_key(row)}/{row['role']}"
        for name in ACTOR_FIELDS
        for row in document.get(name, [])
    ]


def bases_by_key(document: dict[str, Any]) -> dict[str, set[str]]:
    """On what each value rests."""
    return {
        key: {support["basis"] for _, support in found}
        for key, found in supports_by_key(document).items()
    }


def supports_by_key(document: dict[str, Any]) -> dict[str, list[tuple[int, dict[str, str]]]]:
    """What backs each value: the position of a citation and its support.

    An actor's row rests on what backs any of its roles, too.
    """
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for position, citation in enumerate(document.get("citations", [])):
        for support in citation["supports"]:
            key = support["field"]
            in_role = key.startswith(ACTOR_FIELDS) and key.count("/") == 2
            for value in (key, key.rpartition("/")[0]) if in_role else (key,):
                found.setdefault(value, []).append((position, support))
    return found


def iter_key_problems(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, message) for every key that names nothing. Such a record is not even a draft."""
    values = set(coded_fields(document))
    keys = values | set(role_keys(document))
    for position, citation in enumerate(document.get("citations", [])):
        for support in citation["supports"]:
            if support["field"] not in keys:
                message = f"{support['field']} names no value of this record."
                yield f"citations[{position}].supports", message
    yield from iter_claim_problems(document, values)
    yield from iter_note_problems(document, keys | set(CORE_FIELDS) | set(CODED_LIST_FIELDS))
    for field in document.get("unknowns", {}):
        yield from iter_unknown_problems(document, field, values)


def iter_claim_problems(document: dict[str, Any], values: set[str]) -> Iterator[tuple[str, str]]:
    for figure in document.get("figures", []):
        claimant = figure.get("claimed_by")
        if claimant and claimant not in values:
            yield f"figures/{figure['kind']}", f"claimed_by: there is no {claimant} here."


def iter_note_problems(document: dict[str, Any], fields: set[str]) -> Iterator[tuple[str, str]]:
    for note in document.get("notes", []):
        if note.get("field") and note["field"] not in fields:
            yield "notes", f"{note['field']} names no field of this record."


def iter_unknown_problems(
    document: dict[str, Any], field: str, values: set[str]
) -> Iterator[tuple[str, str]]:
    name, _, item = field.partition("/")
    if name not in CORE_FIELDS + CODED_LIST_FIELDS:
        yield f"unknowns/{field}", "There is no such field."
    elif field in values or (not item and not is_core_field_empty(document, name)):
        yield f"unknowns/{field}", "The field has a value, so it is not unknown."


def iter_evidence_gaps(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, message) for every value without a passage and every silent empty field."""
    backed = bases_by_key(document)
    for field in coded_fields(document):
        if field not in backed:
            yield field, "No citation backs this value."
    for field in CORE_FIELDS:
        if field not in document.get("unknowns", {}) and is_core_field_empty(document, field):
            yield field, "The field is empty: say why under unknowns."


def is_core_field_empty(document: dict[str, Any], field: str) -> bool:
    """Whether a core field says nothing. A report's own date does not say when the act was."""
    if field == "dates":
        return not any(date["kind"] != "reported" for date in document.get("dates", []))
    return not document.get(field)


def summarize_evidence(document: dict[str, Any], sources: Iterable[Any]) -> dict[str, Any]:
    """The document's `evidence`, computed from its sources and its rows."""
    claimants = [
        f"{name}/{actor_key(row)}"
        for name in ACTOR_FIELDS
        for row in document[name]
        if row["role"] == "claimed"
    ]
    return {
        "level": evidence_level(sources),
        "reported_claim": bool(claimants),
        "claimed_by": claimants,
        "disputed": any(row["type"] == "contradicts" for row in document["relations"]),
    }


def evidence_level(sources: Iterable[Any]) -> str | None:
    """Term of the vocabulary evidence; None without a source."""
    cited = {source.slug: source for source in sources}.values()
    if any(source.source_class_id in OFFICIAL_SOURCE_CLASSES for source in cited):
        return "official"
    return {0: None, 1: "single_source"}.get(len({source_origin(s) for s in cited}), "corroborated")


def source_origin(source: Any) -> str:
    """Whose account it is: two sources of one origin do not corroborate each other."""
    seen = {source.slug}
    while source.derived_from and source.derived_from.slug not in seen:
        source = source.derived_from
        seen.add(source.slug)
    return source.publisher.casefold() or source.slug
