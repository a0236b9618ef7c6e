"""TODO docstring."""

import re
from typing import Any

from api.openapi.examples import EXAMPLES


def finished(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Give every field the value that it has in one worked example of its document."""
    schemas = result["components"]["schemas"]
    for shape in schemas.values():
        if "oneOf" in shape:  # an agency has the shape of an entity too
            shape["anyOf"] = shape.pop("oneOf")
    for component in schemas.values():
        for field in component.get("properties", {}).values():
            allow_blank(field)
    for name, example in DOCUMENTS.items():
        illustrate(schemas, schemas[name], example)
    result["security"] = []  # no key: said, not left out
    return result


def allow_blank(field: dict[str, Any]) -> None:
    """A text that may be empty is said to be one or the other, but an empty one can be both."""
    inner, *blank = field.get("oneOf", [{}])
    if blank == [{"type": "string", "maxLength": 0}]:
        del field["oneOf"]
        if "default" in inner:
            field["default"] = inner.pop("default")
        fits = re.fullmatch(inner["pattern"], "") if "pattern" in inner else None
        field |= inner if fits else {"anyOf": [inner, *blank]}


def illustrate(schemas: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    for name, field in schema.get("properties", {}).items():
        if name in example:
            field["examples"] = [example[name]]
            inner, value = resolved(schemas, field), example[name]
            if isinstance(value, list) and value and isinstance(value[0], dict):
                illustrate(schemas, inner, value[0])
            elif isinstance(value, dict):
                illustrate(schemas, inner, value)


def resolved(schemas: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    """The component behind a field: a reference, a nullable one or a list of them."""
    field = field.get("items", field)
    for part in [field, *field.get("allOf", []), *field.get("oneOf", []), *field.get("anyOf", [])]:
        if "$ref" in part:
            return schemas[part["$ref"].rpartition("/")[2]]
    return field


DOCUMENTS = {
    "ActionDocument": EXAMPLES["actions"],
    "AgencyDocument": EXAMPLES["agencies"],
    "EntityDocument": EXAMPLES["entities"],
    "SourceDocument": EXAMPLES["sources"],
    "Jurisdiction": EXAMPLES["jurisdictions"],
    "Term": EXAMPLES["terms"],
    "Revision": EXAMPLES["revision"],
    "Change": EXAMPLES["change"],
    "Diff": EXAMPLES["diff"],
    "Index": EXAMPLES["index"],
    "Count": EXAMPLES["count"],
    "Aggregate": EXAMPLES["aggregate"],
    "Included": EXAMPLES["included"],
    "Meta": EXAMPLES["meta"],
    "Problem": EXAMPLES["problem"],
    "Tombstone": EXAMPLES["tombstone"],
}
