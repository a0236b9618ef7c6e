"""Reads stored documents, which may lack fields that were added to the schema later."""

from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from typing import Any

import orjson

from policy.documents.columns import describe_fields
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import Shape
from policy.documents.types import Document


def read_document(text: str) -> Document:
    """Return a stored document. Fields that were added to the schema later have their defaults."""
    document: Document = orjson.loads(text)
    return add_later_fields(document)


def add_later_fields(document: Document) -> Document:
    """Add the fields that were added to the schema after the publication of a document.

    The document is changed in place. A tombstone, which has an `event`, has no such fields.
    """
    if "event" not in document:
        fill_object(DOCUMENT_SCHEMAS[document["kind"]], document)
    return document


def fill_object(schema: type[Shape], value: dict[str, Any]) -> None:
    for name, default in later_defaults(schema):
        if name not in value:
            value[name] = deepcopy(default)
    for name, part in parts_with_later_fields(schema):
        found = value.get(name) or []
        for item in found if isinstance(found, list) else [found]:
            fill_object(part, item)


@cache
def later_defaults(schema: type[Shape]) -> list[tuple[str, object]]:
    fields = schema.model_fields
    return [(name, fields[name].default) for name in schema.later]


@cache
def parts_with_later_fields(schema: type[Shape]) -> list[tuple[str, type[Shape]]]:
    """Return the fields with objects that may lack fields, and the schemas of these objects."""
    parts: Iterable[tuple[str, type[Shape]]] = (
        (name, field.type) for name, field in describe_fields(schema).items() if field.is_shape
    )
    return [(name, part) for name, part in parts if part.later or parts_with_later_fields(part)]
