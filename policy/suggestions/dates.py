"""Suggestions of dates in a text (codebook, rule 5).

Without a day of publication, only absolute dates are found. If the day of publication is an
interval, the dates that depend on it are as much wider.
"""

import re
from dataclasses import replace
from datetime import date

from policy.suggestions.date_grammar import TEXT_RULES, DateRule
from policy.suggestions.date_intervals import (
    DateInputError,
    DateMatch,
    DateReference,
    ParsedDateInterval,
)
from policy.suggestions.suggestion import Suggestion, drop_overlaps, quote_phrase

DateBounds = tuple[date | None, date | None]
REPORTED_CONTEXT = re.compile(r"\breported\b[^.;\n]{0,20}$")
FUTURE_CONTEXT = re.compile(
    r"\b(?:will|would|shall|by|until|from|starting|beginning|effective|coming|next|due|before|plans?"
    r"|takes? effect|(?:comes?|enters?) into (?:force|effect)|scheduled|expected)\b"
    r"[^.;\n]{0,30}$"
)


def find_dates(text: str, published: DateBounds) -> list[Suggestion]:
    return drop_overlaps(
        suggestion
        for rule in TEXT_RULES
        for match in rule.in_text.finditer(text)
        if (suggestion := build_date_suggestion(rule, match, published))
    )


def build_date_suggestion(
    rule: DateRule, match: DateMatch, published: DateBounds
) -> Suggestion | None:
    try:
        interval = resolve_on_publication(rule, match, published)
    except DateInputError:  # such as 31 June
        return None
    if follows(REPORTED_CONTEXT, match, 30):
        interval = replace(interval, hint="reported")
    why = quote_phrase(match[0])
    if interval.reference_date:
        why += f" in a source dated {ParsedDateInterval(*published, '').label}"
    return Suggestion(match.start(), match.end(), "date", interval, interval.label, why)


def resolve_on_publication(
    rule: DateRule, match: DateMatch, published: DateBounds
) -> ParsedDateInterval:
    """Return the interval from the first to the last possible day of publication."""
    ahead = follows(FUTURE_CONTEXT, match, 40)
    first, last = published[0] or published[1], published[1] or published[0]
    low = rule.read(match, DateReference(first, ahead))
    high = low if first == last else rule.read(match, DateReference(last, ahead))
    if not low.reference_date or (low == high and all(published)):
        return low
    earliest, latest = published[0] and low.earliest, published[1] and high.latest
    if not (earliest or latest):
        raise DateInputError("The date needs the other end of the day of publication.")
    precision = "range" if earliest and latest else "after" if earliest else "before"
    return replace(low, earliest=earliest, latest=latest, precision=precision)


def follows(context: re.Pattern[str], match: DateMatch, length: int) -> bool:
    """Whether the characters before a match end with a context."""
    start = match.start()
    return context.search(match.string, max(0, start - length), start) is not None
