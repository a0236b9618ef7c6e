"""The parameters that filter each list. Help texts appear in the OpenAPI file and in OPTIONS."""

from collections.abc import Iterable
from copy import copy
from typing import Generic, TypeVar

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

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
    SchemeFilter,
    SearchFilter,
    TargetFilter,
    TermFilter,
    ValueFilter,
    VocabularyFilter,
)
from policy.documents import evidence
from policy.documents.action_schema import ActionDocument
from policy.documents.periods import IN_FORCE, MAIN_PERIOD, POSSIBLY_IN_FORCE
from policy.search.query import IndexScan, Selection
from policy.search.ranking import RankedScan

DATE_KINDS = ("occurred", "announced", "adopted", "effective", "ended", "observed", "reported")
RowsT = TypeVar("RowsT")  # Selection, or QuerySet for reference tables


class StrictFilterSet(django_filters.FilterSet, Generic[RowsT]):  # type: ignore[misc]  # no types
    """The filters of a list, applied all or not at all.

    Unlike its base class it copies only the filters that the request uses, and builds no form.
    """

    base_filters: dict[str, ValueFilter]

    def __init__(self, data: dict[str, str], queryset: RowsT) -> None:
        self.data = data
        self.queryset: RowsT = queryset
        names = [name for name in self.base_filters if name in data]
        self.filters = {name: copy(self.base_filters[name]) for name in names}
        for each in self.filters.values():
            each.parent = self

    def apply_filters(self) -> RowsT:
        """Return the rows that match. Raise an ApiProblem that names every invalid value."""
        errors: list[parameters.ParameterError] = []
        rows: RowsT = self.queryset
        for name, each in self.filters.items():
            try:
                value = self.base_filters[name].field.clean(self.data[name])
                rows = each.filter(rows, value)
            except ValidationError as error:
                errors.append(parameters.parameter_error(name, " ".join(error.messages)))
        if errors:
            raise parameters.invalid_value_problem(errors)
        return rows


class RecordFilterSet(StrictFilterSet[Selection]):
    """The filters that all kinds of records have."""

    identifier = SchemeFilter(
        "identifier",
        "identifier_scheme",
        "An identifier of it, with its scheme.",
        "celex:32024R1689",
    )
    classification = SchemeFilter(
        "classification",
        "classification_scheme",
        "A classification of it, with its scheme: the code or how it begins.",
        "hs:8542",
    )
    q = SearchFilter(
        "q", 'Full-text search: "a phrase", -excluded, this OR that.', "mining -bitcoin"
    )
    updated_since = UpdatedSinceFilter(
        "updated_since",
        "Only records whose current revision was published at or after this instant. A date means "
        "the start of that day in UTC.",
        "2026-11-22T09:30:00Z",
    )

    def get_scan(self) -> IndexScan:
        """Return how to find the rows: ranked if the ordering is by relevance. Raise ApiProblem
        as apply_filters() does, and if the ordering needs `q` and it is missing."""
        scan = self.apply_filters().to_scan()
        if not self.is_by_relevance:
            return scan
        rank = search.rank_expression(self.get_search_words())
        return RankedScan(scan.condition, scan.driving_condition, scan.value, rank=rank)

    @property
    def is_by_relevance(self) -> bool:
        return self.data.get("ordering") == search.RELEVANCE_ORDERING

    def get_search_words(self) -> str:
        if "q" not in self.data:
            reason = "Ordering by relevance requires the parameter q."
            raise parameters.invalid_value_problem([parameters.parameter_error("ordering", reason)])
        return self.data["q"]


class ReferenceFilterSet(StrictFilterSet[QuerySet[Model]]):
    """The filters of a reference table."""


class JurisdictionFilters(ReferenceFilterSet):
    q = NameFilter("q", "Text that the name contains.", "Mongolia")
    kind = ColumnFilter("kind", "A term of the vocabulary jurisdiction_kind.", "country")
    parent = ParentFilter("parent", "The jurisdiction that directly contains it.", "CN")
    iso3 = ColumnFilter("iso3", "The ISO 3166-1 alpha-3 code.", "CHN")
    m49 = ColumnFilter("m49", "The UN M49 code.", "156")


class TermFilters(ReferenceFilterSet):
    vocabulary = VocabularyFilter("vocabulary", "The vocabulary.", "type")


def describe_coded_field(name: str) -> tuple[str, str]:
    """Return the first sentence of the description of a field of actions, and its example."""
    field = ActionDocument.model_fields[name]
    description, _, _ = (field.description or "").partition(". ")
    return f"{description}.", str((field.examples or [""])[0])


