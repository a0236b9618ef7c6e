"""Django Ninja: nested schemas over prefetched rows; its own page numbers, with their count."""

from datetime import date, datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path
from ninja import Field, NinjaAPI, Query, Schema
from ninja.pagination import PageNumberPagination, paginate

from bench.peers import models

EVERYTHING = (
    *("jurisdictions", "agencies__agency", "entities__entity", "dates", "figures"),
    *("relations__target", "notes", "citations__source"),
)


class Named(Schema):
    id: str
    name: str


class Actor(Schema):
    key: str
    role: str
    naming: str
    described_as: str


class AgencyActor(Actor):
    agency: Named | None


class EntityActor(Actor):
    entity: Named | None


class DateSchema(Schema):
    kind: str
    part: str
    earliest: date | None
    latest: date | None
    precision: str
    basis: str
    resolution: str


class FigureSchema(Schema):
    kind: str
    part: str
    value: float
    comparator: str
    unit: str
    claimed_by: str


class Target(Schema):
    id: str
    title: str


class RelationSchema(Schema):
    type: str
    action: Target = Field(alias="target")
    reason: str


class NoteSchema(Schema):
    kind: str
    field: str
    text: str


class CitationSchema(Schema):
    source: Named
    start: int
    end: int
    sha256: str
    paragraph: int
    quote: str
    note: str
    supports: list[dict[str, Any]]


class ActionSchema(Schema):
    id: str
    revision: int
    published_at: datetime
    title: str
    summary: str
    unit: str
    type: str | None
    status: str | None
    legal_force: str | None
    stance: str | None
    attribution: str | None
    instrument: str
    provision: str
    sort_date: date | None
    licence: str
    penalty: list[str]
    activities: list[str]
    targets: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    classifications: list[dict[str, Any]]
    unknowns: dict[str, str]
    evidence: dict[str, Any]
    review: dict[str, Any]
    jurisdictions: list[Named]
    agencies: list[AgencyActor]
    entities: list[EntityActor]
    dates: list[DateSchema]
    figures: list[FigureSchema]
    relations: list[RelationSchema]
    notes: list[NoteSchema]
    citations: list[CitationSchema]


class Filters(Schema):
    jurisdiction: str | None = None
    since: date | None = None
    until: date | None = None
    q: str | None = None


class Group(Schema):
    type: str | None
    stance: str | None
    count: int


def filtered(filters: Filters) -> Any:
    rows = models.Action.objects.all()
    if filters.jurisdiction:
        rows = rows.filter(jurisdictions__id=filters.jurisdiction)
    if filters.since:
        rows = rows.filter(sort_date__gte=filters.since)
    if filters.until:
        rows = rows.filter(sort_date__lte=filters.until)
    if filters.q:
        query = SearchQuery(filters.q, config="english", search_type="websearch")
        rows = rows.filter(words=query)
    return rows


api = NinjaAPI()


@api.get("/actions", response=list[ActionSchema])
@paginate(PageNumberPagination, page_size=50)
def actions(request: HttpRequest, filters: Query[Filters]):
    rows = filtered(filters).defer("words").prefetch_related(*EVERYTHING)
    return rows.order_by("-sort_date", "-id")


@api.get("/actions/groups", response=list[Group])
def groups(request: HttpRequest, filters: Query[Filters]):
    return filtered(filters).values("type", "stance").annotate(count=Count("id"))


@api.get("/actions/{id}", response=ActionSchema)
def action(request: HttpRequest, id: str):
    return get_object_or_404(
        models.Action.objects.defer("words").prefetch_related(*EVERYTHING), id=id
    )


urlpatterns = [path("", api.urls)]
