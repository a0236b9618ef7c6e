"""TODO docstring."""

import re
from typing import Any

from api.openapi.examples import OPENAPI_EXAMPLES


def postprocess_schema(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Give every field the value that it has in one worked example of its document."""
    schemas = result["components"]["schemas"]
    for shape in schemas.values():
        if "oneOf" in shape:  # an agency has the shape of an entity too
            shape["anyOf"] = shape.pop("oneOf")
    for component in schemas.values():
        for field in component.get("properties", {}).values():
            allow_blank(field)
    for name, example in COMPONENT_EXAMPLES.items():
        add_examples(schemas, schemas[name], example)
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


def add_examples(schemas: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    for name, field in schema.get("properties", {}).items():
        if name in example:
            field["examples"] = [example[name]]
            inner, value = resolve_component(schemas, field), example[name]
            if isinstance(value, list) and value and isinstance(value[0], dict):
                add_examples(schemas, inner, value[0])
            elif isinstance(value, dict):
                add_examples(schemas, inner, value)


def resolve_component(schemas: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    """The component behind a field: a reference, a nullable one or a list of them."""
    field = field.get("items", field)
    for part in [field, *field.get("allOf", []), *field.get("oneOf", []), *field.get("anyOf", [])]:
        if "$ref" in part:
            return schemas[part["$ref"].rpartition("/")[2]]
    return field


COMPONENT_EXAMPLES = {
    "ActionDocument": OPENAPI_EXAMPLES["actions"],
    "AgencyDocument": OPENAPI_EXAMPLES["agencies"],
    "EntityDocument": OPENAPI_EXAMPLES["entities"],
    "SourceDocument": OPENAPI_EXAMPLES["sources"],
    "Jurisdiction": OPENAPI_EXAMPLES["jurisdictions"],
    "Term": OPENAPI_EXAMPLES["terms"],
    "Revision": OPENAPI_EXAMPLES["revision"],
    "Change": OPENAPI_EXAMPLES["change"],
    "Diff": OPENAPI_EXAMPLES["diff"],
    "Index": OPENAPI_EXAMPLES["index"],
    "Count": OPENAPI_EXAMPLES["count"],
    "Aggregate": OPENAPI_EXAMPLES["aggregate"],
    "Included": OPENAPI_EXAMPLES["included"],
    "Meta": OPENAPI_EXAMPLES["meta"],
    "Problem": OPENAPI_EXAMPLES["problem"],
    "Tombstone": OPENAPI_EXAMPLES["tombstone"],
}
