"""Changes to the generated OpenAPI file: examples for every field."""

from collections.abc import Mapping
from typing import TypedDict

from api.openapi.examples import OPENAPI_EXAMPLES

# A functional definition, because "$ref" is no name of Python.
JsonSchema = TypedDict(
    "JsonSchema",
    {
        "$ref": str,
        "type": str,
        "examples": list[object],
        "items": "JsonSchema",
        "properties": dict[str, "JsonSchema"],
        "allOf": list["JsonSchema"],
        "anyOf": list["JsonSchema"],
        "oneOf": list["JsonSchema"],
    },
    total=False,
)
Schemas = dict[str, JsonSchema]  # components by name


class Components(TypedDict):
    schemas: Schemas


class OpenApiFile(TypedDict):
    """The OpenAPI file, as far as it is changed here."""

    components: Components
    security: list[object]


def postprocess_schema(result: OpenApiFile, **options: object) -> OpenApiFile:
    """Add the examples. A hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    for name, example in COMPONENT_EXAMPLES.items():
        add_examples(schemas, schemas[name], example)
    result["security"] = []  # explicitly: the API needs no key
    return result


def add_examples(schemas: Schemas, schema: JsonSchema, example: Mapping[str, object]) -> None:
    """Add to each field of a schema its value in an example document."""
    for name, field in schema.get("properties", {}).items():
        if name in example:
            value = example[name]
            field["examples"] = [value]
            nested = value[0] if isinstance(value, list) and value else value
            if isinstance(nested, dict):
                add_examples(schemas, resolve_component(schemas, field), nested)


def resolve_component(schemas: Schemas, field: JsonSchema) -> JsonSchema:
    """Return the component that a field refers to, directly, as a nullable value or as items of a
    list; the field itself if it refers to none."""
    field = field.get("items", field)
    for part in [field, *field.get("allOf", []), *field.get("oneOf", []), *field.get("anyOf", [])]:
        if "$ref" in part:
            return schemas[part["$ref"].rpartition("/")[2]]
    return field


COMPONENT_EXAMPLES: dict[str, Mapping[str, object]] = {
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
    "Head": OPENAPI_EXAMPLES["head"],
    "Count": OPENAPI_EXAMPLES["count"],
    "Aggregate": OPENAPI_EXAMPLES["aggregate"],
    "Included": OPENAPI_EXAMPLES["included"],
    "Meta": OPENAPI_EXAMPLES["meta"],
    "Problem": OPENAPI_EXAMPLES["problem"],
    "Tombstone": OPENAPI_EXAMPLES["tombstone"],
}
