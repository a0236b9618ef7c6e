"""Counts by one or two fields, for charts and tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import QueryDict

from api.query import parameters
from policy.documents.shapes import NumberField, nearest
from policy.models import Jurisdiction, Revision, Term
from policy.models.revision import LIVE_EVENTS
from policy.search import counts
from policy.search.counts import FigureSum, GroupKeys
from policy.search.query import Selection

# Of places, types and activities the values as coded: their headings would count records twice.
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
AGGREGATE_NOTE = "A record with several values of a field counts in the group of each."
SelectionFactory = Callable[[int | None], Selection]
LabelByValue = dict[str | None, str | None]


@dataclass(frozen=True)
class AggregateQuery:
    fields: list[str]
    figure: str | None

    @property
    def facets(self) -> list[str]:
        return [GROUP_BY_FACETS[name] for name in self.fields]


def parse_aggregate_query(query: QueryDict) -> AggregateQuery:
    fields, figure = query.get("group_by", "").split(","), query.get("sum")
    errors = []
    if wrong := validate_group_by(fields):
        errors.append(parameters.parameter_error("group_by", wrong))
    if figure and (wrong := validate_figure(figure)):
        errors.append(parameters.parameter_error("sum", wrong))
    if errors:
        raise parameters.invalid_value_problem(errors)
    return AggregateQuery(fields, figure)


def validate_group_by(fields: list[str]) -> str:
    unknown = [name for name in fields if name not in GROUP_BY_FACETS]
    if fields == [""]:
        return f"Name one or two of: {', '.join(GROUP_BY_FACETS)}."
    if unknown:
        return f"There is no {unknown[0]}.{nearest(unknown[0], GROUP_BY_FACETS)}"
    if len(set(fields)) < len(fields) or len(fields) > 2:
        return "Name one field, or two different ones with a comma."
    return ""


def validate_figure(figure: str) -> str:
    known = set(Term.objects.filter(vocabulary="figure").values_list("code", flat=True))
    return "" if figure in known else f"There is no {figure}.{nearest(figure, known)}"


def build_aggregate(
    asked: AggregateQuery, choose: SelectionFactory, pinned_version: int | None
) -> dict[str, Any]:
    """`choose` gives the records of a version, before it is decided how to find them."""
    total, groups = counts.count_groups(choose(pinned_version), asked.facets, MAX_GROUPS + 1)
    if len(groups) > MAX_GROUPS:
        reason = (
            f"More than {MAX_GROUPS} groups. Add a filter, such as year, or group by one field."
        )
        raise parameters.invalid_value_problem([parameters.parameter_error("group_by", reason)])
    version = total.version if pinned_version is None else pinned_version
    labels = get_labels_by_field(asked.fields, [keys for keys, _ in groups], version)
    rows = [build_group_row(labels, keys, number) for keys, number in groups]
    if asked.figure:
        sums = get_sums(asked, asked.figure, choose(version))
        for row, (keys, _) in zip(rows, groups, strict=True):
            row["sums"] = [serialize_sum(found) for found in sums.get(keys, [])]
    return {
        "groups": rows,
        "unit": "records",
        "note": AGGREGATE_NOTE,
        "total": total.records,
        "version": version,
    }


def build_group_row(
    labels: dict[str, LabelByValue], keys: GroupKeys, number: int
) -> dict[str, Any]:
    named = dict(zip(labels, keys, strict=True))
    return {
        "keys": named,
        "labels": {name: labels[name].get(key) for name, key in named.items()},
        "count": number,
    }


def get_sums(
    asked: AggregateQuery, figure: str, chosen: Selection
) -> dict[GroupKeys, list[FigureSum]]:
    """`chosen` is of the very version that was counted."""
    return counts.sum_figures(chosen.filter("figure", figure), asked.facets, figure)


def serialize_sum(found: FigureSum) -> dict[str, Any]:
    return {
        "unit": found.unit,
        "value": NumberField().to_representation(found.value),
        "at_least": found.is_lower_bound,
        "comparators": found.comparators,
        "records": found.records,
    }


def get_labels_by_field(
    fields: list[str], found: list[GroupKeys], version: int
) -> dict[str, LabelByValue]:
    columns = zip(*found, strict=True) if found else [()] * len(fields)
    return {
        name: get_value_labels(name, keys, version)
        for name, keys in zip(fields, columns, strict=True)
    }


def get_value_labels(name: str, keys: Sequence[str | None], version: int) -> LabelByValue:
    """What keys are called. Periods are called what they are."""
    if name == "jurisdiction":
        return dict(Jurisdiction.objects.filter(pk__in=keys).values_list("code", "name"))
    if name in LABEL_FIELDS:
        return get_record_names(name, keys, version)
    if name in ("year", "month"):
        return {key: key for key in keys}
    terms = Term.objects.filter(vocabulary=name, code__in=keys)
    return dict(terms.values_list("code", "label"))


def get_record_names(kind: str, ids: Sequence[str | None], version: int) -> LabelByValue:
    """What records were called at a version."""
    last = Revision.objects.filter(event__in=LIVE_EVENTS).latest_of(kind, ids, version)
    content = last.annotate(content=Cast("document", JSONField()))
    return dict(content.values_list("record", KT(f"content__{LABEL_FIELDS[kind]}")))
