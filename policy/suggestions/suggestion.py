"""The class of suggestions, and the removal of overlaps between them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

SUGGESTION_KINDS = {
    "type": "Types of act",
    "activity": "Activities",
    "agency": "Agencies",
    "jurisdiction": "Places",
    "entity": "Companies and things",
    "date": "Dates",
    "figure": "Figures",
}


@dataclass(frozen=True)
class Suggestion:
    """A value that words of a text suggest. Offsets count Unicode code points.

    `value` is a DescribedBody, ParsedDateInterval or Quantity, otherwise the code of a term or the
    id of a record or jurisdiction. `why` is the reason, for people.
    """

    start: int
    end: int
    kind: str
    value: Any
    label: str
    why: str = ""

    def shift(self, by: int) -> "Suggestion":
        return replace(self, start=self.start + by, end=self.end + by)

    @property
    def title(self) -> str:
        return f"{self.label}: {self.why}" if self.why else self.label


def quote_phrase(words: str) -> str:
    return f"“{' '.join(words.split())}”"


def drop_overlaps(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Return suggestions without overlaps, in order. The longer one stays, then the first."""
    kept: list[Suggestion] = []
    taken: set[int] = set()
    for row in sorted(suggestions, key=lambda row: row.start - row.end):
        offsets = range(row.start, row.end)
        if taken.isdisjoint(offsets):
            taken.update(offsets)
            kept.append(row)
    return sorted(kept, key=lambda row: row.start)
