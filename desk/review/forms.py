"""TODO docstring."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core import signing

from desk.base.fields import TextField
from desk.base.term_widgets import SafeAutocompleteSelect
from desk.review.preview import Preview
from policy.models import ActionEntity, Agency, Record, Relation, Source

PREVIEW_SALT = "desk.publishing"
MAX_COMMENT_FIELD_LENGTH = 300
# For each kind a field that refers to it: "Merge into…" borrows its search box.
MERGE_TARGET_FIELDS = {
    "agency": Agency._meta.get_field("parent"),
    "entity": ActionEntity._meta.get_field("entity"),
    "source": Source._meta.get_field("derived_from"),
    "action": Relation._meta.get_field("target"),
}


class ReasonForm(forms.Form):
    reason = TextField(
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="Public: it is shown to everyone.",
    )


class PublishForm(ReasonForm):
    """`seen` holds the fingerprint of every record on the page, signed for its reader."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: Any, key: str, revises: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by, self.key = by.pk, key
        self.fields["reason"].required = revises

    def sign_previews(self, pages: list[Preview]) -> None:
        seen = {page.key: page.fingerprint for page in pages}
        self.initial["seen"] = signing.dumps([self.by, self.key, seen], salt=PREVIEW_SALT)

    def clean(self) -> dict[str, Any]:
        super().clean()
        try:
            by, key, seen = signing.loads(self.cleaned_data.get("seen", ""), salt=PREVIEW_SALT)
        except signing.BadSignature:
            by = key = None
        if (by, key) != (self.by, self.key):
            raise forms.ValidationError("This preview is not yours. Look again, then publish.")
        chosen = [*self.data.getlist("together"), key]
        self.cleaned_data["seen"] = {name: seen[name] for name in chosen if name in seen}
        return self.cleaned_data


class MergeForm(ReasonForm):
    field_order = ("into", "reason")

    def __init__(self, *args: Any, record: Record, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["into"] = forms.ModelChoiceField(
            type(record)._default_manager.exclude(pk=record.pk),
            widget=SafeAutocompleteSelect(MERGE_TARGET_FIELDS[record.KIND], admin.site),
            help_text="It stands in for this one from now on.",
        )
        self.order_fields(self.field_order)
