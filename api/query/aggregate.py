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
from policy.models.revision import LIVE
from policy.search import counts
from policy.search.counts import Keys, Sum
from policy.search.query import Selection

# Of places, types and activities the values as coded: their headings would count records twice.
FACETS = {
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
NAMES = {"agency": "name", "source": "title"}
PARAMETERS = ("group_by", "sum")
MOST = 1000
NOTE = "A record with several values of a field counts in the group of each."
Select = Callable[[int | None], Selection]
Labels = dict[str | None, str | None]


@dataclass(frozen=True)
class Question:
    fields: list[str]
    figure: str | None

    @property
    def facets(self) -> list[str]:
        return [FACETS[name] for name in self.fields]


def question(query: QueryDict) -> Question:
    fields, figure = query.get("group_by", "").split(","), query.get("sum")
    errors = []
    if wrong := wrong_fields(fields):
        errors.append(parameters.error("group_by", wrong))
    if figure and (wrong := wrong_figure(figure)):
        errors.append(parameters.error("sum", wrong))
    if errors:
        raise parameters.invalid(errors)
    return Question(fields, figure)


def wrong_fields(fields: list[str]) -> str:
    unknown = [name for name in fields if name not in FACETS]
    if fields == [""]:
        return f"Name one or two of: {', '.join(FACETS)}."
    if unknown:
        return f"There is no {unknown[0]}.{nearest(unknown[0], FACETS)}"
    if len(set(fields)) < len(fields) or len(fields) > 2:
        return "Name one field, or two different ones with a comma."
    return ""


def wrong_figure(figure: str) -> str:
    known = set(Term.objects.filter(vocabulary="figure").values_list("code", flat=True))
    return "" if figure in known else f"There is no {figure}.{nearest(figure, known)}"


def answer(asked: Question, choose: Select, pinned: int | None) -> dict[str, Any]:
    """`choose` gives the records of a version, before it is decided how to find them."""
    total, groups = counts.groups(choose(pinned), asked.facets, MOST + 1)
    if len(groups) > MOST:
        reason = f"More than {MOST} groups. Add a filter, such as year, or group by one field."
        raise parameters.invalid([parameters.error("group_by", reason)])
    version = total.version if pinned is None else pinned
    labels = labelled(asked.fields, [keys for keys, _ in groups], version)
    rows = [group(labels, keys, number) for keys, number in groups]
    if asked.figure:
        sums = summed(asked, asked.figure, choose(version))
        for row, (keys, _) in zip(rows, groups, strict=True):
            row["sums"] = [shown(found) for found in sums.get(keys, [])]
    return {
        "groups": rows,
        "unit": "records",
        "note": NOTE,
        "total": total.records,
        "version": version,
    }


def group(labels: dict[str, Labels], keys: Keys, number: int) -> dict[str, Any]:
    named = dict(zip(labels, keys, strict=True))
    return {
        "keys": named,
        "labels": {name: labels[name].get(key) for name, key in named.items()},
        "count": number,
    }


def summed(asked: Question, figure: str, chosen: Selection) -> dict[Keys, list[Sum]]:
    """`chosen` is of the very version that was counted."""
    return counts.sums(chosen.having("figure", figure), asked.facets, figure)


def shown(found: Sum) -> dict[str, Any]:
    return {
        "unit": found.unit,
        "value": NumberField().to_representation(found.value),
        "at_least": found.at_least,
        "comparators": found.comparators,
        "records": found.records,
    }


def labelled(fields: list[str], found: list[Keys], version: int) -> dict[str, Labels]:
    columns = zip(*found, strict=True) if found else [()] * len(fields)
    return {
        name: labels_of(name, keys, version) for name, keys in zip(fields, columns, strict=True)
    }


def labels_of(name: str, keys: Sequence[str | None], version: int) -> Labels:
    """What keys are called. Periods are called what they are."""
    if name == "jurisdiction":
        return dict(Jurisdiction.objects.filter(pk__in=keys).values_list("code", "name"))
    if name in NAMES:
        return names_of(name, keys, version)
    if name in ("year", "month"):
        return {key: key for key in keys}
    terms = Term.objects.filter(vocabulary=name, code__in=keys)
    return dict(terms.values_list("code", "label"))


def names_of(kind: str, ids: Sequence[str | None], version: int) -> Labels:
    """What records were called at a version."""
    last = Revision.objects.filter(event__in=LIVE).last_of(kind, ids, version)
    content = last.annotate(content=Cast("document", JSONField()))
    return dict(content.values_list("record", KT(f"content__{NAMES[kind]}")))
