"""Dates, figures and lists as English text, never more precise than the record."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from policy.documents.types import Document
from policy.months import last_day_of_month
from policy.search.acts import ActCount

LONG_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
REVERSE_RELATION_LABELS = {
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
EVENT_LABELS = {
    "publish": "Published",
    "revise": "Revised",
    "withdraw": "Withdrawn",
    "merge": "Merged into another record",
    "takedown": "Taken down",
}
EVIDENCE_LABELS = {
    "official": "Reported by the authority itself",
    "corroborated": "Reported by two or more independent sources",
    "single_source": "Reported by one source",
}


def format_date_range(row: Document) -> str:
    """Return a date interval, whose ends are inclusive, as text."""
    earliest, latest = (row[end] and date.fromisoformat(row[end]) for end in ("earliest", "latest"))
    if not earliest and not latest:
        return "unknown"
    if not earliest or not latest:
        return (
            f"by {format_full_date(latest)}"
            if latest
            else f"on or after {format_full_date(earliest)}"
        )
    if earliest == latest:
        return format_full_date(earliest)
    return format_date_period(row["precision"], earliest, latest) or format_between(
        earliest, latest
    )


def format_date_period(precision: str, earliest: date, latest: date) -> str:
    """Return the name of a period; an empty string if the days do not match the precision."""
    match precision:
        case "week" if earliest.weekday() == 0 and latest == earliest + timedelta(days=6):
            return f"week of {join_days(earliest, 'to', latest)}"
        case "part_of_month" if part := get_part_of_month(earliest, latest):
            days = f"{earliest.day} to {latest.day} {get_month_name(latest)}"
            return f"{part}{get_month_name(latest)} {latest.year} ({days})"
        case "month" if earliest.day == 1 and latest == last_day_of_month(
            earliest.year, earliest.month
        ):
            return f"{get_month_name(earliest)} {earliest.year}"
        case "year" if (earliest, latest) == (date(latest.year, 1, 1), date(latest.year, 12, 31)):
            return str(latest.year)
    return ""


def get_part_of_month(earliest: date, latest: date) -> str:
    """Return "early ", "mid-" or "late " if the days are such a part, else an empty string."""
    if (earliest.year, earliest.month) != (latest.year, latest.month):
        return ""
    parts = {
        (1, 10): "early ",
        (11, 20): "mid-",
        (21, last_day_of_month(latest.year, latest.month).day): "late ",
    }
    return parts.get((earliest.day, latest.day), "")


def format_between(earliest: date, latest: date) -> str:
    if latest - earliest == timedelta(days=1):
        return join_days(earliest, "or", latest)
    return f"between {join_days(earliest, 'and', latest)}"


def join_days(first: date, word: str, second: date) -> str:
    """Join two days by a word, without repeating a common month or year."""
    if first.year != second.year:
        return f"{format_full_date(first)} {word} {format_full_date(second)}"
    if first.month != second.month:
        return f"{first.day} {get_month_name(first)} {word} {format_full_date(second)}"
    return f"{first.day} {word} {format_full_date(second)}"


def format_full_date(value: date) -> str:
    return f"{value.day} {get_month_name(value)} {value.year}"


def get_month_name(value: date) -> str:
    return LONG_MONTH_NAMES[value.month - 1]


def format_utc_instant(value: str | datetime) -> str:
    """Return an instant in UTC, to the minute. A text must be in ISO 8601."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{format_full_date(at.astimezone(UTC))}, {at.astimezone(UTC):%H:%M} UTC"


def format_figure_value(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def format_figure(row: Document, comparator: str) -> str:
    """Return a figure with its unit. `comparator` is the label of the term."""
    bound = "" if row["comparator"] == "exactly" else f"{comparator.lower()} "
    return f"{bound}{format_figure_value(row['value'])} {row['unit']}"


def format_count(number: int, one: str, many: str) -> str:
    return f"One {one}" if number == 1 else f"{number:,} {many}"


def describe_acts(acts: ActCount, records: int) -> str:
    """Return how many acts the records of actions tell of, and why these are fewer."""
    number = f"{acts.largest:,}"
    if acts.smallest < acts.largest:
        number = f"{acts.smallest:,} to {number}"
    told = "one act" if acts.largest == 1 else f"{number} acts"
    if records == acts.largest == acts.smallest:
        return ""
    text = f"{told[0].upper()}{told[1:]} in {format_count(records, 'record', 'records').lower()}."
    if records > acts.largest:
        text += " The other records tell of series of acts, or of rules and practices that stood."
    if acts.smallest < acts.largest:
        text += " Some acts may be the same."
    return text


def join_with_and(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)


def describe_naming(row: Document, identified: bool) -> str:
    """Return how precisely the source names an actor; an empty string if there is nothing to say.
    `identified`: the actor has a record."""
    words = row["described_as"]
    if identified and words:
        return f"The source's words: “{words}”"
    if identified or row["naming"] == "named":
        return "Named in the source" if row["naming"] == "named" else ""
    return {
        "described": "Described but not named in the source",
        "unnamed": "The source does not say who it was",
    }.get(row["naming"], "")


def describe_review(row: Document) -> str:
    if row["state"] == "released":
        return f"As released by {row['released_by']}" if row["released_by"] else "As released"
    state = {
        "reviewed": "Reviewed by someone other than its editor",
        "self_reviewed": "Reviewed by its editor, in a team of one",
    }.get(row["state"], "")
    credits = ", ".join(row.get("credits", []))
    return f"{state}. Credits: {credits}" if credits else state


def add_part(label: str, part: str) -> str:
    """Return a label with the part of the act that it is about, if any: Effective (list 1)."""
    return f"{label} ({part.replace('-', ' ')})" if part else label


def describe_evidence(level: str | None, label: str) -> str:
    """Return the level of evidence as a sentence. `label` is the label of its term."""
    return EVIDENCE_LABELS.get(level or "", label or "No source states what was done")


def get_reverse_relation_label(kind: str) -> str:
    """Return the label of a relation as seen from its target."""
    return REVERSE_RELATION_LABELS.get(kind, "Referenced by")


def truncate_at_word(text: str, max_length: int = 200) -> str:
    """Shorten a text between words, with an ellipsis."""
    if len(text) <= max_length:
        return text
    return f"{text[:max_length].rpartition(' ')[0]}…"


def quote_for_url(text: str) -> str:
    """Quote a text for any part of a URL."""
    return quote(text, safe="")
