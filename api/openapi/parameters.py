"""TODO docstring."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.query import aggregate
from api.query.parameters import LONGEST
from policy.models.revision import KINDS

AS_OF = (
    "What the dataset said at a moment: an instant with its zone, or a date for the end of that "
    "day in UTC. Not in the future."
)
TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
FLAG = {"type": "string", "enum": ["true", "false"], "default": "false"}
FIELD = "|".join(aggregate.FACETS)
SHARED: dict[str, tuple[str, dict[str, Any], str]] = {
    "highlight": ("With `q`: where its words stand.", FLAG, "true"),
    "as_of": (AS_OF, TEXT, "2026-11-22T09:30:00Z"),
    "cursor": ("Where the last page ended: take it from the `next` link.", TEXT, ""),
    "page_size": ("Rows on a page.", {"type": "integer", "minimum": 1, "maximum": 1000}, "50"),
    "after": (
        "Only what came later than this version of the dataset: take `meta.version` from the last "
        "time.",
        {"type": "integer", "minimum": 0, "default": 0},
        "17",
    ),
    "kind": (
        "Records of this kind alone.",
        {"type": "string", "enum": KINDS},
        "action",
    ),
    "from": (
        "The revision to start from. Left out: the one that stood before `to`.",
        NUMBER,
        "1",
    ),
    "to": ("The revision to compare it with. Left out: the newest.", NUMBER, "2"),
    "fields": (
        "These fields alone, with commas between and dots into rows and objects. What the schema "
        "calls required is then missing.",
        TEXT,
        "id,published_at,review.state",
    ),
    "omit": ("All fields but these, named as in `fields`.", TEXT, "review,licence"),
    "safe": (
        "With csv: an apostrophe before every cell that a spreadsheet would take for a formula.",
        FLAG,
        "false",
    ),
    "group_by": (
        f"One field to count by, or two with a comma: {', '.join(aggregate.FACETS)}.",
        {"type": "string", "pattern": f"^({FIELD})(,({FIELD}))?$"},
        "type,year",
    ),
    "sum": ("Add up a figure too. Term of the vocabulary figure.", TEXT, "persons_arrested"),
}
REQUIRED = ("group_by",)


def query_parameter(
    name: str, description: str, schema: dict[str, Any], example: Any
) -> OpenApiParameter:
    if example:
        schema = {**schema, "examples": [typed(schema, example)]}
        description = f"{description} For example `{example}`."
    required = name in REQUIRED
    return OpenApiParameter(
        name, schema, OpenApiParameter.QUERY, required=required, description=description
    )


def path_parameter(name: str, schema: Any, description: str, example: Any) -> OpenApiParameter:
    shown = {**schema, "examples": [example]}
    return OpenApiParameter(
        name, shown, OpenApiParameter.PATH, required=True, description=description
    )


def typed(schema: dict[str, Any], example: str) -> Any:
    return int(example) if schema["type"] == "integer" else example
