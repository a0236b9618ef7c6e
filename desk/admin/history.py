"""Revisions, releases and the audit log, which nobody can change here."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.admin.filters import AuditEventFilter, EventFilter, KindFilter, ReviewFilter
from desk.base.model_admin import ReadOnlyAdmin
from desk.review.preview import pretty_json
from desk.review.publication_status import revision_content
from policy.documents.diff import diff_documents
from policy.models import AuditEvent, Release, Revision
from policy.models.revision import LIVE_EVENTS


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
        ("Changes", {"fields": ("changes",)}),
        ("Document", {"fields": ("document_json",)}),
    ]
    readonly_fields = ("changes", "document_json")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).defer("document")

    @admin.display(description="since the previous revision")
    def changes(self, revision: Revision) -> SafeString | str:
        previous = Revision.objects.of_record(revision.kind, revision.record).filter(
            number=revision.number - 1, event__in=LIVE_EVENTS
        )
        old = previous.first()
        if old is None or revision.event not in LIVE_EVENTS:
            return "There is no previous revision to compare with."
        rows = diff_documents(revision_content(old), revision_content(revision))
        context = {"differences": rows, "before_heading": "Before", "after_heading": "After"}
        return render_to_string("desk/differences.html", context)

    @admin.display(description="as published")
    def document_json(self, revision: Revision) -> SafeString:
        document: object = json.loads(revision.document)
        return format_html('<pre class="document">{}</pre>', pretty_json(document))


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "as_of", "revision")
    list_select_related = ("revision",)
    search_fields = ("version",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The whole audit log. The history of a record shows the events of that record."""

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
