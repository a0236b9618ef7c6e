"""The query language: what lists can be filtered by, one line a parameter."""

import re
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date, time, timedelta
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from api.query import parameters, search
from policy.documents.facets import UNDATED
from policy.documents.shapes import nearest
from policy.models import Jurisdiction, Revision, Term
from policy.models.sql import Condition, all_of, fetched
from policy.search.query import Selection, Walk
from policy.search.ranking import Ranked

Window = tuple[date | None, date | None]
DATE_KINDS = ("occurred", "announced", "adopted", "effective", "ended", "observed", "reported")
MOST_VALUES = 20
NEIGHBOURS = 20  # ids to look for a misspelled one among
MONTH_OR_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
DATED = Condition("f.date <> %s", (UNDATED,))
MONTH = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])"


class FacetFilter(django_filters.Filter):
    """Records that carry a value. `plain`: it asks for facets and for nothing else, so that a
    record which is found proves that the value exists; `believing` leaves that to the record."""

    field_class = forms.CharField
    plain = True
    believing = False

    def __init__(self, facet: str, help_text: str, example: str, **options: Any) -> None:
        super().__init__(facet, help_text=help_text, max_length=200, **options)
        self.example = example

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": parameters.LONGEST}

    def known(self, values: list[str]) -> Iterable[str]:
        """Which of these values exist."""
        return values

    def choices(self, value: str) -> Iterable[str]:
        """Values among which a misspelled one is looked for."""
        return ()

    def get_value(self, value: str) -> str:
        return self.get_values([value])[0]

    def get_values(self, values: list[str]) -> list[str]:
        known = set(values if self.believing else self.known(values))
        for value in values:
            if value not in known:
                hint = nearest(value, list(self.choices(value)))
                raise ValidationError(f"There is no {value}.{hint}")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.having(self.field_name, self.get_value(value)) if value else qs


