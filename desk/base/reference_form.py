"""Forms of places and terms."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import Model

from desk.base.fields import ObjectField
from desk.base.generic import AnyModelForm
from policy.documents.reference import (
    validate_iso3,
    validate_m49,
    validate_pattern,
    validate_template,
)
from policy.models import Term


def validate_no_cycle(form: "forms.ModelForm[Model]", field: str) -> None:
    """Add an error to `field`, a foreign key to the same model, if it leads back to the record."""
    ancestor: Model | None = form.cleaned_data.get(field)
    checked: set[object] = set()
    while ancestor is not None and ancestor.pk not in checked:
        if ancestor.pk == form.instance.pk:
            form.add_error(field, "A record cannot be its own ancestor.")
            return
        checked.add(ancestor.pk)
        ancestor = getattr(ancestor, field)


def add_validators(form: "forms.ModelForm[Model]", **validators: Callable[[str], None]) -> None:
    """Add a validator to each of these fields. Users who may not change them have no fields."""
    for name in validators.keys() & form.fields.keys():
        form.fields[name].validators.append(validators[name])


class TermForm(AnyModelForm):
    instance: Term
    vocabulary = forms.RegexField(r"^[a-z_]+$", max_length=60)
    code = forms.RegexField(r"^[a-z0-9_]+$", max_length=60)
    crosswalk = ObjectField(required=False, help_text="The nearest codes of other codebooks.")

    class Meta:
        labels: ClassVar = {"url_template": "URL template"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        add_validators(self, pattern=validate_pattern, url_template=validate_template)

    def clean(self) -> None:
        super().clean()
        vocabulary: str | None = self.cleaned_data.get("vocabulary")
        code: str | None = self.cleaned_data.get("code")
        if self.instance._state.adding and vocabulary is not None and code is not None:
            self.instance.id = f"{vocabulary}.{code}"
        parent: Term | None = self.cleaned_data.get("parent")
        if parent and parent.vocabulary != (vocabulary or self.instance.vocabulary):
            self.add_error("parent", "Choose a term of the same vocabulary.")
        validate_no_cycle(self, "parent")


def jurisdiction_kinds() -> list[tuple[str, str]]:
    kinds = Term.objects.filter(vocabulary="jurisdiction_kind")
    return list(kinds.values_list("code", "label"))


class JurisdictionForm(AnyModelForm):
    code = forms.RegexField(
        r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", max_length=60, help_text="ISO 3166-1 or ISO 3166-2 code."
    )
    kind = forms.ChoiceField(choices=jurisdiction_kinds)

    class Meta:
        labels: ClassVar = {"iso3": "Alpha-3 code", "m49": "M49 code"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        add_validators(self, iso3=validate_iso3, m49=validate_m49)

    def clean(self) -> None:
        super().clean()
        validate_no_cycle(self, "parent")
