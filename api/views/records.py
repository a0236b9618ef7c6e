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

from api.http.conditional import ALWAYS_ASK, FOR_EVER, Stamp, conditional
from api.http.problems import Problem
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
from api.query.pagination import Ordering, Page, Paginator
from api.serializers.history import RevisionSerializer, buried
from api.views.base import PLURALS, StrictViewSet, answer, listing, stored
from policy.documents.action_schema import ActionDocument
from policy.documents.schema import AgencyDocument, EntityDocument, SourceDocument
from policy.models import Revision
from policy.models.revision import LIVE
from policy.search import counts
from policy.search.counts import Count
from policy.search.current import Found, finding
from policy.search.query import DOCUMENT, LINE, Selection, Text, Walk
from policy.search.ranking import BY_RANK

Names = list[str]
BY_DATE = {
    "-date": Ordering(("date", "record"), descending=True),
    "date": Ordering(("date", "record")),
    "id": Ordering(("record",)),
    "-published_at": Ordering(("revision_id",), descending=True),
    "published_at": Ordering(("revision_id",)),
    search.RELEVANCE: Ordering(BY_RANK, descending=True),
}
BY_ID = {name: BY_DATE[name] for name in ("id", "-published_at", "published_at", search.RELEVANCE)}
SERVING = ("list", "retrieve")  # the actions that answer with documents as they stand
BY_NUMBER = {"number": Ordering(("number",)), "-number": Ordering(("number",), descending=True)}