class TermFilter(FacetFilter):
    """Records that carry a term, or one under it."""

    def __init__(self, facet: str, vocabulary: str, help_text: str, example: str) -> None:
        self.vocabulary = vocabulary
        super().__init__(facet, f"{help_text} Term of the vocabulary {vocabulary}.", example)

    def known(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_term WHERE vocabulary = %s AND code = ANY(%s)"
        return [code for (code,) in fetched(statement, (self.vocabulary, values))]

    def choices(self, value: str) -> Iterable[str]:
        return Term.objects.filter(vocabulary=self.vocabulary).values_list("code", flat=True)


class PlaceFilter(FacetFilter):
    def known(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_jurisdiction WHERE code = ANY(%s)"
        return [code for (code,) in fetched(statement, (values,))]

    def choices(self, value: str) -> Iterable[str]:
        return Jurisdiction.objects.values_list("code", flat=True)


class RecordFilter(FacetFilter):
    """Records that refer to an agency, entity or source."""

    def known(self, values: list[str]) -> Iterable[str]:
        statement = (
            "SELECT record FROM policy_revision WHERE kind = %s AND number = 1 AND record = ANY(%s)"
        )
        return [record for (record,) in fetched(statement, (self.field_name, values))]

    def choices(self, value: str) -> Iterable[str]:
        records = Revision.objects.filter(kind=self.field_name).values_list("record", flat=True)
        yield from records.filter(record__gt=value).order_by("record")[:NEIGHBOURS]
        yield from records.filter(record__lt=value).order_by("-record")[:NEIGHBOURS]


class FlagFilter(FacetFilter):
    schema = {"type": "string", "enum": ["true", "false"]}

    def known(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Iterable[str]:
        return ("true", "false")


class YearFilter(FacetFilter):
    schema = {"type": "integer", "minimum": 1, "maximum": 9999}

    def get_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII) for value in values):
            raise ValidationError("A year is a number from 1 to 9999.")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        """The same year twice: as a value, and as bounds to whichever value is walked."""
        return super().filter(qs, value).dated(between(*span(value.zfill(4)))) if value else qs


class MonthFilter(FacetFilter):
    schema = {"type": "string", "pattern": f"^{MONTH}$"}

    def get_values(self, values: list[str]) -> list[str]:
        if not all(re.fullmatch(MONTH, value, re.ASCII) for value in values):
            raise ValidationError("A month is a year and two digits: 2021-06.")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        """As a value and as bounds, like a year."""
        return super().filter(qs, value).dated(between(*span(value))) if value else qs


def between(first: date | None, last: date | None) -> Condition:
    return Condition("f.date BETWEEN %s AND %s", (first, last))


class ActorFilter(RecordFilter):
    """With its role parameter, both must hold of the same row."""

    def filter(self, qs: Any, value: Any) -> Any:
        role = self.parent.data.get(f"{self.field_name}_role")
        if not value or not role:
            return super().filter(qs, value)
        return qs.having(f"{self.field_name}_in_role", f"{self.get_value(value)}:{role}")


class RoleFilter(TermFilter):
    def filter(self, qs: Any, value: Any) -> Any:
        with_actor = self.field_name.removesuffix("_role") in self.parent.data
        if value and with_actor:
            self.get_value(value)
            return qs
        return super().filter(qs, value)


class AnyOf(FacetFilter):
    """field__in: records that carry one of several values, or more of them."""

    plain = False

    def __init__(self, one: FacetFilter) -> None:
        self.one = one
        text = f"One of these, with commas, {MOST_VALUES} at most. {one.extra['help_text']}"
        super().__init__(str(one.field_name), text, one.example)

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        values = value.split(",")
        if not all(values) or len(set(values)) < len(values) or len(values) > MOST_VALUES:
            raise ValidationError(f"Give one to {MOST_VALUES} different values, with commas.")
        return qs.having_any(self.field_name, self.one.get_values(values))


class NoneOf(FacetFilter):
    """field__ne: records that do not carry a value. Those that carry none at all belong to them."""

    plain = False

    def __init__(self, one: FacetFilter) -> None:
        self.one = one
        text = f"Not this one; records without any value count. {one.extra['help_text']}"
        super().__init__(str(one.field_name), text, one.example)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.lacking(self.field_name, self.one.get_value(value)) if value else qs


class EmptyFilter(FlagFilter):
    """field__isnull: records in which a field is empty, or is not."""

    plain = False

    def __init__(self, one: FacetFilter) -> None:
        super().__init__(str(one.field_name), "Whether the field is empty.", "true")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        empty = self.get_value(value) == "true"
        return qs.lacking(self.field_name) if empty else qs.having_some(self.field_name)


class BoundFilter(FacetFilter):
    """sort_date__gte and __lte. Undated records lie outside of every bound."""

    plain = False
    schema = {"type": "string", "format": "date"}

    def __init__(self, lookup: str, help_text: str) -> None:
        self.lookup = lookup
        super().__init__(f"sort_date__{lookup}", help_text, "2021-06-09")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        sign = {"gte": ">=", "lte": "<="}[self.lookup]
        return qs.dated(Condition(f"f.date {sign} %s", (day(value),))).dated(DATED)


class InForceFilter(FacetFilter):
    """Records that may have been in force on a day, by their dates.

    It began to be by its effective date; without one, by when it was adopted, occurred or was
    observed. It is out of force after the day that it ended at the latest.
    """

    plain = False
    schema = {"type": "string", "format": "date"}
    BEGINNINGS = ("adopted", "occurred", "observed")

    def __init__(self) -> None:
        text = "May be in force on this day: begun on or before it, not ended before it."
        super().__init__("in_force_on", text, "2021-06-10")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        on = day(value)
        begun = "(i.earliest IS NULL OR i.earliest <= %s)"
        effective = dated("effective", Condition(begun, (on,)))
        other = any_dated(self.BEGINNINGS, Condition(begun, (on,)))
        without = ~dated("effective", Condition("true"))
        starts = Condition(
            f"({effective.sql} OR ({without.sql} AND {other.sql}))",
            (*effective.values, *without.values, *other.values),
        )
        return qs.where(starts).where(~dated("ended", Condition("i.latest < %s", (on,))))


def day(value: str) -> date:
    start, end = span(value)
    if start is None or start != end:
        raise ValidationError("Use a day: 2021-06-09.")
    return start


class WindowFilter(FacetFilter):
    """Records by when: a date that lies within a window, or may lie in it."""

    plain = False

    def __init__(self, kind: str, relation: str) -> None:
        self.kind, self.relation = kind, relation
        words = {
            "within": "Surely inside the window: both ends known and in it.",
            "overlaps": "Possibly inside: open ends reach on. Never a record without the date.",
        }
        super().__init__(f"{kind}__{relation}", f"{kind}: {words[relation]}", "2021-06")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        relate = {"within": within, "overlaps": overlaps}[self.relation]
        return qs.where(dated(self.kind, relate(*window(value))))


def dated(kind: str, condition: Condition) -> Condition:
    """Whether a revision has a date of a kind, called i, of which a condition is true."""
    return any_dated([kind], condition)


def any_dated(kinds: Sequence[str], condition: Condition) -> Condition:
    same = "SELECT FROM policy_interval i WHERE i.revision_id = f.revision_id"
    sql = f"EXISTS ({same} AND i.date = ANY(%s) AND {condition.sql})"
    return Condition(sql, (list(kinds), *condition.values))


def within(start: date | None, end: date | None) -> Condition:
    """Both ends known and in the window."""
    found = [Condition("i.earliest IS NOT NULL"), Condition("i.latest IS NOT NULL")]
    found += [Condition("i.earliest >= %s", (start,))] if start else []
    found += [Condition("i.latest <= %s", (end,))] if end else []
    return all_of(found)


def overlaps(start: date | None, end: date | None) -> Condition:
    found = [Condition("(i.latest IS NULL OR i.latest >= %s)", (start,))] if start else []
    found += [Condition("(i.earliest IS NULL OR i.earliest <= %s)", (end,))] if end else []
    return all_of(found)


def window(value: str) -> Window:
    """2021, 2021-06, 2021-06-09, or two of them with a slash; `..` is an open end."""
    first, slash, last = value.partition("/")
    start, end = span(first)[0], span(last if slash else first)[1]
    if start and end and start > end:
        raise ValidationError("The window ends before it starts.")
    if not start and not end:
        raise ValidationError("Close the window at one end at least.")
    return start, end


def span(value: str) -> Window:
    """The first and the last day of a day, month or year."""
    if value == "..":
        return None, None
    try:
        if match := MONTH_OR_YEAR.fullmatch(value):
            year, month = int(match[1]), match[2] and int(match[2])
            start = date(year, month or 1, 1)
            return start, month_end(year, month or 12)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value), date.fromisoformat(value)
    except ValueError:
        pass
    raise ValidationError("Use 2021, 2021-06, 2021-06-09, 2021-06-01/2021-06-09 or 2021-06-01/..")


