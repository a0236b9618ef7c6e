"""Actions: one form for a record and all its rows, with hints beside the fields while one types."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from desk.admin.filters import PublicationFilter
from desk.admin.parts import ACTION_INLINES
from desk.admin.records import PRIVATE_FIELDSET, RecordAdmin
from desk.base.model_admin import oversized_form_error
from desk.base.record_form import RecordForm
from desk.base.requests import admin_url
from desk.coding.fragments import attach_fragments, render_fragments
from desk.coding.live_preview import ActionForm, LivePreview
from desk.coding.part_forms import PartFormSet
from desk.reading.prefill import PrefillMixin
from policy.documents.evidence import CODED_SCALAR_FIELDS
from policy.models import Action, Term
from policy.suggestions.duplicates import DuplicateCandidate

PLACED_FIELDS = (
    *("type", "status", "unit", "stance", "attribution", "legal_force"),
    *("instrument", "provision"),
)
OTHER_FIELDS = [name for name in CODED_SCALAR_FIELDS if name not in PLACED_FIELDS]
RelatedOnlyFilter = admin.RelatedOnlyFieldListFilter


class LivePreviewForm(ActionForm):
    """A form that is only previewed: it locks no row, so that nobody has to wait for it."""

    def current_edition(self) -> str:
        return str(self.initial["edition"])


@admin.register(Action)
class ActionAdmin(PrefillMixin, RecordAdmin):
    form = ActionForm
    change_form_template = "desk/action.html"  # type: ignore[misc]  # as in ModelAdmin
    list_display = (
        "title",
        "publication",
        "places",
        "type",
        "status",
        "stance",
        "saved",
    )
    list_filter = (
        PublicationFilter,
        ("type", RelatedOnlyFilter),
        ("status", RelatedOnlyFilter),
        ("stance", RelatedOnlyFilter),
        ("activities", RelatedOnlyFilter),
        ("jurisdictions", RelatedOnlyFilter),
    )
    list_select_related = ("edited_by", "type", "status", "stance")
    search_fields = ("title", "slug", "summary", "agencies__agency__name", "entities__entity__name")
    autocomplete_fields = ("jurisdictions",)
    inlines = ACTION_INLINES
    fieldsets = [
        ("What happened", {"fields": ("title", ("type", "status", "unit"), "summary", "slug")}),
        (
            "Where and about what",
            {
                "fields": (
                    "jurisdictions",
                    "activities",
                    ("stance", "attribution", "legal_force"),
                    "penalties",
                    *OTHER_FIELDS,
                )
            },
        ),
        (
            "Instrument, identifiers and classifications",
            {"fields": (("instrument", "provision"), ("identifiers", "classifications"))},
        ),
        PRIVATE_FIELDSET,
    ]

    class Media:
        css = {"all": ("desk/action.css",)}
        js = (forms.Script("desk/action.js", defer=True),)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Model, Model]", request: HttpRequest, **options: Any
    ) -> "forms.ModelMultipleChoiceField[Model] | None":
        if db_field.related_model is Term:
            options["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)

    @admin.display(description="where")
    def places(self, action: Action) -> str:
        return ", ".join(place.pk for place in action.jurisdictions.all())

    # Hints beside the fields

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **options)
        action: Action | None = context["original"]
        if isinstance(response, TemplateResponse) and self.can_edit_whole_action(request, action):
            form: ActionForm = context["adminform"].form
            formsets: list[PartFormSet] = [
                inline.formset for inline in context["inline_admin_formsets"]
            ]
            live = LivePreview(form, formsets)
            attach_fragments(live)
            response.context_data = {
                **(response.context_data or {}),
                "live": live,
                "live_preview_url": self.live_preview_url(action),
            }
        return response

    def can_edit_whole_action(self, request: HttpRequest, action: Action | None) -> bool:
        """Return whether the user may edit an action, or add one, and sees all its parts."""
        if len(self.get_inline_instances(request, action)) < len(ACTION_INLINES):
            return False
        if action:
            return self.has_change_permission(request, action)
        return self.has_add_permission(request)

    def save_related(
        self, request: HttpRequest, form: RecordForm, formsets: Sequence[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = form.has_changed() or any(formset.has_changed() for formset in formsets)
        if changed and isinstance(form, ActionForm):
            for duplicate in self.possible_duplicates(request, form, formsets):
                message = (
                    f"Saved, but this may be a duplicate of “{duplicate.action}” ({duplicate})."
                )
                self.message_user(request, message, messages.WARNING)

    def possible_duplicates(
        self, request: HttpRequest, form: ActionForm, formsets: Sequence[PartFormSet]
    ) -> list[DuplicateCandidate]:
        if not self.can_edit_whole_action(request, form.instance):
            return []
        return LivePreview(form, formsets).possible_duplicates

    # The same hints for a form that is not saved yet

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.live_preview_page)
        return [
            path("live/", view, name=self.page_url_name("live_new")),
            path("<path:object_id>/live/", view, name=self.page_url_name("live")),
            *super().get_urls(),
        ]

    def live_preview_url(self, action: Action | None) -> str:
        return self.page_url("live", action) if action else admin_url("action", "live_new")

    def live_preview_page(self, request: HttpRequest, object_id: str = "") -> HttpResponse:
        """Show what the posted form would publish. Nothing is saved, locked or logged."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        action: Action | None = None
        if object_id:
            action = self.get_object(request, unquote(object_id))
            if action is None:
                raise Http404
        if not self.can_edit_whole_action(request, action):
            raise PermissionDenied
        if error := oversized_form_error(request):
            return HttpResponseBadRequest(error)
        live = self.build_live_preview(request, action)
        context = {"live": live, "fragments": render_fragments(live)}
        return TemplateResponse(request, "desk/live/fragments.html", context)

    def build_live_preview(self, request: HttpRequest, action: Action | None) -> LivePreview:
        form_class: type[LivePreviewForm] = self.get_form(
            request, action, change=bool(action), form=LivePreviewForm
        )
        form = form_class(request.POST, instance=action or Action())
        form.is_valid()
        formsets: list[PartFormSet]
        formsets, _ = self._create_formsets(  # type: ignore[attr-defined]  # no stub
            request, form.instance, change=bool(action)
        )
        return LivePreview(form, formsets)
