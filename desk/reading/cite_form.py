"""The form that cites a passage for an existing action."""

from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from desk.base.fields import SupportRow, TextField, format_support, get_basis_keys, parse_support
from desk.base.record_form import RecordForm
from desk.reading.passages import INFERRED_PUBLICATION_REASON, SelectedPassage
from policy.documents.build import build_draft
from policy.documents.evidence import coded_fields, item_key, role_keys
from policy.documents.types import Document
from policy.models import Action, Citation
from policy.models.action_parts import validate_short_quote
from policy.sources.citations import iter_passage_faults
from policy.suggestions.matching import matches_field

BASIS_CODES = ("stated", "derived", "inferred")
BASIS_CHOICES = [("", "–"), *((basis, basis) for basis in BASIS_CODES)]
SHOWN_COLUMNS = {"dates": ("earliest", "latest"), "figures": ("value", "unit")}
NO_BASIS_CHOSEN = "Choose a basis for at least one field that the passage supports."


class CiteFormRow(NamedTuple):
    """One value of the action, with the two fields that the user fills in for it."""

    key: str
    current_value: str
    basis: forms.BoundField
    reason: forms.BoundField


class CiteForm(RecordForm):
    """A basis and, for some, a reason for each value of the action that the passage supports."""

    instance: Action
    citation: Citation  # set by a successful validation
    quote = forms.CharField(
        required=False,
        max_length=200,
        validators=[validate_short_quote],
        help_text="At most eight words of the passage. Public.",
    )
    note = TextField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
        help_text="A remark on the passage for readers. Public.",
    )

    class Meta:
        model = Action
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, passage: SelectedPassage, **options: Any) -> None:
        super().__init__(*args, **options)
        self.passage, self.document = passage, build_draft(self.instance)
        values, roles = coded_fields(self.document), role_keys(self.document)
        self.keys = [*values, *roles]
        self.initial["quote"] = passage.quote
        for number, key in enumerate(self.keys):
            basis = self.suggested_basis(key) if number < len(values) else ""
            self.fields[f"basis-{number}"] = forms.ChoiceField(
                choices=BASIS_CHOICES, required=False, label=key, initial=basis
            )
            self.fields[f"reason-{number}"] = forms.CharField(
                required=False,
                max_length=300,
                initial=INFERRED_PUBLICATION_REASON if basis == "inferred" else "",
                widget=forms.TextInput(
                    attrs={"aria-label": f"Reason for {key}", "placeholder": "Reason"}
                ),
            )

    def suggested_basis(self, key: str) -> str:
        """Return the basis that the passage's suggestions give for a value, or an empty string.

        Nothing is suggested for relations.
        """
        if key.startswith("relations"):
            return ""
        matching = [
            suggestion
            for suggestion in self.passage.suggestions
            if matches_field(suggestion, key, self.document, {})
        ]
        bases = [str(getattr(suggestion.value, "basis", "stated")) for suggestion in matching]
        return "derived" if bases and key in ("type", "unit") else next(iter(bases), "")

    @property
    def rows(self) -> list[CiteFormRow]:
        return [
            CiteFormRow(
                key,
                format_coded_value(self.document, key),
                self[f"basis-{number}"],
                self[f"reason-{number}"],
            )
            for number, key in enumerate(self.keys)
        ]

    def clean(self) -> None:
        super().clean()
        supports = self.supports()
        if not supports and not self.errors:
            raise ValidationError(NO_BASIS_CHOSEN)
        if not self.errors:
            self.citation = self.build_citation(supports)
            self.validate_citation()

    def supports(self) -> list[SupportRow]:
        """Return the chosen supports. Add an error to each that is not valid."""
        bases = get_basis_keys()
        supports: list[SupportRow] = []
        for number, key in enumerate(self.keys):
            basis: str = self.cleaned_data.get(f"basis-{number}") or ""
            reason: str = self.cleaned_data.get(f"reason-{number}", "")
            try:
                row = SupportRow(field=key, basis=basis, reason=reason)
                supports += [parse_support(format_support(row), bases)] if basis else []
            except ValidationError as error:
                self.add_error(f"reason-{number}", error)
        return supports

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
        """Add an error if the quote is not in the passage, or if the model refuses the citation."""
        for name, message in iter_passage_faults(self.citation, self.passage.text):
            self.add_error(name if name in self.fields else None, message)
        try:
            self.citation.full_clean()
        except ValidationError as error:
            for message in error.messages:
                self.add_error(None, message)


def format_coded_value(document: Document, key: str) -> str:
    """Return the value of a key in short, or an empty string if the key itself names it."""
    name, _, item = key.partition("/")
    if not item:
        return str(document[name])
    if name not in SHOWN_COLUMNS:
        return ""
    rows: dict[str, dict[str, object]] = {item_key(name, row): row for row in document[name]}
    values = (rows[item][column] for column in SHOWN_COLUMNS[name])
    return " ".join(dict.fromkeys("…" if value is None else str(value) for value in values))
