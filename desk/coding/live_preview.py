"""An action as its form has it now: what it would say in public, and what it still wants.

Nothing here is saved, and no row is locked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.db.models import prefetch_related_objects
from django.forms import BaseForm
from django.forms.models import BaseInlineFormSet

from desk.coding.evidence_badges import EvidenceBadge, build_badges
from desk.coding.part_forms import stored_interval
from desk.review.preview import pretty_json
from policy.documents import evidence
from policy.documents.build import build_draft
from policy.documents.types import Document
from policy.models import Action, Term
from policy.models.action_parts import Relation
from policy.suggestions import duplicates
from policy.suggestions.duplicates import DraftSummary, DuplicateCandidate
from policy.suggestions.statuses import SUGGESTED_STATUSES

LIVE_M2M_FIELDS = ("penalties", "jurisdictions", "activities")
LIVE_FORM_FIELDS = {"penalty": "penalties"}  # fields that forms call otherwise than documents


class UnsavedRows(list):
    """Rows that may not be saved, to be read like a manager's."""

    def all(self) -> "UnsavedRows":
        return self


@dataclass
class StatusSuggestion:
    type: str
    status: Any
    reason: str
    is_chosen: bool


@dataclass
class DateReading:
    """How the form reads one row of dates."""

    form: Any
    live: "LivePreview"

    @property
    def interval(self) -> Any:
        instance = self.form.instance
        return stored_interval(instance) if instance.earliest or instance.latest else None

    @property
    def words(self) -> str:
        """Those that fill in the other fields."""
        filled = self.form.is_bound and "when" in self.form.changed_data
        return self.form["when"].value() if filled else ""

    @property
    def errors(self) -> Any:
        return self.form.errors.get("when", []) if self.form.is_bound else []

    @property
    def unknown(self) -> str:
        """The key under which to say why nobody knows."""
        if not (self.form.is_bound and self.form.has_error("when", code="unknown")):
            return ""
        kind = (self.form["kind"].value() or "").partition(".")[2]
        silent = evidence.is_core_field_empty(self.live.body, "dates")
        return f"dates/{kind}" if kind and not silent else "dates"


