"""Forms of reviewers' pages: a reason, a merge, and a publication of exactly what was shown."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.auth.models import User
from django.core import signing
from django.http import QueryDict

from desk.base.fields import TextField
from desk.base.term_widgets import SafeAutocompleteSelect
from desk.review.preview import Preview
from policy.models import ActionEntity, Agency, Record, Relation, Source

PREVIEW_SALT = "desk.publishing"
MAX_COMMENT_FIELD_LENGTH = 300
# For each kind, a field that refers to it. The merge form uses the search box of this field.
MERGE_TARGET_FIELDS = {
    "agency": Agency._meta.get_field("parent"),
    "entity": ActionEntity._meta.get_field("entity"),
    "source": Source._meta.get_field("derived_from"),
    "action": Relation._meta.get_field("target"),
}


class ReasonForm(forms.Form):
    reason = TextField(
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="Public: everyone can read it.",
    )

    def get_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        return reason


class PublishForm(ReasonForm):
    """A publication of the records that a page showed to `by`.

    The hidden field `seen` holds the fingerprints of all records on the page, signed for the user
    and the page. `key` is the key of the page's record, or empty for a page with several records.
    A validated form maps the keys of the selected records to their fingerprints.
    """

    seen = forms.CharField(widget=forms.HiddenInput)
    selected: dict[str, str]

    def __init__(self, data: QueryDict | None = None, *, by: User, key: str, revises: bool) -> None:
        super().__init__(data)
        self.by, self.key = by.pk, key
        self.fields["reason"].required = revises

    def sign_previews(self, pages: list[Preview]) -> None:
        seen = {page.key: page.fingerprint for page in pages}
        self.initial["seen"] = signing.dumps([self.by, self.key, seen], salt=PREVIEW_SALT)

    def clean(self) -> None:
        super().clean()
        by: int | None
        key: str | None
        seen: dict[str, str]
        try:
            by, key, seen = signing.loads(self.cleaned_data.get("seen", ""), salt=PREVIEW_SALT)
        except signing.BadSignature:
            by, key, seen = None, None, {}
        if (by, key) != (self.by, self.key):
            raise forms.ValidationError(
                "This preview was made for another user or record. Reload the page, check the "
                "preview, then publish."
            )
        selected = self.data.getlist("together") if isinstance(self.data, QueryDict) else []
        self.selected = {name: seen[name] for name in (*selected, self.key) if name in seen}


class MergeForm(ReasonForm):
    field_order = ("into", "reason")

    def __init__(self, data: QueryDict | None, *, record: Record) -> None:
        super().__init__(data)
        self.fields["into"] = forms.ModelChoiceField(
            type(record)._default_manager.exclude(pk=record.pk),
            widget=SafeAutocompleteSelect(MERGE_TARGET_FIELDS[record.KIND], admin.site),
            help_text="From now on, it replaces this record.",
        )
        self.order_fields(self.field_order)

    def get_target(self) -> Record:
        target: Record = self.cleaned_data["into"]
        return target
