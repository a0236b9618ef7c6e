"""Validates JSON values against the schemas, and says in plain English what is wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from policy.documents.columns import build_row, describe_field
from policy.documents.nearest import nearest
from policy.documents.shape import Shape, ValidationContext, escape_surrogates
from policy.documents.types import Document
from policy.strictjson import PathProblem

Location = tuple[int | str, ...]  # of an error in pydantic
MAX_SHOWN_LENGTH = 40
EXPECTED_TYPES = {
    "string_type": "a string",
    "string_unicode": "a string without half of a surrogate pair",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
MESSAGES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda limits: "This field is required.",
    "string_too_short": lambda limits: "Must not be empty.",
    "string_too_long": lambda limits: f"Use at most {limits['max_length']} characters.",
    "string_pattern_mismatch": lambda limits: "Must not contain white space.",  # NO_SPACE_PATTERN
    "too_long": lambda limits: f"Use at most {limits['max_length']} characters.",
    "too_short": lambda limits: "Must not be empty.",
    "greater_than_equal": lambda limits: f"Must be at least {limits['ge']}.",
    "less_than_equal": lambda limits: f"Must be at most {limits['le']}.",
    "problem": lambda limits: str(limits["message"]),
}


def validate_document(
    schema: type[Shape], value: object, context: ValidationContext
) -> tuple[Document, list[PathProblem]]:
    """Return the columns of a valid value, and no problems; or nothing, and every problem.

    The columns are named and typed as in the Django model, see `policy.documents.columns`.
    """
    try:
        return build_row(schema.model_validate(value, context=context)), []
    except ValidationError as error:
        return {}, list(iter_problems(schema, error))


def iter_problems(schema: type[Shape], error: ValidationError) -> Iterator[PathProblem]:
    for details in error.errors(include_url=False):
        path = format_path(details["loc"])
        if details["type"] == "field_problems":
            for name, message in details["ctx"]["messages"].items():
                yield join_path(path, name), message
        elif details["type"] == "extra_forbidden":
            *parents, name = details["loc"]
            yield path, f"Unknown field.{nearest(str(name), field_names_at(schema, parents))}"
        else:
            yield path, describe_error(details)


def describe_error(details: ErrorDetails) -> str:
    kind, value = details["type"], details["input"]
    if expected := EXPECTED_TYPES.get(kind):
        if value is None:
            return "Must not be null."
        shown = json.dumps(value, ensure_ascii=False, default=str)[:MAX_SHOWN_LENGTH]
        return f"Must be {expected}, not {escape_surrogates(shown)}."
    return MESSAGES[kind](details.get("ctx", {}))


def field_names_at(schema: type[Shape], location: list[int | str]) -> list[str]:
    """Return the names of the fields of the object at a location."""
    for part in location:
        if isinstance(part, str):
            schema = describe_field(schema, part).type
    return list(schema.model_fields)


def format_path(location: Location) -> str:
    """Return a location as people write it: citations[0].supports[1].basis."""
    path = ""
    for part in location:
        path = join_path(path, part)
    return path


def join_path(path: str, name: int | str) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
