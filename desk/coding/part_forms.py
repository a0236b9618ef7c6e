"""Forms of the rows of an action."""

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, UniqueConstraint
from django.forms.models import BaseInlineFormSet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from desk.base.fields import SupportsField
from desk.base.generic import AnyModelForm
from desk.base.record_form import DAY_PRECISION_ERROR
from policy.hashes import sha256_hex
from policy.models import ActionDate, Citation, Figure, Relation, Source, SourceText, Term
from policy.models.action_parts import ActionPart
from policy.models.record import validate_sha256
from policy.sources import citations
from policy.suggestions import date_input
from policy.suggestions.date_intervals import (
    DateInputError,
    ParsedDateInterval,
    UnknownDateError,
)

CITATION_SOURCE_FIELD = re.compile(r"citations-\d+-source")
MAX_OFFSET = 2**31 - 1
WHEN_HELP = (
    "A date in words: 21 May 2021, end of May, before 10 June 2021, unknown. "
    "It fills in earliest, latest and precision. "
    '<output class="date-reading">{}</output>'
)


class PartForm(AnyModelForm):
    """The form of one row, with the badges that are shown below it."""

    instance: ActionPart
    badges: SafeString = mark_safe("")


if TYPE_CHECKING:
    PartFormSetBase = BaseInlineFormSet[Model, Model, PartForm]
else:
    PartFormSetBase = BaseInlineFormSet


class PartFormSet(PartFormSetBase):
    """The rows of one part. Duplicates are reported in the words of the model's constraints.

    `badges` are shown above the rows, `row_count` in the navigation of the page.
    """

    model: type[Model]
    prefix: str
    badges: SafeString = mark_safe("")
    row_count: SafeString = mark_safe("")

    def clean(self) -> None:
        super().clean()
        for constraint in self.model._meta.total_unique_constraints:
            if constraint.nulls_distinct is False:  # Django does not compare rows with empty values
                self.validate_unique_rows(constraint)

    def validate_unique_rows(self, constraint: UniqueConstraint) -> None:
        names = [name for name in constraint.fields if name != self.fk.name]
        rows = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        keys = [tuple(map(row.get, names)) for row in rows if row and not row.get("DELETE")]
        if len(set(keys)) < len(keys):
            raise ValidationError(constraint.get_violation_error_message())

    def get_unique_error_message(self, unique_check: Sequence[str]) -> str:
        for constraint in self.model._meta.total_unique_constraints:
            if set(constraint.fields) == set(unique_check):
                return str(constraint.get_violation_error_message())
        return super().get_unique_error_message(unique_check)


class DateWordsField(forms.CharField):
    def has_changed(self, initial: object, data: object) -> bool:
        """Ignore that the words were deleted: the fields that they filled in keep their values."""
        return bool(data) and super().has_changed(initial, data)


