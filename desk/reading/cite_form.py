"""Cite a passage for an action that is there already."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from desk.base.fields import SupportRow, TextField, format_support, parse_support
from desk.base.record_form import RecordForm
from desk.reading.passages import SelectedPassage
from policy.documents.build import build_draft
from policy.documents.evidence import coded_fields, role_keys
from policy.documents.types import Document
from policy.models import Action, Citation, Term
from policy.models.action_parts import validate_short_quote
from policy.sources.citations import iter_passage_faults
from policy.suggestions.matching import matches_field

BASIS_CODES = ("stated", "derived", "inferred")
BASIS_CHOICES = [("", "–"), *((basis, basis) for basis in BASIS_CODES)]
NO_BASIS_CHOSEN = "Choose a basis for at least one field: what does the passage back?"


class CiteForm(RecordForm):
    """A basis, and perhaps its reason, for each value of the action."""

    quote = forms.CharField(
        required=False,
        max_length=200,
        validators=[validate_short_quote],
        help_text="A few of its words, eight at most. Public.",
    )
    note = TextField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
        help_text="What a reader should know of this passage. Public.",
    )

    class Meta:
        model = Action
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, passage: SelectedPassage, **options: Any) -> None:
        super().__init__(*args, **options)
        self.passage, self.document = passage, build_draft(self.instance)
        self.keys = [*coded_fields(self.document), *role_keys(self.document)]
        self.initial["quote"] = passage.quote
        for number, key in enumerate(self.keys):
            self.fields[f"basis-{number}"] = forms.ChoiceField(
                choices=BASIS_CHOICES, required=False, label=key, initial=self.suggested_basis(key)
            )
            self.fields[f"reason-{number}"] = forms.CharField(
                required=False,
                max_length=300,
                widget=forms.TextInput(
                    attrs={"aria-label": f"Reason for {key}", "placeholder": "Reason"}
                ),
            )

    def suggested_basis(self, key: str) -> str:
        """A basis for what the passage's suggestions speak of. Roles and relations are left out."""
        if key.count("/") == 2 or key.startswith("relations"):
            return ""
        speaking = [r for r in self.passage.suggestions if matches_field(r, key, self.document, {})]
        bases = [getattr(row.value, "basis", "stated") for row in speaking]
        return "derived" if bases and key in ("type", "unit") else next(iter(bases), "")

    @property
    def rows(self) -> list[tuple[str, str, Any, Any]]:
        """For the page: key, what stands there, basis, reason."""
        return [
            (
                key,
                format_coded_value(self.document, key),
                self[f"basis-{number}"],
                self[f"reason-{number}"],
            )
            for number, key in enumerate(self.keys)
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        supports = self.supports()
        if not supports and not self.errors:
            raise ValidationError(NO_BASIS_CHOSEN)
        if not self.errors:
            self.citation = self.build_citation(supports)
            self.validate_citation()
        return self.cleaned_data

    def supports(self) -> list[SupportRow]:
        known = Term.objects.filter(vocabulary="basis").values_list("pk", flat=True)
        found = []
        for number, key in enumerate(self.keys):
            basis = self.cleaned_data.get(f"basis-{number}")
            reason = self.cleaned_data.get(f"reason-{number}", "")
            try:
                row = {"field": key, "basis": basis, "reason": reason}
                found += [parse_support(format_support(row), known)] if basis else []
            except ValidationError as error:
                self.add_error(f"reason-{number}", error)
        return found

    def build_citation(self, supports: list[SupportRow]) -> Citation:
        passage = self.passage
        return Citation(
            action=self.instance,
            source=passage.source,
            start=passage.start,
            end=passage.end,
            paragraph=passage.paragraph,
            sha256=passage.sha256,
            quote=self.cleaned_data["quote"],
            note=self.cleaned_data["note"],
            supports=supports,
        )

    def validate_citation(self) -> None:
        """What the model refuses, and a quote that does not stand in the passage."""
        for name, message in iter_passage_faults(self.citation, self.passage.text):
            self.add_error(name if name in self.fields else None, message)
        try:
            self.citation.full_clean()
        except ValidationError as error:
            for message in error.messages:
                self.add_error(None, message)


def format_coded_value(document: Document, key: str) -> str:
    """The value that a key names, in short."""
    name, _, item = key.partition("/")
    if not item:
        return str(document[name])
    if name in ("dates", "figures"):
        (row,) = [row for row in document[name] if row["kind"] == item]
        parts = ("earliest", "latest") if name == "dates" else ("value", "unit")
        return " ".join(dict.fromkeys(str(row[part] or "…") for part in parts))
    return ""
