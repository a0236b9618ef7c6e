"""Suggestions for coding a text. They are only shown: nothing is saved automatically."""

from policy.suggestions.bodies import DescribedBody, find_bodies
from policy.suggestions.date_intervals import ParsedDateInterval
from policy.suggestions.dates import DateBounds, find_dates
from policy.suggestions.figures import Quantity, find_figures
from policy.suggestions.names import Gazetteer, KnownName, find_names, load_gazetteer
from policy.suggestions.suggestion import SUGGESTION_KINDS, Suggestion
from policy.suggestions.triggers import find_action_types, find_activities

__all__ = [
    "SUGGESTION_KINDS",
    "DescribedBody",
    "Gazetteer",
    "KnownName",
    "ParsedDateInterval",
    "Quantity",
    "Suggestion",
    "find_suggestions",
    "load_gazetteer",
]


def find_suggestions(
    text: str, known: Gazetteer, published: DateBounds = (None, None)
) -> list[Suggestion]:
    """Return all suggestions for a text, in order. `published` is when the source appeared."""
    names, dates = find_names(text, known), find_dates(text, published)
    suggestions = [
        *names,
        *find_bodies(text, (row for row in names if row.kind == "agency")),
        *dates,
        *find_figures(text, {(row.start, row.end) for row in dates}),
        *find_action_types(text),
        *find_activities(text),
    ]
    return sorted(suggestions, key=lambda row: (row.start, row.end, row.kind))
