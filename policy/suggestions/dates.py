"""Dates in a text, resolved against the day on which it appeared (codebook, rule 5).

Each rule is a pattern and a function from its match and the day of publication to a span. Without
that day only absolute dates are found; where it is an interval, the span inherits its width.
"""

import re

from policy.suggestions.date_readings import (
    DAYS,
    FULL,
    MONTHS,
    NUMBERS,
    Ends,
    Interval,
    Read,
    Span,
    after,
    at,
    before,
    read_ago,
    read_day,
    read_fraction,
    read_last_month_named,
    read_lately,
    read_month,
    read_neighbour,
    read_numbers,
    read_part,
    read_weekday,
    read_within,
    read_year,
    whole,
)
from policy.suggestions.suggestion import Suggestion, longest_first, quoted

# Spans


# Reading


MONTH = "|".join(
    name.title() + ("" if name in FULL else r"\b\.?") for name in sorted(MONTHS, key=len)[::-1]
)
MONTH = rf"(?P<month>{MONTH})"
YEAR = r"(?P<year>(?:19|20)\d\d)"
OF_YEAR = rf"(?:,? ?(?:of )?{YEAR}|,? (?P<which>this|last|next) year)?"
NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(NUMBERS)})"
UNIT = r"(?P<unit>day|week|month|year)"
LENGTH = r"(?P<unit>day|week|month|year)s?"
NTH = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
WEEKDAY = rf"(?P<weekday>{'|'.join(name.title() for name in sorted(DAYS, key=len, reverse=True))})"
PART = r"(?P<part>early|mid|late|beginning|start|middle|end)"

# (pattern, how to read it, the kind of date that it points to)
RULES: list[tuple[re.Pattern[str], Read, str]] = [
    (re.compile(pattern), read, hint)
    for pattern, read, hint in [
        (rf"\b{YEAR}-(?P<month>[01]\d)-(?P<day>[0-3]\d)\b", read_numbers, ""),
        (rf"\b(?:(?:on|On) )?(?:the )?{NTH} (?:of )?{MONTH}(?!\w){OF_YEAR}", read_day, ""),
        (rf"\b(?:(?:on|On) )?{MONTH} {NTH}(?!\d|,\d)\b{OF_YEAR}", read_day, ""),
        (
            rf"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Oo]f|[Uu]ntil|[Dd]uring|[Ff]rom) {MONTH}(?!\w){OF_YEAR}"
            rf"(?! ?\d)",
            read_month,
            "",
        ),
        (rf"(?<!\d )\b{MONTH},? (?:of )?{YEAR}\b", read_month, ""),
        (rf"\b{MONTH} (?P<which>this|last|next) year\b", read_month, ""),
        (rf"\b[Ll]ast {MONTH}(?!\w)", read_last_month_named, ""),
        (
            rf"\b(?:(?:in|In|at|At|by|By|from|From) )?(?:the )?(?i:{PART})(?:[- ]|( of ))"
            rf"{MONTH}(?!\w){OF_YEAR}",
            read_part,
            "",
        ),
        (rf"\b(?:in|In|since|Since|by|By|during|of|until) {YEAR}\b(?!-)", read_year, ""),
        (
            rf"(?i)\b(?:in )?(?:the )?(?P<which>first|second|third|fourth) (?:quarter|half)"
            rf"(?: of)? {YEAR}\b",
            read_fraction,
            "",
        ),
        (rf"\b(?P<which>[QH][1-4]) {YEAR}\b", read_fraction, ""),
        (rf"\b(?:[Oo]n )?(?:(?P<which>[Ll]ast|[Nn]ext|[Tt]his) )?{WEEKDAY}\b", read_weekday, ""),
        (
            rf"(?i)\b(?:in )?(?:the )?(?P<which>last|this|next|current|previous|past|following)"
            rf" {UNIT}\b",
            read_neighbour,
            "",
        ),
        (rf"(?i)\b(?P<side>earlier|later) this {UNIT}\b", read_within, ""),
        (rf"(?i)\b(?:about |some )?{NUMBER} {LENGTH} (?:ago|earlier)\b", read_ago, ""),
        (
            rf"(?i)\b(?:in|over|within|during) the (?:past|last) {NUMBER} {LENGTH}\b",
            read_lately,
            "",
        ),
        (r"(?i)\b(?:in|over|during) (?:the )?(?:recent|past|last|few)(?: few)? "
         r"(?:days|weeks|months|years)\b", before, ""),
        (r"(?i)\b(?:hours|days|weeks|months) (?:after|before|later|earlier)\b", before, ""),
        (r"(?i)\byesterday\b", at(-1), ""),
        (r"(?i)\b(?:today|tonight|this (?:morning|afternoon|evening))\b", at(0), ""),
        (r"(?i)\btomorrow\b", at(1), ""),
        (r"(?i)\b(?:now|currently|at present|presently|at the moment)\b", at(0), "observed"),
        (r"(?i)\b(?:recent(?:ly)?|lately|latest|previous(?:ly)?|already)\b", before, ""),
        (r"(?i)\b(?:upcoming|forthcoming|soon|shortly|(?:in )?(?:the )?coming "
         r"(?:days|weeks|months|years))\b", after, "effective"),
        # Chinese
        (rf"{YEAR}年(?P<month>1[0-2]|0?[1-9])月(?P<day>[0-3]?\d)[日号]", read_numbers, ""),
        (rf"(?:{YEAR}年)?(?P<month>1[0-2]|0?[1-9])月(?P<day>[0-3]?\d)[日号]", read_day, ""),
        (rf"(?:{YEAR}年)?(?P<month>1[0-2]|0?[1-9])月(?:份)?(?P<part>初|上旬|中旬|下旬|底|末)",
         read_part, ""),
        (rf"(?:{YEAR}年)?(?<!\d)(?P<month>1[0-2]|0?[1-9])月(?!\d|[初上中下底末])", read_month, ""),
        (rf"{YEAR}年(?!\d)", read_year, ""),
        (r"昨[日天]", at(-1), ""),
        (r"今[日天]", at(0), ""),
        (r"明[日天]", at(1), ""),
        (r"上(?:周|星期)", whole("week", -1), ""),
        (r"本周|这周", whole("week", 0), ""),
        (r"上个?月", whole("month", -1), ""),
        (r"本月", whole("month", 0), ""),
        (r"去年", whole("year", -1), ""),
        (r"今年", whole("year", 0), ""),
        (r"目前|现在", at(0), "observed"),
        (r"近日|近期|最近|日前", before, ""),
        (r"即将|将于近期", after, "effective"),
    ]
]  # fmt: skip
REPORTED = re.compile(r"\breported\b[^.;\n]{0,20}$")


