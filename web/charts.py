"""The bar charts of the home page: how many actions have each value of a facet."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from api.query.aggregate import get_code_labels
from policy.models import FacetValue

MAX_CHART_BARS = 8


@dataclass(frozen=True)
class Bar:
    """A value with its number of actions. `share` is a percentage of the longest bar."""

    label: str
    number: int
    href: str
    share: float
    code: str


@dataclass(frozen=True)
class Chart:
    """The most frequent values. `rest` is greater than 0 if there are more values."""

    title: str
    bars: list[Bar]
    rest: int
    note: str = ""


CHART_DEFINITIONS = (
    ("jurisdiction_exactly", "By place", "An action can have several."),
    ("activity_exactly", "By activity", "An action can have several."),
    ("stance", "By stance", "The effect on the activity."),
)


def get_charts() -> list[Chart]:
    """Return the charts of the current actions by place, activity and stance."""
    return [build_chart(*row) for row in CHART_DEFINITIONS]


def build_chart(facet: str, title: str, note: str) -> Chart:
    values = FacetValue.objects.of_facet("action", facet)
    top = list(values.values_list("value", "records")[: MAX_CHART_BARS + 1])
    labels = get_code_labels(facet.removesuffix("_exactly"), [value for value, _ in top])
    longest = max((number for _, number in top), default=1)
    bars = [
        Bar(
            labels.get(value, value),
            number,
            get_filter_url(facet, value),
            100 * number / longest,
            value,
        )
        for value, number in top[:MAX_CHART_BARS]
    ]
    return Chart(title, bars, len(top) - len(bars), note)


def get_filter_url(facet: str, value: str) -> str:
    """Return the URL of the list of actions with a value of a facet."""
    return f"{reverse('web:actions')}?{urlencode({facet: value})}"
