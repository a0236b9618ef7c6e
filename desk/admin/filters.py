"""Filters of the admin's lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from policy.models import Review, Revision
from policy.models.review import AUDIT_EVENT_TYPES
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS, REVIEW_STATES, REVISION_EVENTS


class PublicationFilter(admin.SimpleListFilter):
    """A filter by the last revision. “Saved since” includes records with the same content."""

    title = "publication"
    parameter_name = "publication"

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [
            ("review", "In review"),
            ("draft", "Never published"),
            ("live", "Published"),
            ("saved", "Published, saved since"),
            ("gone", "Withdrawn or merged"),
        ]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        kind: str = queryset.model.KIND
        last = Revision.objects.as_of(None).filter(kind=kind, record=OuterRef("slug"))
        live = last.filter(event__in=LIVE_EVENTS)
        match self.value():
            case "review":
                open_reviews = Review.objects.filter(kind=kind, outcome="")
                return queryset.filter(pk__in=open_reviews.values("row"))
            case "draft":
                return queryset.exclude(Exists(last))
            case "live":
                return queryset.filter(Exists(live))
            case "saved":
                return queryset.filter(Exists(live.filter(published_at__lt=OuterRef("edited_at"))))
            case "gone":
                return queryset.filter(Exists(last.exclude(event__in=LIVE_EVENTS)))
        return queryset


class FixedChoicesFilter(admin.SimpleListFilter):
    """A filter with fixed choices. Django's own filters read the choices from all rows."""

    filter_values: list[str]

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [(value, value.replace("_", " ").capitalize()) for value in self.filter_values]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class KindFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "kind", "kind", RECORD_KINDS


class EventFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "event", "event", REVISION_EVENTS


class ReviewFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "review", "review", REVIEW_STATES


class AuditEventFilter(FixedChoicesFilter):
    title, parameter_name, filter_values = "event", "what", AUDIT_EVENT_TYPES
