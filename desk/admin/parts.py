"""The rows of an action."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from desk.base.fields import format_support
from desk.base.model_admin import PLAIN_TEXT_OVERRIDES
from desk.base.term_widgets import TermChoicesMixin
from desk.coding.part_forms import CitationForm, DateForm, PartFormSet, RelationForm
from policy.models import (
    ActionAgency,
    ActionDate,
    ActionEntity,
    Citation,
    Figure,
    Note,
    Relation,
    Unknown,
)

EXTRA_ROW_CHOICES = [str(number) for number in range(1, 11)]


class PartInline(TermChoicesMixin, admin.StackedInline):
    extra = 0
    template = "desk/part.html"
    formset = PartFormSet
    formfield_overrides = PLAIN_TEXT_OVERRIDES
    select_related_fields: tuple[str, ...] = ()

    def get_extra(self, request: HttpRequest, *args: Any, **options: Any) -> int:
        """Rows are added by script; without one the page offers some empty ones."""
        room = request.GET.get("room", "")
        return int(room) if room in EXTRA_ROW_CHOICES else self.extra

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.select_related_fields)


class AgencyInline(PartInline):
    model = ActionAgency
    verbose_name, verbose_name_plural = "agency", "agencies"
    fields = (("agency", "described_as"), ("role", "naming"))
    autocomplete_fields = ("agency",)
    select_related_fields = ("agency", "role", "naming")


class EntityInline(PartInline):
    model = ActionEntity
    verbose_name, verbose_name_plural = "entity", "entities"
    fields = (("entity", "described_as"), ("role", "naming"))
    autocomplete_fields = ("entity",)
    select_related_fields = ("entity", "role", "naming")


class DateInline(PartInline):
    model = ActionDate
    form = DateForm
    fields = (("kind", "when", "basis"), ("earliest", "latest", "precision"), "resolution")
    select_related_fields = ("kind", "precision", "basis")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """`when` is a way to write a date: those who may only look see what is stored."""
        if self.has_change_permission(request, obj):
            return self.fields
        return (("kind", "basis"), *self.fields[1:])


class FigureInline(PartInline):
    model = Figure
    fields = (("kind", "comparator"), ("value", "unit"), "claimed_by")
    select_related_fields = ("kind", "comparator")


class RelationInline(PartInline):
    model = Relation
    form = RelationForm
    fk_name = "action"
    fields = (("type", "target"), "reason")
    autocomplete_fields = ("target",)
    select_related_fields = ("type", "target")


class UnknownInline(PartInline):
    model = Unknown
    fields = (("field", "reason"),)


class NoteInline(PartInline):
    model = Note
    fields = (("kind", "field"), "text")
    select_related_fields = ("kind",)


class CitationInline(PartInline):
    model = Citation
    form = CitationForm
    fields = (
        ("source", "quote"),
        ("start", "end", "paragraph"),
        "passage",
        "supports",
        "sha256",
        "note",
    )
    readonly_fields = ("passage", "supports_text")
    autocomplete_fields = ("source",)
    select_related_fields = ("source",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        words = Substr("source__attached__text", F("start") + 1, F("end") - F("start"))
        return super().get_queryset(request).annotate(words=words)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(self.fields)
        if not self.has_change_permission(request, obj):
            fields[fields.index("supports")] = "supports_text"
        if not request.user.has_perm("policy.view_sourcetext"):
            fields.remove("passage")
        return fields

    @admin.display(description="passage")
    def passage(self, citation: Citation) -> str:
        return getattr(citation, "words", None) or "–"

    @admin.display(description="supports")
    def supports_text(self, citation: Citation) -> SafeString:
        """For those who may only look."""
        return format_html_join(
            "", "<div>{}</div>", ((format_support(r),) for r in citation.supports)
        )


ACTION_INLINES = (
    AgencyInline,
    EntityInline,
    DateInline,
    FigureInline,
    CitationInline,
    RelationInline,
    UnknownInline,
    NoteInline,
)
