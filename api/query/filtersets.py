"""TODO docstring."""

from collections.abc import Iterable
from copy import copy
from typing import Any, cast

import django_filters
from django.core.exceptions import ValidationError

from api.query import parameters, search
from api.query.dates import (
    DateWindowFilter,
    InForceFilter,
    MonthFilter,
    SortDateFilter,
    UpdatedSinceFilter,
    YearFilter,
)
from api.query.filters import (
    ActorFilter,
    ColumnFilter,
    FacetFilter,
    FlagFilter,
    InFilter,
    IsNullFilter,
    NameFilter,
    NotEqualFilter,
    ParentFilter,
    PlaceFilter,
    RecordFilter,
    RoleFilter,
    SearchFilter,
    TermFilter,
    VocabularyFilter,
)
from policy.search.query import IndexScan, Selection
from policy.search.ranking import RankedScan

DATE_KINDS = ("occurred", "announced", "adopted", "effective", "ended", "observed", "reported")


class StrictFilterSet(django_filters.FilterSet):
    """A query that is answered whole or refused whole.

    Unlike its base it copies no filter that is not asked for, and builds no form. `assume_values_exist`:
    whoever asks will look again where no row is found, or anything is wrong.
    """

    def __init__(self, data: dict[str, str], queryset: Any, assume_values_exist: bool = False) -> None:
        self.data, self.queryset = data, queryset
        asked = [name for name in self.base_filters if name in data]
        self.filters = {name: copy(self.base_filters[name]) for name in asked}
        for declared in self.filters.values():
            declared.parent, declared.assume_values_exist = self, assume_values_exist and declared.facet_only

    def filter_rows(self) -> Any:
        """The rows that answer the query. Raises a problem that names every bad value."""
        errors, rows = [], self.queryset
        for name, declared in self.filters.items():
            try:
                value = self.base_filters[name].field.clean(self.data[name])
                rows = declared.filter(rows, value)
            except ValidationError as error:
                errors.append(parameters.parameter_error(name, " ".join(error.messages)))
        if errors:
            raise parameters.invalid_value_problem(errors)
        return rows


class RecordFilterSet(StrictFilterSet):
    """What all kinds of record share."""

    q = SearchFilter("q", 'Words to find: "a phrase", -without, this OR that.', "mining -bitcoin")
    updated_since = UpdatedSinceFilter(
        "updated_since",
        "Published anew at this instant or later, or since the beginning of a day in UTC.",
        "2026-11-22T09:30:00Z",
    )

    def get_selection(self) -> Selection:
        """What is asked for, before it is decided how to find it."""
        return cast("Selection", super().filter_rows())

    def filter_rows(self) -> IndexScan:
        """How to find it: in an order that pages can be cut from, ranked if that is the order."""
        walk = self.get_selection().to_scan()
        if not self.is_by_relevance:
            return walk
        rank = search.rank_expression(self.get_search_words())
        return RankedScan(walk.condition, walk.driving_condition, walk.value, rank=rank)

    @property
    def is_by_relevance(self) -> bool:
        return self.data.get("ordering") == search.RELEVANCE_ORDERING

    def get_search_words(self) -> str:
        if "q" not in self.data:
            reason = "Give q too: the relevance is that of its words."
            raise parameters.invalid_value_problem([parameters.parameter_error("ordering", reason)])
        return str(self.data["q"])

    @property
    def is_facet_only(self) -> bool:
        return all(self.filters[name].facet_only for name in self.data if name in self.filters)


class JurisdictionFilters(StrictFilterSet):
    q = NameFilter("q", "Part of its name.", "Mongolia")
    kind = ColumnFilter("kind", "Term of the vocabulary jurisdiction_kind.", "country")
    parent = ParentFilter("parent", "The place that it is directly inside.", "CN")


class TermFilters(StrictFilterSet):
    vocabulary = VocabularyFilter("vocabulary", "The vocabulary.", "type")


