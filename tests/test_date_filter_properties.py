"""Every filter by date finds what its rule says, on random intervals: closed, open and missing."""

import random
from datetime import date, timedelta

import pytest

from policy.documents.periods import MAIN_DATE_KINDS
from policy.models import Unknown
from tests import factories as make
from tests.api_requests import get_json

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

FIRST = date(2021, 5, 29)  # the days run across the end of a month
DAYS = [FIRST + timedelta(days=number) for number in range(8)]
KINDS = ("occurred", "adopted", "effective", "observed", "ended")
RECORDS = 60


def make_interval(chance: random.Random) -> tuple[date | None, date | None]:
    """A day, an interval, or an interval that is open at one end."""
    start, end = sorted(chance.choices(DAYS, k=2))
    return chance.choice([(start, start), (start, end), (start, None), (None, end)])


@pytest.fixture(scope="module")
def intervals(shared):
    """Published actions: the intervals of each by kind."""
    chance = random.Random(7)
    office, article = make.agency("office"), make.source("article")
    made, rows = {}, []
    for number in range(RECORDS):
        kinds = chance.sample(KINDS, chance.choice([0, 1, 1, 2, 2, 3]))
        row = make.action(f"a-{number:02}", agency=office, source=article)
        row.dates.all().delete()
        row.citations.all().delete()
        made[row.slug] = {kind: make_interval(chance) for kind in kinds}
        for kind, (earliest, latest) in made[row.slug].items():
            row.dates.create(
                kind_id=f"date.{kind}",
                earliest=earliest,
                latest=latest,
                precision_id="precision.day" if earliest == latest else "precision.range",
                basis_id="basis.stated",
            )
        if not kinds:
            Unknown.objects.create(action=row, field="dates", reason="The source gives no day.")
        make.cite(row, article)
        rows.append(row)
    make.publish_all(office, article, *rows)
    return made


def find(**query) -> set[str]:
    results = get_json("/api/v1/actions/", {"page_size": 1000, "fields": "id", **query})["results"]
    return {row["id"] for row in results}


WINDOWS = [
    *((day, day) for day in DAYS),
    *((DAYS[start], DAYS[end]) for start, end in ((0, 3), (2, 5), (0, 7), (6, 7))),
    *((day, None) for day in DAYS[::3]),
    *((None, day) for day in DAYS[::3]),
]


def write_window(start: date | None, end: date | None) -> str:
    return f"{start or '..'}/{end or '..'}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_overlaps_what_may_lie_in_it(intervals, kind):
    """An unknown end is open."""
    for start, end in WINDOWS:
        wanted = {
            slug
            for slug, dates in intervals.items()
            if kind in dates
            and (dates[kind][1] or date.max) >= (start or date.min)
            and (dates[kind][0] or date.min) <= (end or date.max)
        }
        found = find(**{f"{kind}__overlaps": write_window(start, end)})
        assert found == wanted, (start, end)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_surely_lies_in_a_window_is_within_it(intervals, kind):
    for start, end in WINDOWS:
        wanted = {
            slug
            for slug, dates in intervals.items()
            if None not in dates.get(kind, (None,))
            and dates[kind][0] >= (start or date.min)
            and dates[kind][1] <= (end or date.max)
        }
        found = find(**{f"{kind}__within": write_window(start, end)})
        assert found == wanted, (start, end)


def get_main_interval(dates) -> tuple[date | None, date | None]:
    """The rule of decision 26, for dates of the whole act."""

    def rank(kind):
        start, end = dates[kind]
        is_open = start is None or end is None
        width = 0 if is_open else (end - start).days
        return is_open, kind in ("observed", "ended"), width, MAIN_DATE_KINDS.index(kind)

    return dates[min(dates, key=rank)] if dates else (None, None)


def get_sort_day(dates) -> date | None:
    start, end = get_main_interval(dates)
    return start or end


def test_what_has_no_date_is_in_no_range_of_days(intervals):
    days = {slug: get_sort_day(dates) for slug, dates in intervals.items()}
    assert None in days.values()
    for start in DAYS:
        assert find(sort_date__gte=start) == {s for s, day in days.items() if day and day >= start}
        assert find(sort_date__lte=start) == {s for s, day in days.items() if day and day <= start}
        between = {s for s, day in days.items() if day and start <= day <= DAYS[5]}
        assert find(sort_date__gte=start, sort_date__lte=DAYS[5]) == between
    dated = {slug for slug, day in days.items() if day}
    assert find(sort_date__gte="0001-01-01") == dated == find(date__overlaps="2021")
    for month in ("2021-05", "2021-06"):
        wanted = {slug for slug, dates in intervals.items() if is_inside(dates, month)}
        assert find(month=month) == wanted == find(date__within=month)
    assert find(year=2021) == {
        slug for slug, dates in intervals.items() if is_inside(dates, "2021")
    }


def is_inside(dates, period) -> bool:
    return all(day and day.isoformat().startswith(period) for day in get_main_interval(dates))
