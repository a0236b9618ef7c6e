"""What the views of published records share. See record_kinds for each kind."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

import orjson
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, StreamingHttpResponse
from django.urls import get_script_prefix
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.reverse import reverse

from api.http.conditional import (
    CACHE_IMMUTABLE,
    CACHE_REVALIDATE,
    VERSION_HEADER,
    CacheValidator,
)
from api.http.problems import gone_or_taken_down
from api.http.renderers import CSVRenderer, JSONRenderer, NDJSONRenderer
from api.query import (
    aggregate,
    csv_files,
    diff,
    filtersets,
    include,
    pagination,
    parameters,
    positions,
    search,
    sparse_fields,
)
from api.query import export as exports
from api.query.kinds import COLLECTION_BY_KIND
from api.query.orderings import ID_ORDERINGS, REVISION_ORDERINGS
from api.query.pagination import Ordering, Paginator
from api.serializers.history import RevisionSerializer
from api.views.base import (
    StrictViewSet,
    add_query_string,
    format_repr_digest,
    json_fragment,
    json_response,
    page_response,
)
from policy.documents.csv_rows import BaseUrls
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS
from policy.models.sql import fetch_all
from policy.search import counts
from policy.search.counts import RecordCount
from policy.search.current import CurrentRevision, current_revision_sql
from policy.search.query import (
    CSV_ROW_TEXT,
    DOCUMENT_TEXT,
    IndexScan,
    Selection,
    TextColumn,
)
from policy.versions import Version

DOCUMENT_ACTIONS = ("list", "retrieve")  # the actions that return current documents


class OutputOptions(NamedTuple):
    """What a list returns of its documents, and in addition to them."""

    transform: sparse_fields.DocumentTransform
    include: list[str]
    highlight: bool


class RecordViewSet(StrictViewSet):
    """The published records of one kind."""

    lookup_value_regex = "[a-z0-9-]{1,120}"
    kind: str
    filterset: type[filtersets.RecordFilterSet]
    orderings = ID_ORDERINGS
    parameters_by_action = {
        "list": (
            *pagination.PAGINATION_PARAMETERS,
            *exports.EXPORT_PARAMETERS,
            *sparse_fields.SPARSE_FIELDS_PARAMETERS,
            *search.SEARCH_PARAMETERS,
            *positions.POSITION_PARAMETERS,
        ),
        "count": positions.POSITION_PARAMETERS,
        "aggregate": (
            *aggregate.AGGREGATE_PARAMETERS,
            *exports.TABLE_PARAMETERS,
            *positions.POSITION_PARAMETERS,
        ),
        "retrieve": (*sparse_fields.SPARSE_FIELDS_PARAMETERS, *positions.POSITION_PARAMETERS),
        "revisions": pagination.PAGINATION_PARAMETERS,
        "diff": diff.DIFF_PARAMETERS,
    }
    filtered_actions = ("list", "count", "aggregate")
    prefetched_revision: CurrentRevision | None = None
    cleared_attributes = ("response", "prefetched_revision")
    formats_by_action = {"list": exports.LIST_FORMATS, "aggregate": exports.TABLE_FORMATS}
    renderer_classes = (JSONRenderer, CSVRenderer, NDJSONRenderer)

    def get_parameter_names(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action in self.filtered_actions else []
        names += super().get_parameter_names()
        return [*names, "include"] if self.includes and self.action in DOCUMENT_ACTIONS else names

    @property
    def cache_control(self) -> str:  # type: ignore[override]  # depends on the action here
        return CACHE_IMMUTABLE if self.action == "revision" else CACHE_REVALIDATE

    def get_orderings(self) -> dict[str, Ordering]:
        return REVISION_ORDERINGS if self.action == "revisions" else self.orderings

    def load_validator(self, request: Request) -> CacheValidator:
        """Load the validator; for one record as it is now, the record with it in the same
        statement."""
        if self.action != "retrieve" or self.asks_for_position():
            return super().load_validator(request)
        query = current_revision_sql(self.kind, self.kwargs["id"])
        validator, row = CacheValidator.load_with_row(query)
        self.prefetched_revision = CurrentRevision._make(row) if row else None
        return validator

    def asks_for_position(self) -> bool:
        return any(name in self.request.query_params for name in positions.POSITION_PARAMETERS)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        options = self.parse_output_options(request)
        paginator = Paginator(request, self.get_orderings())
        pinned_version = self.get_position()
        if (format := request.accepted_renderer.format) != "json":
            return self.export_response(paginator, pinned_version, format, options.transform)
        page = pagination.get_page(paginator, self.get_rows, pinned_version)
        texts = [row.text or "" for row in page.rows]
        members: dict[str, object] = {"count": self.get_count_url()}
        if options.include:
            members["included"] = include.get_included_documents(
                options.include, texts, page.version.number
            )
        if options.highlight:
            members["highlights"] = search.get_highlights(texts, request.query_params["q"])
        results = [json_fragment(options.transform(text)) for text in texts]
        return page_response(page, results, members)

    def parse_output_options(self, request: Request) -> OutputOptions:
        """Raise ApiProblem if a parameter that changes the output is not valid."""
        query, format = request.query_params, request.accepted_renderer.format
        exports.validate_export_query(query, format, self.get_formats())
        return OutputOptions(
            sparse_fields.get_document_transform(query, self.kind),
            include.parse_include(query, format),
            search.parse_highlight(query, format),
        )

    def export_response(
        self,
        paginator: Paginator,
        pinned_version: Version | None,
        format: str,
        transform: sparse_fields.DocumentTransform,
    ) -> StreamingHttpResponse:
        count = self.get_count(pinned_version)
        with_labels = exports.is_on(self.request.query_params, "labels")
        text = CSV_ROW_TEXT if format == "csv" else DOCUMENT_TEXT
        get_rows = cache(partial(self.get_rows, text=text))
        batches = pagination.iter_batches(
            paginator,
            count.version,
            partial(pagination.get_page, paginator, get_rows, pinned_version),
        )
        read_batches = exports.read_ahead(batches) if self.request.method == "GET" else ()
        texts = ([row.text for row in rows] for rows in read_batches)
        chunks = (
            self.iter_csv(texts, with_labels)
            if format == "csv"
            else exports.iter_ndjson(
                (transform(text or "") for text in documents) for documents in texts
            )
        )
        return exports.export_response(COLLECTION_BY_KIND[self.kind], format, chunks, count)

    def iter_csv(self, batches: csv_files.TextBatches, with_labels: bool) -> Iterator[bytes]:
        iter_rows = csv_files.iter_labelled_rows if with_labels else csv_files.iter_stored_rows
        is_safe = exports.is_on(self.request.query_params, "safe")
        return iter_rows(batches, self.kind, self.get_base_urls(), is_safe)

    def get_base_urls(self) -> BaseUrls:
        pages_path = f"{get_script_prefix()}{COLLECTION_BY_KIND[self.kind]}/"
        list_url = reverse(f"v1:{self.kind}-list", request=self.request)
        return BaseUrls(self.request.build_absolute_uri(pages_path), list_url)

    @action(detail=False)
    def count(self, request: Request) -> HttpResponse:
        count = self.get_count(self.get_position())
        version = str(count.version)
        body = {"count": count.records, "version": version}
        return json_response(body, {VERSION_HEADER: version})

    def get_count(self, pinned_version: Version | None) -> RecordCount:
        """Return how many records match. For a single facet value the number is stored."""
        selection = self.get_filterset(pinned_version and pinned_version.number).apply_filters()
        if pinned_version is not None:
            return replace(counts.count_scan(selection.to_scan()), version=pinned_version)
        if value := selection.only_value:
            return counts.count_with_value(self.kind, value)
        return counts.count_scan(selection.to_scan())

    def get_count_url(self) -> str:
        filters = self.filterset.base_filters
        query = [
            (name, value)
            for name, value in self.request.query_params.dict().items()
            if name in filters or name in positions.POSITION_PARAMETERS
        ]
        url = self.request.build_absolute_uri(f"{self.request.path}count/")
        return f"{url}?{parameters.encode_query(query)}" if query else url

    def get_filterset(self, version: int | None) -> filtersets.RecordFilterSet:
        """Return the filters of the request, applied at the version with a number; None means the
        current one."""
        return self.filterset(self.request.query_params.dict(), Selection(self.kind, version))

    def get_rows(self, version: int | None, text: TextColumn = DOCUMENT_TEXT) -> IndexScan:
        return replace(self.get_filterset(version).get_scan(), text=text)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        transform = sparse_fields.get_document_transform(request.query_params, self.kind)
        names = include.parse_include(request.query_params, "json")
        position = self.get_position()
        revision = self.fetch_revision_at(id, position) if position else self.prefetched_revision
        if revision is None:
            at_that_time = " at that time" if position else ""
            raise Http404(f"There is no {self.kind} {id}{at_that_time}.")
        if revision.event == "merge":
            target = reverse(f"v1:{self.kind}-detail", [revision.merged_into], request=request)
            return HttpResponsePermanentRedirect(add_query_string(target, request))
        if revision.event not in LIVE_EVENTS:
            raise gone_or_taken_down(revision)
        if names:
            version = position or self.loaded_validator.version
            included = include.get_included_documents(names, [revision.document], version.number)
            document = orjson.loads(transform(revision.document))
            return json_response({**document, "included": included})
        if transform is not sparse_fields.identity:
            return json_response(json_fragment(transform(revision.document)))
        return self.document_response(revision)

    def fetch_revision_at(self, id: str, version: Version) -> CurrentRevision | None:
        query = current_revision_sql(self.kind, id, version.number)
        rows = fetch_all(query.sql, query.values)
        return CurrentRevision._make(rows[0]) if rows else None

    @action(detail=True)
    def revisions(self, request: Request, id: str) -> HttpResponse:
        history = Revision.objects.of_record(self.kind, id).defer("document")
        paginator = Paginator(request, self.get_orderings())
        version = self.loaded_validator.version
        paginator.require_version_of_cursor(version)
        page = paginator.build_page(paginator.fetch_rows(history), version)
        if not page.rows and not paginator.cursor:
            raise Http404(f"There is no {self.kind} {id}.")
        rows = RevisionSerializer(page.rows, many=True, context={"request": request})
        return page_response(page, list(rows.data))

    @action(
        detail=True,
        url_path=rf"revisions/(?P<number>{parameters.REVISION_NUMBER_PATTERN})",
        url_name="revision",
    )
    def revision(self, request: Request, id: str, number: str) -> HttpResponse:
        revision = Revision.objects.of_record(self.kind, id).filter(number=int(number)).first()
        if revision is None:
            raise Http404(f"There is no revision {number} of {self.kind} {id}.")
        return self.document_response(revision)

    @action(detail=True)
    def diff(self, request: Request, id: str) -> HttpResponse:
        return json_response(diff.build_diff(self.kind, id, request.query_params))

    def document_response(self, revision: Revision | CurrentRevision) -> HttpResponse:
        headers = {"Repr-Digest": format_repr_digest(revision.digest)}
        return HttpResponse(revision.document, JSONRenderer.media_type, headers=headers)
