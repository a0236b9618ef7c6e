"""An action as its form holds it now: its document, what is missing, and hints for fields.

Nothing here is saved, and no row is locked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar, cast

from django import forms
from django.db.models import Model, prefetch_related_objects

from desk.base.record_form import FORM_FIELD_OF_DOCUMENT_FIELD, RecordForm
from desk.coding.evidence_badges import Badges, build_badges
from desk.coding.part_forms import DateForm, PartForm, PartFormSet, stored_interval
from desk.review.preview import pretty_json
from policy.documents import evidence
from policy.documents.action_schema import ActionDocument
from policy.documents.build import build_draft
from policy.documents.columns import (
    FieldDescription,
    content_plan,
    describe_field,
    is_relation,
)
from policy.documents.types import Document
from policy.models import M2M_FIELDS, Action, ActionAgency, ActionDate, Record, Term
from policy.models.action_parts import Relation
from policy.strictjson import PathProblem
from policy.suggestions import duplicates
from policy.suggestions.date_intervals import ParsedDateInterval
from policy.suggestions.duplicates import DraftSummary, DuplicateCandidate
from policy.suggestions.statuses import SUGGESTED_STATUSES

Row = TypeVar("Row", bound=Model)


class ActionForm(RecordForm):
    instance: Action


class UnsavedRows(list[Row]):
    """Rows that may be unsaved, with the method of a manager that documents are built with."""

    def all(self) -> "UnsavedRows[Row]":
        return self


@dataclass
class StatusSuggestion:
    """The status that the type of an action suggests, and why."""

    type: str
    status: Term
    reason: str
    is_chosen: bool


class CitableKey(NamedTuple):
    key: str
    is_cited: bool


class PartCount(NamedTuple):
    formset: PartFormSet
    row_count: int
    without_citation: int


@dataclass
class DateReading:
    """How the form reads one row of dates."""

    form: DateForm
    live: "LivePreview"

    @property
    def interval(self) -> ParsedDateInterval | None:
        instance = self.form.instance
        return stored_interval(instance) if instance.earliest or instance.latest else None

    @property
    def words(self) -> str:
        """The words that fill in the other fields, or an empty string."""
        filled = self.form.is_bound and "when" in self.form.changed_data
        return str(self.form["when"].value()) if filled else ""

    @property
    def errors(self) -> list[str]:
        return list(map(str, self.form.errors.get("when", []))) if self.form.is_bound else []

    @property
    def unknown(self) -> str:
        """The key under which to state why a date is unknown, or an empty string."""
        if not (self.form.is_bound and self.form.has_error("when", code="unknown")):
            return ""
        kind = str(self.form["kind"].value() or "").partition(".")[2]
        if not kind or evidence.is_core_field_empty(self.live.body, "dates"):
            return "dates"
        part = str(self.form["part"].value() or "").strip()
        return f"dates/{evidence.item_key('dates', {'kind': kind, 'part': part})}"


@dataclass
class LivePreview:
    """The preview of a form and its formsets, bound or not.

    Rows that are not valid are named in `errors`, and are used as they were last saved.
    """

    form: ActionForm
    formsets: Sequence[PartFormSet]

    def __post_init__(self) -> None:
        self.form.is_valid()  # copies the input into the instances
        for formset in self.formsets:
            formset.is_valid()

    @property
    def action(self) -> Action:
        return self.form.instance

    @cached_property
    def rows(self) -> dict[str, list[PartForm]]:
        """The forms that hold a row, by part."""
        return {formset.prefix: list(forms_with_rows(formset)) for formset in self.formsets}

    def instances(self, part: str, model: type[Row]) -> list[Row]:
        rows: list[Model] = [form.instance for form in self.rows[part]]
        return [row for row in rows if isinstance(row, model)]

    @cached_property
    def body(self) -> Document:
        """The document that would be published if the form were saved now."""
        columns = [
            column
            for name, column, _ in content_plan(ActionDocument)
            if is_own_column(describe_field(ActionDocument, name))
        ]
        parts = {name: UnsavedRows(self.instances(name, Model)) for name in self.rows}
        prefetch_related_objects(parts["citations"], "source__derived_from")
        draft = SimpleNamespace(
            KIND="action",
            **{name: getattr(self.action, name) for name in columns},
            **{name: UnsavedRows(self.selected_values(name)) for name in M2M_FIELDS},
            **parts,
        )
        return build_draft(cast(Record, draft))  # build_draft reads only these attributes

    def selected_values(self, name: str) -> list[Model]:
        """The values of a many-to-many field: those of the form, else those that are saved."""
        if self.form.is_bound and name in self.form.fields:
            return list(self.form.cleaned_data.get(name, []))
        return list(getattr(self.action, name).all()) if self.action.pk else []

    @property
    def text(self) -> str:
        return pretty_json(self.body)

    # What is missing

    @cached_property
    def errors(self) -> list[str]:
        """What prevents saving."""
        errors = list(iter_form_errors(self.form))
        for formset in self.formsets:
            if not formset.is_bound:
                continue
            errors += [f"{formset.prefix}: {message}" for message in formset.non_form_errors()]
            for number, form in enumerate(formset.forms, 1):
                place = f"{formset.prefix} {number}"
                errors += [f"{place}: {message}" for message in iter_form_errors(form)]
        return errors

    @cached_property
    def gaps(self) -> list[PathProblem]:
        """What prevents publishing: (key, message)."""
        return [*evidence.iter_key_problems(self.body), *evidence.iter_evidence_gaps(self.body)]

    @cached_property
    def citable_keys(self) -> list[CitableKey]:
        """The keys that citations may name. Roles are optional, so they count as cited."""
        cited = evidence.supports_by_key(self.body)
        values = [CitableKey(key, key in cited) for key in evidence.coded_fields(self.body)]
        return values + [CitableKey(key, True) for key in evidence.role_keys(self.body)]

    # Hints for fields

    @cached_property
    def badges(self) -> dict[str, Badges]:
        """The badges by the form's own names of its fields and rows."""
        badges = build_badges(self.body, self.citation_prefixes)
        renamed = {
            FORM_FIELD_OF_DOCUMENT_FIELD.get(name, name): of_field
            for name, of_field in badges.items()
            if "-" not in name
        }
        for part, part_forms in self.rows.items():
            for position, form in enumerate(part_forms):
                if f"{part}-{position}" in badges:
                    renamed[str(form.prefix)] = badges[f"{part}-{position}"]
        return renamed

    @cached_property
    def citation_prefixes(self) -> list[str]:
        """The prefix of the form's row of each of the document's citations."""
        return [str(form.prefix) for form in self.rows["citations"]]

    @cached_property
    def part_counts(self) -> list[PartCount]:
        """Each part with the number of its rows, and of its rows without a citation."""
        return [
            PartCount(formset, len(rows), sum(self.lacks_citation(form) for form in rows))
            for formset in self.formsets
            for rows in [self.rows[formset.prefix]]
        ]

    def lacks_citation(self, form: PartForm) -> bool:
        return any(badge.lacks_citation for badge in self.badges.get(str(form.prefix), ()))

    @cached_property
    def date_readings(self) -> list[DateReading]:
        return [
            DateReading(form, self)
            for formset in self.formsets
            for form in formset.forms
            if isinstance(form, DateForm)
        ]

    @cached_property
    def suggestion(self) -> StatusSuggestion | None:
        """The status that the type suggests. It is never set automatically."""
        code: str | None = self.body["type"]
        if code is None or code not in SUGGESTED_STATUSES:
            return None
        status, reason = SUGGESTED_STATUSES[code]
        terms = Term.objects.in_bulk([f"type.{code}", f"status.{status}"])
        if len(terms) < 2:
            return None
        return StatusSuggestion(
            terms[f"type.{code}"].label,
            terms[f"status.{status}"],
            reason,
            is_chosen=self.body["status"] == status,
        )

    @cached_property
    def possible_duplicates(self) -> list[DuplicateCandidate]:
        return duplicates.find_duplicates(self.draft_summary())

    def draft_summary(self) -> DraftSummary:
        places: list[dict[str, str]] = self.body["jurisdictions"]
        dates = self.instances("dates", ActionDate)
        return DraftSummary(
            self.action.title,
            [row.agency_id for row in self.instances("agencies", ActionAgency) if row.agency_id],
            [place["id"] for place in places],
            [(row.earliest, row.latest) for row in dates if row.kind_id != "date.reported"],
            self.excluded_actions(),
        )

    def excluded_actions(self) -> list[int]:
        """Return the action itself and all actions that are related to it: no duplicates."""
        targets = [row.target_id for row in self.instances("relations", Relation)]
        if not self.action.pk:
            return targets
        sources = Relation.objects.filter(target=self.action).values_list("action", flat=True)
        return [self.action.pk, *targets, *sources]


def is_own_column(field: FieldDescription) -> bool:
    """Return whether an action stores a field itself, not in rows of other tables."""
    return not (field.is_computed or is_relation(field))


def forms_with_rows(formset: PartFormSet) -> Iterator[PartForm]:
    """Yield the forms whose rows exist, or would exist if they were saved now."""
    for form in formset.forms if formset.is_bound else formset.initial_forms:
        deleted = formset.is_bound and formset.can_delete and is_deleted(formset, form)
        has_row = form.instance.pk or (form.has_changed() and not form.errors)
        if has_row and not deleted:
            yield form


def is_deleted(formset: Any, form: PartForm) -> bool:
    deleted: bool = formset._should_delete_form(form)
    return deleted


def iter_form_errors(form: forms.BaseForm) -> Iterator[str]:
    for name, messages in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        yield from (f"{label}{message}" for message in messages)
