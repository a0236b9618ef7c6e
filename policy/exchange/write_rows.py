"""Writing of validated documents into the tables of drafts."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Field, JSONField, Model, QuerySet, UniqueConstraint

from policy.documents.types import Document, RecordKey
from policy.models import (
    CHILD_MODELS,
    M2M_FIELDS,
    PARENT_FIELDS,
    RECORD_MODELS,
    SAME_KIND_FIELDS,
    Action,
    Citation,
    Record,
    SourceText,
)
from policy.publishing.index import copy_rows
from policy.strictjson import PathProblem

PrimaryKeys = Mapping[str, Mapping[str, int]]  # kind -> public id -> primary key
ColumnValues = Mapping[str, object]  # by name of the column
MAX_UNKNOWN_KEY_LENGTH = 140
UNKNOWN_PUBLICATION_DATE = {
    **dict.fromkeys(("earliest", "latest", "precision_id", "basis_id")),
    "resolution": "",
}


class RowReference(NamedTuple):
    """A reference to a record, and the field with the reference; empty for the record itself."""

    field: str
    kind: str
    slug: str

    @property
    def key(self) -> RecordKey:
        return self.kind, self.slug


def records_of_kind(kind: str) -> QuerySet[Record]:
    model: type[Record] = RECORD_MODELS[kind]
    return model._default_manager.all()


def slugs_of_kind(kind: str) -> set[str]:
    return set(records_of_kind(kind).values_list("slug", flat=True))


def write_records(
    kind: str,
    batches: Iterable[Sequence[Document]],
    by: User | None = None,
    old: Collection[str] | None = None,
) -> None:
    """Create or update the drafts of records from validated documents.

    `by` becomes the last editor; None means a command. `old` has the ids of records that exist.
    If it is given and another record was created since, IntegrityError is raised.
    Links between records of the same kind are written at the end, because they may point to any
    batch.
    """
    link, later = SAME_KIND_FIELDS.get(kind), []
    for rows in batches:
        write_record_batch(kind, rows, by, old)
        if link:
            linked = (row for row in rows if row[link] or kind in PARENT_FIELDS)
            later.append([{"slug": row["slug"], link: row[link]} for row in linked])
    for links in later:
        link_same_kind_records(kind, links)


def write_record_batch(
    kind: str, rows: Sequence[Document], by: User | None, old: Collection[str] | None
) -> None:
    model: type[Record] = RECORD_MODELS[kind]
    if kind == "source":
        delete_outdated_texts(rows)
    slugs = [row["slug"] for row in rows if old is None or row["slug"] in old]
    stored = records_of_kind(kind).in_bulk(slugs, field_name="slug")
    records = [assign_columns(kind, stored.get(row["slug"]) or model(), row) for row in rows]
    for record in records:
        record.edited_by = by
    copy_new_rows(model, (vars(apply_pre_save(record)) for record in records if record.pk is None))
    for record in stored.values():
        record.save()
    if kind == "action":
        delete_parts([record.pk for record in stored.values()])
        references = (reference for row in rows for reference in iter_row_references(kind, row))
        keys = fetch_primary_keys([*references, *self_references(kind, rows)])
        insert_parts(rows, CHILD_MODELS.keys() - {"relations"}, keys)
        insert_m2m_rows(rows, keys)


def copy_new_rows(model: type[Model], rows: Iterable[ColumnValues]) -> None:
    """Insert rows with COPY. The database assigns their primary keys."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    copy_rows(
        model._meta.db_table,
        [f'"{field.column}"' for field in fields],
        [tuple(get_column_value(field, row) for field in fields) for row in rows],
    )


def get_column_value(field: "Field[object, object]", row: ColumnValues) -> object:
    """Return a value for psycopg. JSON needs wrapping: a list would become an array."""
    value: object = row[field.attname] if field.attname in row else field.get_default()
    if isinstance(field, JSONField):
        value = field.get_db_prep_save(value, connection)
    return value


def apply_pre_save(record: Record) -> Record:
    """Set the fields that Django sets before saving, such as timestamps."""
    for field in record._meta.concrete_fields:
        field.pre_save(record, add=True)
    return record


def assign_columns(kind: str, record: Record, row: Document) -> Record:
    for name, value in record_columns(kind, row).items():
        setattr(record, name, value)
    return record


def record_columns(kind: str, row: Document) -> dict[str, object]:
    """Return the columns of a record, without parts and references to the same kind."""
    parts = {"published", *PARENT_FIELDS.values(), *CHILD_MODELS, *M2M_FIELDS}
    columns: dict[str, object] = {name: row[name] for name in row if name not in parts}
    if "jurisdiction" in columns:
        columns["jurisdiction_id"] = columns.pop("jurisdiction")
    if kind == "source":
        date: Mapping[str, object] = row["published"] or UNKNOWN_PUBLICATION_DATE
        columns |= {f"published_{name}": value for name, value in date.items()}
    return columns


def iter_row_references(kind: str, row: Document) -> Iterator[RowReference]:
    if kind in PARENT_FIELDS and row[PARENT_FIELDS[kind]]:
        yield RowReference(PARENT_FIELDS[kind], kind, row[PARENT_FIELDS[kind]])
    for field, (_, reference, target) in CHILD_MODELS.items() if kind == "action" else ():
        for position, item in enumerate(row[field]):
            if reference and item[reference]:
                yield RowReference(f"{field}[{position}].{target}", target, item[reference])


def self_references(kind: str, rows: Sequence[Document]) -> Iterator[RowReference]:
    """Return references to the records themselves."""
    return (RowReference("", kind, row["slug"]) for row in rows)


