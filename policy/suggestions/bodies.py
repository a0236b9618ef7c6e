"""Suggestions of public bodies that are described but not named, such as “Chinese police”."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import slugify

from policy.suggestions.suggestion import Suggestion, drop_overlaps

BODY_ADJECTIVES = (
    r"central|chief|district|federal|financial|foreign|health|high|influential|internal|interior"
    r"|judicial|justice|local|main|municipal|national|powerful|provincial|public|regional|securities"
    r"|senior|several|some|state|supreme|tax|top|various|energy|environment(?:al)?|finance|banking"
    r"|county|city|village|coal-rich"
)
BODY_NOUNS = (
    r"authorit(?:y|ies)|governments?|administrations?|police(?: force)?|(?:super-)?regulators?"
    r"|watchdogs?|ministr(?:y|ies)|central banks?|judiciary|courts?|tribunals?|prosecutors?"
    r"|parliaments?|congress|senate|assembl(?:y|ies)|legislatures?|cabinets?|customs(?: service)?"
    r"|tax (?:office|authorit(?:y|ies))|councils?|commissions?|state agenc(?:y|ies)|departments?"
    r"|bureaus?|presidents?|prime ministers?|ministers?|governors?|mayors?|officials|lawmakers"
)
BODY_PATTERN = re.compile(
    rf"\b(?:(?:[A-Z][\w-]*(?:[’']s)?|(?i:{BODY_ADJECTIVES}))(?: and)?[ \n]){{0,4}}"
    rf"(?i:{BODY_NOUNS})\b(?![’']?\w)"
)
LEADING_WORDS = re.compile(
    r"(?:(?:The|An?|In|As|At|For|From|By|But|And|When|While|Thus|Of|On|After|Before|If|That|This|Its"
    r"|Here[’']s|Why|How|What|Some|Several)[ \n])+"
)


@dataclass(frozen=True)
class DescribedBody:
    """The words that describe a public body."""

    words: str

    @property
    def key(self) -> str:
        """Its key in citations."""
        return slugify(self.words)


def find_bodies(text: str, named: Iterable[Suggestion]) -> list[Suggestion]:
    """Find descriptions of bodies that do not overlap a suggestion in `named`."""
    taken = {offset for row in named for offset in range(row.start, row.end)}
    bodies = (build_body_suggestion(match) for match in BODY_PATTERN.finditer(text))
    return drop_overlaps(row for row in bodies if taken.isdisjoint(range(row.start, row.end)))


def build_body_suggestion(match: re.Match[str]) -> Suggestion:
    opening = LEADING_WORDS.match(match[0])
    start = match.start() + (opening.end() if opening else 0)
    words = " ".join(match.string[start : match.end()].split())
    return Suggestion(
        start, match.end(), "agency", DescribedBody(words), words, "described, not known by name"
    )
