"""A new action whose form is filled in from a passage that somebody selected."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from desk.reading.passages import parse_passage
from desk.reading.prefill_values import ActionProposal, propose_action
from policy.models import ActionAgency, Agency

VIEW_TEXT_PERMISSION = "policy.view_sourcetext"


class PrefillMixin(admin.ModelAdmin):
    """Rows that the query proposes are saved as if they had been typed, and removed likewise."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        if "start" not in request.GET:
            return initial
        return self.proposal(request).values

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        inlines = super().get_inline_instances(request, obj)
        for inline in inlines if obj is None else ():
            inline.extra = max(inline.extra, len(self.get_initial_rows(request, inline)))
        return inlines

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        rows = self.get_initial_rows(request, inline) if obj.pk is None else []
        return options | ({"initial": rows} if rows else {})

    def get_initial_rows(self, request: HttpRequest, inline: Any) -> list[dict[str, Any]]:
        """None when the form comes back: what it holds by then is somebody's own."""
        asked = request.method == "GET" and "start" in request.GET
        return self.proposal(request).parts.get(inline.model, []) if asked else []

    def proposal(self, request: HttpRequest) -> ActionProposal:
        """Made once a request; empty where the query names no passage."""
        if not hasattr(request, "proposal"):
            request.proposal = self.build_proposal(request)
        return request.proposal

    def build_proposal(self, request: HttpRequest) -> ActionProposal:
        try:
            if not request.user.has_perm(VIEW_TEXT_PERMISSION):
                raise ValidationError("You may not read the texts of sources.")
            passage = parse_passage(request.GET)
        except ValidationError as error:
            message = f"The form is empty: {error.messages[0]}"
            self.message_user(request, message, messages.ERROR)
            return ActionProposal()
        self.message_user(
            request,
            f"Filled in from {passage.source.slug}, characters {passage.start} to {passage.end}. "
            "Check every field: nothing is saved yet.",
        )
        return resolve_agency_keys(propose_action(passage))


def resolve_agency_keys(found: ActionProposal) -> ActionProposal:
    """Agencies as the form chooses them: by primary key."""
    rows = [row for row in found.parts[ActionAgency] if "agency" in row]
    slugs = [row["agency"] for row in rows]
    keys = dict(Agency.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    for row in rows:
        row["agency"] = keys[row["agency"]]
    return found
