"""Open the form of a new action, filled in from a passage that the query names."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from desk.base.generic import AnyModelAdmin
from desk.base.requests import get_user
from desk.reading.passages import parse_passage
from desk.reading.prefill_values import ActionProposal, FormValues, propose_action
from policy.models import Action, ActionAgency, Agency

VIEW_TEXT_PERMISSION = "policy.view_sourcetext"


class PrefillMixin(AnyModelAdmin):
    """Fill in the form and its rows. Users save or remove these rows like rows they entered."""

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        if "start" not in request.GET:
            return super().get_changeform_initial_data(request)
        return self.get_proposal(request).values

    def get_inline_instances(
        self, request: HttpRequest, obj: Action | None = None
    ) -> "list[InlineModelAdmin[Any, Any]]":
        inlines = super().get_inline_instances(request, obj)
        for inline in inlines if obj is None else ():
            inline.extra = max(inline.extra, len(self.get_initial_rows(request, inline)))
        return inlines

    def get_formset_kwargs(
        self,
        request: HttpRequest,
        obj: Action,
        inline: "InlineModelAdmin[Any, Any]",
        prefix: str,
    ) -> dict[str, Any]:
        options: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        rows: list[FormValues] = []
        if obj.pk is None:
            rows = self.get_initial_rows(request, inline)
        return options | ({"initial": rows} if rows else {})

    def get_initial_rows(
        self, request: HttpRequest, inline: "InlineModelAdmin[Any, Any]"
    ) -> list[FormValues]:
        """Return the initial values of a part's rows. A form that was sent keeps its own rows."""
        if request.method != "GET" or "start" not in request.GET:
            return []
        return self.get_proposal(request).rows.get(inline.model, [])

    def get_proposal(self, request: HttpRequest) -> ActionProposal:
        """Return the proposal, built once for each request. Empty if there is no such passage."""
        proposal: ActionProposal | None = getattr(request, "proposal", None)
        if proposal is None:
            proposal = self.build_proposal(request)
            request.proposal = proposal  # type: ignore[attr-defined]  # kept on the request
        return proposal

    def build_proposal(self, request: HttpRequest) -> ActionProposal:
        try:
            if not get_user(request).has_perm(VIEW_TEXT_PERMISSION):
                raise ValidationError("You do not have permission to view the texts of sources.")
            passage = parse_passage(request.GET)
        except ValidationError as error:
            message = f"The form was not filled in. {error.messages[0]}"
            self.message_user(request, message, messages.ERROR)
            return ActionProposal()
        self.message_user(
            request,
            f"Filled in from {passage.source.slug}, characters {passage.start} to {passage.end}. "
            "Check every field. Nothing is saved yet.",
        )
        return resolve_agency_keys(propose_action(passage))


def resolve_agency_keys(proposal: ActionProposal) -> ActionProposal:
    """Replace the ids of agencies by the primary keys that the form uses."""
    rows = [row for row in proposal.rows[ActionAgency] if "agency" in row]
    slugs = [str(row["agency"]) for row in rows]
    keys = dict(Agency.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    for row in rows:
        row["agency"] = keys[str(row["agency"])]
    return proposal
