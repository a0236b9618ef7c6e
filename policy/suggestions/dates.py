"""Suggestions of dates in a text (codebook, rule 5).

Each rule has a pattern and a function that turns a match and the day of publication into a span.
Without a day of publication, only absolute dates are found. If the day of publication is an
interval, the span is as much wider.
"""

import re

from policy.suggestions.date_readings import (
    DATE_NUMBER_WORDS,
    FULL_MONTH_NAMES,
    MONTH_NUMBERS,
    WEEKDAY_NUMBERS,
    DateBounds,
    DateSpan,
    SpanReader,
    SuggestedDate,
    day_offset_reader,
    period_offset_reader,
    read_adjacent_period,
    read_ago,
    read_day,
    read_earlier_or_later,
    read_last_named_month,
    read_month,
    read_month_part,
    read_numeric_date,
    read_open_end,
    read_open_start,
    read_past_periods,
    read_quarter_or_half,
    read_weekday,
    read_year,
)
from policy.suggestions.suggestion import Suggestion, drop_overlaps, quote_phrase

MONTH_GROUP = "|".join(
    name.title() + ("" if name in FULL_MONTH_NAMES else r"\b\.?")
    for name in sorted(MONTH_NUMBERS, key=len)[::-1]
)
MONTH_GROUP = rf"(?P<month>{MONTH_GROUP})"
YEAR_GROUP = r"(?P<year>(?:19|20)\d\d)"
OPTIONAL_YEAR = rf"(?:,? ?(?:of )?{YEAR_GROUP}|,? (?P<which>this|last|next) year)?"
COUNT_GROUP = rf"(?P<number>\d{{1,3}}|{'|'.join(DATE_NUMBER_WORDS)})"
UNIT_GROUP = r"(?P<unit>day|week|month|year)"
PLURAL_UNIT_GROUP = r"(?P<unit>day|week|month|year)s?"
DAY_GROUP = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
WEEKDAY_GROUP = "|".join(name.title() for name in sorted(WEEKDAY_NUMBERS, key=len)[::-1])
WEEKDAY_GROUP = rf"(?P<weekday>{WEEKDAY_GROUP})"
MONTH_DIGITS = "(?P<month>1[0-2]|0?[1-9])"
MONTH_PART_GROUP = r"(?P<part>early|mid|late|beginning|start|middle|end)"