class ActionFilters(RecordFilterSet):
    jurisdiction = PlaceFilter("jurisdiction", "This place and everything inside it.", "CN")
    jurisdiction_exactly = PlaceFilter("jurisdiction_exactly", "This place alone.", "CN-NM")
    agency = ActorFilter("agency", "An agency, by id.", "peoples-bank-of-china")
    agency_role = RoleFilter(
        "agency_role",
        "agency_role",
        "What an agency did; with agency: what that one did.",
        "enforcer",
    )
    entity = ActorFilter("entity", "An entity, by id.", "weibo")
    entity_role = RoleFilter(
        "entity_role", "entity_role", "The part of an entity; with entity: of that one.", "acted"
    )
    activity = TermFilter("activity", "activity", "The activity and everything under it.", "crypto")
    activity_exactly = TermFilter(
        "activity_exactly", "activity", "This activity as coded.", "mining"
    )
    unit = TermFilter("unit", "unit", "How it may be counted.", "act")
    type = TermFilter("type", "type", "The act reported, or a heading.", "enforcement")
    type_exactly = TermFilter("type_exactly", "type", "This type as coded.", "arrest")
    status = TermFilter("status", "status", "How far it has come.", "in_force")
    stance = TermFilter("stance", "stance", "Toward the activity.", "restrict")
    attribution = TermFilter("attribution", "attribution", "Whose decision it is.", "private")
    legal_force = TermFilter("legal_force", "legal_force", "Its legal form.", "statute")
    penalty = TermFilter("penalty", "penalty", "A penalty that the source names.", "detention")
    naming = TermFilter("naming", "naming", "Has an actor named so far.", "unnamed")
    source = RecordFilter(
        "source", "A source that it cites, by id.", "china-crypto-arrests-article"
    )
    evidence = TermFilter("evidence", "evidence", "How well it is evidenced.", "single_source")
    figure = TermFilter("figure", "figure", "Carries a figure of this kind.", "persons_arrested")
    related_to = FacetFilter(
        "related_to", "States a relation to this action.", "china-campaign-against-crypto"
    )
    unknown = FacetFilter("unknown", "Says why this field is empty.", "penalty")
    has_doubt = FlagFilter("has_doubt", "Carries a doubt.", "true")
    reported_claim = FlagFilter("reported_claim", "Passes on somebody's claim.", "true")
    year = YearFilter("year", "The year of its sort_date. Undated records have none.", "2021")
    month = MonthFilter("month", "The month of its sort_date.", "2021-06")
    sort_date__gte = SortDateFilter("gte", "Its sort_date is this day or later.")
    sort_date__lte = SortDateFilter("lte", "Its sort_date is this day or earlier.")
    in_force_on = InForceFilter()


for kind in DATE_KINDS:
    for relation in ("within", "overlaps"):
        ActionFilters.base_filters[f"{kind}__{relation}"] = DateWindowFilter(kind, relation)


def add_lookups(
    filterset: type[RecordFilterSet], several: Iterable[str], empty: Iterable[str]
) -> None:
    """Give fields their lookups: __in and __ne, and __isnull where the field can be empty."""
    found = filterset.base_filters
    for name in several:
        found[f"{name}__in"], found[f"{name}__ne"] = (
            InFilter(found[name]),
            NotEqualFilter(found[name]),
        )
    for name in empty:
        found[f"{name}__isnull"] = IsNullFilter(found[name])


add_lookups(
    ActionFilters,
    several=(
        *("jurisdiction", "agency", "entity", "activity", "unit", "type", "status", "stance"),
        *("attribution", "legal_force", "penalty", "source", "figure", "year", "month"),
    ),
    empty=(
        *("agency", "entity", "activity", "type", "status", "stance", "attribution"),
        *("legal_force", "penalty", "figure"),
    ),
)


class AgencyOrEntityFilters(RecordFilterSet):
    jurisdiction = PlaceFilter("jurisdiction", "This place and everything inside it.", "CN")
    jurisdiction_exactly = PlaceFilter("jurisdiction_exactly", "This place alone.", "CN")


class AgencyFilters(AgencyOrEntityFilters):
    type = TermFilter("type", "agency_kind", "What sort of body it is.", "police")


class EntityFilters(AgencyOrEntityFilters):
    type = TermFilter("type", "entity_kind", "What sort of thing it is.", "platform")


class SourceFilters(RecordFilterSet):
    source_class = TermFilter("source_class", "source_class", "How close it stands.", "wire")
    language = FacetFilter("language", "BCP 47 language tag.", "en")
    publisher = FacetFilter("publisher", "Its publisher, as given.", "Example Press")
    sha256 = FacetFilter("sha256", "SHA-256 of its bytes.", "0" * 64)
    year = YearFilter("year", "The year it appeared in.", "2021")
    month = MonthFilter("month", "The month it appeared in.", "2021-06")
    published__within = DateWindowFilter("published", "within")
    published__overlaps = DateWindowFilter("published", "overlaps")