class RecordViewSet(StrictViewSet):
    """The published records of one kind."""

    lookup_value_regex = "[a-z0-9-]{1,120}"
    kind: str
    filterset: type[filtersets.RecordFilterSet]
    orderings = BY_ID
    allowed = {
        "list": (
            *(*pagination.PARAMETERS, *exports.PARAMETERS, *sparse_fields.PARAMETERS),
            *(*search.PARAMETERS, "as_of"),
        ),
        "count": ("as_of",),
        "aggregate": (*aggregate.PARAMETERS, "as_of"),
        "retrieve": (*sparse_fields.PARAMETERS, "as_of"),
        "revisions": (*pagination.PARAMETERS,),
        "diff": diff.PARAMETERS,
    }
    filtered = ("list", "count", "aggregate")
    includes: dict[str, str] = {}
    found: Found | None = None
    page: Page | None = None
    passing = ("response", "found", "page")
    formats = exports.FORMATS
    renderer_classes = (JSONRenderer, CSVRenderer, NDJSONRenderer)

    def get_renderers(self) -> Any:
        renderers = super().get_renderers()
        return renderers if self.action == "list" else renderers[:1]

    def parameters(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action in self.filtered else []
        names += super().parameters()
        return [*names, "include"] if self.includes and self.action in SERVING else names

    @property
    def caching(self) -> str:  # type: ignore[override]
        return FOR_EVER if self.action == "revision" else ALWAYS_ASK

    def orders(self) -> dict[str, Ordering]:
        return BY_NUMBER if self.action == "revisions" else self.orderings

    def stamped(self, request: Request) -> Stamp:
        """What is cheap to read is read along with the state that it is part of."""
        if self.action == "retrieve":
            return self.stamped_record(request)
        return (self.action == "list" and self.stamped_page(request)) or super().stamped(request)

    def stamped_record(self, request: Request) -> Stamp:
        moment = parameters.as_of(request.query_params)
        question = finding(self.kind, self.kwargs["id"], moment)
        stamp, row = Stamp.read_with(question)
        self.found = Found._make(row) if row else None
        return stamp

    def stamped_page(self, request: Request) -> Stamp | None:
        """Of rows that stand now. None where there are none, anything may be wrong, or the client
        may have the page already: then it is looked at step by step."""
        asked = request.query_params
        if request.accepted_renderer.format != "json" or conditional(request):
            return None
        if "as_of" in asked or "updated_since" in asked:  # a moment is looked up by itself
            return None
        try:
            self.wanted_of(request)
            paginator = Paginator(request, self.orders())
            found = pagination.standing(paginator, partial(self.select, believing=True))
        except Problem:
            return None
        if found is None:
            return None
        row, self.page = found
        return Stamp._make(row.state)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        cut, names, marked = self.wanted_of(request)
        page = self.page
        if page is None:
            paginator = Paginator(request, self.orders())
            pinned = parameters.version_as_of(request.query_params)
            if (format := request.accepted_renderer.format) != "json":
                return self.export(paginator, pinned, format, cut)
            page = pagination.snapshot(paginator, self.select, pinned)
        texts = [row.text for row in page.rows]
        beside: dict[str, Any] = {}
        if names:
            beside["included"] = include.documents(names, texts, page.version)
        if marked:
            beside["highlights"] = search.highlights(texts, request.query_params["q"])
        results = [stored(cut(text)) for text in texts]
        return listing(page, results, count=self.count_link(), **beside)

    def wanted_of(self, request: Request) -> tuple[sparse_fields.Cut, Names, bool]:
        """What of the documents is wanted, what beside them, and whether words are marked."""
        asked, format = request.query_params, request.accepted_renderer.format
        exports.check(asked, format)
        cut = sparse_fields.cut(asked, self.kind)
        return cut, include.asked(asked, format), search.wanted(asked, format)

    def export(
        self, paginator: Paginator, pinned: int | None, format: str, cut: sparse_fields.Cut
    ) -> StreamingHttpResponse:
        count = self.counted(pinned)
        select = partial(self.select, text=LINE if format == "csv" else DOCUMENT)
        rows = pagination.batches(paginator, cache(select), count.version, pinned)
        wanted = exports.ahead(rows) if self.request.method == "GET" else ()
        texts = ([row.text for row in found] for found in wanted)
        chunks = (
            self.table(texts) if format == "csv" else exports.ndjson(map(cut, t) for t in texts)
        )
        return exports.response(PLURALS[self.kind], format, chunks, count)

    def table(self, batches: exports.Batches) -> Iterator[bytes]:
        safe = self.request.query_params.get("safe") == "true"
        address = reverse(f"v1:{self.kind}-list", request=self.request)
        return exports.table(batches, self.kind, address, safe)

    @action(detail=False)
    def count(self, request: Request) -> HttpResponse:
        count = self.counted(parameters.version_as_of(request.query_params))
        return answer({"count": count.records, "version": count.version})

    def counted(self, pinned: int | None) -> Count:
        """How many records answer the query. What a single value answers was counted before."""
        asked = self.asked(pinned)
        chosen = asked.chosen()
        if pinned is not None:
            return replace(counts.of_walk(chosen.walked()), version=pinned)
        if asked.plain and len(chosen.wanted) < 2:
            return counts.of_value(self.kind, *chosen.wanted or [("all", "")])
        return counts.of_walk(chosen.walked())

    def count_link(self) -> str:
        kept = self.filterset.base_filters
        given = self.request.query_params.dict().items()
        query = [(k, v) for k, v in given if k in kept or k == "as_of"]
        address = self.request.build_absolute_uri(f"{self.request.path}count/")
        return f"{address}?{parameters.encoded(query)}" if query else address

    def asked(self, version: int | None, believing: bool = False) -> filtersets.RecordFilterSet:
        """The query, put to what stands now or stood at a version."""
        rows = Selection(self.kind, version)
        return self.filterset(self.request.query_params.dict(), rows, believing)

    def select(self, version: int | None, text: Text = DOCUMENT, believing: bool = False) -> Walk:
        walk = self.asked(version, believing).selected()
        return replace(walk, text=text, stated=believing)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        cut = sparse_fields.cut(request.query_params, self.kind)
        names = include.asked(request.query_params, "json")
        moment, revision = parameters.as_of(request.query_params), self.found
        if revision is None:
            when = " at that time" if moment else ""
            raise Http404(f"There is no {self.kind} {id}{when}.")
        if revision.event == "merge":
            into = reverse(f"v1:{self.kind}-detail", [revision.merged_into], request=request)
            return HttpResponsePermanentRedirect(with_query(into, request))
        if revision.event not in LIVE:
            raise buried(revision)
        if names:
            version = Revision.objects.version(moment)
            beside = include.documents(names, [revision.document], version)
            return answer({**orjson.loads(cut(revision.document)), "included": beside})
        if cut is not sparse_fields.whole:
            return answer(stored(cut(revision.document)))
        return self.document(revision)

    @action(detail=True)
    def revisions(self, request: Request, id: str) -> HttpResponse:
        history = Revision.objects.of(self.kind, id).defer("document")
        paginator = Paginator(request, self.orders())
        page = paginator.page(paginator.cut(history), self.state.version)
        if not page.rows and not paginator.cursor:
            raise Http404(f"There is no {self.kind} {id}.")
        context = {"request": request}
        rows = RevisionSerializer(page.rows, many=True, context=context)
        return listing(page, list(rows.data))

    @action(detail=True, url_path=r"revisions/(?P<number>[1-9][0-9]{0,8})", url_name="revision")
    def revision(self, request: Request, id: str, number: str) -> HttpResponse:
        found = Revision.objects.of(self.kind, id).filter(number=int(number)).first()
        if found is None:
            raise Http404(f"There is no revision {number} of a {self.kind} {id}.")
        return self.document(found)

    @action(detail=True)
    def diff(self, request: Request, id: str) -> HttpResponse:
        return answer(diff.answer(self.kind, id, request.query_params))

    def document(self, revision: Revision | Found) -> HttpResponse:
        digest = {"Repr-Digest": repr_digest(revision.digest)}
        return HttpResponse(revision.document, JSONRenderer.media_type, headers=digest)


class Actions(RecordViewSet):
    kind, filterset, orderings = "action", filtersets.ActionFilters, BY_DATE
    serializer_class, includes = ActionDocument, include.NAMES

    @action(detail=False)
    def aggregate(self, request: Request) -> HttpResponse:
        question = aggregate.question(request.query_params)
        pinned = parameters.version_as_of(request.query_params)
        return answer(
            aggregate.answer(question, lambda version: self.asked(version).chosen(), pinned)
        )


class Agencies(RecordViewSet):
    kind, filterset = "agency", filtersets.AgencyFilters
    serializer_class = AgencyDocument


class Entities(RecordViewSet):
    kind, filterset = "entity", filtersets.EntityFilters
    serializer_class = EntityDocument


class Sources(RecordViewSet):
    kind, filterset, orderings = "source", filtersets.SourceFilters, BY_DATE
    serializer_class = SourceDocument


def with_query(address: str, request: HttpRequest | Request) -> str:
    """Another address, asked the same."""
    query = request.META.get("QUERY_STRING")
    return f"{address}?{query}" if query else address


def repr_digest(digest: str) -> str:
    """RFC 9530: the digest of the bytes that are served."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
