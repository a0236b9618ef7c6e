"""What was published, to read and never to change."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.base.model_admin import ReadOnlyAdmin
from desk.review.preview import diff_documents, pretty_json
from desk.review.publication_status import revision_content
from policy.models import AuditEvent, Release, Revision
from policy.models.review import AUDIT_EVENT_TYPES
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS, REVIEW_STATES, REVISION_EVENTS


class FixedChoicesFilter(admin.SimpleListFilter):
    """A closed list, offered without reading every revision for it."""

    filter_values: list[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value.replace("_", " ").capitalize()) for value in self.filter_values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class KindFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "kind", "kind", RECORD_KINDS


class EventFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "event", "event", REVISION_EVENTS


class ReviewFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "review", "review", REVIEW_STATES


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "record",
        "kind",
        "number",
        "event",
        "review",
        "published_at",
        "published_by",
    )
    list_filter = (KindFilter, EventFilter, ReviewFilter)
    list_select_related = ("published_by",)
    search_fields = ("record",)
    ordering = ("-id",)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    ("kind", "record", "number"),
                    ("event", "merged_into", "reason"),
                    ("published_at", "superseded_at"),
                    ("review", "edited_by", "published_by"),
                    "digest",
                )
            },
        ),
        ("What it changed", {"fields": ("changes",)}),
        ("Document", {"fields": ("document_json",)}),
    ]
    readonly_fields = ("changes", "document_json")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).defer("document")

    @admin.display(description="since the revision before")
    def changes(self, revision: Revision) -> SafeString | str:
        before = Revision.objects.of_record(revision.kind, revision.record).filter(
            number=revision.number - 1, event__in=LIVE_EVENTS
        )
        old = before.first()
        if old is None or revision.event not in LIVE_EVENTS:
            return "Nothing to compare with."
        rows = diff_documents(revision_content(old), revision_content(revision))
        return render_to_string("desk/differences.html", {"differences": rows})

    @admin.display(description="as it is served")
    def document_json(self, revision: Revision) -> str:
        return format_html(
            '<pre class="document">{}</pre>', pretty_json(json.loads(revision.document))
        )


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "as_of", "revision")
    list_select_related = ("revision",)
    search_fields = ("version",)


class AuditEventFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "audit event", "what", AUDIT_EVENT_TYPES


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The whole trail. What one record went through stands in its history."""

    list_display = ("id", "at", "by", "what", "kind", "record")
    list_filter = (KindFilter, AuditEventFilter)
    list_select_related = ("by",)
    search_fields = ("record", "by__username")
    ordering = ("-id",)
    fields = (("at", "by"), ("what", "kind", "record"), "detail_json", ("previous", "hash"))
    readonly_fields = ("detail_json",)

    @admin.display(description="detail")
    def detail_json(self, audit_event: AuditEvent) -> SafeString:
        return format_html('<pre class="document">{}</pre>', pretty_json(audit_event.detail))
