"""The inlines of an action: its rows, part by part."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from desk.base.fields import SupportRow, format_support
from desk.base.generic import AnyStackedInline
from desk.base.model_admin import PLAIN_TEXT_OVERRIDES
from desk.base.requests import get_user
from desk.base.term_widgets import TermChoicesMixin
from desk.coding.part_forms import (
    CitationForm,
    DateForm,
    FigureForm,
    PartForm,
    PartFormSet,
    RelationForm,
)
from policy.models import (
    Action,
    ActionAgency,
    ActionDate,
    ActionEntity,
    ActionTarget,
    Citation,
    Figure,
    Note,
    Relation,
    Unknown,
)

EXTRA_ROW_CHOICES = [str(number) for number in range(1, 11)]


class PartInline(TermChoicesMixin, AnyStackedInline):
    form = PartForm
    extra = 0
    template = "desk/part.html"
    formset = PartFormSet  # type: ignore[assignment]  # formsets are invariant in their forms
    formfield_overrides = PLAIN_TEXT_OVERRIDES
    select_related_fields: tuple[str, ...] = ()
    fields: ClassVar[tuple[str | tuple[str, ...], ...]]

    def get_extra(self, request: HttpRequest, *args: Any, **options: Any) -> int:
        """Return the number of empty rows. Pages without script ask for some in the query."""
        number = request.GET.get("room", "")
        return int(number) if number in EXTRA_ROW_CHOICES else self.extra

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
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


class TargetInline(PartInline):
    model = ActionTarget
    verbose_name, verbose_name_plural = "target", "targets"
    fields = (("jurisdiction", "role"),)
    autocomplete_fields = ("jurisdiction",)
    select_related_fields = ("jurisdiction", "role")


class DateInline(PartInline):
    model = ActionDate
    form = DateForm
    fields = (
        ("kind", "part", "basis"),
        "when",
        ("earliest", "latest", "precision"),
        "resolution",
    )
    select_related_fields = ("kind", "precision", "basis")

    def get_fields(self, request: HttpRequest, obj: Action | None = None) -> Any:
        """Leave out `when`, which only helps to enter a date, for users who cannot change it."""
        if self.has_change_permission(request, obj):
            return self.fields
        return tuple(field for field in self.fields if field != "when")


class FigureInline(PartInline):
    model = Figure
    form = FigureForm
    fields = (("kind", "part", "comparator"), ("value", "unit"), "claimed_by")
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

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        words = Substr("source__attached__text", F("start") + 1, F("end") - F("start"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(words=words)
        return rows

    def get_fields(self, request: HttpRequest, obj: Action | None = None) -> Any:
        fields = list(self.fields)
        if not self.has_change_permission(request, obj):
            fields[fields.index("supports")] = "supports_text"
        if not get_user(request).has_perm("policy.view_sourcetext"):
            fields.remove("passage")
        return fields

    @admin.display(description="passage")
    def passage(self, citation: Citation) -> str:
        words: str | None = getattr(citation, "words", None)  # see get_queryset
        return words or "–"

    @admin.display(description="supports")
    def supports_text(self, citation: Citation) -> SafeString:
        """Show the supports to users who cannot change them."""
        supports: list[SupportRow] = citation.supports
        return format_html_join("", "<div>{}</div>", ((format_support(row),) for row in supports))


ACTION_INLINES = (
    AgencyInline,
    EntityInline,
    TargetInline,
    DateInline,
    FigureInline,
    CitationInline,
    RelationInline,
    UnknownInline,
    NoteInline,
)