@dataclass
class LivePreview:
    """Built from forms, bound or not. What is not valid is named, and stays as it was saved."""

    form: Any
    formsets: Sequence[BaseInlineFormSet]

    def __post_init__(self) -> None:
        for bound in (self.form, *self.formsets):
            bound.is_valid()  # brings what was typed into the instances

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """The forms of each part that hold a row."""
        return {formset.prefix: list(forms_with_rows(formset)) for formset in self.formsets}

    @cached_property
    def body(self) -> Document:
        action = self.form.instance
        values = {name: getattr(action, f"{name}_id") for name in evidence.CODED_SCALAR_FIELDS}
        parts = {
            name: UnsavedRows(form.instance for form in forms) for name, forms in self.rows.items()
        }
        prefetch_related_objects(parts["citations"], "source__derived_from")
        return build_draft(
            SimpleNamespace(
                KIND="action",
                slug=action.slug,
                title=action.title,
                summary=action.summary,
                **{f"{name}_id": value for name, value in values.items()},
                **{name: UnsavedRows(self.selected_values(name)) for name in LIVE_M2M_FIELDS},
                **parts,
            )
        )

    def selected_values(self, name: str) -> Any:
        if self.form.is_bound and name in self.form.fields:
            return self.form.cleaned_data.get(name, [])
        return getattr(self.form.instance, name).all() if self.form.instance.pk else []

    @property
    def text(self) -> str:
        return pretty_json(self.body)

    # What it wants

    @cached_property
    def errors(self) -> list[str]:
        """Of the forms: what they hold cannot be saved yet."""
        found = list(iter_form_errors(self.form))
        for formset in self.formsets:
            if formset.is_bound:
                found += [f"{formset.prefix}: {message}" for message in formset.non_form_errors()]
                for number, form in enumerate(formset.forms, 1):
                    found += [
                        f"{formset.prefix} {number}: {message}"
                        for message in iter_form_errors(form)
                    ]
        return found

    @cached_property
    def gaps(self) -> list[tuple[str, str]]:
        return [*evidence.iter_key_problems(self.body), *evidence.iter_evidence_gaps(self.body)]

    @cached_property
    def citable_keys(self) -> list[tuple[str, bool]]:
        """What citations may name, and whether one does. Roles are finer: they need none."""
        backed = evidence.supports_by_key(self.body)
        values = [(key, key in backed) for key in evidence.coded_fields(self.body)]
        return values + [(key, True) for key in evidence.role_keys(self.body)]

    # What stands beside its fields

    @cached_property
    def badges(self) -> dict[str, list[EvidenceBadge]]:
        """By what a form calls its fields and rows."""
        found = build_badges(self.body, self.citation_prefixes)
        named = {LIVE_FORM_FIELDS.get(name, name): found[name] for name in found if "-" not in name}
        for prefix, forms in self.rows.items():
            for position, form in enumerate(forms):
                if f"{prefix}-{position}" in found:
                    named[form.prefix] = found[f"{prefix}-{position}"]
        return named

    @cached_property
    def citation_prefixes(self) -> list[str]:
        """The row of each citation of the document."""
        return [form.prefix for form in self.rows["citations"]]

    @cached_property
    def part_counts(self) -> list[tuple[Any, int, int]]:
        """Each part with the number of its rows and of those that no citation backs."""
        return [
            (formset, len(forms), sum(self.lacks_citation(form.prefix) for form in forms))
            for formset in self.formsets
            for forms in [self.rows[formset.prefix]]
        ]

    def lacks_citation(self, name: str) -> bool:
        return any(mark.lacks_citation for mark in self.badges.get(name, ()))

    @cached_property
    def date_readings(self) -> list["DateReading"]:
        """What each row of dates would store."""
        (formset,) = [formset for formset in self.formsets if formset.prefix == "dates"]
        return [DateReading(form, self) for form in formset.forms]

    @cached_property
    def suggestion(self) -> StatusSuggestion | None:
        """The status that the type suggests. It is never set by itself."""
        code = self.body["type"]
        if code not in SUGGESTED_STATUSES:
            return None
        status, reason = SUGGESTED_STATUSES[code]
        terms = Term.objects.in_bulk([f"type.{code}", f"status.{status}"])
        if len(terms) < 2:
            return None
        return StatusSuggestion(
            terms[f"type.{code}"].label,
            terms[f"status.{status}"],
            reason,
            self.body["status"] == status,
        )

    @cached_property
    def possible_duplicates(self) -> list[DuplicateCandidate]:
        return duplicates.find_duplicates(self.draft_summary())

    def draft_summary(self) -> DraftSummary:
        rows = {name: [form.instance for form in forms] for name, forms in self.rows.items()}
        return DraftSummary(
            self.form.instance.title,
            [row.agency_id for row in rows["agencies"] if row.agency_id],
            [place["id"] for place in self.body["jurisdictions"]],
            [(row.earliest, row.latest) for row in rows["dates"] if row.kind_id != "date.reported"],
            self.excluded_actions([row.target_id for row in rows["relations"]]),
        )

    def excluded_actions(self, targets: list[int]) -> list[int]:
        """Itself and what somebody has related it to: that was judged already."""
        action: Action = self.form.instance
        if not action.pk:
            return targets
        sources = Relation.objects.filter(target=action).values_list("action", flat=True)
        return [action.pk, *targets, *sources]


def forms_with_rows(formset: Any) -> Iterator[Any]:
    """The forms whose rows are there, or would be if they were saved now."""
    for form in formset.forms if formset.is_bound else formset.initial_forms:
        deleted = formset.is_bound and formset.can_delete and formset._should_delete_form(form)
        whole = form.instance.pk or (form.has_changed() and not form.errors)
        if whole and not deleted:
            yield form


def iter_form_errors(form: BaseForm) -> Iterator[str]:
    for name, messages in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        yield from (f"{label}{message}" for message in messages)
