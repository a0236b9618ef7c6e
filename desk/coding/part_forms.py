"""Forms of an action's rows."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import UniqueConstraint
from django.forms.models import BaseInlineFormSet
from django.utils.html import format_html

from desk.base.fields import SupportsField
from desk.base.record_form import DAY_PRECISION_ERROR
from policy.hashes import sha256_hex
from policy.models import ActionDate, Citation, Source, SourceText
from policy.models.record import validate_sha256
from policy.sources import citations
from policy.suggestions import date_format, date_input
from policy.suggestions.date_intervals import (
    DateInputError,
    ParsedDateInterval,
    UnknownDateError,
)

CITATION_SOURCE_FIELD = re.compile(r"citations-\d+-source")

WHEN_HELP = (
    "In words: 21 May 2021, end of May, before 10 June 2021, unknown. "
    'Fills in earliest, latest and precision. <output class="read">{}</output>'
)


class PartFormSet(BaseInlineFormSet):
    """Says of two rows what the model's constraint says of them, also where a key has gaps."""

    def clean(self) -> None:
        super().clean()
        for constraint in self.model._meta.constraints:
            if getattr(constraint, "nulls_distinct", None) is False:
                self.validate_unique_rows(constraint)

    def validate_unique_rows(self, constraint: UniqueConstraint) -> None:
        names = [name for name in constraint.fields if name != self.fk.name]
        rows = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        keys = [tuple(map(row.get, names)) for row in rows if not row.get("DELETE")]
        if len(set(keys)) < len(keys):
            raise ValidationError(constraint.violation_error_message)

    def get_unique_error_message(self, unique_check: tuple[str, ...]) -> str:
        said = {
            frozenset(constraint.fields): constraint.violation_error_message
            for constraint in self.model._meta.total_unique_constraints
        }
        return said.get(frozenset(unique_check)) or super().get_unique_error_message(unique_check)


class DateWordsField(forms.CharField):
    def has_changed(self, initial: Any, data: Any) -> bool:
        """Words that were taken away change nothing: the fields that they filled in stand."""
        return bool(data) and super().has_changed(initial, data)