def constraint_problems(kind: str, row: Document) -> Iterator[PathProblem]:
    """Yield violations of database constraints that the schema does not check."""
    if kind != "action":
        return
    for field, (model, _, _) in CHILD_MODELS.items():
        yield from duplicate_part_problems(field, model, as_part_list(row[field]))
    yield from unnamed_actor_problems("agencies", "agency", row)
    yield from unnamed_actor_problems("entities", "entity", row)
    for position, relation in enumerate(row["relations"]):
        if relation["target"] == row["slug"]:
            yield f"relations[{position}].action", "An action cannot be related to itself."
    for field in row["unknowns"]:
        if len(field) > MAX_UNKNOWN_KEY_LENGTH:
            yield f"unknowns.{field}", "There is no such field."


def unnamed_actor_problems(field: str, reference: str, row: Document) -> Iterator[PathProblem]:
    for position, actor in enumerate(row[field]):
        if not (actor[reference] or re.search("[A-Za-z0-9]", actor["described_as"])):
            yield (
                f"{field}[{position}].described_as",
                "Must contain a letter from A to Z or a digit.",
            )


def duplicate_part_problems(
    field: str, model: type[Model], parts: list[Document]
) -> Iterator[PathProblem]:
    """Yield parts that violate a unique constraint of their model."""
    for rule in (rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)):
        seen: set[tuple[object, ...]] = set()
        for position, part in enumerate(parts):
            key = tuple(part.get(name, part.get(f"{name}_id")) for name in rule.fields[1:])
            if key in seen:
                yield f"{field}[{position}]", str(rule.violation_error_message)
            seen.add(key)


def fetch_primary_keys(references: Iterable[RowReference]) -> dict[str, dict[str, int]]:
    """Return primary keys by kind and public id."""
    slugs_by_kind: dict[str, set[str]] = {kind: set() for kind in RECORD_MODELS}
    for reference in references:
        slugs_by_kind[reference.kind].add(reference.slug)
    return {
        kind: dict(records_of_kind(kind).filter(slug__in=slugs).values_list("slug", "pk"))
        for kind, slugs in slugs_by_kind.items()
    }


def link_same_kind_records(kind: str, rows: Sequence[Document]) -> None:
    """Write links between records of the same kind, which must exist already."""
    field = SAME_KIND_FIELDS[kind]
    if kind == "action":
        targets = [
            RowReference("", kind, item["target"]) for row in rows for item in row["relations"]
        ]
        keys = fetch_primary_keys([*targets, *self_references(kind, rows)])
        insert_parts(rows, {"relations"}, keys)
        return
    stored = records_of_kind(kind).in_bulk([row["slug"] for row in rows], field_name="slug")
    keys = fetch_primary_keys(RowReference("", kind, row[field]) for row in rows)
    for row in rows:
        setattr(stored[row["slug"]], f"{field}_id", row[field] and keys[kind][row[field]])
    records_of_kind(kind).bulk_update([stored[row["slug"]] for row in rows], [field])


def delete_parts(actions: Collection[int]) -> None:
    """Delete all parts of actions. `actions` are primary keys."""
    models: list[type[Model]] = [model for model, _, _ in CHILD_MODELS.values()]
    models += [m2m_model(field) for field in M2M_FIELDS]
    for model in models if actions else ():
        model._default_manager.filter(action__in=actions).delete()


def m2m_model(field: str) -> type[Model]:
    """Return the through model of a many-to-many field of actions."""
    model: type[Model] = getattr(Action, field).through
    return model


def insert_parts(rows: Sequence[Document], fields: Collection[str], keys: PrimaryKeys) -> None:
    """Insert the parts of actions in the order of their documents."""
    actions = keys["action"]
    for field in fields:
        model, reference, target = CHILD_MODELS[field]
        known = keys.get(target, {})
        copy_new_rows(
            model,
            (
                {"action_id": actions[row["slug"]], **part_columns(item, reference, known)}
                for row in rows
                for item in as_part_list(row[field])
            ),
        )


def insert_m2m_rows(rows: Sequence[Document], keys: PrimaryKeys) -> None:
    for field, column in M2M_FIELDS.items():
        copy_new_rows(
            m2m_model(field),
            (
                {"action_id": keys["action"][row["slug"]], column: value}
                for row in rows
                for value in row[field]
            ),
        )


def delete_citations(actions: Collection[str]) -> None:
    """Delete the citations of actions, by public id, before their sources may become shorter."""
    Citation.objects.filter(action__slug__in=actions).delete()


def delete_outdated_texts(sources: Sequence[Document]) -> None:
    """Delete attached texts whose source now has other bytes."""
    slugs, digests = [row["slug"] for row in sources], [row["sha256"] for row in sources]
    SourceText.objects.filter(source__slug__in=slugs).exclude(source__sha256__in=digests).delete()


def as_part_list(value: Sequence[Document] | Mapping[str, str]) -> list[Document]:
    if isinstance(value, Mapping):
        return [{"field": field, "reason": reason} for field, reason in value.items()]
    return list(value)


def part_columns(item: Document, reference: str, keys: Mapping[str, int]) -> Document:
    if "jurisdiction" in item:  # its key is its public id
        return {**item, "jurisdiction_id": item["jurisdiction"]}
    if not reference:
        return item
    slug = item[reference]
    rest = {name: value for name, value in item.items() if name != reference}
    return {**rest, f"{reference}_id": keys[slug] if slug else None}
