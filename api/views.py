"""The window: read-only. Revisions in, JSON out."""

import base64
from dataclasses import replace
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.urls import resolve
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from api import aggregate, exports, filters, pagination, parameters, problems, serializers
from api.pagination import Ordering, Page, Paginator
from api.problems import Problem
from api.renderers import CSVRenderer, JSONRenderer, NDJSONRenderer
from api.validators import ALWAYS_ASK, FOR_EVER, Validated
from policy import counts
from policy.counts import Count
from policy.coverage import totals
from policy.document import (
    SCHEMA_VERSION,
    ActionDocument,
    AgencyDocument,
    EntityDocument,
    SourceDocument,
)
from policy.models import Coverage, Facet, FacetValue, Jurisdiction, Revision, Term
from policy.models.revision import LIVE

BY_DATE = {
    "-date": Ordering(("date", "record"), descending=True),
    "date": Ordering(("date", "record")),
    "id": Ordering(("record",)),
    "-published_at": Ordering(("revision_id",), descending=True),
    "published_at": Ordering(("revision_id",)),
}
BY_ID = {name: BY_DATE[name] for name in ("id", "-published_at", "published_at")}
BY_NUMBER = {"number": Ordering(("number",)), "-number": Ordering(("number",), descending=True)}
PLURALS = {
    "action": "actions",
    "agency": "agencies",
    "entity": "entities",
    "source": "sources",
    "jurisdiction": "jurisdictions",
    "term": "terms",
}


def stored(document: str) -> orjson.Fragment:
    """A document's bytes as they were published."""
    return orjson.Fragment(document)


def documents(rows: list[Any]) -> list[str]:
    """The stored documents of rows, in their order."""
    ids = [row.revision_id for row in rows]
    found = dict(Revision.objects.filter(pk__in=ids).values_list("id", "document"))
    return [found[pk] for pk in ids]


def listing(page: Page, results: list[Any], **links: str) -> Response:
    headers = {"Link": f'<{page.next}>; rel="next"'} if page.next else {}
    body = {
        "results": results,
        "next": page.next,
        **links,
        "meta": {"version": page.version, "page_size": page.size, "ordering": page.ordering},
    }
    return Response(body, headers=headers)


class StrictViewSet(Validated, viewsets.GenericViewSet[Any]):
    """Checks the query before anything else. `allowed` names the parameters of each action."""

    allowed: dict[str, tuple[str, ...]] = {}
    orderings: dict[str, Ordering]
    lookup_field = "id"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # else the method itself is refused
            parameters.check(request.query_params, self.parameters())
            self.validate(request)

    def parameters(self) -> list[str]:
        return list(self.allowed.get(self.action or "", ()))

    def orders(self) -> dict[str, Ordering]:
        """The orders that this action's list can be asked for; the first is the default."""
        return self.orderings


