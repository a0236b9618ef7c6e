"""Terms in forms: short closed lists, read once for a page, definitions within reach."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.http import HttpRequest

from policy.models import Term

BLANK_CHOICE = ("", "—")


class TermSelect(forms.Select):
    """Each option carries its term's definition as its title."""

    definitions: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        if definition := self.definitions.get(str(value)):
            option["attrs"]["title"] = definition
        return option


class ValidKeysMixin:
    """A search box that was sent something that no row can be called shows nothing."""

    def optgroups(self, name: str, value: list[Any], attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(self.is_valid_key, value)), attr)  # type: ignore[misc]

    def is_valid_key(self, value: Any) -> bool:
        try:
            self.field.remote_field.model._meta.pk.to_python(value)  # type: ignore[attr-defined]
        except ValidationError:
            return False
        return "\0" not in str(value)


class SafeAutocompleteSelect(ValidKeysMixin, AutocompleteSelect):
    pass


class SafeAutocompleteSelectMultiple(ValidKeysMixin, AutocompleteSelectMultiple):
    pass


class SafeModelChoiceField(forms.ModelChoiceField):
    """Codes are text, and the database takes no NUL even to look for it."""

    def to_python(self, value: Any) -> Any:
        reject_nul(self, [value])
        return super().to_python(value)


class SafeModelMultipleChoiceField(forms.ModelMultipleChoiceField):
    def clean(self, value: Any) -> Any:
        reject_nul(self, value or [])
        return super().clean(value)


def reject_nul(field: forms.Field, values: Iterable[Any]) -> None:
    for value in values:
        if "\0" in str(value):
            message = field.error_messages["invalid_choice"]
            raise ValidationError(message, "invalid_choice", {"value": value})


class TermChoicesMixin:
    """For a ModelAdmin or an inline. A select beats a search box for lists this short."""

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        options.setdefault("form_class", SafeModelChoiceField)
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            options["widget"] = SafeAutocompleteSelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **options)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        options.setdefault("form_class", SafeModelMultipleChoiceField)
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            options["widget"] = SafeAutocompleteSelectMultiple(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_manytomany(db_field, request, **options)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        vocabulary = get_field_vocabulary(db_field)
        if vocabulary:
            return term_choice_field(db_field, vocabulary, get_request_terms(request))
        return super().formfield_for_dbfield(db_field, request, **options)


def get_field_vocabulary(db_field: Any) -> str | None:
    """The vocabulary that a reference to a term is bound to."""
    if isinstance(db_field, ForeignKey) and db_field.related_model is Term:
        return db_field.get_limit_choices_to().get("vocabulary")
    return None


def get_request_terms(request: HttpRequest) -> list[Term]:
    if not hasattr(request, "terms"):
        request.terms = list(Term.objects.all())
    return request.terms


def term_choice_field(db_field: Any, vocabulary: str, terms: Iterable[Term]) -> Any:
    chosen = [term for term in terms if term.vocabulary == vocabulary]
    queryset = Term.objects.filter(vocabulary=vocabulary, abstract=False)
    options = {"form_class": SafeModelChoiceField, "widget": TermSelect, "limit_choices_to": None}
    field = db_field.formfield(queryset=queryset, **options)
    field.choices = [BLANK_CHOICE, *group_term_choices(chosen)]
    field.widget.definitions = {term.pk: term.definition for term in chosen}
    return field


def group_term_choices(terms: Iterable[Term]) -> list[tuple[str, Any]]:
    """Choices in the codebook's order, under their headings where it has any."""
    headings: dict[str, list[tuple[str, str]]] = {}
    choices: list[tuple[str, Any]] = []
    for term in terms:
        if term.abstract:
            headings[term.pk] = []
            choices.append((term.label, headings[term.pk]))
        else:
            headings.get(term.parent_id or "", choices).append((term.pk, term.label))
    return choices
