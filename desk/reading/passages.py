"""A passage that somebody selected at the reading desk."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError

from policy.hashes import sha256_hex
from policy.models import Source, SourceText
from policy.sources.citations import paragraph_number_at
from policy.suggestions import Suggestion, find_suggestions, load_gazetteer
from policy.suggestions.names import UNSPACED_SCRIPTS

MAX_PASSAGE_LENGTH = 5000  # characters
SUGGESTION_CONTEXT_LENGTH = 1000  # characters around it that help to understand it
MAX_QUOTE_WORDS = 8  # words
MAX_UNSPACED_QUOTE_LENGTH = 16  # of a script that parts no words
NUMBER_PARAMETER = re.compile(r"[0-9]{1,9}")
SELECT_AGAIN = "Select the words again at the source's reading desk."


@dataclass
class SelectedPassage:
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
        return paragraph_number_at(self.text, self.start)

    @property
    def sha256(self) -> str:
        return sha256_hex(self.words.encode())

    @property
    def quote(self) -> str:
        """Its first words, as they may be published."""
        line = self.words.split("\n")[0]
        found = re.match(rf"\s*\S+(?:[^\S\n]+\S+){{0,{MAX_QUOTE_WORDS - 1}}}", line)
        words = found[0] if found else ""
        if re.search(f"[{UNSPACED_SCRIPTS}]", words):
            return words[:MAX_UNSPACED_QUOTE_LENGTH]
        return words if len(words) <= 200 else ""

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """Those within it, understood together with the words around it."""
        first, last = (
            max(0, self.start - SUGGESTION_CONTEXT_LENGTH),
            self.end + SUGGESTION_CONTEXT_LENGTH,
        )
        ends = (self.source.published_earliest, self.source.published_latest)
        found = find_suggestions(self.text[first:last], load_gazetteer(), ends)
        moved = (row.shift(first) for row in found)
        return [row for row in moved if self.start <= row.start and row.end <= self.end]


def parse_passage(query: Any) -> SelectedPassage:
    """The passage that an address names. Raises ValidationError, which says what is wrong."""
    numbers = [query.get(name, "") for name in ("source", "start", "end")]
    if not all(NUMBER_PARAMETER.fullmatch(number) for number in numbers):
        raise ValidationError(
            f"Source, start and end of the passage must be numbers. {SELECT_AGAIN}"
        )
    pk, start, end = map(int, numbers)
    attached = SourceText.objects.select_related("source").defer("raw").filter(source=pk).first()
    if attached is None:
        raise ValidationError("There is no text of this source: nothing can be cited from it here.")
    if not start < end <= len(attached.text):
        raise ValidationError(
            f"{start}-{end} is no passage of a text of {len(attached.text)} characters. {SELECT_AGAIN}"
        )
    if end - start > MAX_PASSAGE_LENGTH:
        raise ValidationError(
            f"A passage has {MAX_PASSAGE_LENGTH:,} characters at most. {SELECT_AGAIN}"
        )
    return trim_passage(attached, start, end)


def trim_passage(attached: SourceText, start: int, end: int) -> SelectedPassage:
    words = attached.text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    if start >= end:
        raise ValidationError(f"The passage holds no words. {SELECT_AGAIN}")
    return SelectedPassage(attached.source, attached.text, start, end)