def month_end(year: int, month: int) -> date:
    if (year, month) == (9999, 12):
        return date.max
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


class SearchFilter(FacetFilter):
    """Words: quotes for a phrase, a minus before a word to leave out, OR for either."""

    plain = False

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.where(search.having(value)) if value else qs


class SinceFilter(FacetFilter):
    """Records whose standing content was published at an instant or after it."""

    plain = False

    def get_value(self, value: str) -> Any:
        moment = parameters.instant_of(value, time.min)
        if wrong := parameters.wrong_instant(moment, value):
            raise ValidationError(wrong)
        return moment

    def filter(self, qs: Any, value: Any) -> Any:
        """Versions and instants run the same way, and facets know the version alone."""
        if not value:
            return qs
        before = Revision.objects.filter(published_at__lt=self.get_value(value))
        return qs.where(Condition("f.revision_id > %s", (before.version(),)))


class ColumnFilter(FacetFilter):
    """Rows of a reference table with a value in a column."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{self.field_name: self.get_value(value)}) if value else qs


class VocabularyFilter(ColumnFilter):
    def known(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Iterable[str]:
        return Term.objects.order_by().values_list("vocabulary", flat=True).distinct()


class ParentFilter(ColumnFilter, PlaceFilter):
    pass


class NameFilter(ColumnFilter):
    """Rows whose name contains the words."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        return qs.filter(Q(name__icontains=value) | Q(native_name__icontains=value))


