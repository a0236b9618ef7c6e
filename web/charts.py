"""Counts as small charts: tables whose bars are drawn beside their numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policy.models import FacetValue, Jurisdiction, Term

MAX_CHART_BARS = 8


@dataclass(frozen=True)
class Bar:
    label: str
    number: int
    href: str
    share: float
    code: str


@dataclass(frozen=True)
class Chart:
    title: str
    bars: list[Bar]
    rest: int
    note: str = ""


CHART_DEFINITIONS = (
    ("jurisdiction_exactly", "By place", "A record may have several."),
    ("activity_exactly", "By activity", "A record may have several."),
    ("stance", "By stance", "Toward the activity."),
)


def get_charts() -> list[Chart]:
    """How many actions that stand have each place, activity and stance, the commonest first."""
    return [build_chart(*row) for row in CHART_DEFINITIONS]


def build_chart(facet: str, title: str, note: str) -> Chart:
    values = FacetValue.objects.of_facet("action", facet)
    top = list(values.values_list("value", "records")[: MAX_CHART_BARS + 1])
    names = get_facet_labels(facet, [value for value, _ in top])
    most = max((number for _, number in top), default=1)
    bars = [
        Bar(
            names.get(value, value),
            number,
            get_filter_url(facet, value),
            100 * number / most,
            value,
        )
        for value, number in top[:MAX_CHART_BARS]
    ]
    return Chart(title, bars, len(top) - len(bars), note)


def get_facet_labels(facet: str, values: Iterable[str]) -> dict[str, str]:
    if facet == "jurisdiction_exactly":
        return dict(Jurisdiction.objects.filter(pk__in=values).values_list("code", "name"))
    terms = Term.objects.filter(vocabulary=facet.removesuffix("_exactly"), code__in=values)
    return dict(terms.values_list("code", "label"))


def get_filter_url(facet: str, value: str) -> str:
    return f"{reverse('web:actions')}?{urlencode({facet: value})}"
