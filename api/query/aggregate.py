"""Counts of records by one or two fields, and sums of figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NotRequired, TypedDict

from django.db.models import JSONField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import QueryDict

from api.query import parameters
from policy.documents.columns import to_json_number
from policy.documents.nearest import nearest
from policy.models import Jurisdiction, Revision, Term
from policy.models.revision import LIVE_EVENTS
from policy.search import counts, time_groups
from policy.search.acts import count_repeated_acts
from policy.search.counts import FigureSum, GroupCount, GroupKeys
from policy.search.query import PERIOD_FACETS, Selection
from policy.search.time_groups import first_day, iter_calendar
from policy.versions import Version

# Jurisdictions, types and activities are grouped by the coded value only. Grouping by their
# parents too would count a record twice.
GROUP_BY_FACETS = {
    "jurisdiction": "jurisdiction_exactly",
    "agency": "agency",
    "type": "type_exactly",
    "status": "status",
    "stance": "stance",
    "activity": "activity_exactly",
    "attribution": "attribution",
    "source": "source",
    "year": "year",
    "month": "month",
}
LABEL_FIELDS = {"agency": "name", "source": "title"}
AGGREGATE_PARAMETERS = ("group_by", "sum")
MAX_GROUPS = 1000
AGGREGATE_NOTE = "A record with several values of a field is counted in the group of each value."
# From the number of a version; None: the current one.
SelectionFactory = Callable[[int | None], Selection]
LabelByValue = dict[str | None, str | None]


class SumData(TypedDict):
    unit: str
    value: int | float
    at_least: bool
    comparators: list[str]
    records: int


class ActsData(TypedDict):
    """The smallest and the largest number of different acts."""

    smallest: int
    largest: int


class GroupData(TypedDict):
    keys: dict[str, str | None]
    labels: dict[str, str | None]
    count: int
    acts: int
    possible: NotRequired[int | None]
    sums: NotRequired[list[SumData]]


class AggregateData(TypedDict):
    groups: list[GroupData]
    unit: str
    note: str
    total: int
    acts: ActsData
    version: Version


@dataclass(frozen=True)
class AggregateQuery:
    """The parameters: one or two fields, and the kind of figure to add up, if any."""

    fields: list[str]
    figure: str | None

    @property
    def facets(self) -> list[str]:
        return [GROUP_BY_FACETS[name] for name in self.fields]

    @property
    def period(self) -> str:
        """The field that is a year or a month; empty if none is."""
        return next((name for name in self.fields if name in PERIOD_FACETS), "")


def parse_aggregate_query(query: QueryDict) -> AggregateQuery:
    """Raise ApiProblem if `group_by` is missing or not valid, or if `sum` is not valid."""
    fields, figure = query.get("group_by", "").split(","), query.get("sum")
    errors = []
    if reason := validate_group_by(fields):
        errors.append(parameters.parameter_error("group_by", reason))
    if figure and (reason := validate_figure(figure)):
        errors.append(parameters.parameter_error("sum", reason))
    if errors:
        raise parameters.invalid_value_problem(errors)
    return AggregateQuery(fields, figure)


def validate_group_by(fields: list[str]) -> str:
    """Return what is wrong with the fields; an empty string if nothing is."""
    unknown = [name for name in fields if name not in GROUP_BY_FACETS]
    if fields == [""]:
        return f"Choose one or two of: {', '.join(GROUP_BY_FACETS)}."
    if unknown:
        return f"There is no {unknown[0]}.{nearest(unknown[0], GROUP_BY_FACETS)}"
    if len(set(fields)) < len(fields) or len(fields) > 2:
        return "Use one field, or two different fields separated by a comma."
    if set(fields) == set(PERIOD_FACETS):
        return "Use year or month, not both."
    return ""


def validate_figure(figure: str) -> str:
    """Return what is wrong with the kind of figure; an empty string if nothing is."""
    known = dict(Term.objects.filter(vocabulary="figure").values_list("code", "sum"))
    if figure not in known:
        return f"There is no {figure}.{nearest(figure, known)}"
    return "" if known[figure] else f"Values of {figure} of several records cannot be added up."


def build_aggregate(
    query: AggregateQuery, select: SelectionFactory, pinned_version: Version | None
) -> AggregateData:
    """Return the response. `select` returns the filtered records at a version. Raise ApiProblem if
    there are more than MAX_GROUPS groups."""
    chosen = select(pinned_version and pinned_version.number)
    total, groups = counts.count_groups(chosen, query.facets, MAX_GROUPS + 1)
    version = pinned_version or total.version
    chosen = select(version.number)
    possible = count_in_periods(query, groups, chosen)
    numbers = {group.keys: (group.records, group.acts) for group in groups}
    keys = list(dict.fromkeys([*numbers, *possible]))
    check_number_of_groups(len(keys))
    labels = get_labels_by_field(query.fields, keys, version.number)
    rows = [build_group_row(labels, key, *numbers.get(key, (0, 0))) for key in keys]
    if query.period:
        for row, key in zip(rows, keys, strict=True):
            row["possible"] = possible.get(key)
    if query.figure:
        sums = get_sums(query, query.figure, chosen)
        for row, key in zip(rows, keys, strict=True):
            row["sums"] = [serialize_sum(each) for each in sums.get(key, [])]
    smallest = total.acts - count_repeated_acts(chosen)
    return {
        "groups": rows,
        "unit": "records",
        "note": AGGREGATE_NOTE,
        "total": total.records,
        "acts": {"smallest": smallest, "largest": total.acts},
        "version": version,
    }


def count_in_periods(
    query: AggregateQuery, groups: list[GroupCount], selection: Selection
) -> dict[GroupKeys, int]:
    """Return the number of records that may lie in each period between the first and the last one
    that has a record for sure; empty if no field is a period. Raise ApiProblem if these are more
    than MAX_GROUPS periods."""
    if not query.period:
        return {}
    at = query.fields.index(query.period)
    sure = sorted((key for group in groups if (key := group.keys[at])), key=first_day)
    if not sure:
        return {}
    periods = list(islice(iter_calendar(sure[0], sure[-1]), MAX_GROUPS + 1))
    check_number_of_groups(len(periods))
    found = time_groups.count_possible(selection, query.facets, query.period, (sure[0], sure[-1]))
    if len(query.fields) > 1:
        return found
    return {(period,): found.get((period,), 0) for period in periods}


def check_number_of_groups(number: int) -> None:
    """Raise ApiProblem if there are more than MAX_GROUPS groups."""
    if number > MAX_GROUPS:
        reason = (
            f"There are more than {MAX_GROUPS} groups. Add a filter, such as year, or group by "
            "one field."
        )
        raise parameters.invalid_value_problem([parameters.parameter_error("group_by", reason)])


def build_group_row(
    labels: dict[str, LabelByValue], keys: GroupKeys, records: int, acts: int
) -> GroupData:
    key_by_field = dict(zip(labels, keys, strict=True))
    return {
        "keys": key_by_field,
        "labels": {name: labels[name].get(key) for name, key in key_by_field.items()},
        "count": records,
        "acts": acts,
    }


def get_sums(
    query: AggregateQuery, figure: str, selection: Selection
) -> dict[GroupKeys, list[FigureSum]]:
    """Return the sums of each group. `selection` must be at the version that was counted."""
    return counts.sum_figures(selection.filter("figure", figure), query.facets, figure)


def serialize_sum(figure_sum: FigureSum) -> SumData:
    return {
        "unit": figure_sum.unit,
        "value": to_json_number(figure_sum.value),
        "at_least": figure_sum.is_lower_bound,
        "comparators": figure_sum.comparators,
        "records": figure_sum.records,
    }


def get_labels_by_field(
    fields: list[str], groups: list[GroupKeys], version: int
) -> dict[str, LabelByValue]:
    columns = zip(*groups, strict=True) if groups else [()] * len(fields)
    return {
        name: get_value_labels(name, keys, version)
        for name, keys in zip(fields, columns, strict=True)
    }


def get_value_labels(name: str, keys: Sequence[str | None], version: int) -> LabelByValue:
    """Return the labels of the values of a field. A year or month is its own label."""
    if name in LABEL_FIELDS:
        return get_record_names(name, keys, version)
    if name in ("year", "month"):
        return {key: key for key in keys}
    return dict(get_code_labels(name, keys).items())


def get_code_labels(vocabulary: str, codes: Sequence[str | None]) -> dict[str, str]:
    """Return the labels of terms by code, or with vocabulary "jurisdiction" the names of
    jurisdictions."""
    if vocabulary == "jurisdiction":
        return dict(Jurisdiction.objects.filter(pk__in=codes).values_list("code", "name"))
    terms = Term.objects.filter(vocabulary=vocabulary, code__in=codes)
    return dict(terms.values_list("code", "label"))


def get_record_names(kind: str, ids: Sequence[str | None], version: int) -> LabelByValue:
    """Return the names of records, by id, at a version of the dataset."""
    latest = Revision.objects.filter(event__in=LIVE_EVENTS).latest_of(kind, ids, version)
    content = latest.annotate(content=Cast("document", JSONField()))
    return dict(content.values_list("record", KT(f"content__{LABEL_FIELDS[kind]}")))
