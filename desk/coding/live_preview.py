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

from desk.coding.evidence_badges import Mark, marks
from desk.coding.part_forms import stored
from desk.review.preview import pretty
from policy.documents import evidence
from policy.documents.build import draft
from policy.documents.types import Document
from policy.models import Action, Term
from policy.models.action_parts import Relation
from policy.suggestions import duplicates
from policy.suggestions.duplicates import Sketch, Twin
from policy.suggestions.statuses import SUGGESTED

SETS = ("penalties", "jurisdictions", "activities")
FORM_FIELDS = {"penalty": "penalties"}  # fields that forms call otherwise than documents


class Rows(list):
    """Rows that may not be saved, to be read like a manager's."""

    def all(self) -> "Rows":
        return self


@dataclass
class Suggestion:
    type: str
    status: Any
    reason: str
    taken: bool


@dataclass
class Reading:
    """How the form reads one row of dates."""

    form: Any
    live: "Live"

    @property
    def interval(self) -> Any:
        instance = self.form.instance
        return stored(instance) if instance.earliest or instance.latest else None

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
        silent = evidence.is_silent(self.live.body, "dates")
        return f"dates/{kind}" if kind and not silent else "dates"


@dataclass
class Live:
    """Built from forms, bound or not. What is not valid is named, and stays as it was saved."""

    form: Any
    formsets: Sequence[BaseInlineFormSet]

    def __post_init__(self) -> None:
        for bound in (self.form, *self.formsets):
            bound.is_valid()  # brings what was typed into the instances

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """The forms of each part that hold a row."""
        return {formset.prefix: list(standing(formset)) for formset in self.formsets}

    @cached_property
    def body(self) -> Document:
        action = self.form.instance
        values = {name: getattr(action, f"{name}_id") for name in evidence.SCALARS}
        parts = {name: Rows(form.instance for form in forms) for name, forms in self.rows.items()}
        prefetch_related_objects(parts["citations"], "source__derived_from")
        return draft(
            SimpleNamespace(
                KIND="action",
                slug=action.slug,
                title=action.title,
                summary=action.summary,
                **{f"{name}_id": value for name, value in values.items()},
                **{name: Rows(self.chosen(name)) for name in SETS},
                **parts,
            )
        )

    def chosen(self, name: str) -> Any:
        if self.form.is_bound and name in self.form.fields:
            return self.form.cleaned_data.get(name, [])
        return getattr(self.form.instance, name).all() if self.form.instance.pk else []

    @property
    def text(self) -> str:
        return pretty(self.body)

    # What it wants

    @cached_property
    def errors(self) -> list[str]:
        """Of the forms: what they hold cannot be saved yet."""
        found = list(said(self.form))
        for formset in self.formsets:
            if formset.is_bound:
                found += [f"{formset.prefix}: {message}" for message in formset.non_form_errors()]
                for number, form in enumerate(formset.forms, 1):
                    found += [f"{formset.prefix} {number}: {message}" for message in said(form)]
        return found

    @cached_property
    def gaps(self) -> list[tuple[str, str]]:
        return [*evidence.form_problems(self.body), *evidence.gaps(self.body)]

    @cached_property
    def keys(self) -> list[tuple[str, bool]]:
        """What citations may name, and whether one does. Roles are finer: they need none."""
        backed = evidence.backing(self.body)
        values = [(key, key in backed) for key in evidence.coded_fields(self.body)]
        return values + [(key, True) for key in evidence.roles(self.body)]

    # What stands beside its fields

    @cached_property
    def marks(self) -> dict[str, list[Mark]]:
        """By what a form calls its fields and rows."""
        found = marks(self.body, self.cited)
        named = {FORM_FIELDS.get(name, name): found[name] for name in found if "-" not in name}
        for prefix, forms in self.rows.items():
            for position, form in enumerate(forms):
                if f"{prefix}-{position}" in found:
                    named[form.prefix] = found[f"{prefix}-{position}"]
        return named

    @cached_property
    def cited(self) -> list[str]:
        """The row of each citation of the document."""
        return [form.prefix for form in self.rows["citations"]]

    @cached_property
    def parts(self) -> list[tuple[Any, int, int]]:
        """Each part with the number of its rows and of those that no citation backs."""
        return [
            (formset, len(forms), sum(self.wanting(form.prefix) for form in forms))
            for formset in self.formsets
            for forms in [self.rows[formset.prefix]]
        ]

    def wanting(self, name: str) -> bool:
        return any(mark.wanting for mark in self.marks.get(name, ()))

    @cached_property
    def readings(self) -> list["Reading"]:
        """What each row of dates would store."""
        (formset,) = [formset for formset in self.formsets if formset.prefix == "dates"]
        return [Reading(form, self) for form in formset.forms]

    @cached_property
    def suggestion(self) -> Suggestion | None:
        """The status that the type suggests. It is never set by itself."""
        code = self.body["type"]
        if code not in SUGGESTED:
            return None
        status, reason = SUGGESTED[code]
        terms = Term.objects.in_bulk([f"type.{code}", f"status.{status}"])
        if len(terms) < 2:
            return None
        return Suggestion(
            terms[f"type.{code}"].label,
            terms[f"status.{status}"],
            reason,
            self.body["status"] == status,
        )

    @cached_property
    def twins(self) -> list[Twin]:
        return duplicates.twins(self.sketch())

    def sketch(self) -> Sketch:
        rows = {name: [form.instance for form in forms] for name, forms in self.rows.items()}
        return Sketch(
            self.form.instance.title,
            [row.agency_id for row in rows["agencies"] if row.agency_id],
            [place["id"] for place in self.body["jurisdictions"]],
            [(row.earliest, row.latest) for row in rows["dates"] if row.kind_id != "date.reported"],
            self.related([row.target_id for row in rows["relations"]]),
        )

    def related(self, targets: list[int]) -> list[int]:
        """Itself and what somebody has related it to: that was judged already."""
        action: Action = self.form.instance
        if not action.pk:
            return targets
        sources = Relation.objects.filter(target=action).values_list("action", flat=True)
        return [action.pk, *targets, *sources]


def standing(formset: Any) -> Iterator[Any]:
    """The forms whose rows are there, or would be if they were saved now."""
    for form in formset.forms if formset.is_bound else formset.initial_forms:
        deleted = formset.is_bound and formset.can_delete and formset._should_delete_form(form)
        whole = form.instance.pk or (form.has_changed() and not form.errors)
        if whole and not deleted:
            yield form


def said(form: BaseForm) -> Iterator[str]:
    for name, messages in form.errors.items():
        label = f"{form[name].label}: " if name in form.fields else ""
        yield from (f"{label}{message}" for message in messages)
