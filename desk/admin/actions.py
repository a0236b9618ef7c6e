"""Actions: one form for a record and all its rows, with what it still wants beside each field."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField
from django.forms import BaseFormSet, CheckboxSelectMultiple, ModelForm, Script
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from desk.admin.parts import ACTION_INLINES
from desk.admin.records import PRIVATE_FIELDSET, PublicationFilter, RecordAdmin
from desk.base.model_admin import oversized_form_error
from desk.base.record_form import RecordForm
from desk.coding.fragments import attach_fragments, render_fragments
from desk.coding.live_preview import LivePreview
from desk.reading.prefill import PrefillMixin
from policy.models import Action, Term
from policy.suggestions.duplicates import DuplicateCandidate

RelatedOnlyFilter = admin.RelatedOnlyFieldListFilter


class LivePreviewForm(RecordForm):
    """Judges what a form holds without a lock: nobody waits for somebody who types."""

    def current_edition(self) -> str:
        return self.initial["edition"]


@admin.register(Action)
class ActionAdmin(PrefillMixin, RecordAdmin):
    change_form_template = "desk/action.html"
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
                )
            },
        ),
        PRIVATE_FIELDSET,
    ]

    class Media:
        css = {"all": ("desk/action.css",)}
        js = (Script("desk/action.js", defer=True),)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.related_model is Term:
            options["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)

    @admin.display(description="where")
    def places(self, action: Action) -> str:
        return ", ".join(place.pk for place in action.jurisdictions.all())

    # What stands beside the fields

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **options)
        if self.can_edit_whole_action(request, context["original"]):
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            live = LivePreview(context["adminform"].form, formsets)
            attach_fragments(live)
            live_preview_url = self.live_preview_url(context["original"])
            response.context_data |= {"live": live, "live_preview_url": live_preview_url}
        return response

    def can_edit_whole_action(self, request: HttpRequest, action: Action | None) -> bool:
        """All of it: who does not see every part could not be shown the document."""
        if len(self.get_inline_instances(request, action)) < len(ACTION_INLINES):
            return False
        if action:
            return self.has_change_permission(request, action)
        return self.has_add_permission(request)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = form.has_changed() or any(formset.has_changed() for formset in formsets)
        for duplicate in self.possible_duplicates(request, form, formsets) if changed else ():
            words = f"Saved, but it may be here already: “{duplicate.action}” ({duplicate})."
            self.message_user(request, words, messages.WARNING)

    def possible_duplicates(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet]
    ) -> list[DuplicateCandidate]:
        return (
            LivePreview(form, formsets).possible_duplicates
            if self.can_edit_whole_action(request, form.instance)
            else []
        )

    # The same, of what nobody has saved yet

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.live_preview_page)
        return [
            path("live/", view, name=f"{self.page_url_name('live')}_new"),
            path("<path:object_id>/live/", view, name=self.page_url_name("live")),
            *super().get_urls(),
        ]

    def live_preview_url(self, action: Action | None) -> str:
        if action:
            return self.page_url("live", action)
        return reverse(f"admin:{self.page_url_name('live')}_new")

    def live_preview_page(self, request: HttpRequest, object_id: str = "") -> HttpResponse:
        """What the posted form would be in public. Saves nothing, locks nothing, logs nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        action = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and action is None:
            raise Http404
        if not self.can_edit_whole_action(request, action):
            raise PermissionDenied
        if error := oversized_form_error(request):
            return HttpResponseBadRequest(error)
        live = self.build_live_preview(request, action)
        context = {"live": live, "fragments": render_fragments(live)}
        return TemplateResponse(request, "desk/live/fragments.html", context)

    def build_live_preview(self, request: HttpRequest, action: Action | None) -> LivePreview:
        form_class = self.get_form(request, action, change=bool(action), form=LivePreviewForm)
        form = form_class(request.POST, instance=action or Action())
        form.is_valid()
        formsets, _ = self._create_formsets(request, form.instance, change=bool(action))
        return LivePreview(form, formsets)
