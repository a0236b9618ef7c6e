"""What the words of a text suggest to its coder. Nothing here is ever saved by itself."""

from policy.suggestions.bodies import Described, find_bodies
from policy.suggestions.date_readings import Ends, Interval
from policy.suggestions.dates import find_dates
from policy.suggestions.figures import Quantity, find_figures
from policy.suggestions.names import Gazetteer, Name, find_names, known_names
from policy.suggestions.suggestion import KINDS, Suggestion
from policy.suggestions.triggers import find_activities, find_triggers

__all__ = [
    "KINDS",
    "Described",
    "Gazetteer",
    "Interval",
    "Name",
    "Quantity",
    "Suggestion",
    "find_suggestions",
    "known_names",
]


def find_suggestions(
    text: str, known: Gazetteer, published: Ends = (None, None)
) -> list[Suggestion]:
    """Everything that a text suggests, in its order. `published` is the source's own interval."""
    names, dates = find_names(text, known), find_dates(text, published)
    found = [
        *names,
        *find_bodies(text, (row for row in names if row.kind == "agency")),
        *dates,
        *find_figures(text, {(row.start, row.end) for row in dates}),
        *find_triggers(text),
        *find_activities(text),
    ]
    return sorted(found, key=lambda row: (row.start, row.end, row.kind))