# (pattern, reader, kind of date; empty: not clear)
DATE_RULES: list[tuple[re.Pattern[str], SpanReader, str]] = [
    (re.compile(pattern), read, hint)
    for pattern, read, hint in [
        (rf"\b{YEAR_GROUP}-(?P<month>[01]\d)-(?P<day>[0-3]\d)\b", read_numeric_date, ""),
        (
            rf"\b(?:(?:on|On) )?(?:the )?{DAY_GROUP} (?:of )?{MONTH_GROUP}(?!\w){OPTIONAL_YEAR}",
            read_day,
            "",
        ),
        (rf"\b(?:(?:on|On) )?{MONTH_GROUP} {DAY_GROUP}(?!\d|,\d)\b{OPTIONAL_YEAR}", read_day, ""),
        (
            rf"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Oo]f|[Uu]ntil|[Dd]uring|[Ff]rom) "
            rf"{MONTH_GROUP}(?!\w){OPTIONAL_YEAR}(?! ?\d)",
            read_month,
            "",
        ),
        (rf"(?<!\d )\b{MONTH_GROUP},? (?:of )?{YEAR_GROUP}\b", read_month, ""),
        (rf"\b{MONTH_GROUP} (?P<which>this|last|next) year\b", read_month, ""),
        (rf"\b[Ll]ast {MONTH_GROUP}(?!\w)", read_last_named_month, ""),
        (
            rf"\b(?:(?:in|In|at|At|by|By|from|From) )?(?:the )?(?i:{MONTH_PART_GROUP})"
            rf"(?:[- ]|( of )){MONTH_GROUP}(?!\w){OPTIONAL_YEAR}",
            read_month_part,
            "",
        ),
        (rf"\b(?:in|In|since|Since|by|By|during|of|until) {YEAR_GROUP}\b(?!-)", read_year, ""),
        (
            rf"(?i)\b(?:in )?(?:the )?(?P<which>first|second|third|fourth) (?:quarter|half)"
            rf"(?: of)? {YEAR_GROUP}\b",
            read_quarter_or_half,
            "",
        ),
        (rf"\b(?P<which>[QH][1-4]) {YEAR_GROUP}\b", read_quarter_or_half, ""),
        (
            rf"\b(?:[Oo]n )?(?:(?P<which>[Ll]ast|[Nn]ext|[Tt]his) )?{WEEKDAY_GROUP}\b",
            read_weekday,
            "",
        ),
        (
            rf"(?i)\b(?:in )?(?:the )?(?P<which>last|this|next|current|previous|past|following)"
            rf" {UNIT_GROUP}\b",
            read_adjacent_period,
            "",
        ),
        (rf"(?i)\b(?P<side>earlier|later) this {UNIT_GROUP}\b", read_earlier_or_later, ""),
        (
            rf"(?i)\b(?:about |some )?{COUNT_GROUP} {PLURAL_UNIT_GROUP} (?:ago|earlier)\b",
            read_ago,
            "",
        ),
        (
            rf"(?i)\b(?:in|over|within|during) the (?:past|last) "
            rf"{COUNT_GROUP} {PLURAL_UNIT_GROUP}\b",
            read_past_periods,
            "",
        ),
        (
            r"(?i)\b(?:in|over|during) (?:the )?(?:recent|past|last|few)(?: few)? "
            r"(?:days|weeks|months|years)\b",
            read_open_start,
            "",
        ),
        (
            r"(?i)\b(?:hours|days|weeks|months) (?:after|before|later|earlier)\b",
            read_open_start,
            "",
        ),
        (r"(?i)\byesterday\b", day_offset_reader(-1), ""),
        (
            r"(?i)\b(?:today|tonight|this (?:morning|afternoon|evening))\b",
            day_offset_reader(0),
            "",
        ),
        (r"(?i)\btomorrow\b", day_offset_reader(1), ""),
        (
            r"(?i)\b(?:now|currently|at present|presently|at the moment)\b",
            day_offset_reader(0),
            "observed",
        ),
        (
            r"(?i)\b(?:recent(?:ly)?|lately|latest|previous(?:ly)?|already)\b",
            read_open_start,
            "",
        ),
        (
            r"(?i)\b(?:upcoming|forthcoming|soon|shortly|(?:in )?(?:the )?coming "
            r"(?:days|weeks|months|years))\b",
            read_open_end,
            "effective",
        ),
        # Chinese
        (rf"{YEAR_GROUP}年{MONTH_DIGITS}月(?P<day>[0-3]?\d)[日号]", read_numeric_date, ""),
        (rf"(?:{YEAR_GROUP}年)?{MONTH_DIGITS}月(?P<day>[0-3]?\d)[日号]", read_day, ""),
        (
            rf"(?:{YEAR_GROUP}年)?{MONTH_DIGITS}月(?:份)?(?P<part>初|上旬|中旬|下旬|底|末)",
            read_month_part,
            "",
        ),
        (
            rf"(?:{YEAR_GROUP}年)?(?<!\d){MONTH_DIGITS}月(?!\d|[初上中下底末])",
            read_month,
            "",
        ),
        (rf"{YEAR_GROUP}年(?!\d)", read_year, ""),
        (r"昨[日天]", day_offset_reader(-1), ""),
        (r"今[日天]", day_offset_reader(0), ""),
        (r"明[日天]", day_offset_reader(1), ""),
        (r"上(?:周|星期)", period_offset_reader("week", -1), ""),
        (r"本周|这周", period_offset_reader("week", 0), ""),
        (r"上个?月", period_offset_reader("month", -1), ""),
        (r"本月", period_offset_reader("month", 0), ""),
        (r"去年", period_offset_reader("year", -1), ""),
        (r"今年", period_offset_reader("year", 0), ""),
        (r"目前|现在", day_offset_reader(0), "observed"),
        (r"近日|近期|最近|日前", read_open_start, ""),
        (r"即将|将于近期", read_open_end, "effective"),
    ]
]
REPORTED_CONTEXT = re.compile(r"\breported\b[^.;\n]{0,20}$")


def find_dates(text: str, published: DateBounds) -> list[Suggestion]:
    return drop_overlaps(
        suggestion
        for pattern, read, hint in DATE_RULES
        for match in pattern.finditer(text)
        if (suggestion := build_date_suggestion(match, read, hint, published))
    )


def build_date_suggestion(
    match: re.Match[str], read: SpanReader, hint: str, published: DateBounds
) -> Suggestion | None:
    try:
        absolute = read(match, None)
        span = absolute or resolve_relative_span(match, read, published)
    except (ValueError, OverflowError):  # such as 31 June or year 0
        return None
    if span is None:
        return None
    if REPORTED_CONTEXT.search(match.string, max(0, match.start() - 30), match.start()):
        hint = "reported"
    value = SuggestedDate(*span, basis="stated" if absolute else "derived", hint=hint)
    why = quote_phrase(match[0])
    if not absolute:
        why += f" in a source dated {SuggestedDate(published[0], published[1], '', '')}"
    return Suggestion(match.start(), match.end(), "date", value, str(value), why)


def resolve_relative_span(
    match: re.Match[str], read: SpanReader, published: DateBounds
) -> DateSpan | None:
    """Return the span from the first to the last possible day of publication."""
    first, last = published[0] or published[1], published[1] or published[0]
    low, high = read(match, first), read(match, last)
    if low is None or high is None or low == high:
        return low if all(published) else low and widen_span(low, low, published)
    return widen_span(low, high, published)


def widen_span(low: DateSpan, high: DateSpan, published: DateBounds) -> DateSpan | None:
    earliest = low.earliest if published[0] else None
    latest = high.latest if published[1] else None
    if not (earliest or latest):
        return None
    open_side = "before" if not earliest else "after"
    return DateSpan(earliest, latest, "range" if earliest and latest else open_side)
