"""Actions that may be the one that somebody is writing: alike in title, time, agency or place."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Case, DateField, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce

from policy.models import Action
from policy.models.action_parts import ActionAgency, ActionDate

CANDIDATES = 300  # titles that are compared
SHOWN = 5
WORDS = 4  # of a title, the longest, that candidates are looked up by
DAYS_APART = timedelta(days=3)  # what two reports of one act may differ by
OPEN = timedelta(days=31)  # how far an end that is open is taken to reach
# How much each likeness says. A title has to be alike in part, whatever else is.
WEIGHTS = {"title": 0.5, "time": 0.2, "agency": 0.2, "place": 0.1}
REASONS = {"agency": "same agency", "time": "about the same time", "place": "same place"}
LEAST_TITLE = 0.4
LEAST = 0.68
Span = tuple[date | None, date | None]


@dataclass(frozen=True)
class Sketch:
    """What is known of an action that may not be saved yet."""

    title: str
    agencies: Collection[int] = ()
    places: Collection[str] = ()
    dates: Collection[Span] = ()
    without: Collection[int] = ()  # itself, and what it is related to already


@dataclass(frozen=True)
class Twin:
    action: Action
    alike: float  # the titles
    reasons: tuple[str, ...]
    score: float

    def __str__(self) -> str:
        return ", ".join((*self.reasons, f"title {self.alike:.0%} alike"))


def twins(sketch: Sketch) -> list[Twin]:
    """The likeliest first. One query, and no more titles compared than CANDIDATES."""
    mine = trigrams(sketch.title)
    if not mine:
        return []
    known = signals(sketch)
    found = [judged(row, mine, known) for row in candidates(sketch, known)]
    likely = [twin for twin in found if twin.alike >= LEAST_TITLE and twin.score >= LEAST]
    return sorted(likely, key=lambda twin: (-twin.score, twin.action.slug))[:SHOWN]


def candidates(sketch: Sketch, known: dict[str, Q]) -> Iterable[Any]:
    """Those that share most come first."""
    shared = {f"same_{name}": flag(condition) for name, condition in known.items()}
    words = [Q(title__icontains=word) for word in telling_words(sketch.title)]
    ranked = Action.objects.annotate(
        **shared, shared=sum(map(one, [*known.values(), *words]), Value(0))
    )
    rows = ranked.exclude(pk__in=sketch.without).only("slug", "title")
    return rows.order_by("-shared", "-pk")[:CANDIDATES]


def signals(sketch: Sketch) -> dict[str, Q]:
    """A condition for each likeness that can be asked for."""
    found = {}
    if sketch.agencies:
        acting = ActionAgency.objects.filter(agency__in=sketch.agencies)
        found["agency"] = Q(pk__in=acting.values("action"))
    if spans := [days for span in sketch.dates for days in around(span)]:
        found["time"] = Q(pk__in=overlapping(spans).values("action"))
    if sketch.places:
        there = Action.jurisdictions.through.objects.filter(jurisdiction__in=sketch.places)
        found["place"] = Q(pk__in=there.values("action"))
    return found


def overlapping(spans: Iterable[tuple[date, date]]) -> Any:
    """The day on which something was reported says nothing of when it was done."""
    first = Coalesce("earliest", F("latest") - OPEN, output_field=DateField())
    last = Coalesce("latest", F("earliest") + OPEN, output_field=DateField())
    rows = ActionDate.objects.annotate(first=first, last=last).exclude(kind="date.reported")
    return rows.filter(reduce(or_, (Q(first__lte=end, last__gte=start) for start, end in spans)))


def around(span: Span) -> Iterator[tuple[date, date]]:
    """The days in which another report may put the same act."""
    start, end = span
    if start or end:
        first = start or shifted(end or date.max, -OPEN)
        last = end or shifted(start or date.min, OPEN)
        yield shifted(first, -DAYS_APART), shifted(last, DAYS_APART)


def shifted(day: date, by: timedelta) -> date:
    """As far as the calendar goes."""
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta() else date.max


def judged(row: Any, mine: set[str], known: Iterable[str]) -> Twin:
    alike = likeness(mine, trigrams(row.title))
    shared = [name for name in REASONS if getattr(row, f"same_{name}", False)]
    most = sum(WEIGHTS[name] for name in ("title", *known))
    score = WEIGHTS["title"] * alike + sum(WEIGHTS[name] for name in shared)
    return Twin(row, alike, tuple(REASONS[name] for name in shared), score / most)


def telling_words(title: str) -> list[str]:
    words = set(re.findall(r"\w{4,}", title))
    return sorted(words, key=lambda word: (-len(word), word))[:WORDS]


def trigrams(title: str) -> set[str]:
    words = re.findall(r"\w+", title.casefold())
    return {f"  {word} "[at : at + 3] for word in words for at in range(len(word) + 1)}


def likeness(one: set[str], other: set[str]) -> float:
    """The share of letter triples that two titles have in common, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def flag(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def one(condition: Q) -> Case:
    return Case(When(condition, then=1), default=0, output_field=IntegerField())
