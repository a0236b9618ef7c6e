"""Computed answers agree with a second reading of their rules, tests/oracle.py, on random data."""

from functools import partial
from random import Random

import pytest

from policy.documents.evidence import summarize_evidence
from policy.documents.periods import iter_periods, sort_date
from tests import oracle
from tests.api_requests import get_json
from tests.random_actions import DAYS, make_sources, random_action
from tests.random_dataset import FROM_FILES, RandomDataset, complete

PURE_RECORDS = 10_000
FORCE_KINDS = {"derived.in_force": True, "derived.in_force_possibly": False}
MONTHS = list(oracle.iter_months("2020-10", "2021-04"))
YEARS = list(oracle.iter_years("2019", "2022"))
FILTERS = [
    {},
    {"type": "arrest"},
    {"status": "under_way"},
    {"unit": "act", "stance__isnull": "true"},
    {"unit__ne": "act"},
    {"evidence": "corroborated"},
    {"month": "2021-01"},
    {"in_force_on__possibly": "2020-12-24"},
    {"in_force_on": "2021-01-20", "unit": "act"},
    {"type": "fine", "status": "planned", "unit": "series"},  # few, so that periods are empty
]
MATCHES = {
    "type": lambda action, value: action["type"] == value,
    "status": lambda action, value: action["status"] == value,
    "unit": lambda action, value: action["unit"] == value,
    "unit__ne": lambda action, value: action["unit"] != value,
    "stance__isnull": lambda action, _: action["stance"] is None,
    "evidence": lambda action, value: complete(action)["evidence"]["level"] == value,
    "month": lambda action, value: oracle.month_of(action) == value,
    "in_force_on": partial(oracle.is_in_force, surely=True),
    "in_force_on__possibly": partial(oracle.is_in_force, surely=False),
}


# Functions of a document


@pytest.fixture(scope="module")
def actions():
    chance = Random(26)
    return [random_action(chance, f"a-{number}", ["twin"]) for number in range(PURE_RECORDS)]


def test_level_of_evidence(actions):
    sources, levels = make_sources(), set()
    for action in actions:
        cited = [sources[citation["source"]["id"]] for citation in action["citations"]]
        summary = summarize_evidence(action, cited)
        assert summary["level"] == oracle.level_of_record(action, cited), action
        assert summary["fields"] == oracle.levels_of_values(action, cited), action
        levels |= {("record", summary["level"])}
        levels |= {("value", level) for level in summary["fields"].values()}
    assert len(levels) == 2 * len((None, "single_source", "corroborated", "official"))


def test_main_date(actions):
    for action in actions:
        dates = oracle.main_dates(action)
        assert sort_date(action["dates"], 2) in (list(map(oracle.sort_day, dates)) or [None]), (
            action
        )
        main = [period[1:] for period in iter_periods(action) if period.kind == "derived.main"]
        assert len(main) == bool(dates), action
        assert set(main) <= {(row["earliest"], row["latest"]) for row in dates}, action


def test_days_in_force(actions):
    chance, seen = Random(5), set()
    for action in actions:
        periods = list(iter_periods(action))
        for kind, surely in FORCE_KINDS.items():
            found = [oracle.as_bounds(row._asdict()) for row in periods if row.kind == kind]
            for day in iter_telling_days(chance, action):
                answer = any(first <= day <= last for first, last in found)
                assert answer == oracle.is_in_force(action, day, surely=surely), (day, action)
                seen.add((action["status"], surely, answer))
    plans = {"planned", "proposed", "in_consultation", "dropped"}
    assert {status for status, _, answer in seen if answer} == {
        row["status"] for row in actions
    } - plans


def test_periods_in_force_end_after_they_begin(actions):
    for action in actions:
        for row in iter_periods(action):
            first, last = oracle.as_bounds(row._asdict())
            assert first <= last, action


def test_what_is_surely_in_force_is_possibly_in_force(actions):
    for action in actions:
        periods = [row for row in iter_periods(action) if row.kind in FORCE_KINDS]
        possible = [oracle.as_bounds(r._asdict()) for r in periods if not FORCE_KINDS[r.kind]]
        for row in periods:
            first, last = oracle.as_bounds(row._asdict())
            assert any(start <= first and last <= end for start, end in possible), action


def iter_telling_days(chance, action):
    """Return the bounds of all dates, the days beside them, and some other days."""
    ends = {row[end] for row in action["dates"] for end in ("earliest", "latest")} - {None}
    days = {oracle.shift(day, step) for day in ends for step in (-1, 0, 1)}
    return {*days, *chance.sample(DAYS, 3), "0001-01-01", "9999-12-31"}


# Answers of the API


@pytest.fixture(scope="module")
def dataset(shared, tmp_path_factory):
    return RandomDataset(tmp_path_factory.mktemp("random"))


