"""Numbers in a text with the thing counted: value, comparator, unit and, if told, the kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from policy.suggestions.suggestion import Suggestion, longest_first, quoted

UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: number for number, word in enumerate(UNITS)}
WORDS |= {word: 10 * number for number, word in enumerate(TENS, 2)}
WORDS |= {"a dozen": 12, "dozen": 12, "a hundred": 100, "hundred": 100}
SCALES = {
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
COMPARATORS = {
    "more_than": r"more than|over|above|exceeding|upwards of|in excess of|超过|逾",
    "at_most": r"no more than|not more than|up to|at most|a maximum of|至多|最多",
    "at_least": r"at least|no fewer than|no less than|not less than|a minimum of|至少",
    "about": r"about|around|roughly|approximately|some|an estimated|circa|close to|约|大约",
    "less_than": r"fewer than|less than|under|below|nearly|almost|不到|近",
}
AFTER = {
    "at_least": r"or more|以上|\+",
    "at_most": r"or less|or fewer|以下",
    "about": r"or so|左右",
}
SYMBOLS = {"$": "USD", "US$": "USD", "HK$": "HKD", "A$": "AUD", "C$": "CAD", "S$": "SGD"} | {
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
}
CURRENCIES = {
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
# What is counted -> (the kind of figure, what the sentence must tell besides).
PEOPLE = (
    r"people|persons?|suspects?|men|women|traders?|miners?|dealers?|individuals?|members?|residents?"
    r"|employees|officials?|users?|defendants?|名|人"
)
AREAS = (
    r"provinces?|regions?|cities|city|districts?|counties|county|prefectures?|states?|countries"
    r"|municipalit(?:y|ies)|towns?|villages?|省|市|县"
)
COUNTED: list[tuple[str, str, str]] = [
    (
        "persons_charged",
        PEOPLE,
        r"\b(?:charged|indict\w*|prosecut\w*)|起诉",
    ),
    ("persons_warned", PEOPLE, r"\b(?:warned|cautioned|reprimand\w*)|警告"),
    (
        "persons_arrested",
        PEOPLE,
        r"\b(?:arrest\w*|detain\w*|held|custody|nabbed|round\w* up)|逮捕|抓获|拘留",
    ),
    (
        "groups_dismantled",
        r"(?:criminal |organi[sz]ed )?(?:groups?|gangs?|rings?|networks?|syndicates?)|团伙",
        "",
    ),
    ("areas_covered", AREAS, ""),
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
MONEY = [
    ("fine_amount", r"\b(?:fine[ds]?|fining|penalt\w*)\b|罚款"),
    ("money_seized", r"\b(?:seiz\w*|confiscat\w*|froz\w*|freez\w*|forfeit\w*)|没收|冻结"),
]
OTHER = r"per ?cent|percent|%|kilowatt-hours?|kWh|GW|gigawatts?|tonnes?|tons?|years?|months?|hours?"
DIGITS = r"\d{1,3}(?:,\d{3}){1,4}(?![\d,]\d)(?:\.\d{1,9})?|\d{1,11}+(?:\.\d{1,9}+)?"
SPELLED = "|".join(sorted(WORDS, key=len, reverse=True))
NUMBER = (
    rf"(?P<number>(?<![A-Za-z0-9_.,-])(?:{DIGITS})|\b(?:{SPELLED})\b)"
    rf"(?:[ -]?(?P<scale>(?:hundred|thousand|million|billion|trillion|mn|bn|m)\b|万|亿))?"
)
AMOUNT = NUMBER.replace("<number>", "<amount>").replace("<scale>", "<amount_scale>")
BOUND = "|".join(f"(?P<{name}>{words})" for name, words in COMPARATORS.items())
BOUND = rf"(?:(?<![A-Za-z0-9-])(?:{BOUND})\s?)?"
BEHIND = "|".join(f"(?P<{name}_after>{words})" for name, words in AFTER.items())
BEHIND = rf"(?:\s?(?:{BEHIND}))?"
SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True))
CURRENCY = "|".join(f"(?:{words})" for words in CURRENCIES)
NOUN = "|".join(noun for _, noun, _ in COUNTED)
LIST = rf"(?:(?:, (?:{AREAS}))*,? and (?:{AREAS}))?"
COUNT = re.compile(
    rf"{BOUND}{NUMBER}{BEHIND}(?:[ -](?:[a-z-]+ ){{0,2}}?|\s?)"
    rf"(?P<unit>(?:{NOUN}|{OTHER})(?![a-z]){LIST})",
    re.IGNORECASE,
)
SUM = re.compile(
    rf"{BOUND}(?:(?P<symbol>{SYMBOL})\s?{NUMBER}|{AMOUNT}\s?(?P<currency>{CURRENCY})(?![A-Za-z]))",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?:[^.!?。！？\n]|[.](?=\S)|\n(?!\n))+[.!?。！？]?")


@dataclass(frozen=True)
class Quantity:
    """A figure, ready for an action; the kind is empty where the words tell none."""

    value: Decimal
    comparator: str
    unit: str
    figure: str = ""

    def __str__(self) -> str:
        bound = self.comparator.replace("_", " ")
        kind = f"{self.figure.replace('_', ' ')}: " if self.figure else ""
        return f"{kind}{bound} {self.value.normalize():,f} {self.unit}"


def find_figures(text: str, dates: set[tuple[int, int]]) -> list[Suggestion]:
    """Numbers that a date holds are left to it."""
    days = {place for start, end in dates for place in range(start, end)}
    found = [
        suggestion
        for sentence in SENTENCE.finditer(text)
        for suggestion in figures_of(text, sentence)
    ]
    return longest_first(row for row in found if days.isdisjoint(range(row.start, row.end)))


def figures_of(text: str, sentence: re.Match[str]) -> Iterator[Suggestion]:
    start, end = sentence.span()
    for match in COUNT.finditer(text, start, end):
        unit = " ".join(match["unit"].split())
        yield suggested(match, match["number"], match["scale"], unit, kind_of(unit, sentence[0]))
    for match in SUM.finditer(text, start, end):
        kind = next((kind for kind, told in MONEY if re.search(told, sentence[0], re.I)), "")
        number, scale = match["number"] or match["amount"], match["scale"] or match["amount_scale"]
        yield suggested(match, number, scale, money(match), kind)


def suggested(
    match: re.Match[str], number: str, scale: str | None, unit: str, kind: str
) -> Suggestion:
    value = Quantity(value_of(number, scale), comparator_of(match), unit, kind)
    return Suggestion(*match.span(), "figure", value, str(value), quoted(match[0]))


def value_of(number: str, scale: str | None) -> Decimal:
    plain = number.lower().replace(",", "")
    base = Decimal(WORDS[plain]) if plain in WORDS else Decimal(plain)
    return base * SCALES[scale.lower()] if scale else base


def comparator_of(match: re.Match[str]) -> str:
    found = (name.removesuffix("_after") for name, words in match.groupdict().items() if words)
    return next((name for name in found if name in COMPARATORS), "exactly")


def kind_of(unit: str, sentence: str) -> str:
    for kind, noun, told in COUNTED:
        if re.fullmatch(rf"(?:{noun}){LIST}", unit, re.I) and re.search(told, sentence, re.I):
            return kind
    return ""


def money(match: re.Match[str]) -> str:
    if symbol := match["symbol"]:
        return SYMBOLS[symbol.upper()]
    words = match["currency"]
    return next(code for name, code in CURRENCIES.items() if re.fullmatch(name, words, re.I))
