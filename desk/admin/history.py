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
from desk.review.preview import differences, pretty
from desk.review.publication_status import public
from policy.models import Deed, Release, Revision
from policy.models.review import DEEDS
from policy.models.revision import EVENTS, KINDS, LIVE, REVIEWS


class OneOf(admin.SimpleListFilter):
    """A closed list, offered without reading every revision for it."""

    choices_of: list[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value.replace("_", " ").capitalize()) for value in self.choices_of]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class KindFilter(OneOf):
    title, parameter_name, choices_of = "kind", "kind", KINDS


class EventFilter(OneOf):
    title, parameter_name, choices_of = "event", "event", EVENTS


class ReviewFilter(OneOf):
    title, parameter_name, choices_of = "review", "review", REVIEWS


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
        ("Document", {"fields": ("printed",)}),
    ]
    readonly_fields = ("changes", "printed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).defer("document")

    @admin.display(description="since the revision before")
    def changes(self, revision: Revision) -> SafeString | str:
        before = Revision.objects.of(revision.kind, revision.record).filter(
            number=revision.number - 1, event__in=LIVE
        )
        old = before.first()
        if old is None or revision.event not in LIVE:
            return "Nothing to compare with."
        rows = differences(public(old), public(revision))
        return render_to_string("desk/differences.html", {"differences": rows})

    @admin.display(description="as it is served")
    def printed(self, revision: Revision) -> str:
        return format_html('<pre class="document">{}</pre>', pretty(json.loads(revision.document)))


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("version", "as_of", "revision")
    list_select_related = ("revision",)
    search_fields = ("version",)


class DeedFilter(OneOf):
    title, parameter_name, choices_of = "deed", "what", DEEDS


@admin.register(Deed)
class DeedAdmin(ReadOnlyAdmin):
    """The whole trail. What one record went through stands in its history."""

    list_display = ("id", "at", "by", "what", "kind", "record")
    list_filter = (KindFilter, DeedFilter)
    list_select_related = ("by",)
    search_fields = ("record", "by__username")
    ordering = ("-id",)
    fields = (("at", "by"), ("what", "kind", "record"), "told", ("previous", "hash"))
    readonly_fields = ("told",)

    @admin.display(description="detail")
    def told(self, deed: Deed) -> SafeString:
        return format_html('<pre class="document">{}</pre>', pretty(deed.detail))
