"""A passage that somebody selected at the reading desk."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError

from policy.models import Source, SourceText
from policy.sources.citations import paragraph_at, sha256
from policy.suggestions import Suggestion, find_suggestions, known_names
from policy.suggestions.names import UNSPACED

LONGEST = 5000  # characters
CONTEXT = 1000  # characters around it that help to understand it
QUOTED = 8  # words
QUOTED_SIGNS = 16  # of a script that parts no words
NUMBER = re.compile(r"[0-9]{1,9}")
AGAIN = "Select the words again at the source's reading desk."


@dataclass
class Passage:
    """Words of a source, without the spaces around them."""

    source: Source
    text: str
    start: int
    end: int

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]

    @property
    def paragraph(self) -> int:
        return paragraph_at(self.text, self.start)

    @property
    def sha256(self) -> str:
        return sha256(self.words.encode())

    @property
    def quote(self) -> str:
        """Its first words, as they may be published."""
        line = self.words.split("\n")[0]
        found = re.match(rf"\s*\S+(?:[^\S\n]+\S+){{0,{QUOTED - 1}}}", line)
        words = found[0] if found else ""
        if re.search(f"[{UNSPACED}]", words):
            return words[:QUOTED_SIGNS]
        return words if len(words) <= 200 else ""

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """Those within it, understood together with the words around it."""
        first, last = max(0, self.start - CONTEXT), self.end + CONTEXT
        ends = (self.source.published_earliest, self.source.published_latest)
        found = find_suggestions(self.text[first:last], known_names(), ends)
        moved = (row.moved(first) for row in found)
        return [row for row in moved if self.start <= row.start and row.end <= self.end]


def passage_of(query: Any) -> Passage:
    """The passage that an address names. Raises ValidationError, which says what is wrong."""
    numbers = [query.get(name, "") for name in ("source", "start", "end")]
    if not all(NUMBER.fullmatch(number) for number in numbers):
        raise ValidationError(f"Source, start and end of the passage must be numbers. {AGAIN}")
    pk, start, end = map(int, numbers)
    attached = SourceText.objects.select_related("source").defer("raw").filter(source=pk).first()
    if attached is None:
        raise ValidationError("There is no text of this source: nothing can be cited from it here.")
    if not start < end <= len(attached.text):
        raise ValidationError(
            f"{start}-{end} is no passage of a text of {len(attached.text)} characters. {AGAIN}"
        )
    if end - start > LONGEST:
        raise ValidationError(f"A passage has {LONGEST:,} characters at most. {AGAIN}")
    return trimmed(attached, start, end)


def trimmed(attached: SourceText, start: int, end: int) -> Passage:
    words = attached.text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    if start >= end:
        raise ValidationError(f"The passage holds no words. {AGAIN}")
    return Passage(attached.source, attached.text, start, end)
