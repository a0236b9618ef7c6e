"""Suggestions of figures in a text: value, comparator, unit and, if clear, the kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from policy.suggestions.suggestion import Suggestion, drop_overlaps, quote_phrase

WORDS_BELOW_TWENTY = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {word: number for number, word in enumerate(WORDS_BELOW_TWENTY)}
NUMBER_WORDS |= {word: 10 * number for number, word in enumerate(TENS_WORDS, 2)}
NUMBER_WORDS |= {"a dozen": 12, "dozen": 12, "a hundred": 100, "hundred": 100}
SCALE_FACTORS = {
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "mn": 10**6,
    "bn": 10**9,
    "m": 10**6,
    "万": 10**4,
    "亿": 10**8,
}
COMPARATOR_PATTERNS = {
    "more_than": r"more than|over|above|exceeding|upwards of|in excess of|超过|逾",
    "at_most": r"no more than|not more than|up to|at most|a maximum of|至多|最多",
    "at_least": r"at least|no fewer than|no less than|not less than|a minimum of|至少",
    "about": r"about|around|roughly|approximately|some|an estimated|circa|close to|约|大约",
    "less_than": r"fewer than|less than|under|below|nearly|almost|不到|近",
}
TRAILING_COMPARATOR_PATTERNS = {
    "at_least": r"or more|以上|\+",
    "at_most": r"or less|or fewer|以下",
    "about": r"or so|左右",
}
CURRENCY_SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "HK$": "HKD",
    "A$": "AUD",
    "C$": "CAD",
    "S$": "SGD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
}
CURRENCY_PATTERNS = {
    r"(?:US |U\.S\. )?dollars?|USD|美元": "USD",
    r"yuan|renminbi|RMB|CNY|人民币|元": "CNY",
    r"euros?|EUR|欧元": "EUR",
    r"pounds?(?: sterling)?|GBP": "GBP",
    r"yen|JPY|日元": "JPY",
    r"rupees?|INR": "INR",
    r"won|KRW": "KRW",
    r"rou?bles?|RUB": "RUB",
    r"francs?|CHF": "CHF",
    r"bitcoins?|BTC": "BTC",
    r"ether|ETH": "ETH",
}
# (kind of figure, what is counted, what the sentence must also contain)
PEOPLE_NOUNS = (
    r"people|persons?|suspects?|men|women|traders?|miners?|dealers?|individuals?|members?|residents?"
    r"|employees|officials?|users?|defendants?|名|人"
)
AREA_NOUNS = (
    r"provinces?|regions?|cities|city|districts?|counties|county|prefectures?|states?|countries"
    r"|municipalit(?:y|ies)|towns?|villages?|省|市|县"
)
COUNT_RULES: list[tuple[str, str, str]] = [
    ("persons_charged", PEOPLE_NOUNS, r"\b(?:charged|indict\w*|prosecut\w*)|起诉"),
    ("persons_warned", PEOPLE_NOUNS, r"\b(?:warned|cautioned|reprimand\w*)|警告"),
    (
        "persons_arrested",
        PEOPLE_NOUNS,
        r"\b(?:arrest\w*|detain\w*|held|custody|nabbed|round\w* up)|逮捕|抓获|拘留",
    ),
    (
        "groups_dismantled",
        r"(?:criminal |organi[sz]ed )?(?:groups?|gangs?|rings?|networks?|syndicates?)|团伙",
        "",
    ),
    ("areas_covered", AREA_NOUNS, ""),
    (
        "sites_closed",
        r"sites?|farms?|mines?|offices?|shops?|stores?|warehouses?|factor(?:y|ies)|exchanges?"
        r"|facilit(?:y|ies)|plants?|businesses|companies|firms|operations",
        r"\b(?:clos\w+|shut\w*|halt\w*)|关停|关闭",
    ),
    (
        "accounts_banned",
        r"(?:\w+ )?(?:accounts?|channels?|profiles?|pages)|账号",
        r"\b(?:bann?\w*|block\w*|remov\w*|delet\w*|suspend\w*)|封禁|关闭",
    ),
    (
        "devices_seized",
        r"(?:\w+ )?(?:machines?|rigs?|devices?|computers?|phones?|servers?|miners)|台",
        r"\b(?:seiz\w*|confiscat\w*|impound\w*|taken)|查获|没收",
    ),
    ("capacity_mw", r"MW|megawatts?|兆瓦", ""),
    ("deadline_days", r"(?:\w+ )?days?|天|日", r"\b(?:within|deadline|given|comply|leave)\b|内"),
]
MONEY_RULES = [
    ("fine_amount", r"\b(?:fine[ds]?|fining|penalt\w*)\b|罚款"),
    ("money_seized", r"\b(?:seiz\w*|confiscat\w*|froz\w*|freez\w*|forfeit\w*)|没收|冻结"),
]
OTHER_UNITS = (
    r"per ?cent|percent|%|kilowatt-hours?|kWh|GW|gigawatts?|tonnes?|tons?|years?|months?|hours?"
)
DIGITS_PATTERN = r"\d{1,3}(?:,\d{3}){1,4}(?![\d,]\d)(?:\.\d{1,9})?|\d{1,11}+(?:\.\d{1,9}+)?"
NUMBER_WORD_CHOICES = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
NUMBER_GROUP = (
    rf"(?P<number>(?<![A-Za-z0-9_.,-])(?:{DIGITS_PATTERN})|\b(?:{NUMBER_WORD_CHOICES})\b)"
    rf"(?:[ -]?(?P<scale>(?:hundred|thousand|million|billion|trillion|mn|bn|m)\b|万|亿))?"
)
AMOUNT_GROUP = NUMBER_GROUP.replace("<number>", "<amount>").replace("<scale>", "<amount_scale>")
LEADING_COMPARATOR = "|".join(f"(?P<{name}>{words})" for name, words in COMPARATOR_PATTERNS.items())
LEADING_COMPARATOR = rf"(?:(?<![A-Za-z0-9-])(?:{LEADING_COMPARATOR})\s?)?"
TRAILING_COMPARATOR = "|".join(
    f"(?P<{name}_after>{words})" for name, words in TRAILING_COMPARATOR_PATTERNS.items()
)
TRAILING_COMPARATOR = rf"(?:\s?(?:{TRAILING_COMPARATOR}))?"
CURRENCY_SYMBOL_CHOICES = "|".join(
    re.escape(symbol) for symbol in sorted(CURRENCY_SYMBOLS, key=len, reverse=True)
)
CURRENCY_NAME_CHOICES = "|".join(f"(?:{words})" for words in CURRENCY_PATTERNS)
COUNTED_NOUN_CHOICES = "|".join(noun for _, noun, _ in COUNT_RULES)
AREA_LIST = rf"(?:(?:, (?:{AREA_NOUNS}))*,? and (?:{AREA_NOUNS}))?"
COUNT_PATTERN = re.compile(
    rf"{LEADING_COMPARATOR}{NUMBER_GROUP}{TRAILING_COMPARATOR}(?:[ -](?:[a-z-]+ ){{0,2}}?|\s?)"
    rf"(?P<unit>(?:{COUNTED_NOUN_CHOICES}|{OTHER_UNITS})(?![a-z]){AREA_LIST})",
    re.IGNORECASE,
)
MONEY_PATTERN = re.compile(
    rf"{LEADING_COMPARATOR}(?:(?P<symbol>{CURRENCY_SYMBOL_CHOICES})\s?{NUMBER_GROUP}"
    rf"|{AMOUNT_GROUP}\s?(?P<currency>{CURRENCY_NAME_CHOICES})(?![A-Za-z]))",
    re.IGNORECASE,
)
SENTENCE_PATTERN = re.compile(r"(?:[^.!?。！？\n]|[.](?=\S)|\n(?!\n))+[.!?。！？]?")


@dataclass(frozen=True)
class Quantity:
    """A suggested figure of an action. `figure_kind` is empty if the kind is not clear."""

    value: Decimal
    comparator: str
    unit: str
    figure_kind: str = ""

    def __str__(self) -> str:
        bound = self.comparator.replace("_", " ")
        kind = f"{self.figure_kind.replace('_', ' ')}: " if self.figure_kind else ""
        return f"{kind}{bound} {self.value.normalize():,f} {self.unit}"


def find_figures(text: str, dates: set[tuple[int, int]]) -> list[Suggestion]:
    """Find figures. `dates` are the offsets of dates, whose numbers are skipped."""
    offsets_in_dates = {offset for start, end in dates for offset in range(start, end)}
    figures = [
        suggestion
        for sentence in SENTENCE_PATTERN.finditer(text)
        for suggestion in iter_figures(text, sentence)
    ]
    return drop_overlaps(
        row for row in figures if offsets_in_dates.isdisjoint(range(row.start, row.end))
    )


def iter_figures(text: str, sentence: re.Match[str]) -> Iterator[Suggestion]:
    start, end = sentence.span()
    for match in COUNT_PATTERN.finditer(text, start, end):
        unit = " ".join(match["unit"].split())
        yield build_figure_suggestion(
            match, match["number"], match["scale"], unit, get_figure_kind(unit, sentence[0])
        )
    for match in MONEY_PATTERN.finditer(text, start, end):
        kind = next(
            (kind for kind, context in MONEY_RULES if re.search(context, sentence[0], re.I)), ""
        )
        number, scale = match["number"] or match["amount"], match["scale"] or match["amount_scale"]
        yield build_figure_suggestion(match, number, scale, get_currency(match), kind)


def build_figure_suggestion(
    match: re.Match[str], number: str, scale: str | None, unit: str, kind: str
) -> Suggestion:
    value = Quantity(parse_quantity(number, scale), get_comparator(match), unit, kind)
    return Suggestion(*match.span(), "figure", value, str(value), quote_phrase(match[0]))


def parse_quantity(number: str, scale: str | None) -> Decimal:
    plain = number.lower().replace(",", "")
    base = Decimal(NUMBER_WORDS[plain]) if plain in NUMBER_WORDS else Decimal(plain)
    return base * SCALE_FACTORS[scale.lower()] if scale else base


def get_comparator(match: re.Match[str]) -> str:
    names = (name.removesuffix("_after") for name, words in match.groupdict().items() if words)
    return next((name for name in names if name in COMPARATOR_PATTERNS), "exactly")


def get_figure_kind(unit: str, sentence: str) -> str:
    for kind, noun, context in COUNT_RULES:
        counted = re.fullmatch(rf"(?:{noun}){AREA_LIST}", unit, re.I)
        if counted and re.search(context, sentence, re.I):
            return kind
    return ""


def get_currency(match: re.Match[str]) -> str:
    if symbol := match["symbol"]:
        return CURRENCY_SYMBOLS[symbol.upper()]
    words = match["currency"]
    return next(code for name, code in CURRENCY_PATTERNS.items() if re.fullmatch(name, words, re.I))