class DateForm(PartForm):
    """A date. `when` takes it in words and fills in the three fields that are stored."""

    instance: ActionDate
    when = DateWordsField(
        required=False,
        max_length=100,
        help_text=format_html(WHEN_HELP, ""),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    interval: ParsedDateInterval | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["precision"].required = False  # the words may state it
        if self.instance.precision_id:
            self.interval = stored_interval(self.instance)
            self.initial["when"] = date_input.format_date_input(self.interval)

    def clean_when(self) -> str:
        words: str = self.cleaned_data["when"]
        if words and "when" in self.changed_data:
            try:
                self.interval = self.resolve_words(words)
            except DateInputError as error:
                code = "unknown" if isinstance(error, UnknownDateError) else "unclear"
                raise ValidationError(str(error), code=code) from None
        return words

    def resolve_words(self, words: str) -> ParsedDateInterval:
        """Return the interval of a date in words, relative to the days of the cited sources.

        Raise DateInputError if it is not understood, or if the sources lead to different intervals.
        """
        days = self.cited_source_days() or [None]
        intervals = [date_input.parse_date_input(words, reference_date=day) for day in days]
        if len(set(intervals)) > 1:
            readings = " or ".join(interval.extent for interval in dict.fromkeys(intervals))
            raise DateInputError(
                f"Relative to the cited sources, this can be {readings}. Enter the full date."
            )
        return intervals[0]

    def cited_source_days(self) -> Sequence[date | None]:
        """Return the first and last possible publication day of each source that the form cites."""
        values = [
            str(value) for name, value in self.data.items() if CITATION_SOURCE_FIELD.fullmatch(name)
        ]
        sources = Source.objects.filter(pk__in=[pk for pk in values if pk.isdecimal()])
        ends = sources.values_list("published_earliest", "published_latest")
        return sorted({day for pair in ends for day in pair if day})

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("when") and "when" in self.changed_data and self.interval:
            self.fill_date_fields(self.interval)
        precision: Term | None = self.cleaned_data.get("precision")
        if not precision and not self.errors.keys() & {"when", "precision"}:
            self.add_error("precision", self.fields["precision"].error_messages["required"])
        earliest: date | None = self.cleaned_data.get("earliest")
        latest: date | None = self.cleaned_data.get("latest")
        if precision and precision.code == "day" and earliest != latest:
            self.add_error("precision", DAY_PRECISION_ERROR)

    def _get_validation_exclusions(self) -> set[str]:
        """Words that cannot be read give no days: do not report the missing days as well."""
        unread = {"earliest", "latest"} if "when" in self.errors else set()
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # no stub
        return excluded | unread

    def fill_date_fields(self, interval: ParsedDateInterval) -> None:
        words: str = self.cleaned_data["when"]
        resolution: str = self.cleaned_data.get("resolution") or resolution_note(words, interval)
        self.cleaned_data |= {
            "earliest": interval.earliest,
            "latest": interval.latest,
            "precision": Term.objects.get(pk=f"precision.{interval.precision}"),
            "resolution": resolution,
        }
        for name in self.errors.keys() & {"earliest", "latest", "precision"}:
            del self.errors[name]


def stored_interval(row: ActionDate) -> ParsedDateInterval:
    """Return the interval that a row stores."""
    return ParsedDateInterval(row.earliest, row.latest, str(row.precision_id).partition(".")[2])


def resolution_note(words: str, interval: ParsedDateInterval) -> str:
    """Return a note for readers if the words alone state no day, else an empty string."""
    if not interval.reference_date:
        return ""
    return f"“{words}”, relative to {interval.reference_date}, when the source was published."


class FigureForm(PartForm):
    instance: Figure

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:  # without zeros at the end
            self.initial["value"] = f"{self.instance.value.normalize():f}"


class RelationForm(PartForm):
    instance: Relation

    def clean(self) -> None:
        super().clean()
        target: Model | None = self.cleaned_data.get("target")
        if target and target.pk == self.instance.action_id:
            self.add_error("target", "An action cannot be related to itself.")


class CitationForm(PartForm):
    """A citation. If the source's text is attached, it is checked and completed from the text."""

    instance: Citation
    start = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_OFFSET, help_text="First character, from 0."
    )
    end = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_OFFSET,
        help_text="The character after the last one.",
    )
    paragraph = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_OFFSET,
        help_text="The paragraph in which it begins, from 1.",
    )
    sha256 = forms.CharField(
        label="SHA-256",
        required=False,
        validators=[validate_sha256],
        help_text="Digest of the passage in UTF-8. If the source's text is attached, you can leave "
        "this and the paragraph empty, and also start and end if the quote occurs only once.",
    )
    supports = SupportsField()

    def clean(self) -> None:
        super().clean()
        source: Source | None = self.cleaned_data.get("source")
        if source and not self.errors:
            texts = SourceText.objects.filter(source=source).values_list("text", flat=True)
            self.complete(texts.first(), source.characters)

    def get_offset(self, name: str) -> int | None:
        offset: int | None = self.cleaned_data.get(name)
        return offset

    def complete(self, text: str | None, characters: int) -> None:
        """Fill in empty fields from the source's text, None if it is not attached.

        `characters` is the length that the source states.
        """
        if text is not None and (self.get_offset("start"), self.get_offset("end")) == (None, None):
            self.locate(text)
        self.require("start", "end")
        start, end = self.get_offset("start"), self.get_offset("end")
        if self.errors or start is None or end is None or end > characters:
            return  # the model's own validation reports an end beyond the text
        if start >= end:
            self.add_error("end", "The passage must end after it starts.")
        elif text is None:
            self.require("paragraph", "sha256", reason=" The source's text is not attached.")
        else:
            self.measure(text, start, end)

    def require(self, *names: str, reason: str = "") -> None:
        for name in names:
            if self.cleaned_data.get(name) in (None, "") and not self.errors.get("quote"):
                self.add_error(name, f"This field is required.{reason}")

    def locate(self, text: str) -> None:
        """Set start and end from the quote, if there is one."""
        quote: str = self.cleaned_data["quote"]
        if not quote:
            return
        starts = [match.start() for match in re.finditer(re.escape(quote), text)]
        if len(starts) == 1:
            self.cleaned_data |= {"start": starts[0], "end": starts[0] + len(quote)}
        else:
            occurs = f"occurs {len(starts)} times" if starts else "does not occur"
            self.add_error("quote", f"The quote {occurs} in the text. Enter start and end.")

    def measure(self, text: str, start: int, end: int) -> None:
        """Fill in the digest and the paragraph, and check the other fields against the text."""
        row = self.cleaned_data
        row["sha256"] = row["sha256"] or sha256_hex(text[start:end])
        row["paragraph"] = row["paragraph"] or citations.paragraph_number_at(text, start)
        names = ("start", "end", "sha256", "quote", "paragraph")
        citation = Citation(**{name: row[name] for name in names})
        for name, message in citations.iter_passage_faults(citation, text):
            self.add_error(name, message[:1].upper() + message[1:])
