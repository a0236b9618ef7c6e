"""Converts between documents and the columns of Django models, as the schemas declare them.

A field is stored in the attribute of the same name, unless its marker says otherwise:
- a code of a vocabulary in `<name>_id`, as the id of the term;
- a reference as the related record, and in a row as its public id;
- a computed field, and one that is NotStored, nowhere.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from policy.documents.fields import NUMBER_STEP, Computed, Day, Moment, Number, Reference
from policy.documents.markers import CodeOf, Column, NotStored, StoredAsJson, StoredAsKeys
from policy.documents.shape import Shape
from policy.documents.times import parse_timestamp
from policy.documents.types import Document

Marker = TypeVar("Marker")
Convert = Callable[[Any], Any]


class FieldDescription(NamedTuple):
    """The type of a field, without null and list, and all of its markers."""

    type: Any
    is_list: bool
    is_nullable: bool
    markers: tuple[object, ...]

    def find(self, marker: type[Marker]) -> Marker | None:
        return next((found for found in self.markers if isinstance(found, marker)), None)

    @property
    def is_computed(self) -> bool:
        return Computed in self.markers

    @property
    def is_shape(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, Shape)


@cache
def describe_field(schema: type[Shape], name: str) -> FieldDescription:
    field = schema.model_fields[name]
    type_, markers, is_list, is_nullable = field.annotation, [*field.metadata], False, False
    while True:
        arguments = get_args(type_)
        if get_origin(type_) is Annotated:
            type_, *more = arguments
            markers += more
        elif get_origin(type_) is list:
            (type_,), is_list = arguments, True
        elif get_origin(type_) in (Union, UnionType) and type(None) in arguments:
            (type_,) = (argument for argument in arguments if argument is not type(None))
            is_nullable = True
        else:
            return FieldDescription(type_, is_list, is_nullable, tuple(markers))


def describe_fields(schema: type[Shape]) -> dict[str, FieldDescription]:
    return {name: describe_field(schema, name) for name in schema.model_fields}


# Rows: from validated documents to columns


def build_row(value: Shape) -> Document:
    """Return the columns of a validated object by the names of their attributes."""
    row = {
        column: None if (item := getattr(value, name)) is None else convert(item)
        for name, column, convert in row_plan(type(value))
    }
    return value.complete_row(row)


@cache
def row_plan(schema: type[Shape]) -> list[tuple[str, str, Convert]]:
    """Return the name, the column and the conversion of each stored field."""
    plan = []
    for name, field in describe_fields(schema).items():
        if not field.is_computed and not field.find(NotStored):
            plan.append((name, column_name(name, field), row_conversion(field)))
    return plan


def column_name(name: str, field: FieldDescription) -> str:
    if column := field.find(Column):
        return column.name
    return f"{name}_id" if field.find(CodeOf) and not field.is_list else name


def row_conversion(field: FieldDescription) -> Convert:
    if field.find(StoredAsJson):
        return lambda items: [item.model_dump() for item in items]
    if field.find(StoredAsKeys):
        return lambda items: [item.key for item in items]
    convert = row_item_conversion(field)
    return (lambda items: [convert(item) for item in items]) if field.is_list else convert


def row_item_conversion(field: FieldDescription) -> Convert:
    if term := field.find(CodeOf):
        return term.get_id
    if field.type is Reference:
        return lambda reference: reference.id
    if field.is_shape:
        return build_row
    for type_, convert in ROW_CONVERSIONS:
        if is_of_type(field, type_):
            return convert
    return lambda value: value


def is_of_type(field: FieldDescription, type_: Any) -> bool:
    """Return whether a field has an annotated type, which its first marker identifies."""
    return get_args(type_)[1] in field.markers


def to_decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(NUMBER_STEP)


ROW_CONVERSIONS: list[tuple[Any, Convert]] = [
    (Day, date.fromisoformat),
    (Moment, parse_timestamp),
    (Number, to_decimal),
]


# Documents: from Django models to JSON values


def build_content(schema: type[Shape], instance: object) -> Document:
    """Return the document of a record or of one of its parts. Its computed fields are None."""
    return {
        name: None if read is None else read(getattr(instance, attribute))
        for name, attribute, read in content_plan(schema)
    }


@cache
def content_plan(schema: type[Shape]) -> list[tuple[str, str, Convert | None]]:
    """Return the name, the attribute and the conversion of each field; None if it is computed."""
    plan: list[tuple[str, str, Convert | None]] = []
    for name, field in describe_fields(schema).items():
        read = None if field.is_computed else content_conversion(field)
        plan.append((name, column_name(name, field), read))
    return plan


@cache
def relation_paths(schema: type[Shape]) -> list[str]:
    """Return the relations that `build_content` follows, named as for `prefetch_related`."""
    paths = []
    for name, column, _ in content_plan(schema):
        field = describe_field(schema, name)
        if is_relation(field):
            has_parts = field.is_shape and field.type is not Reference
            inner = relation_paths(field.type) if has_parts else []
            paths += [f"{column}__{path}" for path in inner] or [column]
    return paths


def is_relation(field: FieldDescription) -> bool:
    """Return whether the values of a field are rows of other tables."""
    if field.is_computed or field.find(StoredAsJson) or field.find(StoredAsKeys):
        return False
    rows = field.is_list and (field.is_shape or field.find(CodeOf) is not None)
    return rows or field.type is Reference or is_mapping(field)


def is_mapping(field: FieldDescription) -> bool:
    return get_origin(field.type) is dict


def content_conversion(field: FieldDescription) -> Convert:
    if field.find(StoredAsJson):
        return lambda items: [order_fields(field.type, item) for item in items]
    if field.find(StoredAsKeys):
        return lambda keys: [split_key(key) for key in sorted(keys)]
    if is_mapping(field):
        return lambda rows: {row.field: row.reason for row in rows.all()}
    convert = content_item_conversion(field)
    if not field.is_list:
        return lambda value: None if value is None else convert(value)
    if field.find(CodeOf):
        return lambda rows: sorted(convert(row.pk) for row in rows.all())
    if field.type is Reference:
        return lambda rows: sorted(map(convert, rows.all()), key=lambda reference: reference["id"])
    if field.is_shape:
        return lambda rows: [convert(row) for row in rows.all()]
    return list


def content_item_conversion(field: FieldDescription) -> Convert:
    if field.find(CodeOf):
        return get_code
    if field.type is Reference:
        return build_reference
    if field.is_shape:
        return lambda instance: build_content(field.type, instance)
    if is_of_type(field, Day):
        return date.isoformat
    return to_json_number if is_of_type(field, Number) else lambda value: value


def order_fields(schema: type[Shape], stored: Mapping[str, object]) -> Document:
    """Return a stored JSON object with its fields in order: jsonb has an order of its own."""
    return {name: stored.get(name, field.default) for name, field in schema.model_fields.items()}


def split_key(key: str) -> dict[str, str]:
    """Return the object whose key this is. Without a colon, its value is empty."""
    scheme, _, value = key.partition(":")
    return {"scheme": scheme, "value": value}


def get_code(term_id: str) -> str:
    return term_id.rpartition(".")[2]


def build_reference(instance: Any) -> dict[str, str]:
    name = getattr(instance, "title", None) or instance.name
    return {"id": getattr(instance, "slug", instance.pk), "name": name}


def to_json_number(value: Decimal) -> float:
    return int(value) if value == int(value) else float(value)


def get_stored_fields(schema: type[Shape]) -> Mapping[str, FieldDescription]:
    """Return the fields that a file may set, by name."""
    fields = describe_fields(schema).items()
    return {name: field for name, field in fields if not field.is_computed}