@pytest.fixture(params=["now", "before"])
def snapshot(dataset, request):
    """The published documents, and the parameters that select this state of the dataset."""
    if request.param == "now":
        return list(dataset.after.values()), {}
    return list(dataset.before.values()), {"as_of": dataset.moment}


def find(query):
    page = get_json("/api/v1/actions/", {"page_size": 1000, "fields": "id", **query})
    return {row["id"] for row in page["results"]}


def choose(actions, matches):
    return {action["id"] for action in actions if matches(action)}


@pytest.mark.django_db
def test_documents_say_what_is_computed(dataset):
    for slug in list(dataset.before)[:FROM_FILES]:
        served = get_json(f"/api/v1/actions/{slug}/", {"fields": "sort_date,evidence"})
        wanted = complete(dataset.after[slug])
        assert served == {name: wanted[name] for name in ("sort_date", "evidence")}


@pytest.mark.django_db
@pytest.mark.parametrize("surely", [True, False])
def test_in_force_on(snapshot, surely):
    actions, state = snapshot
    name = "in_force_on" if surely else "in_force_on__possibly"
    for day in ["0001-01-01", "2020-01-01", *DAYS[::7], "2021-12-31", "2022-01-01", "9999-12-31"]:
        wanted = choose(actions, partial(oracle.is_in_force, day=day, surely=surely))
        assert find({name: day, **state}) == wanted, day


@pytest.mark.django_db
def test_years_and_months(snapshot):
    actions, state = snapshot
    for month in MONTHS:
        wanted = choose(actions, lambda action, month=month: oracle.month_of(action) == month)
        assert find({"month": month, **state}) == wanted, month
    for year in YEARS:
        wanted = choose(actions, lambda action, year=year: oracle.year_of(action) == year)
        assert find({"year": year, **state}) == wanted, year
    undated = choose(actions, lambda action: oracle.month_of(action) is None)
    assert 0 < len(undated) < len(actions)
    assert find({"month__isnull": "true", **state}) == undated
    assert find({"month__isnull": "false", **state}) == choose(actions, oracle.month_of)


@pytest.mark.django_db
def test_windows(snapshot):
    actions, state = snapshot
    chance = Random(8)
    windows = [sorted(chance.choices(DAYS, k=2)) for _ in range(12)]
    windows += [(day, day) for day in DAYS[10::25]]
    windows += [*map(oracle.month_bounds, MONTHS), *map(oracle.year_bounds, YEARS)]
    windows += [(day, "..") for day in DAYS[5::40]] + [("..", day) for day in DAYS[5::40]]
    for start, end in windows:
        window = f"{start}/{end}"
        bounds = start.replace("..", oracle.FIRST_DAY), end.replace("..", oracle.LAST_DAY)
        within = choose(actions, lambda action, days=bounds: oracle.surely_within(action, *days))
        assert find({"date__within": window, **state}) == within, window
        overlap = choose(actions, lambda action, days=bounds: oracle.may_overlap(action, *days))
        assert find({"date__overlaps": window, **state}) == overlap, window


KEYS_OF = {
    "type": lambda action: [action["type"]],
    "status": lambda action: [action["status"]],
    "activity": lambda action: action["activities"],
}
GROUPINGS = {
    "month": (oracle.month_of, oracle.iter_months, oracle.month_bounds),
    "year": (oracle.year_of, oracle.iter_years, oracle.year_bounds),
}


@pytest.mark.django_db
@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize(
    "group_by", ["month", "year", "month,type", "status,year", "activity,month"]
)
def test_groups_by_period(dataset, snapshot, filters, group_by):
    actions, state = snapshot
    chosen = [
        action
        for action in actions
        if all(MATCHES[name](action, value) for name, value in filters.items())
    ]
    answer = get_json("/api/v1/actions/aggregate/", {"group_by": group_by, **filters, **state})
    period = "month" if "month" in group_by else "year"
    other = group_by.replace(period, "").strip(",")
    keys_of = KEYS_OF.get(other, oracle.no_keys)
    wanted = oracle.count_groups(chosen, *GROUPINGS[period], keys_of)
    served = {
        (row["keys"][period], row["keys"].get(other, "")): (
            *(row["count"], row["acts"], row["possible"]),
        )
        for row in answer["groups"]
    }
    assert served == wanted
    assert len(served) == len(answer["groups"])
    assert answer["total"] == len(chosen)
    merged = {} if state else dataset.merged
    assert answer["acts"] == oracle.count_acts(chosen, merged)
    counts = [row["count"] for row in answer["groups"]]
    assert counts == sorted(counts, reverse=True)
    empty = [
        (row["keys"][period], row["keys"].get(other))
        for row in answer["groups"]
        if not row["count"]
    ]
    assert empty == sorted(empty, key=lambda key: (key[0], key[1] is None, key[1]))
