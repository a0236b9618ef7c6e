"""Write validated documents into the rows that curators edit."""

from collections.abc import Mapping, Sequence
from typing import Any

from policy.models import (
    RECORDS,
    Action,
    ActionAgency,
    ActionDate,
    ActionEntity,
    Citation,
    Figure,
    Note,
    Record,
    Relation,
    Unknown,
)

Data = dict[str, Any]
Keys = Mapping[str, Mapping[str, int]]  # kind -> public id -> primary key

# List field of an action: its model, the reference that a row carries, and to what kind.
LISTS: dict[str, tuple[Any, str, str]] = {
    "agencies": (ActionAgency, "agency", "agency"),
    "entities": (ActionEntity, "entity", "entity"),
    "dates": (ActionDate, "", ""),
    "figures": (Figure, "", ""),
    "relations": (Relation, "target", "action"),
    "notes": (Note, "", ""),
    "citations": (Citation, "source", "source"),
    "unknowns": (Unknown, "", ""),
}
SETS = {"penalties": "term_id", "jurisdictions": "jurisdiction_id", "activities": "term_id"}
LINKS = {"agency": "parent", "source": "derived_from"}  # references to the same kind


def write(kind: str, rows: Sequence[Data]) -> list[Record]:
    """Bring records to what validated documents say; those that do not exist are made."""
    model = RECORDS[kind]
    standing = model.objects.in_bulk([row["slug"] for row in rows], field_name="slug")
    records = [prepared(kind, standing.get(row["slug"]) or model(), row) for row in rows]
    model.objects.bulk_create([record for record in records if record.pk is None])
    for record in standing.values():
        record.save()
    keys = primary_keys(kind, rows)
    if kind in LINKS:
        link(LINKS[kind], records, rows, keys[kind])
    if kind == "action":
        replace_parts(records, rows, keys)
    return records


def prepared(kind: str, record: Record, row: Data) -> Record:
    for field, value in columns(kind, row).items():
        setattr(record, field, value)
    record.edited_by = None
    return record


def columns(kind: str, row: Data) -> Data:
    """A document's values as columns; references to the same kind and parts left out."""
    parts = {"published", *LINKS.values(), *LISTS, *SETS}
    found = {field: value for field, value in row.items() if field not in parts}
    if "jurisdiction" in found:
        found["jurisdiction_id"] = found.pop("jurisdiction")
    if kind == "source":
        open_date = dict.fromkeys(("earliest", "latest", "precision_id", "basis_id"))
        date = row["published"] or {**open_date, "resolution": ""}
        found |= {f"published_{field}": value for field, value in date.items()}
    return found


def primary_keys(kind: str, rows: Sequence[Data]) -> dict[str, dict[str, int]]:
    """The rows that public ids in these documents stand for."""
    wanted: dict[str, set[str]] = {name: set() for name in RECORDS}
    for row in rows:
        if kind in LINKS and row[LINKS[kind]]:
            wanted[kind].add(row[LINKS[kind]])
        for field, (_, reference, target) in LISTS.items():
            if reference and field in row:
                wanted[target] |= {item[reference] for item in row[field] if item[reference]}
    return {
        name: dict(RECORDS[name].objects.filter(slug__in=slugs).values_list("slug", "pk"))
        for name, slugs in wanted.items()
        if slugs
    } | {name: {} for name, slugs in wanted.items() if not slugs}


def link(field: str, records: list[Record], rows: Sequence[Data], keys: Mapping[str, int]) -> None:
    """Refer to records of the same batch, now that all of them are saved."""
    for record, row in zip(records, rows, strict=True):
        setattr(record, f"{field}_id", keys.get(row[field]))
    if records:
        type(records[0])._default_manager.bulk_update(records, [field])


def replace_parts(actions: list[Any], rows: Sequence[Data], keys: Keys) -> None:
    """Give actions the parts that their documents list, in the documents' order."""
    for field, (model, reference, target) in LISTS.items():
        model.objects.filter(action__in=actions).delete()
        model.objects.bulk_create(
            [
                model(action=action, **columns_of_part(item, reference, keys.get(target, {})))
                for action, row in zip(actions, rows, strict=True)
                for item in items(row[field])
            ]
        )
    for field, column in SETS.items():
        through = getattr(Action, field).through
        through.objects.filter(action__in=actions).delete()
        through.objects.bulk_create(
            [
                through(action=action, **{column: value})
                for action, row in zip(actions, rows, strict=True)
                for value in row[field]
            ]
        )


def items(value: Any) -> list[Data]:
    if isinstance(value, dict):
        return [{"field": field, "reason": reason} for field, reason in value.items()]
    return list(value)


def columns_of_part(item: Data, reference: str, keys: Mapping[str, int]) -> Data:
    if not reference:
        return item
    slug = item[reference]
    rest = {name: value for name, value in item.items() if name != reference}
    return {**rest, f"{reference}_id": keys[slug] if slug else None}