class StrictFilterSet(django_filters.FilterSet):
    """A query that is answered whole or refused whole.

    Unlike its base it copies no filter that is not asked for, and builds no form. `believing`:
    whoever asks will look again where no row is found, or anything is wrong.
    """

    def __init__(self, data: dict[str, str], queryset: Any, believing: bool = False) -> None:
        self.data, self.queryset = data, queryset
        asked = [name for name in self.base_filters if name in data]
        self.filters = {name: copy(self.base_filters[name]) for name in asked}
        for declared in self.filters.values():
            declared.parent, declared.believing = self, believing and declared.plain

    def selected(self) -> Any:
        """The rows that answer the query. Raises a problem that names every bad value."""
        errors, rows = [], self.queryset
        for name, declared in self.filters.items():
            try:
                value = self.base_filters[name].field.clean(self.data[name])
                rows = declared.filter(rows, value)
            except ValidationError as error:
                errors.append(parameters.error(name, " ".join(error.messages)))
        if errors:
            raise parameters.invalid(errors)
        return rows


class RecordFilterSet(StrictFilterSet):
    """What all kinds of record share."""

    q = SearchFilter("q", 'Words to find: "a phrase", -without, this OR that.', "mining -bitcoin")
    updated_since = SinceFilter(
        "updated_since",
        "Published anew at this instant or later, or since the beginning of a day in UTC.",
        "2026-11-22T09:30:00Z",
    )

    def chosen(self) -> Selection:
        """What is asked for, before it is decided how to find it."""
        return cast("Selection", super().selected())

    def selected(self) -> Walk:
        """How to find it: in an order that pages can be cut from, ranked if that is the order."""
        walk = self.chosen().walked()
        if not self.by_relevance:
            return walk
        rank = search.rank(self.words())
        return Ranked(walk.condition, walk.led_by, walk.value, rank=rank)

    @property
    def by_relevance(self) -> bool:
        return self.data.get("ordering") == search.RELEVANCE

    def words(self) -> str:
        if "q" not in self.data:
            reason = "Give q too: the relevance is that of its words."
            raise parameters.invalid([parameters.error("ordering", reason)])
        return str(self.data["q"])

    @property
    def plain(self) -> bool:
        return all(self.filters[name].plain for name in self.data if name in self.filters)


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
    sort_date__gte = BoundFilter("gte", "Its sort_date is this day or later.")
    sort_date__lte = BoundFilter("lte", "Its sort_date is this day or earlier.")
    in_force_on = InForceFilter()


for kind in DATE_KINDS:
    for relation in ("within", "overlaps"):
        ActionFilters.base_filters[f"{kind}__{relation}"] = WindowFilter(kind, relation)


def with_lookups(
    filterset: type[RecordFilterSet], several: Iterable[str], empty: Iterable[str]
) -> None:
    """Give fields their lookups: __in and __ne, and __isnull where the field can be empty."""
    found = filterset.base_filters
    for name in several:
        found[f"{name}__in"], found[f"{name}__ne"] = AnyOf(found[name]), NoneOf(found[name])
    for name in empty:
        found[f"{name}__isnull"] = EmptyFilter(found[name])


with_lookups(
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


class BodyFilters(RecordFilterSet):
    jurisdiction = PlaceFilter("jurisdiction", "This place and everything inside it.", "CN")
    jurisdiction_exactly = PlaceFilter("jurisdiction_exactly", "This place alone.", "CN")


class AgencyFilters(BodyFilters):
    type = TermFilter("type", "agency_kind", "What sort of body it is.", "police")


class EntityFilters(BodyFilters):
    type = TermFilter("type", "entity_kind", "What sort of thing it is.", "platform")


class SourceFilters(RecordFilterSet):
    source_class = TermFilter("source_class", "source_class", "How close it stands.", "wire")
    language = FacetFilter("language", "BCP 47 language tag.", "en")
    publisher = FacetFilter("publisher", "Its publisher, as given.", "Example Press")
    sha256 = FacetFilter("sha256", "SHA-256 of its bytes.", "0" * 64)
    year = YearFilter("year", "The year it appeared in.", "2021")
    month = MonthFilter("month", "The month it appeared in.", "2021-06")
    published__within = WindowFilter("published", "within")
    published__overlaps = WindowFilter("published", "overlaps")
