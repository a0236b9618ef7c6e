"""Strict parameters: a request with an unknown or malformed parameter is refused as a whole."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time
from typing import NotRequired, TypedDict
from urllib.parse import quote_plus

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from api.http.problems import ApiProblem
from policy.documents.nearest import nearest

ParameterSchema = dict[str, str | int | list[str]]  # JSON Schema of a parameter
UNRESERVED_PATTERN = re.compile(r"[\w.~-]*", re.ASCII)  # text that needs no quoting in a URL
MAX_PARAMETER_LENGTH = 500
MAX_ERRORS_WITH_ALLOWED = 10  # unknown parameters whose error lists all allowed names
MAX_ECHOED_NAME_LENGTH = 100  # characters of an unknown name that are repeated in its error
REVISION_NUMBER_PATTERN = "[1-9][0-9]{0,8}"
MAX_REVISION_NUMBER = 999_999_999
TEXT_SCHEMA: ParameterSchema = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_PARAMETER_LENGTH,
}


class ParameterError(TypedDict):
    """An entry of a problem's `errors`. `allowed` lists the names or values that are allowed."""

    parameter: str
    detail: str
    allowed: NotRequired[list[str]]


def validate_parameters(query: QueryDict, allowed: Collection[str]) -> None:
    """Raise ApiProblem if a parameter is unknown, empty, repeated, too long or not valid text.

    Its `errors` list either all unknown parameters or all malformed ones.
    """
    unknown = [unknown_parameter_error(name, allowed) for name in query if name not in allowed]
    for row in unknown[:MAX_ERRORS_WITH_ALLOWED]:
        row["allowed"] = sorted(allowed)
    if unknown:
        raise ApiProblem("unknown-parameter", join_error_details(unknown), errors=unknown)
    malformed = [
        parameter_error(name, reason)
        for name in query
        if (reason := validate_value(query.getlist(name)))
    ]
    if malformed:
        raise invalid_value_problem(malformed)


def unknown_parameter_error(name: str, allowed: Collection[str]) -> ParameterError:
    reason = f"Unknown parameter.{nearest(name[:MAX_ECHOED_NAME_LENGTH], allowed)}"
    return parameter_error(name[:MAX_ECHOED_NAME_LENGTH], reason)


def validate_value(values: list[str]) -> str:
    """Return what is wrong with the values of a parameter; an empty string if nothing is."""
    if len(values) > 1:
        return "Specify this parameter only once."
    if not values[0].strip():
        return "The value is empty. Enter a value or remove the parameter."
    if len(values[0]) > MAX_PARAMETER_LENGTH:
        return f"The value is longer than {MAX_PARAMETER_LENGTH} characters."
    if "\0" in values[0] or "\ufffd" in values[0]:
        return "The value must be UTF-8 text without NUL characters."
    return ""


def validate_flag(query: QueryDict, name: str) -> str:
    """Return what is wrong with a parameter that is "true" or "false"; an empty string if it is
    valid or missing."""
    return "" if query.get(name, "true") in ("true", "false") else "Use true or false."


def parameter_error(name: str, detail: str) -> ParameterError:
    return {"parameter": name, "detail": detail}


def join_error_details(errors: list[ParameterError]) -> str:
    return " ".join(f"{row['parameter']}: {row['detail']}" for row in errors)


def invalid_value_problem(errors: list[ParameterError]) -> ApiProblem:
    return ApiProblem("invalid-value", join_error_details(errors), errors=errors)


def parse_names(query: QueryDict, name: str, known: Collection[str]) -> list[str]:
    """Return the comma-separated names of a parameter; an empty list if it is missing. Raise
    ApiProblem if a name is not in `known` or repeated."""
    names = str(query[name]).split(",") if name in query else []
    errors = [
        f"There is no {each or 'empty name'}.{nearest(each, known)}"
        for each in dict.fromkeys(names)
        if each not in known
    ]
    if not errors and len(set(names)) < len(names):
        errors = ["Use each name only once."]
    if errors:
        raise invalid_value_problem([parameter_error(name, " ".join(errors))])
    return names


def parse_instant(value: str, at: time) -> datetime | None:
    """Return the instant of an RFC 3339 timestamp, or of a date at a time in UTC; None if the
    value is neither, or has no time zone."""
    try:
        if (instant := parse_datetime(value)) and "T" in value:
            return instant.astimezone(UTC) if instant.tzinfo else None
        if day := parse_date(value):
            return datetime.combine(day, at, tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    return None


def is_day(value: str) -> bool:
    """Return whether a value that parse_instant() accepts is a date without a time."""
    return "T" not in value


def instant_hint(value: str) -> str:
    """Return what to use in place of a value that parse_instant() does not accept."""
    hint = " Write + as %2B." if " " in value else ""
    return f"Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z).{hint}"


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a query string, equal to that of urllib.parse.urlencode but faster."""
    return "&".join(
        f"{quote_query_value(name)}={quote_query_value(value)}" for name, value in pairs
    )


def quote_query_value(text: str) -> str:
    return text if UNRESERVED_PATTERN.fullmatch(text) else quote_plus(text)
