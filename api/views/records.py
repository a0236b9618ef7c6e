"""The window: read-only. Revisions in, JSON out."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import orjson
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.reverse import reverse

from api.http.conditional import CACHE_IMMUTABLE, CACHE_REVALIDATE, CacheValidator, is_conditional
from api.http.problems import ApiProblem
from api.http.renderers import CSVRenderer, JSONRenderer, NDJSONRenderer
from api.query import (
    aggregate,
    diff,
    filtersets,
    include,
    pagination,
    parameters,
    search,
    sparse_fields,
)
from api.query import export as exports
from api.query.pagination import Ordering, Paginator, ResultPage
from api.serializers.history import RevisionSerializer, gone_or_taken_down
from api.views.base import (
    PLURAL_BY_KIND,
    StrictViewSet,
    json_fragment,
    json_response,
    page_response,
)
from policy.documents.action_schema import ActionDocument
from policy.documents.schema import AgencyDocument, EntityDocument, SourceDocument
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS
from policy.search import counts
from policy.search.counts import RecordCount
from policy.search.current import CurrentRevision, current_revision_sql
from policy.search.query import CSV_ROW_TEXT, DOCUMENT_TEXT, IndexScan, Selection, TextColumn
from policy.search.ranking import RANK_ORDER

IncludeNames = list[str]
DATE_ORDERINGS = {
    "-date": Ordering(("date", "record"), descending=True),
    "date": Ordering(("date", "record")),
    "id": Ordering(("record",)),
    "-published_at": Ordering(("revision_id",), descending=True),
    "published_at": Ordering(("revision_id",)),
    search.RELEVANCE_ORDERING: Ordering(RANK_ORDER, descending=True),
}
ID_ORDERINGS = {
    name: DATE_ORDERINGS[name]
    for name in ("id", "-published_at", "published_at", search.RELEVANCE_ORDERING)
}
DOCUMENT_ACTIONS = ("list", "retrieve")  # the actions that answer with documents as they stand
REVISION_ORDERINGS = {
    "number": Ordering(("number",)),
    "-number": Ordering(("number",), descending=True),
}


class RecordViewSet(StrictViewSet):
    """The published records of one kind."""

    lookup_value_regex = "[a-z0-9-]{1,120}"
    kind: str
    filterset: type[filtersets.RecordFilterSet]
    orderings = ID_ORDERINGS
    parameters_by_action = {
        "list": (
            *(
                *pagination.PAGINATION_PARAMETERS,
                *exports.EXPORT_PARAMETERS,
                *sparse_fields.SPARSE_FIELDS_PARAMETERS,
            ),
            *(*search.SEARCH_PARAMETERS, "as_of"),
        ),
        "count": ("as_of",),
        "aggregate": (*aggregate.AGGREGATE_PARAMETERS, "as_of"),
        "retrieve": (*sparse_fields.SPARSE_FIELDS_PARAMETERS, "as_of"),
        "revisions": (*pagination.PAGINATION_PARAMETERS,),
        "diff": diff.DIFF_PARAMETERS,
    }
    filtered_actions = ("list", "count", "aggregate")
    includes: dict[str, str] = {}
    prefetched_revision: CurrentRevision | None = None
    prefetched_page: ResultPage | None = None
    cleared_attributes = ("response", "prefetched_revision", "prefetched_page")
    formats = exports.LIST_FORMATS
    renderer_classes = (JSONRenderer, CSVRenderer, NDJSONRenderer)

    def get_renderers(self) -> Any:
        renderers = super().get_renderers()
        return renderers if self.action == "list" else renderers[:1]

    def get_parameter_names(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action in self.filtered_actions else []
        names += super().get_parameter_names()
        return [*names, "include"] if self.includes and self.action in DOCUMENT_ACTIONS else names

    @property
    def cache_control(self) -> str:  # type: ignore[override]
        return CACHE_IMMUTABLE if self.action == "revision" else CACHE_REVALIDATE

    def get_orderings(self) -> dict[str, Ordering]:
        return REVISION_ORDERINGS if self.action == "revisions" else self.orderings

    def load_validator(self, request: Request) -> CacheValidator:
        """What is cheap to read is read along with the state that it is part of."""
        if self.action == "retrieve":
            return self.load_validator_and_record(request)
        return (
            self.action == "list" and self.load_validator_and_page(request)
        ) or super().load_validator(request)

    def load_validator_and_record(self, request: Request) -> CacheValidator:
        moment = parameters.parse_as_of(request.query_params)
        query = current_revision_sql(self.kind, self.kwargs["id"], moment)
        validator, row = CacheValidator.load_with_row(query)
        self.prefetched_revision = CurrentRevision._make(row) if row else None
        return validator

    def load_validator_and_page(self, request: Request) -> CacheValidator | None:
        """Of rows that stand now. None where there are none, anything may be wrong, or the client
        may have the page already: then it is looked at step by step."""
        asked = request.query_params
        if request.accepted_renderer.format != "json" or is_conditional(request):
            return None
        if "as_of" in asked or "updated_since" in asked:  # a moment is looked up by itself
            return None
        try:
            self.parse_output_options(request)
            paginator = Paginator(request, self.get_orderings())
            found = pagination.get_current_page(paginator, partial(self.get_rows, assume_values_exist=True))
        except ApiProblem:
            return None
        if found is None:
            return None
        row, self.prefetched_page = found
        return CacheValidator._make(row.dataset_version)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        cut, names, marked = self.parse_output_options(request)
        page = self.prefetched_page
        if page is None:
            paginator = Paginator(request, self.get_orderings())
            pinned_version = parameters.get_version_as_of(request.query_params)
            if (format := request.accepted_renderer.format) != "json":
                return self.export_response(paginator, pinned_version, format, cut)
            page = pagination.get_page(paginator, self.get_rows, pinned_version)
        texts = [row.text for row in page.rows]
        beside: dict[str, Any] = {}
        if names:
            beside["included"] = include.get_included_documents(names, texts, page.version)
        if marked:
            beside["highlights"] = search.get_highlights(texts, request.query_params["q"])
        results = [json_fragment(cut(text)) for text in texts]
        return page_response(page, results, count=self.get_count_url(), **beside)

    def parse_output_options(
        self, request: Request
    ) -> tuple[sparse_fields.DocumentTransform, IncludeNames, bool]:
        """What of the documents is wanted, what beside them, and whether words are marked."""
        asked, format = request.query_params, request.accepted_renderer.format
        exports.validate_export_query(asked, format)
        cut = sparse_fields.get_document_transform(asked, self.kind)
        return cut, include.parse_include(asked, format), search.parse_highlight(asked, format)

    def export_response(
        self,
        paginator: Paginator,
        pinned_version: int | None,
        format: str,
        cut: sparse_fields.DocumentTransform,
    ) -> StreamingHttpResponse:
        count = self.get_count(pinned_version)
        select = partial(self.get_rows, text=CSV_ROW_TEXT if format == "csv" else DOCUMENT_TEXT)
        rows = pagination.iter_batches(paginator, cache(select), count.version, pinned_version)
        wanted = exports.read_ahead(rows) if self.request.method == "GET" else ()
        texts = ([row.text for row in found] for found in wanted)
        chunks = (
            self.iter_csv(texts)
            if format == "csv"
            else exports.iter_ndjson(map(cut, t) for t in texts)
        )
        return exports.export_response(PLURAL_BY_KIND[self.kind], format, chunks, count)

    def iter_csv(self, batches: exports.CsvRowBatches) -> Iterator[bytes]:
        safe = self.request.query_params.get("safe") == "true"
        address = reverse(f"v1:{self.kind}-list", request=self.request)
        return exports.iter_csv(batches, self.kind, address, safe)

    @action(detail=False)
    def count(self, request: Request) -> HttpResponse:
        count = self.get_count(parameters.get_version_as_of(request.query_params))
        return json_response({"count": count.records, "version": count.version})

    def get_count(self, pinned_version: int | None) -> RecordCount:
        """How many records answer the query. What a single value answers was counted before."""
        asked = self.get_filterset(pinned_version)
        chosen = asked.get_selection()
        if pinned_version is not None:
            return replace(counts.count_scan(chosen.to_scan()), version=pinned_version)
        if asked.is_facet_only and len(chosen.values) < 2:
            return counts.count_with_value(self.kind, *chosen.values or [("all", "")])
        return counts.count_scan(chosen.to_scan())

    def get_count_url(self) -> str:
        kept = self.filterset.base_filters
        given = self.request.query_params.dict().items()
        query = [(k, v) for k, v in given if k in kept or k == "as_of"]
        address = self.request.build_absolute_uri(f"{self.request.path}count/")
        return f"{address}?{parameters.encode_query(query)}" if query else address

    def get_filterset(
        self, version: int | None, assume_values_exist: bool = False
    ) -> filtersets.RecordFilterSet:
        """The query, put to what stands now or stood at a version."""
        rows = Selection(self.kind, version)
        return self.filterset(self.request.query_params.dict(), rows, assume_values_exist)

    def get_rows(
        self, version: int | None, text: TextColumn = DOCUMENT_TEXT, assume_values_exist: bool = False
    ) -> IndexScan:
        walk = self.get_filterset(version, assume_values_exist).filter_rows()
        return replace(walk, text=text, with_dataset_version=assume_values_exist)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        cut = sparse_fields.get_document_transform(request.query_params, self.kind)
        names = include.parse_include(request.query_params, "json")
        moment, revision = parameters.parse_as_of(request.query_params), self.prefetched_revision
        if revision is None:
            when = " at that time" if moment else ""
            raise Http404(f"There is no {self.kind} {id}{when}.")
        if revision.event == "merge":
            into = reverse(f"v1:{self.kind}-detail", [revision.merged_into], request=request)
            return HttpResponsePermanentRedirect(add_query_string(into, request))
        if revision.event not in LIVE_EVENTS:
            raise gone_or_taken_down(revision)
        if names:
            version = Revision.objects.version(moment)
            beside = include.get_included_documents(names, [revision.document], version)
            return json_response({**orjson.loads(cut(revision.document)), "included": beside})
        if cut is not sparse_fields.identity:
            return json_response(json_fragment(cut(revision.document)))
        return self.document_response(revision)

    @action(detail=True)
    def revisions(self, request: Request, id: str) -> HttpResponse:
        history = Revision.objects.of_record(self.kind, id).defer("document")
        paginator = Paginator(request, self.get_orderings())
        page = paginator.build_page(paginator.fetch_rows(history), self.loaded_validator.version)
        if not page.rows and not paginator.cursor:
            raise Http404(f"There is no {self.kind} {id}.")
        context = {"request": request}
        rows = RevisionSerializer(page.rows, many=True, context=context)
        return page_response(page, list(rows.data))

    @action(detail=True, url_path=r"revisions/(?P<number>[1-9][0-9]{0,8})", url_name="revision")
    def revision(self, request: Request, id: str, number: str) -> HttpResponse:
        found = Revision.objects.of_record(self.kind, id).filter(number=int(number)).first()
        if found is None:
            raise Http404(f"There is no revision {number} of a {self.kind} {id}.")
        return self.document_response(found)

    @action(detail=True)
    def diff(self, request: Request, id: str) -> HttpResponse:
        return json_response(diff.build_diff(self.kind, id, request.query_params))

    def document_response(self, revision: Revision | CurrentRevision) -> HttpResponse:
        digest = {"Repr-Digest": format_repr_digest(revision.digest)}
        return HttpResponse(revision.document, JSONRenderer.media_type, headers=digest)


class Actions(RecordViewSet):
    kind, filterset, orderings = "action", filtersets.ActionFilters, DATE_ORDERINGS
    serializer_class, includes = ActionDocument, include.INCLUDE_DESCRIPTIONS

    @action(detail=False)
    def aggregate(self, request: Request) -> HttpResponse:
        question = aggregate.parse_aggregate_query(request.query_params)
        pinned_version = parameters.get_version_as_of(request.query_params)
        return json_response(
            aggregate.build_aggregate(
                question, lambda version: self.get_filterset(version).get_selection(), pinned_version
            )
        )


class Agencies(RecordViewSet):
    kind, filterset = "agency", filtersets.AgencyFilters
    serializer_class = AgencyDocument


class Entities(RecordViewSet):
    kind, filterset = "entity", filtersets.EntityFilters
    serializer_class = EntityDocument


class Sources(RecordViewSet):
    kind, filterset, orderings = "source", filtersets.SourceFilters, DATE_ORDERINGS
    serializer_class = SourceDocument


def add_query_string(address: str, request: HttpRequest | Request) -> str:
    """Another address, asked the same."""
    query = request.META.get("QUERY_STRING")
    return f"{address}?{query}" if query else address


def format_repr_digest(digest: str) -> str:
    """RFC 9530: the digest of the bytes that are served."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
