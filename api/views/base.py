"""What the views of lists and records share: strict parameters, and JSON responses."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework import viewsets
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.conditional import VERSION_HEADER, CacheValidator, ConditionalGetView
from api.http.export_slots import ExportSlot
from api.http.renderers import JSONRenderer, encode_json
from api.query import csv_files, parameters, positions
from api.query import export as exports
from api.query.filtersets import StrictFilterSet
from api.query.pagination import Ordering, ResultPage
from policy.search.counts import RecordCount
from policy.versions import Version


def json_fragment(document: str) -> orjson.Fragment:
    """Return a JSON text for use inside a response, without parsing it."""
    return orjson.Fragment(document)


def json_response(data: object, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(encode_json(data), JSONRenderer.media_type, headers=headers)


def page_response(
    page: ResultPage[Any], results: Sequence[object], members: Mapping[str, object] | None = None
) -> HttpResponse:
    """Return a page as JSON, with the links to its neighbours in the body and in the header Link.
    `members` are further members of the body."""
    links = {"next": page.next, "previous": page.previous}
    link_headers = [f'<{url}>; rel="{name}"' for name, url in links.items() if url]
    version = str(page.version)
    body = {
        "results": results,
        **links,
        **(members or {}),
        "meta": {"version": version, "page_size": page.size, "ordering": page.ordering},
    }
    link = {"Link": ", ".join(link_headers)} if link_headers else {}
    return json_response(body, {VERSION_HEADER: version, **link})


def table_response(
    request: Request, name: str, table: csv_files.Table, version: Version
) -> StreamingHttpResponse:
    """Return a table as a CSV file, with the headers of the exports of lists."""
    chunks = csv_files.iter_table(table, exports.is_on(request.query_params, "safe"))
    return exports.export_response(name, "csv", chunks, RecordCount(len(table.rows), version))


class DatasetView(ConditionalGetView):
    """A view that knows the version of the dataset, and checks those that a client names."""

    def check_named_versions(self, request: Request, validator: CacheValidator) -> None:
        positions.check_min_version(request.META, validator.version)


class StrictViewSet(DatasetView, viewsets.GenericViewSet[Any]):
    """A view set that checks the parameters of a request before anything else.

    `parameters_by_action` names the parameters of each action besides the filters,
    `formats_by_action` the formats of actions that have more than JSON, `includes` the values of
    `include`, each with a description.
    """

    parameters_by_action: dict[str, tuple[str, ...]] = {}
    formats_by_action: Mapping[str, Sequence[str]] = {}
    orderings: dict[str, Ordering]
    filterset: type[StrictFilterSet[Any]] | None = None
    includes: Mapping[str, str] = {}
    lookup_field = "id"
    export_slot: ExportSlot | None = None

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if slot := self.export_slot:
            self.export_slot = None  # only the response has it now
            slot.close_after(response)
        return response

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # None if the HTTP method is not allowed
            parameters.validate_parameters(request.query_params, self.get_parameter_names())
            if request.method == "GET" and request.accepted_renderer.format != "json":
                self.export_slot = ExportSlot()
            self.load_and_check_validator(request)

    def get_position(self) -> Version | None:
        """Return the past version that the request asks for; None for the current one."""
        return positions.resolve_position(self.request.query_params, self.loaded_validator)

    def get_parameter_names(self) -> list[str]:
        """Return the names of all parameters of the current action."""
        return list(self.parameters_by_action.get(self.action or "", ()))

    def get_formats(self) -> Sequence[str]:
        """Return the formats of the current action; the first is the default."""
        return self.formats_by_action.get(self.action or "", ("json",))

    def get_renderers(self) -> list[BaseRenderer]:
        formats = self.get_formats()
        return [each() for each in self.renderer_classes if each.format in formats]

    def get_orderings(self) -> dict[str, Ordering]:
        """Return the orderings of the current action's list by name; the first is the default."""
        return self.orderings


def add_query_string(url: str, request: HttpRequest) -> str:
    """Return a URL with the query string of the request."""
    query: str = request.META.get("QUERY_STRING", "")
    return f"{url}?{query}" if query else url


def format_repr_digest(digest: str) -> str:
    """Return the value of the header Repr-Digest (RFC 9530) for a hexadecimal SHA-256 digest."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
