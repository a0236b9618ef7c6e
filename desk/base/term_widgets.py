"""Select fields for terms of the codebook, and choice fields that refuse impossible keys."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import Field, ForeignKey, ManyToManyField, Model
from django.http import HttpRequest

from desk.base.generic import AnyModelChoiceField, AnyModelMultipleChoiceField
from policy.models import Term

BLANK_CHOICE = ("", "—")
TermChoice = tuple[str, str]
GroupedChoice = tuple[str, str | list[TermChoice]]

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin
    from django.contrib.admin.widgets import AutocompleteMixin

    AutocompleteBase = AutocompleteMixin
    AdminBase = BaseModelAdmin[Any]
else:
    AutocompleteBase = AdminBase = object


class TermSelect(forms.Select):
    """A select in which the title of each option is the definition of its term."""

    definitions: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        if definition := self.definitions.get(str(value)):
            option["attrs"]["title"] = definition
        return option


class ValidKeysMixin(AutocompleteBase):
    """A search box that shows no selection for values that cannot be a primary key."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(self.is_valid_key, value)), attr)

    def is_valid_key(self, value: str) -> bool:
        model: type[Model] = self.field.remote_field.model
        try:
            model._meta.pk.to_python(value)
        except ValidationError:
            return False
        return "\0" not in str(value)


class SafeAutocompleteSelect(ValidKeysMixin, AutocompleteSelect):
    pass


class SafeAutocompleteSelectMultiple(ValidKeysMixin, AutocompleteSelectMultiple):
    pass


class SafeModelChoiceField(AnyModelChoiceField):
    """A choice by primary key. A key with NUL, which PostgreSQL cannot compare, is no choice."""

    def to_python(self, value: Any) -> Model | None:
        reject_nul(self, [value])
        return super().to_python(value)


class SafeModelMultipleChoiceField(AnyModelMultipleChoiceField):
    def clean(self, value: Any) -> Any:
        reject_nul(self, value or [])
        return super().clean(value)


def reject_nul(field: forms.Field, values: Iterable[object]) -> None:
    """Raise ValidationError, as for a choice that is not available, if a value contains NUL."""
    for value in values:
        if "\0" in str(value):
            message = field.error_messages["invalid_choice"]
            raise ValidationError(message, "invalid_choice", {"value": value})


class TermChoicesMixin(AdminBase):
    """Show a reference to a term as a select. For a ModelAdmin or an inline."""

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Model, Model]", request: HttpRequest, **options: Any
    ) -> "forms.ModelChoiceField[Model] | None":
        options.setdefault("form_class", SafeModelChoiceField)
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = SafeAutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Model, Model]", request: HttpRequest, **options: Any
    ) -> "forms.ModelMultipleChoiceField[Model] | None":
        options.setdefault("form_class", SafeModelMultipleChoiceField)
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = SafeAutocompleteSelectMultiple(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **options)

    def formfield_for_dbfield(
        self, db_field: "Field[object, object]", request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        vocabulary = get_field_vocabulary(db_field)
        if vocabulary and isinstance(db_field, ForeignKey):
            return term_choice_field(db_field, vocabulary, get_request_terms(request))
        return super().formfield_for_dbfield(db_field, request, **options)


def get_field_vocabulary(db_field: "Field[object, object]") -> str | None:
    """Return the vocabulary of a foreign key to a term, or None for any other field."""
    if isinstance(db_field, ForeignKey) and db_field.related_model is Term:
        limit = db_field.get_limit_choices_to()
        vocabulary: str | None = limit.get("vocabulary") if isinstance(limit, dict) else None
        return vocabulary
    return None


def get_request_terms(request: HttpRequest) -> list[Term]:
    """Return all terms in the codebook's order. They are read once for each request."""
    terms: list[Term] | None = getattr(request, "terms", None)
    if terms is None:
        terms = list(Term.objects.all())
        request.terms = terms  # type: ignore[attr-defined]  # kept on the request
    return terms


def term_choice_field(
    db_field: "ForeignKey[Model, Model]", vocabulary: str, terms: Iterable[Term]
) -> forms.Field:
    """Return the form field of a reference to a term of one vocabulary, grouped by heading."""
    of_vocabulary = [term for term in terms if term.vocabulary == vocabulary]
    queryset = Term.objects.filter(vocabulary=vocabulary, abstract=False)
    widget = TermSelect()
    widget.definitions = {term.pk: term.definition for term in of_vocabulary}
    field: forms.ModelChoiceField[Term] = db_field.formfield(  # type: ignore[assignment]
        queryset=queryset,
        form_class=SafeModelChoiceField,
        widget=widget,
        limit_choices_to=None,
    )
    field.choices = [BLANK_CHOICE, *group_term_choices(of_vocabulary)]
    return field


def group_term_choices(terms: Iterable[Term]) -> list[GroupedChoice]:
    """Return the choices in the codebook's order, under their headings if they have any."""
    headings: dict[str, list[TermChoice]] = {}
    choices: list[GroupedChoice] = []
    for term in terms:
        choice: TermChoice = (term.pk, term.label)
        if term.abstract:
            headings[term.pk] = []
            choices.append((term.label, headings[term.pk]))
        elif term.parent_id in headings:
            headings[term.parent_id].append(choice)
        else:
            choices.append(choice)
    return choices