def find_dates(text: str, published: Ends) -> list[Suggestion]:
    return longest_first(
        suggestion
        for pattern, read, hint in RULES
        for match in pattern.finditer(text)
        if (suggestion := suggested(match, read, hint, published))
    )


def suggested(match: re.Match[str], read: Read, hint: str, ends: Ends) -> Suggestion | None:
    try:
        absolute = read(match, None)
        span = absolute or resolved(match, read, ends)
    except (ValueError, OverflowError):  # a 31 June is no date, nor is the year 0
        return None
    if span is None:
        return None
    if REPORTED.search(match.string, max(0, match.start() - 30), match.start()):
        hint = "reported"
    value = Interval(*span, basis="stated" if absolute else "derived", hint=hint)
    why = quoted(match[0])
    if not absolute:
        why += f" in a source of {Interval(ends[0], ends[1], '', '')}"
    return Suggestion(match.start(), match.end(), "date", value, str(value), why)


def resolved(match: re.Match[str], read: Read, ends: Ends) -> Span | None:
    """Read at both ends of the source's own date: the width of that is the width of this."""
    first, last = ends[0] or ends[1], ends[1] or ends[0]
    low, high = read(match, first), read(match, last)
    if low is None or high is None or low == high:
        return low if all(ends) else low and widened(low, low, ends)
    return widened(low, high, ends)


def widened(low: Span, high: Span, ends: Ends) -> Span | None:
    earliest = low.earliest if ends[0] else None
    latest = high.latest if ends[1] else None
    if not (earliest or latest):
        return None
    open_side = "before" if not earliest else "after"
    return Span(earliest, latest, "range" if earliest and latest else open_side)
