"""Dates, figures and lists in plain English, never more exact than the record."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from policy.documents.types import Document

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
REVERSED = {
    "part_of": "Has part",
    "issued_with": "Issued with",
    "implements": "Implemented by",
    "enforces": "Enforced by",
    "amends": "Amended by",
    "repeals": "Repealed by",
    "supersedes": "Superseded by",
    "follows_up": "Followed up by",
    "responds_to": "Responded to by",
    "contradicts": "Contradicted by",
    "may_be_same_as": "May be the same as",
}
EVENTS = {
    "publish": "Published",
    "revise": "Revised",
    "withdraw": "Withdrawn",
    "merge": "Merged into another record",
    "takedown": "Taken down",
}
EVIDENCE = {
    "official": "The authority's own publication tells of it",
    "corroborated": "Two or more independent sources tell of it",
    "single_source": "One source tells of it",
}


def honest_date(row: Document) -> str:
    """What is known of when; ends are included."""
    earliest, latest = (row[end] and date.fromisoformat(row[end]) for end in ("earliest", "latest"))
    if not earliest and not latest:
        return "not known"
    if not earliest or not latest:
        return f"on or before {day(latest)}" if latest else f"on or after {day(earliest)}"
    if earliest == latest:
        return day(earliest)
    return period(row["precision"], earliest, latest) or between(earliest, latest)


def period(precision: str, earliest: date, latest: date) -> str:
    """The name of a span; empty where its days are not those that the name promises."""
    match precision:
        case "week" if earliest.weekday() == 0 and latest == earliest + timedelta(days=6):
            return f"week of {both(earliest, 'to', latest)}"
        case "part_of_month" if part := part_of_month(earliest, latest):
            days = f"{earliest.day} to {latest.day} {month(latest)}"
            return f"{part}{month(latest)} {latest.year} ({days})"
        case "month" if earliest.day == 1 and latest == month_end(earliest):
            return f"{month(earliest)} {earliest.year}"
        case "year" if (earliest, latest) == (date(latest.year, 1, 1), date(latest.year, 12, 31)):
            return str(latest.year)
    return ""


def part_of_month(earliest: date, latest: date) -> str:
    if (earliest.year, earliest.month) != (latest.year, latest.month):
        return ""
    parts = {(1, 10): "early ", (11, 20): "mid-", (21, month_end(latest).day): "late "}
    return parts.get((earliest.day, latest.day), "")


def between(earliest: date, latest: date) -> str:
    if latest - earliest == timedelta(days=1):
        return both(earliest, "or", latest)
    return f"between {both(earliest, 'and', latest)}"


def both(first: date, word: str, second: date) -> str:
    """Two days, with what they share said once."""
    if first.year != second.year:
        return f"{day(first)} {word} {day(second)}"
    if first.month != second.month:
        return f"{first.day} {month(first)} {word} {day(second)}"
    return f"{first.day} {word} {day(second)}"


def day(value: date) -> str:
    return f"{value.day} {month(value)} {value.year}"


def month(value: date) -> str:
    return MONTHS[value.month - 1]


def month_end(value: date) -> date:
    return value.replace(day=monthrange(value.year, value.month)[1])


def moment(value: str | datetime) -> str:
    """An instant, in UTC, to the minute."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{day(at.astimezone(UTC))}, {at.astimezone(UTC):%H:%M} UTC"


def number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def figure(row: Document, comparator: str) -> str:
    """`comparator` is the label of its term."""
    bound = "" if row["comparator"] == "exactly" else f"{comparator.lower()} "
    return f"{bound}{number(row['value'])} {row['unit']}"


def count(number: int, one: str, many: str) -> str:
    return f"One {one}" if number == 1 else f"{number:,} {many}"


def listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)


def naming(row: Document, identified: bool) -> str:
    """How far the source's words name an actor."""
    words = row["described_as"]
    if identified and words:
        return f"The source's words: “{words}”"
    if identified or row["naming"] == "named":
        return "Named in the source" if row["naming"] == "named" else ""
    return {
        "described": "Described in the source, not named",
        "unnamed": "The source leaves open who it was",
    }.get(row["naming"], "")


def review(row: Document) -> str:
    if row["state"] == "released":
        return f"As released by {row['released_by']}" if row["released_by"] else "As released"
    said = {
        "reviewed": "Reviewed by someone other than its editor",
        "self_reviewed": "Published by its editor, a team of one",
    }.get(row["state"], "")
    credits = ", ".join(row.get("credits", []))
    return f"{said}. Credits: {credits}" if credits else said


def evidence(level: str | None, label: str) -> str:
    """`label` is that of the level's term."""
    return EVIDENCE.get(level or "", label or "No source is cited")


def reversed_relation(kind: str) -> str:
    """A relation as seen from its target."""
    return REVERSED.get(kind, "Named by")


def shortened(text: str, most: int = 200) -> str:
    """For descriptions: cut between words."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0]}…"


def quoted(text: str) -> str:
    """For use inside an address."""
    return quote(text, safe="")
