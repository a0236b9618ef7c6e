"""Forms of places and terms."""

from typing import Any

from django import forms

from desk.base.fields import ObjectField
from policy.models import Term


def validate_no_cycle(form: forms.ModelForm, field: str) -> None:
    """A row cannot lie under itself."""
    above, passed = form.cleaned_data.get(field), set()
    while above is not None and above.pk not in passed:
        if above.pk == form.instance.pk:
            form.add_error(field, f"{form.instance} would lie under itself.")
            return
        passed.add(above.pk)
        above = getattr(above, field)


class TermForm(forms.ModelForm):
    vocabulary = forms.RegexField(r"^[a-z_]+$", max_length=60)
    code = forms.RegexField(r"^[a-z0-9_]+$", max_length=60)
    crosswalk = ObjectField(required=False, help_text="The nearest code of other codebooks.")

    def clean(self) -> dict[str, Any]:
        super().clean()
        row = self.cleaned_data
        if self.instance._state.adding and {"vocabulary", "code"} <= set(row):
            self.instance.id = f"{row['vocabulary']}.{row['code']}"
        parent = row.get("parent")
        if parent and parent.vocabulary != (row.get("vocabulary") or self.instance.vocabulary):
            self.add_error("parent", "Choose a term of the same vocabulary.")
        validate_no_cycle(self, "parent")
        return row


class JurisdictionForm(forms.ModelForm):
    code = forms.RegexField(
        r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", max_length=60, help_text="ISO 3166-1 or ISO 3166-2 code."
    )
    kind = forms.ChoiceField(
        choices=lambda: Term.objects.filter(vocabulary="jurisdiction_kind").values_list(
            "code", "label"
        )
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        validate_no_cycle(self, "parent")
        return self.cleaned_data
