"""One strict layer: a parameter that is not understood is an error, never ignored."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote_plus

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from api.http.problems import ApiProblem
from policy.documents.shapes import nearest
from policy.models import Revision

UNRESERVED_PATTERN = re.compile(r"[\w.~-]*", re.ASCII)  # what stands for itself in an address
MAX_PARAMETER_LENGTH = 500
MAX_ERRORS_WITH_ALLOWED = 10  # unknown parameters of an address that are told all that is known
MAX_ECHOED_NAME_LENGTH = 100  # characters of a name that nobody knows


def validate_parameters(query: QueryDict, allowed: Collection[str]) -> None:
    """Refuse unknown, empty, repeated and oversized parameters, all of them at once."""
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


def unknown_parameter_error(name: str, allowed: Collection[str]) -> dict[str, object]:
    reason = f"Unknown parameter.{nearest(name[:MAX_ECHOED_NAME_LENGTH], allowed)}"
    return parameter_error(name[:MAX_ECHOED_NAME_LENGTH], reason)


def validate_value(values: list[str]) -> str:
    if len(values) > 1:
        return "Give it once."
    if not values[0].strip():
        return "Its value is empty."
    if len(values[0]) > MAX_PARAMETER_LENGTH:
        return f"Its value is longer than {MAX_PARAMETER_LENGTH} characters."
    if "\0" in values[0] or "\ufffd" in values[0]:
        return "Its value must be UTF-8 text without NUL."
    return ""


def parameter_error(name: str, detail: str) -> dict[str, object]:
    return {"parameter": name, "detail": detail}


def join_error_details(errors: list[dict[str, object]]) -> str:
    return " ".join(f"{row['parameter']}: {row['detail']}" for row in errors)


def invalid_value_problem(errors: list[dict[str, object]]) -> ApiProblem:
    return ApiProblem("invalid-value", join_error_details(errors), errors=errors)


def parse_names(query: QueryDict, name: str, known: Collection[str]) -> list[str]:
    """What a parameter names with commas between: nothing that is not known, nothing twice."""
    asked = str(query[name]).split(",") if name in query else []
    wrong = [
        f"There is no {each or 'empty name'}.{nearest(each, known)}"
        for each in dict.fromkeys(asked)
        if each not in known
    ]
    if not wrong and len(set(asked)) < len(asked):
        wrong = ["Name each once."]
    if wrong:
        raise invalid_value_problem([parameter_error(name, " ".join(wrong))])
    return asked


def parse_instant(value: str, at: time = time.max) -> datetime | None:
    """An RFC 3339 instant; a bare date means the end of that day in UTC, or another time of it."""
    try:
        if (moment := parse_datetime(value)) and "T" in value:
            return moment.astimezone(UTC) if moment.tzinfo else None
        if day := parse_date(value):
            found = datetime.combine(day, at, tzinfo=UTC)
            return min(found, timezone.now()) if day == timezone.now().date() else found
    except (ValueError, OverflowError):
        pass
    return None


def validate_instant(moment: datetime | None, value: str) -> str:
    if moment is None:
        hint = " Write %2B for +." if " " in value else ""
        return f"Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z).{hint}"
    future = moment > timezone.now() + timedelta(microseconds=1)
    return "It lies in the future." if future else ""


def parse_as_of(query: QueryDict) -> datetime | None:
    """The moment that the caller asks about; None: now."""
    value = query.get("as_of")
    if value is None:
        return None
    moment = parse_instant(value)
    if wrong := validate_instant(moment, value):
        raise invalid_value_problem([parameter_error("as_of", wrong)])
    return moment


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """A query string, as urlencode writes it."""
    return "&".join(
        f"{quote_query_value(name)}={quote_query_value(value)}" for name, value in pairs
    )


def quote_query_value(text: str) -> str:
    return text if UNRESERVED_PATTERN.fullmatch(text) else quote_plus(text)


def get_version_as_of(query: QueryDict) -> int | None:
    """The dataset's version at `as_of`; None when it is not asked for."""
    moment = parse_as_of(query)
    return None if moment is None else Revision.objects.version(moment)