class DateForm(forms.ModelForm):
    """`when` takes a date as people write it, and fills in the three fields that keep it."""

    when = DateWordsField(
        required=False,
        max_length=100,
        help_text=format_html(WHEN_HELP, ""),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    interval: ParsedDateInterval | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["precision"].required = False  # the words may give it
        if self.instance.precision_id:
            self.interval = stored_interval(self.instance)
            self.initial["when"] = date_format.format_date_input(self.interval)

    def clean_when(self) -> str:
        words = self.cleaned_data["when"]
        if words and "when" in self.changed_data:
            try:
                self.interval = self.resolve_words(words)
            except DateInputError as unclear:
                code = "unknown" if isinstance(unclear, UnknownDateError) else "unclear"
                raise ValidationError(str(unclear), code=code) from None
        return words

    def resolve_words(self, words: str) -> ParsedDateInterval:
        """Resolved on the cited sources' days where the words need one: all must agree."""
        found = {}
        for day in self.cited_source_days() or [None]:
            interval = date_input.parse_date_input(words, reference_date=day)
            found.setdefault(replace(interval, reference_date=None), interval)
        if len(found) > 1:
            ways = " or ".join(interval.extent for interval in found)
            raise DateInputError(f"The cited sources' days make it {ways}: write it in full.")
        return next(iter(found.values()))

    def cited_source_days(self) -> list[date]:
        """The first and the last day on which each source may have appeared that the form cites."""
        cited = [
            value for name, value in self.data.items() if CITATION_SOURCE_FIELD.fullmatch(name)
        ]
        sources = Source.objects.filter(pk__in=[pk for pk in cited if pk.isdecimal()])
        ends = sources.values_list("published_earliest", "published_latest")
        return sorted({day for pair in ends for day in pair if day})

    def clean(self) -> dict[str, Any]:
        super().clean()
        row = self.cleaned_data
        if row.get("when") and "when" in self.changed_data and self.interval:
            self.fill_date_fields(self.interval)
        precision = row.get("precision")
        if not precision and not self.errors.keys() & {"when", "precision"}:
            self.add_error("precision", self.fields["precision"].error_messages["required"])
        if precision and precision.code == "day" and row.get("earliest") != row.get("latest"):
            self.add_error("precision", DAY_PRECISION_ERROR)
        return row

    def _get_validation_exclusions(self) -> set[str]:
        """Words that cannot be read are one mistake: that they give no day is not another."""
        unread = {"earliest", "latest"} if "when" in self.errors else set()
        return super()._get_validation_exclusions() | unread

    def fill_date_fields(self, interval: ParsedDateInterval) -> None:
        row, precision = self.cleaned_data, f"precision.{interval.precision}"
        row["earliest"], row["latest"] = interval.earliest, interval.latest
        row["precision"] = self.fields["precision"].queryset.get(pk=precision)
        row["resolution"] = row.get("resolution") or resolution_note(row["when"], interval)
        for name in self.errors.keys() & {"earliest", "latest", "precision"}:
            del self.errors[name]


def stored_interval(row: ActionDate) -> ParsedDateInterval:
    return ParsedDateInterval(row.earliest, row.latest, str(row.precision_id).partition(".")[2])


def resolution_note(words: str, interval: ParsedDateInterval) -> str:
    """What a reader should know where the words alone give no day."""
    if not interval.reference_date:
        return ""
    return f"“{words}”, resolved on {interval.reference_date}, when the source appeared."


class RelationForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        super().clean()
        target = self.cleaned_data.get("target")
        if target and target.pk == self.instance.action_id:
            self.add_error("target", "An action cannot be related to itself.")
        return self.cleaned_data


class CitationForm(forms.ModelForm):
    """What the source's attached text can tell need not be typed, and must not contradict it."""

    start = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="First character, from 0."
    )
    end = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Character after the last."
    )
    paragraph = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Where it begins, from 1."
    )
    sha256 = forms.CharField(
        label="SHA-256",
        required=False,
        validators=[validate_sha256],
        help_text="Of the passage in UTF-8. Where the source's text is attached, this and the "
        "paragraph may stay empty; so may start and end, if the quote stands in the text once.",
    )
    supports = SupportsField()

    def clean(self) -> dict[str, Any]:
        super().clean()
        source = self.cleaned_data.get("source")
        if source and not self.errors:
            texts = SourceText.objects.filter(source=source).values_list("text", flat=True)
            self.complete(texts.first(), source.characters)
        return self.cleaned_data

    def complete(self, text: str | None, characters: int) -> None:
        row = self.cleaned_data
        if text is not None and (row["start"], row["end"]) == (None, None) and row["quote"]:
            self.locate(text)
        self.require("start", "end")
        if self.errors or row["end"] > characters:
            return  # the model says where the text ends
        if row["start"] >= row["end"]:
            self.add_error("end", "The passage must end after it starts.")
        elif text is None:
            self.require("paragraph", "sha256", why=" The source's text is not attached.")
        else:
            self.measure(text)

    def require(self, *names: str, why: str = "") -> None:
        for name in names:
            if self.cleaned_data.get(name) in (None, "") and not self.errors.get("quote"):
                self.add_error(name, f"This field is required.{why}")

    def locate(self, text: str) -> None:
        """Offsets from the quote, where nobody gave any."""
        row = self.cleaned_data
        places = [match.start() for match in re.finditer(re.escape(row["quote"]), text)]
        if len(places) == 1:
            row["start"], row["end"] = places[0], places[0] + len(row["quote"])
        else:
            self.add_error(
                "quote", f"It stands {len(places)} times in the text: give start and end."
            )

    def measure(self, text: str) -> None:
        """Fill in what the text can tell, and check the rest against it."""
        row = self.cleaned_data
        passage = text[row["start"] : row["end"]]
        row["sha256"] = row["sha256"] or sha256_hex(passage.encode())
        row["paragraph"] = row["paragraph"] or citations.paragraph_number_at(text, row["start"])
        names = ("start", "end", "sha256", "quote", "paragraph")
        citation = Citation(**{name: row[name] for name in names})
        for name, message in citations.iter_passage_faults(citation, text):
            self.add_error(name, message[:1].upper() + message[1:])
