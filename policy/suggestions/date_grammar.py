"""The grammar of dates. The date field and the suggestions from a text share it.

To add a way to write a date, add a rule to a table, and a reader to date_intervals.py if none fits.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from policy.months import MONTH_NAMES
from policy.suggestions import date_intervals as readers
from policy.suggestions.date_intervals import (
    ONE_DAY_STEP,
    DateInputError,
    DateMatch,
    DateReader,
    DateReference,
    ParsedDateInterval,
)

DATE_INPUT_EXAMPLES = (
    "Write, for example, 21 May 2021, May 2021, end of May 2021, week of 17 May 2021, "
    "before 10 June 2021, between 1 and 5 May 2021, or unknown."
)


@dataclass(frozen=True)
class DateRule:
    """A way to write a date.

    `lead` matches the words that a text must or may have before the pattern, and `hint` is the kind
    of date that the words suggest.
    """

    pattern: str
    reader: DateReader
    lead: str = r"\b"
    hint: str = ""

    @cached_property
    def in_text(self) -> re.Pattern[str]:
        return re.compile(self.lead + self.pattern.replace(ANY_DATE, DATE_IN_TEXT), re.IGNORECASE)

    @cached_property
    def in_field(self) -> re.Pattern[str]:
        """The pattern for a whole field: names may be in lower case, years in any century."""
        pattern = self.pattern.replace(CASED, "(?:").replace(YEAR, r"(?P<year>\d{4})")
        return re.compile(OPTIONAL_FIELD_LEAD + pattern, re.IGNORECASE)

    def read(self, match: DateMatch, reference: DateReference) -> ParsedDateInterval:
        """Return the interval. Raise DateInputError if there is no such date."""
        try:
            interval = self.reader(match, reference)
        except (OverflowError, ValueError) as error:  # such as the year 0
            raise DateInputError(str(error)) from None
        day = reference.known_day if reference.used else None
        return replace(interval, reference_date=day, hint=self.hint)


def any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, reverse=True))  # longer words first


CASED = "(?-i:"
NOT_IN_TEXT = "(?!)"
OPTIONAL_FIELD_LEAD = "(?:(?:on|in|at|during|over|within|the) )*"
# What stands before a date in a text
ON, ON_THE = r"\b(?:on )?", r"\b(?:on )?(?:the )?"
IN, IN_THE = r"\b(?:in|over|during) (?:the )?", r"\b(?:in )?(?:the )?"
AT_THE = r"\b(?:(?:in|at|by|from) )?(?:the )?"
PREPOSITION = r"\b(?:in|since|by|of|until|during|from) "
WITHIN_THE = r"\b(?:in|over|within|during) the "

ABBREVIATED_MONTHS = any_of(readers.MONTH_NUMBERS.keys() - map(str.lower, MONTH_NAMES))
MONTH_NAME = "|".join((*MONTH_NAMES[1:], rf"(?:{ABBREVIATED_MONTHS.title()})\b\.?"))
MONTH_NAME = rf"{CASED}{MONTH_NAME})(?!\w)"
MONTH = f"(?P<month>{MONTH_NAME})"
WEEKDAY = rf"(?P<weekday>{CASED}{any_of(readers.WEEKDAY_NUMBERS).title()}))\b"
DAY = r"(?P<day>\d\d?)(?:st|nd|rd|th)?"
DAY_NUMBER = r"\d\d?(?:st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20)\d\d)"
OPTIONAL_YEAR = rf"(?:,? ?(?:of )?{YEAR}|,? (?P<which>this|last|next) year)?"
COUNT = rf"(?P<number>\d{{1,3}}|{any_of(readers.COUNT_WORDS)})"
UNIT, UNITS = "(?P<unit>day|week|month|year)", "(?:days|weeks|months|years)"
PERIOD = rf"(?P<which>{any_of(readers.PERIOD_STEPS)})"
PART = "(?P<part>early|mid|late|beginning|start|middle|end)(?:[- ] ?| of | in )"
QUARTER, HALF = "(?P<quarter>first|second|third|fourth) quarter", "(?P<half>first|second) half"
SOME, AGO = "(?:several|few)", "(?:ago|earlier)"
TODAY = readers.period_reader("day", 0)

ENGLISH_RULES = [
    DateRule(rf"{YEAR}-(?P<month>\d\d)-(?P<day>\d\d)\b", readers.read_date),
    DateRule(rf"{YEAR}-(?P<month>\d\d)", readers.read_date, NOT_IN_TEXT),  # 2010-11: two years?
    DateRule(rf"{DAY} (?:of )?{MONTH}{OPTIONAL_YEAR}", readers.read_date, ON_THE),
    DateRule(rf"{MONTH} {DAY}(?!\d|,\d)\b{OPTIONAL_YEAR}", readers.read_date, ON),
    DateRule(rf"{MONTH}{OPTIONAL_YEAR}(?! ?\d)", readers.read_date, PREPOSITION),
    DateRule(rf"{MONTH},? (?:of )?{YEAR}\b", readers.read_date, r"(?<!\d )\b"),
    DateRule(rf"{MONTH} (?P<which>this|last|next) year\b", readers.read_date),
    DateRule(rf"(?P<previous>last) {MONTH}", readers.read_date),
    DateRule(rf"{PART}{MONTH}{OPTIONAL_YEAR}", readers.read_date, AT_THE),
    DateRule(rf"{YEAR}\b(?!-)", readers.read_date, PREPOSITION),
    DateRule(rf"(?:{QUARTER}|{HALF})(?: of)? {YEAR}\b", readers.read_quarter, IN_THE),
    DateRule(rf"(?:Q(?P<quarter>[1-4])|H(?P<half>[12])) {YEAR}\b", readers.read_quarter),
    DateRule(rf"(?:(?P<which>last|next|this) )?{WEEKDAY}", readers.read_weekday, ON),
    DateRule(rf"{PERIOD} {UNIT}\b", readers.read_period, IN_THE),
    DateRule(rf"(?P<side>earlier|later) this {UNIT}\b", readers.read_part_of),
    DateRule(rf"(?:about |some )?{COUNT} {UNIT}s? {AGO}\b", readers.read_period),
    DateRule(rf"(?:past|last) {COUNT} {UNIT}s?\b", readers.read_past, WITHIN_THE),
    DateRule(r"yesterday\b", readers.period_reader("day", -1)),
    DateRule(r"(?:today|tonight|this (?:morning|afternoon|evening))\b", TODAY),
    DateRule(r"tomorrow\b", readers.period_reader("day", 1)),
]
CHINESE_MONTH = rf"(?:{YEAR}年)?(?<!\d)(?P<month>1[0-2]|0?[1-9])月"
CHINESE_RULES = [
    DateRule(rf"{CHINESE_MONTH}(?P<day>\d\d?)[日号]", readers.read_date, ""),
    DateRule(rf"{CHINESE_MONTH}份?(?P<part>初|[上中下]旬|底|末)", readers.read_date, ""),
    DateRule(rf"{CHINESE_MONTH}(?!\d|[初上中下底末])", readers.read_date, ""),
    DateRule(rf"{YEAR}年(?!\d)", readers.read_date, ""),
    DateRule("昨[日天]", readers.period_reader("day", -1), ""),
    DateRule("今[日天]", readers.period_reader("day", 0), ""),
    DateRule("明[日天]", readers.period_reader("day", 1), ""),
    DateRule("上(?:周|星期)", readers.period_reader("week", -1), ""),
    DateRule("[本这]周", readers.period_reader("week", 0), ""),
    DateRule("上个?月", readers.period_reader("month", -1), ""),
    DateRule("本月", readers.period_reader("month", 0), ""),
    DateRule("去年", readers.period_reader("year", -1), ""),
    DateRule("今年", readers.period_reader("year", 0), ""),
]
VAGUE_RULES = [  # only for texts: in a field, people write the limit that they mean
    DateRule(rf"(?:recent|past|last|few)(?: few)? {UNITS}\b", readers.read_open_start, IN),
    DateRule(rf"(?:past|last) {SOME} {UNIT}s?\b", readers.read_open_start, WITHIN_THE),
    DateRule(rf"(?:about |some )?{SOME} {UNIT}s? {AGO}\b", readers.read_open_start),
    DateRule(
        r"(?:hours|days|weeks|months) (?:after|before|later|earlier)\b", readers.read_open_start
    ),
    DateRule(r"(?:recent(?:ly)?|lately|latest|previous(?:ly)?|already)\b", readers.read_open_start),
    DateRule("近日|近期|最近|日前", readers.read_open_start, ""),
    DateRule(rf"(?:in )?(?:the )?coming {UNITS}\b", readers.read_open_end, hint="effective"),
    DateRule(r"(?:upcoming|forthcoming|soon|shortly)\b", readers.read_open_end, hint="effective"),
    DateRule("即将|将于近期", readers.read_open_end, "", "effective"),
    DateRule(r"(?:now|currently|at present|presently|at the moment)\b", TODAY, hint="observed"),
    DateRule("目前|现在", TODAY, "", "observed"),
]

# Dates that contain a simple date. In a text, this is a date of the calendar or a weekday.

SIMPLE_RULES = [*ENGLISH_RULES, *CHINESE_RULES]
ANY_DATE = ".+?"
DATE_IN_TEXT = "|".join(
    re.sub(r"\?P<\w+>", "?:", rule.pattern)
    for rule in SIMPLE_RULES
    if rule.reader in (readers.read_date, readers.read_weekday) and rule.lead != NOT_IN_TEXT
)
DATE_IN_TEXT = rf"(?:{DATE_IN_TEXT}|{DAY_NUMBER}\b)"
DATE, FIRST, LAST = (f"(?P<{name}>{ANY_DATE})" for name in ("date", "first", "last"))
BEFORE_DAY_AND_MONTH = rf"(?={DAY_NUMBER} (?:of )?{MONTH_NAME}|{MONTH_NAME} {DAY_NUMBER}\b)"
UNTIL = "(?P<until>by|until|till|up to|no later than|not later than)"
SINCE = "(?P<since>since|from|no earlier than|not before)"


def read_contained(
    match: DateMatch, group: str, reference: DateReference, precision: str = ""
) -> tuple[date, date]:
    """Return the first and the last day of the date in a group.

    `precision` is the one that is allowed; empty: any.
    """
    for rule in SIMPLE_RULES:
        if part := rule.in_field.fullmatch(match.string, *match.span(group)):
            interval = rule.reader(part, reference)
            if interval.earliest and interval.latest and precision in ("", interval.precision):
                return interval.earliest, interval.latest
    expected = "a day" if precision else "a day, a month or a year"
    raise DateInputError(f"“{match[group][:60]}” is not {expected}. {DATE_INPUT_EXAMPLES}")


def read_week_of(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    day, _ = read_contained(match, "date", reference, "day")
    return readers.period_interval("week", day, 0)


def read_limit(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    first, last = read_contained(match, "date", reference)
    if match["since"]:
        return ParsedDateInterval(first, None, "after")
    if match["after"]:
        return ParsedDateInterval(last + ONE_DAY_STEP, None, "after")
    return ParsedDateInterval(None, last if match["until"] else first - ONE_DAY_STEP, "before")


def read_range(match: DateMatch, reference: DateReference) -> ParsedDateInterval:
    """The first end borrows from the last what it leaves out: “1 and 5 May 2021”."""
    _, last = read_contained(match, "last", reference)
    if number := re.fullmatch(DAY, match["first"]):
        first = readers.day_in_month(last.year, last.month, int(number["day"]))
    else:
        first, _ = read_contained(match, "first", DateReference(last))
    if first > last:
        raise DateInputError(f"The start {first} is after the end {last}.")
    return ParsedDateInterval(first, last, "range")


COMBINED_RULES = [
    DateRule(f"week (?:of|from|starting|beginning)(?: on)? {DATE}", read_week_of, IN_THE),
    DateRule(f"between {FIRST} and {LAST}", read_range),
    DateRule(f"from {FIRST} (?:to|until|till) {LAST}", read_range),
    DateRule(f"(?!up to ){FIRST} (?:to|until|till|-) {LAST}", read_range, NOT_IN_TEXT),
    DateRule(rf"{FIRST}[-–]{BEFORE_DAY_AND_MONTH}{LAST}", read_range, r"(?<![\w–-])"),
    DateRule(f"(?:before|(?P<after>after)|{UNTIL}|{SINCE}) {DATE}", read_limit, NOT_IN_TEXT),
]
FIELD_RULES = [*SIMPLE_RULES, *COMBINED_RULES]
TEXT_RULES = [
    rule for rule in (*SIMPLE_RULES, *VAGUE_RULES, *COMBINED_RULES) if rule.lead != NOT_IN_TEXT
]
