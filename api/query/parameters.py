"""One strict layer: a parameter that is not understood is an error, never ignored."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote_plus

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from api.http.problems import Problem
from policy.documents.shapes import nearest
from policy.models import Revision

PLAIN = re.compile(r"[\w.~-]*", re.ASCII)  # what stands for itself in an address
LONGEST = 500
LISTED = 10  # unknown parameters of an address that are told all that is known
NAMED = 100  # characters of a name that nobody knows


def check(query: QueryDict, allowed: Collection[str]) -> None:
    """Refuse unknown, empty, repeated and oversized parameters, all of them at once."""
    unknown = [unknown_error(name, allowed) for name in query if name not in allowed]
    for row in unknown[:LISTED]:
        row["allowed"] = sorted(allowed)
    if unknown:
        raise Problem("unknown-parameter", said(unknown), errors=unknown)
    malformed = [
        error(name, reason) for name in query if (reason := malformation(query.getlist(name)))
    ]
    if malformed:
        raise invalid(malformed)


def unknown_error(name: str, allowed: Collection[str]) -> dict[str, object]:
    reason = f"Unknown parameter.{nearest(name[:NAMED], allowed)}"
    return error(name[:NAMED], reason)


def malformation(values: list[str]) -> str:
    if len(values) > 1:
        return "Give it once."
    if not values[0].strip():
        return "Its value is empty."
    if len(values[0]) > LONGEST:
        return f"Its value is longer than {LONGEST} characters."
    if "\0" in values[0] or "\ufffd" in values[0]:
        return "Its value must be UTF-8 text without NUL."
    return ""


def error(name: str, detail: str) -> dict[str, object]:
    return {"parameter": name, "detail": detail}


def said(errors: list[dict[str, object]]) -> str:
    return " ".join(f"{row['parameter']}: {row['detail']}" for row in errors)


def invalid(errors: list[dict[str, object]]) -> Problem:
    return Problem("invalid-value", said(errors), errors=errors)


def names(query: QueryDict, name: str, known: Collection[str]) -> list[str]:
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
        raise invalid([error(name, " ".join(wrong))])
    return asked


def instant_of(value: str, at: time = time.max) -> datetime | None:
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


def wrong_instant(moment: datetime | None, value: str) -> str:
    if moment is None:
        hint = " Write %2B for +." if " " in value else ""
        return f"Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z).{hint}"
    future = moment > timezone.now() + timedelta(microseconds=1)
    return "It lies in the future." if future else ""


def as_of(query: QueryDict) -> datetime | None:
    """The moment that the caller asks about; None: now."""
    value = query.get("as_of")
    if value is None:
        return None
    moment = instant_of(value)
    if wrong := wrong_instant(moment, value):
        raise invalid([error("as_of", wrong)])
    return moment


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """A query string, as urlencode writes it."""
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)


def quoted(text: str) -> str:
    return text if PLAIN.fullmatch(text) else quote_plus(text)


def version_as_of(query: QueryDict) -> int | None:
    """The dataset's version at `as_of`; None when it is not asked for."""
    moment = as_of(query)
    return None if moment is None else Revision.objects.version(moment)
