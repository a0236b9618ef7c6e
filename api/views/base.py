"""TODO docstring."""

from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework import viewsets
from rest_framework.request import Request

from api.http.conditional import ConditionalGetMixin
from api.http.renderers import JSONRenderer, encode_json
from api.query import parameters
from api.query.pagination import Ordering, ResultPage

PLURAL_BY_KIND = {
    "action": "actions",
    "agency": "agencies",
    "entity": "entities",
    "source": "sources",
    "jurisdiction": "jurisdictions",
    "term": "terms",
    "change": "changes",
}


def json_fragment(document: str) -> orjson.Fragment:
    """A document's bytes as they were published."""
    return orjson.Fragment(document)


def json_response(data: Any, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(encode_json(data), JSONRenderer.media_type, headers=headers)


def page_response(page: ResultPage, results: list[Any], **members: Any) -> HttpResponse:
    beyond = {"next": page.next, "previous": page.previous}
    found = [f'<{url}>; rel="{name}"' for name, url in beyond.items() if url]
    headers = {"Link": ", ".join(found)} if found else {}
    body = {
        "results": results,
        **beyond,
        **members,
        "meta": {"version": page.version, "page_size": page.size, "ordering": page.ordering},
    }
    return json_response(body, headers)


class StrictViewSet(ConditionalGetMixin, viewsets.GenericViewSet[Any]):
    """Checks the query before anything else. `parameters_by_action` names the parameters of each action."""

    parameters_by_action: dict[str, tuple[str, ...]] = {}
    orderings: dict[str, Ordering]
    filterset: Any = None
    lookup_field = "id"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # else the method itself is refused
            parameters.validate_parameters(request.query_params, self.get_parameter_names())
            self.load_and_check_validator(request)

    def get_parameter_names(self) -> list[str]:
        return list(self.parameters_by_action.get(self.action or "", ()))

    def get_orderings(self) -> dict[str, Ordering]:
        """The orders that this action's list can be asked for; the first is the default."""
        return self.orderings
