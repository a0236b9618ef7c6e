"""The one form in which documents and dumps write a time."""

from datetime import UTC, datetime


def format_timestamp(moment: datetime) -> str:
    """Return a time in UTC with microseconds: 2026-11-22T09:30:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_timestamp(text: str) -> datetime:
    """Return the time in a text from `format_timestamp`."""
    return datetime.fromisoformat(text)
