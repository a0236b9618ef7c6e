"""The descriptions of parameters that are not filters, and of path parameters."""

from drf_spectacular.utils import OpenApiParameter

from api.query import aggregate, pagination
from api.query.parameters import MAX_REVISION_NUMBER, TEXT_SCHEMA, ParameterSchema
from api.query.positions import MIN_VERSION_HEADER
from policy.models.revision import RECORD_KINDS
from policy.versions import VERSION_PATTERN

AS_OF_DESCRIPTION = (
    "Return the dataset as it was at this instant, which needs a time zone, or at the end of this "
    "date in UTC, which must be over. The same time always has the same answer."
)
REVISION_NUMBER_SCHEMA: ParameterSchema = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_REVISION_NUMBER,
}
PAGE_SIZE_SCHEMA: ParameterSchema = {
    "type": "integer",
    "minimum": 1,
    "maximum": pagination.MAX_PAGE_SIZE,
}
BOOLEAN_SCHEMA: ParameterSchema = {
    "type": "string",
    "enum": ["true", "false"],
    "default": "false",
}
GROUP_BY_PATTERN = "|".join(aggregate.GROUP_BY_FACETS)
ParameterDefinition = tuple[str, ParameterSchema, str]  # description, schema, example
PARAMETER_DEFINITIONS: dict[str, ParameterDefinition] = {
    "highlight": (
        "With `q`: also return the parts of the records that match, with the words highlighted.",
        BOOLEAN_SCHEMA,
        "true",
    ),
    "as_of": (AS_OF_DESCRIPTION, TEXT_SCHEMA, "2026-11-22T09:30:00Z"),
    "version": (
        "Return the dataset as it was at this version. Use the `meta.version` of an earlier "
        "request. Use either this or `as_of`.",
        {"type": "string", "pattern": f"^{VERSION_PATTERN}$"},
        "17.73d53380",
    ),
    "cursor": (
        "The position of a page. Take it from a `next` or `previous` link.",
        TEXT_SCHEMA,
        "",
    ),
    "page_size": (
        "The number of rows on a page.",
        PAGE_SIZE_SCHEMA,
        str(pagination.DEFAULT_PAGE_SIZE),
    ),
    "after": (
        "Only changes after this version of the dataset. Use the `meta.version` of your last "
        "request; to begin, use 0.",
        {"type": "string", "pattern": f"^(0|{VERSION_PATTERN})$", "default": "0"},
        "0",
    ),
    "kind": (
        "Only records of this kind.",
        {"type": "string", "enum": RECORD_KINDS},
        "action",
    ),
    "from": (
        "The number of the earlier revision. Default: the publication before `to`.",
        REVISION_NUMBER_SCHEMA,
        "1",
    ),
    "to": (
        "The number of the later revision. Default: the newest publication.",
        REVISION_NUMBER_SCHEMA,
        "2",
    ),
    "fields": (
        "Only these fields, separated by commas. Use dots for subfields. Fields that the schema "
        "requires may then be missing.",
        TEXT_SCHEMA,
        "id,published_at,review.state",
    ),
    "omit": (
        "All fields except these, written as in `fields`.",
        TEXT_SCHEMA,
        "review,licence",
    ),
    "safe": (
        "With format=csv: put an apostrophe before each cell that a spreadsheet would take for a "
        "formula, and begin the file with a byte-order mark.",
        BOOLEAN_SCHEMA,
        "false",
    ),
    "labels": (
        "With format=csv: add a column with the English labels after each column of codes.",
        BOOLEAN_SCHEMA,
        "false",
    ),
    "group_by": (
        f"One field, or two separated by a comma. Fields: {', '.join(aggregate.GROUP_BY_FACETS)}.",
        {"type": "string", "pattern": f"^({GROUP_BY_PATTERN})(,({GROUP_BY_PATTERN}))?$"},
        "type,year",
    ),
    "sum": (
        "Also add up the figures of this kind. A term of the vocabulary figure.",
        TEXT_SCHEMA,
        "persons_arrested",
    ),
}
REQUIRED_PARAMETERS = ("group_by",)
MIN_VERSION_PARAMETER = OpenApiParameter(
    MIN_VERSION_HEADER,
    {"type": "string", "pattern": f"^{VERSION_PATTERN}$", "examples": ["17.73d53380"]},
    OpenApiParameter.HEADER,
    description="The `Dataset-Version` of an earlier response: this one must not be older.",
)


def query_parameter(
    name: str, description: str, schema: ParameterSchema, example: str
) -> OpenApiParameter:
    """Return a description with an example, if the example is not empty."""
    full_schema: dict[str, object] = {**schema}
    if example:
        full_schema["examples"] = [int(example) if schema["type"] == "integer" else example]
        description = f"{description} For example `{example}`."
    return OpenApiParameter(
        name,
        full_schema,
        OpenApiParameter.QUERY,
        required=name in REQUIRED_PARAMETERS,
        description=description,
    )


def path_parameter(
    name: str, schema: ParameterSchema, description: str, example: str | int
) -> OpenApiParameter:
    full_schema: dict[str, object] = {**schema, "examples": [example]}
    return OpenApiParameter(
        name, full_schema, OpenApiParameter.PATH, required=True, description=description
    )
