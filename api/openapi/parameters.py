"""TODO docstring."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.query import aggregate
from api.query.parameters import MAX_PARAMETER_LENGTH
from policy.models.revision import RECORD_KINDS

AS_OF_DESCRIPTION = (
    "What the dataset said at a moment: an instant with its zone, or a date for the end of that "
    "day in UTC. Not in the future."
)
TEXT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": MAX_PARAMETER_LENGTH}
REVISION_NUMBER_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
BOOLEAN_SCHEMA = {"type": "string", "enum": ["true", "false"], "default": "false"}
GROUP_BY_PATTERN = "|".join(aggregate.GROUP_BY_FACETS)
PARAMETER_DEFINITIONS: dict[str, tuple[str, dict[str, Any], str]] = {
    "highlight": ("With `q`: where its words stand.", BOOLEAN_SCHEMA, "true"),
    "as_of": (AS_OF_DESCRIPTION, TEXT_SCHEMA, "2026-11-22T09:30:00Z"),
    "cursor": ("Where the last page ended: take it from the `next` link.", TEXT_SCHEMA, ""),
    "page_size": ("Rows on a page.", {"type": "integer", "minimum": 1, "maximum": 1000}, "50"),
    "after": (
        "Only what came later than this version of the dataset: take `meta.version` from the last "
        "time.",
        {"type": "integer", "minimum": 0, "default": 0},
        "17",
    ),
    "kind": (
        "Records of this kind alone.",
        {"type": "string", "enum": RECORD_KINDS},
        "action",
    ),
    "from": (
        "The revision to start from. Left out: the one that stood before `to`.",
        REVISION_NUMBER_SCHEMA,
        "1",
    ),
    "to": ("The revision to compare it with. Left out: the newest.", REVISION_NUMBER_SCHEMA, "2"),
    "fields": (
        "These fields alone, with commas between and dots into rows and objects. What the schema "
        "calls required is then missing.",
        TEXT_SCHEMA,
        "id,published_at,review.state",
    ),
    "omit": ("All fields but these, named as in `fields`.", TEXT_SCHEMA, "review,licence"),
    "safe": (
        "With csv: an apostrophe before every cell that a spreadsheet would take for a formula.",
        BOOLEAN_SCHEMA,
        "false",
    ),
    "group_by": (
        f"One field to count by, or two with a comma: {', '.join(aggregate.GROUP_BY_FACETS)}.",
        {"type": "string", "pattern": f"^({GROUP_BY_PATTERN})(,({GROUP_BY_PATTERN}))?$"},
        "type,year",
    ),
    "sum": ("Add up a figure too. Term of the vocabulary figure.", TEXT_SCHEMA, "persons_arrested"),
}
REQUIRED_PARAMETERS = ("group_by",)


def query_parameter(
    name: str, description: str, schema: dict[str, Any], example: Any
) -> OpenApiParameter:
    if example:
        schema = {**schema, "examples": [parse_example(schema, example)]}
        description = f"{description} For example `{example}`."
    required = name in REQUIRED_PARAMETERS
    return OpenApiParameter(
        name, schema, OpenApiParameter.QUERY, required=required, description=description
    )


def path_parameter(name: str, schema: Any, description: str, example: Any) -> OpenApiParameter:
    shown = {**schema, "examples": [example]}
    return OpenApiParameter(
        name, shown, OpenApiParameter.PATH, required=True, description=description
    )


def parse_example(schema: dict[str, Any], example: str) -> Any:
    return int(example) if schema["type"] == "integer" else example
