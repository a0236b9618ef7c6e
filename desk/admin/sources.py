"""Sources, and their texts for those who may read them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models.functions import Left
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.admin.records import PRIVATE_FIELDSET, PublicationFilter, RecordAdmin
from desk.base.record_form import MEASURED_FIELDS, SourceForm
from desk.reading.article_views import ImportArticleMixin
from desk.reading.views import ReadingDeskMixin, source_url
from policy.models import Source, SourceText
from policy.sources.citations import attach_text

PUBLISHED_FIELDSET = (
    "Published",
    {
        "fields": (
            ("published_earliest", "published_latest"),
            ("published_precision", "published_basis"),
            "published_resolution",
        )
    },
)
MAX_OPENING_CHARACTERS = 1000  # characters of the text on the source's own form
BYTES_FIELDSET = ("Bytes", {"fields": ("file", ("sha256", "bytes"), ("text_sha256", "characters"))})
TEXT_FIELDSET = ("Attached text: private, never published", {"fields": ("text",)})


@admin.register(Source)
class SourceAdmin(ImportArticleMixin, ReadingDeskMixin, RecordAdmin):
    form = SourceForm
    change_list_template = "desk/source_list.html"
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
        PRIVATE_FIELDSET,
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            sets = [
                entry if entry is not BYTES_FIELDSET else without_file_field(entry)
                for entry in sets
            ]
        return [*sets, TEXT_FIELDSET] if obj and self.can_read_texts(request) else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = (*super().get_readonly_fields(request, obj), "text")
        attached = obj is not None and SourceText.objects.filter(source=obj).exists()
        return (*fields, *MEASURED_FIELDS) if attached else fields

    def can_read_texts(self, request: HttpRequest) -> bool:
        return request.user.has_perm("policy.view_sourcetext")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.cleaned_data.get("file") and request.user.has_perm("policy.add_sourcetext"):
            attach_text(form.instance, form.raw)
            self.message_user(request, "The text is attached.", messages.SUCCESS)

    @admin.display(description="its beginning")
    def text(self, source: Source) -> SafeString | str:
        opening = (
            SourceText.objects.filter(source=source)
            .values_list(Left("text", MAX_OPENING_CHARACTERS))
            .first()
        )
        if opening is None:
            return "None. Attach the file above, or run attach_texts."
        return format_html(
            '<p class="paragraph" dir="auto">{}</p><p><a href="{}">Read and code it</a></p>',
            opening[0],
            source_url("read", source),
        )


def without_file_field(entry: Any) -> Any:
    name, options = entry
    return name, {**options, "fields": options["fields"][1:]}
