"""Sources, and their texts for users with permission to view them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models.functions import Left
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.admin.filters import PublicationFilter
from desk.admin.records import PRIVATE_FIELDSET, SCHEMES_FIELDSET, Link, RecordAdmin
from desk.base.generic import Fieldset
from desk.base.record_form import MEASURED_FIELDS, RecordForm, SourceForm
from desk.base.requests import admin_url, get_user
from desk.reading.article_views import ImportArticleMixin
from desk.reading.prefill import VIEW_TEXT_PERMISSION
from desk.reading.views import ReadingDeskMixin
from desk.review.publication_status import PublicationStatus
from policy.models import Record, Source, SourceText
from policy.sources.citations import attach_text

PUBLISHED_FIELDSET: Fieldset = (
    "Published",
    {
        "fields": (
            ("published_earliest", "published_latest"),
            ("published_precision", "published_basis"),
            "published_resolution",
        )
    },
)
MAX_OPENING_CHARACTERS = 1000  # of the text, shown on the form
BYTES_FIELDSET: Fieldset = (
    "File",
    {"fields": ("file", ("sha256", "bytes"), ("text_sha256", "characters"))},
)
BYTES_WITHOUT_FILE_FIELDSET: Fieldset = ("File", {"fields": BYTES_FIELDSET[1]["fields"][1:]})
TEXT_FIELDSET: Fieldset = ("Attached text (private, never published)", {"fields": ("text",)})


@admin.register(Source)
class SourceAdmin(ImportArticleMixin, ReadingDeskMixin, RecordAdmin):
    form = SourceForm
    change_list_template = "desk/source_list.html"  # type: ignore[misc]  # as in ModelAdmin
    list_display = (
        "title",
        "publication",
        "publisher",
        "source_class",
        "language",
        "saved",
    )
    list_filter = (
        PublicationFilter,
        ("source_class", admin.RelatedOnlyFieldListFilter),
        "language",
    )
    list_select_related = ("edited_by", "source_class")
    search_fields = ("title", "publisher", "slug", "url", "authors", "sha256")
    autocomplete_fields = ("derived_from",)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    "title",
                    "slug",
                    ("publisher", "language"),
                    "authors",
                    "url",
                    ("source_class", "retrieved_at"),
                    "derived_from",
                )
            },
        ),
        PUBLISHED_FIELDSET,
        BYTES_FIELDSET,
        SCHEMES_FIELDSET,
        PRIVATE_FIELDSET,
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Record | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            fieldsets = [
                BYTES_WITHOUT_FILE_FIELDSET if fieldset is BYTES_FIELDSET else fieldset
                for fieldset in fieldsets
            ]
        return [*fieldsets, TEXT_FIELDSET] if obj and can_read_texts(request) else fieldsets

    def get_readonly_fields(
        self, request: HttpRequest, obj: Record | None = None
    ) -> tuple[str, ...]:
        fields = (*super().get_readonly_fields(request, obj), "text")
        attached = obj is not None and SourceText.objects.filter(source=obj.pk).exists()
        return (*fields, *MEASURED_FIELDS) if attached else fields

    def object_tools(
        self, request: HttpRequest, record: Record, status: PublicationStatus
    ) -> list[Link]:
        links = super().object_tools(request, record, status)
        if can_read_texts(request):
            links.insert(0, ("Read and code it", admin_url("source", "read", record.pk)))
        return links

    def save_related(
        self, request: HttpRequest, form: RecordForm, formsets: Sequence[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        can_add_texts = get_user(request).has_perm("policy.add_sourcetext")
        if isinstance(form, SourceForm) and form.measures and can_add_texts:
            attach_text(form.instance, form.raw)
            self.message_user(request, "The text is attached.", messages.SUCCESS)

    @admin.display(description="beginning")
    def text(self, source: Source) -> SafeString | str:
        opening = (
            SourceText.objects.filter(source=source)
            .values_list(Left("text", MAX_OPENING_CHARACTERS), flat=True)
            .first()
        )
        if opening is None:
            return "None. Attach the file above, or ask an operator to run attach_texts."
        return format_html(
            '<p class="paragraph" dir="auto">{}</p><p><a href="{}">Read and code it</a></p>',
            opening,
            admin_url("source", "read", source.pk),
        )


def can_read_texts(request: HttpRequest) -> bool:
    return get_user(request).has_perm(VIEW_TEXT_PERMISSION)