class RecordViewSet(StrictViewSet):
    """The published records of one kind."""

    lookup_value_regex = "[a-z0-9-]{1,120}"
    kind: str
    filterset: type[filters.RecordFilterSet]
    orderings = BY_ID
    allowed = {
        "list": (*pagination.PARAMETERS, *exports.PARAMETERS, "as_of"),
        "count": ("as_of",),
        "aggregate": (*aggregate.PARAMETERS, "as_of"),
        "retrieve": ("as_of",),
        "revisions": (*pagination.PARAMETERS,),
    }
    filtered = ("list", "count", "aggregate")
    renderer_classes = (JSONRenderer, CSVRenderer, NDJSONRenderer)

    def get_renderers(self) -> Any:
        renderers = super().get_renderers()
        return renderers if self.action == "list" else renderers[:1]

    def parameters(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action in self.filtered else []
        return names + super().parameters()

    @property
    def caching(self) -> str:  # type: ignore[override]
        return FOR_EVER if self.action == "revision" else ALWAYS_ASK

    def orders(self) -> dict[str, Ordering]:
        return BY_NUMBER if self.action == "revisions" else self.orderings

    def list(self, request: Request) -> Response | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.check(request.query_params, format)
        paginator = Paginator(request, self.orders())
        pinned = parameters.version_as_of(request.query_params)
        if format != "json":
            return self.export(paginator, pinned, format)
        page = pagination.snapshot(paginator, self.select, pinned)
        return listing(page, list(map(stored, documents(page.rows))), count=self.count_link())

    def export(
        self, paginator: Paginator, pinned: int | None, format: str
    ) -> StreamingHttpResponse:
        count = self.counted(pinned)
        rows = pagination.batches(paginator, cache(self.select), count.version, pinned)
        batches = map(documents, rows if self.request.method == "GET" else ())
        name = PLURALS[self.kind]
        if format == "ndjson":
            return exports.response(name, format, exports.ndjson(batches), count)
        safe = self.request.query_params.get("safe") == "true"
        address = reverse(f"v1:{self.kind}-list", request=self.request)
        return exports.response(
            name, format, exports.table(batches, self.kind, address, safe), count
        )

    @action(detail=False)
    def count(self, request: Request) -> Response:
        count = self.counted(parameters.version_as_of(request.query_params))
        return Response({"count": count.records, "version": count.version})

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
        query: QueryDict = self.request.query_params.copy()
        for name in (*pagination.PARAMETERS, *exports.PARAMETERS):
            query.pop(name, None)
        address = reverse(f"v1:{self.kind}-count", request=self.request)
        return f"{address}?{query.urlencode()}" if query else address

    def asked(self, version: int | None) -> filters.RecordFilterSet:
        """The query, put to what stands now or stood at a version."""
        standing = Facet.objects.standing(self.kind, version)
        return self.filterset(self.request.query_params.dict(), queryset=standing)

    def select(self, version: int | None) -> Any:
        return self.asked(version).selected()

    def retrieve(self, request: Request, id: str) -> HttpResponse | Response:
        moment = parameters.as_of(request.query_params)
        revision = Revision.objects.as_of(moment).filter(kind=self.kind, record=id).first()
        if revision is None:
            when = " at that time" if moment else ""
            raise Http404(f"There is no {self.kind} {id}{when}.")
        if revision.event == "merge":
            return HttpResponsePermanentRedirect(
                reverse(f"v1:{self.kind}-detail", [revision.merged_into], request=request)
            )
        if revision.event not in LIVE:
            raise Problem("gone", f"Withdrawn: {revision.reason}", reason=revision.reason)
        return self.document(revision)

    @action(detail=True)
    def revisions(self, request: Request, id: str) -> Response:
        history = Revision.objects.of(self.kind, id).defer("document")
        paginator = Paginator(request, self.orders())
        page = paginator.page(paginator.cut(history), self.state.version)
        if not page.rows and not paginator.cursor:
            raise Http404(f"There is no {self.kind} {id}.")
        rows = serializers.RevisionSerializer(page.rows, many=True, context=self.context())
        return listing(page, rows.data)

    @action(detail=True, url_path=r"revisions/(?P<number>[1-9][0-9]{0,8})", url_name="revision")
    def revision(self, request: Request, id: str, number: str) -> Response:
        found = Revision.objects.of(self.kind, id).filter(number=int(number)).first()
        if found is None:
            raise Http404(f"There is no revision {number} of a {self.kind} {id}.")
        return self.document(found)

    def document(self, revision: Revision) -> Response:
        return Response(
            stored(revision.document), headers={"Repr-Digest": repr_digest(revision.digest)}
        )

    def context(self) -> dict[str, Any]:
        return {"request": self.request, "route": f"v1:{self.kind}-revision"}


class ReferenceViewSet(StrictViewSet):
    """A plain reference table."""

    filterset: type[filters.StrictFilterSet]
    allowed = {"list": pagination.PARAMETERS}

    def parameters(self) -> list[str]:
        names = list(self.filterset.base_filters) if self.action == "list" else []
        return names + super().parameters()

    def list(self, request: Request) -> Response:
        paginator = Paginator(request, self.orders())
        asked = request.query_params.dict()
        rows = self.filterset(asked, queryset=self.get_queryset()).selected()
        page = paginator.page(paginator.cut(rows), self.state.version)
        return listing(page, self.get_serializer(page.rows, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        row = self.get_queryset().filter(pk=id).first()
        if row is None:
            raise Http404(f"There is nothing with the id {id}.")
        return Response(self.get_serializer(row).data)


class Actions(RecordViewSet):
    kind, filterset, orderings = "action", filters.ActionFilters, BY_DATE
    serializer_class = ActionDocument

    @action(detail=False)
    def aggregate(self, request: Request) -> Response:
        question = aggregate.question(request.query_params)
        pinned = parameters.version_as_of(request.query_params)
        return Response(
            aggregate.answer(question, lambda version: self.asked(version).chosen(), pinned)
        )


class Agencies(RecordViewSet):
    kind, filterset = "agency", filters.AgencyFilters
    serializer_class = AgencyDocument


class Entities(RecordViewSet):
    kind, filterset = "entity", filters.EntityFilters
    serializer_class = EntityDocument


class Sources(RecordViewSet):
    kind, filterset, orderings = "source", filters.SourceFilters, BY_DATE
    serializer_class = SourceDocument


class Jurisdictions(ReferenceViewSet):
    lookup_value_regex = "[A-Z0-9-]{1,10}"
    queryset = Jurisdiction.objects.all()
    filterset, orderings = filters.JurisdictionFilters, {"id": Ordering(("pk",))}
    serializer_class = serializers.JurisdictionSerializer


class Terms(ReferenceViewSet):
    lookup_value_regex = "[a-z0-9_]{1,60}[.][a-z0-9_]{1,60}"
    queryset = Term.objects.all()
    filterset = filters.TermFilters
    orderings = {"position": Ordering(("vocabulary", "position")), "id": Ordering(("pk",))}
    serializer_class = serializers.TermSerializer


class Index(Validated, APIView):
    """What this dataset is, which version it stands at, and where everything is."""

    def get(self, request: Request) -> Response:
        parameters.check(request.query_params, ())
        self.validate(request)
        names = {kind: f"v1:{kind}-list" for kind in ("action", "agency", "entity", "source")}
        names |= {"jurisdiction": "v1:jurisdiction-list", "term": "v1:term-list"}
        return Response(
            {
                "title": settings.DATASET_TITLE,
                "version": self.state.version,
                "schema_version": SCHEMA_VERSION,
                "licence": settings.DATASET_LICENCE,
                "counts": FacetValue.objects.totals(),
                "coverage": totals(Coverage.objects.tally()),
                "links": {
                    **{PLURALS[k]: reverse(name, request=request) for k, name in names.items()},
                    "schema": reverse("schema", request=request),
                    "docs": reverse("docs", request=request),
                },
            }
        )


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Every address under /api/ that no route answers."""
    if not request.path.endswith("/") and resolve(f"{request.path}/").func is not nothing_here:
        query = request.META.get("QUERY_STRING")
        return HttpResponsePermanentRedirect(f"{request.path}/" + (f"?{query}" if query else ""))
    return problems.response(request, "not-found", "There is nothing at this address.")


def repr_digest(digest: str) -> str:
    """RFC 9530: the digest of the bytes that are served."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
