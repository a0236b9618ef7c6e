"""Passages that users select at the reading desk."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.exceptions import ValidationError

from policy.hashes import sha256_hex
from policy.models import Source, SourceText
from policy.sources.citations import paragraph_number_at
from policy.suggestions import ParsedDateInterval, Suggestion, find_suggestions, load_gazetteer
from policy.suggestions.names import UNSPACED_SCRIPTS

MAX_PASSAGE_LENGTH = 5000  # characters
SUGGESTION_CONTEXT_LENGTH = 1000  # characters before and after it that suggestions may use
MAX_QUOTE_WORDS = 8
MAX_QUOTE_LENGTH = 200  # characters
MAX_UNSPACED_QUOTE_LENGTH = 16  # characters, in scripts without spaces between words
NUMBER_PARAMETER = re.compile(r"[0-9]{1,9}")
INFERRED_PUBLICATION_REASON = "The day of publication is itself inferred."
SELECT_AGAIN = "Select the passage again on the reading page of the source."


@dataclass
class SelectedPassage:
    """A passage of a source's text, without spaces at its ends. Offsets are in code points."""

    source: Source
    text: str  # of the whole source
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
        return sha256_hex(self.words)

    @property
    def quote(self) -> str:
        """The first words, as many as may be published, or an empty string."""
        line = self.words.split("\n")[0]
        match = re.match(rf"\s*\S+(?:[^\S\n]+\S+){{0,{MAX_QUOTE_WORDS - 1}}}", line)
        words = match.group() if match else ""
        if re.search(f"[{UNSPACED_SCRIPTS}]", words):
            return words[:MAX_UNSPACED_QUOTE_LENGTH]
        return words if len(words) <= MAX_QUOTE_LENGTH else ""

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """The suggestions within the passage. Words around it help to find them.

        A date that is resolved on an inferred day of publication is itself inferred.
        """
        first = max(0, self.start - SUGGESTION_CONTEXT_LENGTH)
        last = self.end + SUGGESTION_CONTEXT_LENGTH
        published = (self.source.published_earliest, self.source.published_latest)
        nearby = find_suggestions(self.text[first:last], load_gazetteer(), published)
        shifted = [suggestion.shift(first) for suggestion in nearby]
        within = [row for row in shifted if self.start <= row.start and row.end <= self.end]
        is_inferred = self.source.published_basis_id == "basis.inferred"
        return list(map(infer_derived_date, within)) if is_inferred else within


def infer_derived_date(row: Suggestion) -> Suggestion:
    """Return a suggestion in which a derived date is inferred."""
    date = row.value
    if isinstance(date, ParsedDateInterval) and date.basis == "derived":
        return replace(row, value=replace(date, is_reference_inferred=True))
    return row


def parse_passage(query: Mapping[str, str]) -> SelectedPassage:
    """Return the passage that `source`, `start` and `end` of a query name.

    Raise ValidationError if a number is missing, the source has no text here, or the passage is
    empty, too long or outside the text.
    """
    numbers = [query.get(name, "") for name in ("source", "start", "end")]
    if not all(NUMBER_PARAMETER.fullmatch(number) for number in numbers):
        raise ValidationError(f"Source, start and end must be whole numbers. {SELECT_AGAIN}")
    pk, start, end = map(int, numbers)
    attached = SourceText.objects.select_related("source").defer("raw").filter(source=pk).first()
    if attached is None:
        raise ValidationError("The text of this source is not attached. Attach it to cite from it.")
    length = len(attached.text)
    if not start < end <= length:
        raise ValidationError(
            f"The text has {length} characters, so {start}-{end} is not a passage. {SELECT_AGAIN}"
        )
    if end - start > MAX_PASSAGE_LENGTH:
        raise ValidationError(
            f"A passage can have at most {MAX_PASSAGE_LENGTH:,} characters. {SELECT_AGAIN}"
        )
    return trim_passage(attached, start, end)


def trim_passage(attached: SourceText, start: int, end: int) -> SelectedPassage:
    """Return a passage without the spaces at its ends. Raise ValidationError if nothing is left."""
    words = attached.text[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    if start >= end:
        raise ValidationError(f"The passage contains no words. {SELECT_AGAIN}")
    return SelectedPassage(attached.source, attached.text, start, end)
