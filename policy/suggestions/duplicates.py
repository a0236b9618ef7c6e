"""Possible duplicates of a draft: actions with a similar title, date, agency or place."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from policy.models import Action, ActionAgency, ActionDate
from policy.suggestions.dates import DateBounds

MAX_CANDIDATES = 300  # actions whose titles are compared
MAX_DUPLICATES_SHOWN = 5
MAX_TITLE_WORDS = 4  # the longest words of the title, used to find candidates
DATE_TOLERANCE = timedelta(days=3)  # between two reports of the same act
OPEN_END_LENGTH = timedelta(days=31)  # assumed length of an interval with an open end
# A minimum similarity of the titles is always required.
SIMILARITY_WEIGHTS = {"title": 0.5, "time": 0.2, "agency": 0.2, "place": 0.1}
SIMILARITY_REASONS = {"agency": "same agency", "time": "about the same time", "place": "same place"}
MIN_TITLE_SIMILARITY = 0.4
MIN_DUPLICATE_SCORE = 0.68


@dataclass(frozen=True)
class DraftSummary:
    """The values of a draft that are compared. The draft may not be saved yet."""

    title: str
    agencies: Collection[int] = ()
    places: Collection[str] = ()
    dates: Collection[DateBounds] = ()
    excluded: Collection[int] = ()  # primary keys: the draft itself and related actions


@dataclass(frozen=True)
class DuplicateCandidate:
    action: Action
    title_similarity: float  # from 0 to 1
    reasons: tuple[str, ...]
    score: float

    def __str__(self) -> str:
        return ", ".join((*self.reasons, f"title {self.title_similarity:.0%} similar"))


def find_duplicates(draft: DraftSummary) -> list[DuplicateCandidate]:
    """Return possible duplicates, most similar first, with one query."""
    trigrams = letter_trigrams(draft.title)
    if not trigrams:
        return []
    conditions = build_similarity_conditions(draft)
    likely = [
        candidate
        for row in query_candidates(draft, conditions)
        if (candidate := score_candidate(row, trigrams, conditions)).score >= MIN_DUPLICATE_SCORE
        and candidate.title_similarity >= MIN_TITLE_SIMILARITY
    ]
    likely.sort(key=lambda candidate: (-candidate.score, candidate.action.slug))
    return likely[:MAX_DUPLICATES_SHOWN]


def query_candidates(draft: DraftSummary, conditions: dict[str, Q]) -> QuerySet[Action]:
    """Return the actions with most in common first."""
    shared = {f"same_{name}": boolean_case(condition) for name, condition in conditions.items()}
    words = [Q(title__icontains=word) for word in longest_title_words(draft.title)]
    points = [zero_or_one_case(condition) for condition in (*conditions.values(), *words)]
    ranked = Action.objects.annotate(**shared, shared=sum(points, Value(0)))
    rows = ranked.exclude(pk__in=draft.excluded).only("slug", "title")
    return rows.order_by("-shared", "-pk")[:MAX_CANDIDATES]


def build_similarity_conditions(draft: DraftSummary) -> dict[str, Q]:
    """Return a condition for each value of the draft that can be compared."""
    conditions = {}
    if draft.agencies:
        acting = ActionAgency.objects.filter(agency__in=draft.agencies)
        conditions["agency"] = Q(pk__in=acting.values("action"))
    if spans := [days for span in draft.dates for days in iter_tolerated_ranges(span)]:
        conditions["time"] = Q(pk__in=query_overlapping_dates(spans).values("action"))
    if draft.places:
        there = Action.jurisdictions.through.objects.filter(jurisdiction__in=draft.places)
        conditions["place"] = Q(pk__in=there.values("action"))
    return conditions


def query_overlapping_dates(spans: Iterable[tuple[date, date]]) -> QuerySet[ActionDate]:
    """Return dates that overlap a span. Dates of reports are ignored."""
    first = Coalesce("earliest", F("latest") - OPEN_END_LENGTH, output_field=DateField())
    last = Coalesce("latest", F("earliest") + OPEN_END_LENGTH, output_field=DateField())
    rows = ActionDate.objects.annotate(first=first, last=last).exclude(kind="date.reported")
    return rows.filter(reduce(or_, (Q(first__lte=end, last__gte=start) for start, end in spans)))


def iter_tolerated_ranges(span: DateBounds) -> Iterator[tuple[date, date]]:
    """Yield the days on which another report may date the same act."""
    start, end = span
    if start or end:
        first = start or add_days_clamped(end or date.max, -OPEN_END_LENGTH)
        last = end or add_days_clamped(start or date.min, OPEN_END_LENGTH)
        yield add_days_clamped(first, -DATE_TOLERANCE), add_days_clamped(last, DATE_TOLERANCE)


def add_days_clamped(day: date, by: timedelta) -> date:
    """Return `day + by`, at most the first or last day that Python supports."""
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta() else date.max


def score_candidate(row: Action, trigrams: set[str], compared: Iterable[str]) -> DuplicateCandidate:
    similarity = dice_coefficient(trigrams, letter_trigrams(row.title))
    shared = [name for name in SIMILARITY_REASONS if getattr(row, f"same_{name}", False)]
    maximum = sum(SIMILARITY_WEIGHTS[name] for name in ("title", *compared))
    score = SIMILARITY_WEIGHTS["title"] * similarity
    score += sum(SIMILARITY_WEIGHTS[name] for name in shared)
    reasons = tuple(SIMILARITY_REASONS[name] for name in shared)
    return DuplicateCandidate(row, similarity, reasons, score / maximum)


def longest_title_words(title: str) -> list[str]:
    words = set(re.findall(r"\w{4,}", title))
    return sorted(words, key=lambda word: (-len(word), word))[:MAX_TITLE_WORDS]


def letter_trigrams(title: str) -> set[str]:
    words = re.findall(r"\w+", title.casefold())
    return {f"  {word} "[at : at + 3] for word in words for at in range(len(word) + 1)}


def dice_coefficient(one: set[str], other: set[str]) -> float:
    """Return the Dice coefficient of two sets, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def boolean_case(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def zero_or_one_case(condition: Q) -> Case:
    return Case(When(condition, then=1), default=0, output_field=IntegerField())