class ActionFilters(RecordFilterSet):
    jurisdiction = PlaceFilter("jurisdiction", "This jurisdiction or one inside it.", "CN")
    jurisdiction_exactly = PlaceFilter(
        "jurisdiction_exactly", "This jurisdiction, but none inside it.", "CN-NM"
    )
    agency = ActorFilter("agency", "The id of an agency that it names.", "peoples-bank-of-china")
    agency_role = RoleFilter(
        "agency_role",
        "agency_role",
        "The role of an agency. With `agency`: the role of that agency.",
        "enforcer",
    )
    entity = ActorFilter("entity", "The id of an entity that it names.", "weibo")
    entity_role = RoleFilter(
        "entity_role",
        "entity_role",
        "The role of an entity. With `entity`: the role of that entity.",
        "acted",
    )
    activity = TermFilter("activity", "activity", "This activity or a narrower one.", "crypto")
    activity_exactly = TermFilter(
        "activity_exactly", "activity", "This activity, but no narrower one.", "mining"
    )
    unit = TermFilter("unit", "unit", "What it counts as: an act, a series or a state.", "act")
    type = TermFilter("type", "type", "The type of act, or a broader type.", "enforcement")
    type_exactly = TermFilter("type_exactly", "type", "This type, but no narrower one.", "arrest")
    status = TermFilter("status", "status", "The stage that it has reached.", "in_force")
    stance = TermFilter("stance", "stance", "Its effect on the activity.", "restrict")
    attribution = TermFilter("attribution", "attribution", "Whose decision it was.", "private")
    legal_force = TermFilter("legal_force", "legal_force", "Its legal form.", "statute")
    penalty = TermFilter("penalty", "penalty", "A penalty that the source names.", "detention")
    naming = TermFilter("naming", "naming", "How precisely the source names an actor.", "unnamed")
    source = RecordFilter(
        "source", "The id of a source that it cites.", "china-crypto-arrests-article"
    )
    evidence = TermFilter("evidence", "evidence", "The level of evidence.", "single_source")
    figure = TermFilter("figure", "figure", "Has a figure of this kind.", "persons_arrested")
    related_to = FacetFilter(
        "related_to",
        "The id of an action to which it states a relation.",
        "china-campaign-against-crypto",
    )
    unknown = FacetFilter(
        "unknown", "A field that is empty and whose absence is explained.", "penalty"
    )
    has_doubt = FlagFilter("has_doubt", "Whether it has a note of doubt.", "true")
    reported_claim = FlagFilter("reported_claim", "Whether it reports a claim by somebody.", "true")
    target = TargetFilter(
        "target", "A place that it is aimed at or favours, or a place inside it.", "CN"
    )
    target_role = RoleFilter(
        "target_role",
        "target_role",
        "The role of a target. With `target`: the role of that place.",
        "target",
    )
    part = FacetFilter("part", "Has a date or figure for this part of the act.", "list-1")
    year = YearFilter("year", "Its main date surely lies in this year.", "2021")
    month = MonthFilter("month", "Its main date surely lies in this month.", "2021-06")
    sort_date__gte = SortDateFilter("gte", "`sort_date` is on or after this day.")
    sort_date__lte = SortDateFilter("lte", "`sort_date` is on or before this day.")
    in_force_on = InForceFilter("in_force_on", IN_FORCE, "Surely in force on this day.")
    in_force_on__possibly = InForceFilter(
        "in_force_on__possibly",
        POSSIBLY_IN_FORCE,
        "Possibly in force on this day: it may have begun, and is not known to have ended before.",
    )
    date__within = DateWindowFilter(MAIN_PERIOD, "within", "date")
    date__overlaps = DateWindowFilter(MAIN_PERIOD, "overlaps", "date")


# A coded field without a filter of its own gets one.
for name, vocabulary in evidence.CODED_VOCABULARIES.items():
    if name not in ActionFilters.base_filters:
        help_text, example = describe_coded_field(name)
        ActionFilters.base_filters[name] = TermFilter(name, vocabulary, help_text, example)

for kind in DATE_KINDS:
    for relation in ("within", "overlaps"):
        ActionFilters.base_filters[f"{kind}__{relation}"] = DateWindowFilter(kind, relation)


def add_lookups(
    filterset: type[RecordFilterSet], with_values: Iterable[str], nullable: Iterable[str]
) -> None:
    """Add the lookups `__in` and `__ne` to the fields `with_values`, and `__isnull` to the fields
    `nullable`."""
    filters = filterset.base_filters
    for name in with_values:
        base_filter = get_facet_filter(filterset, name)
        filters[f"{name}__in"] = InFilter(base_filter)
        filters[f"{name}__ne"] = NotEqualFilter(base_filter)
    for name in nullable:
        filters[f"{name}__isnull"] = IsNullFilter(get_facet_filter(filterset, name))


def get_facet_filter(filterset: type[RecordFilterSet], name: str) -> FacetFilter:
    base_filter = filterset.base_filters[name]
    assert isinstance(base_filter, FacetFilter), name  # noqa: S101
    return base_filter


add_lookups(
    ActionFilters,
    with_values=(
        *evidence.CODED_VOCABULARIES,
        *("jurisdiction", "agency", "entity", "activity", "penalty", "source", "figure"),
        *("target", "identifier", "year", "month"),
    ),
    nullable=(
        *(name for name in evidence.CODED_VOCABULARIES if name != "unit"),
        *("agency", "entity", "activity", "penalty", "figure", "target", "month"),
    ),
)


class AgencyOrEntityFilters(RecordFilterSet):
    jurisdiction = PlaceFilter("jurisdiction", "This jurisdiction or one inside it.", "CN")
    jurisdiction_exactly = PlaceFilter(
        "jurisdiction_exactly", "This jurisdiction, but none inside it.", "CN"
    )


class AgencyFilters(AgencyOrEntityFilters):
    type = TermFilter("type", "agency_kind", "The type of agency.", "police")


class EntityFilters(AgencyOrEntityFilters):
    type = TermFilter("type", "entity_kind", "The type of entity.", "platform")


class SourceFilters(RecordFilterSet):
    source_class = TermFilter("source_class", "source_class", "The class of the source.", "wire")
    language = FacetFilter("language", "The language, as a BCP 47 tag.", "en")
    publisher = FacetFilter("publisher", "The exact name of the publisher.", "Example Press")
    sha256 = FacetFilter("sha256", "The SHA-256 digest of its bytes.", "0" * 64)
    year = YearFilter("year", "The year of publication.", "2021")
    month = MonthFilter("month", "The month of publication.", "2021-06")
    published__within = DateWindowFilter("published", "within")
    published__overlaps = DateWindowFilter("published", "overlaps")
