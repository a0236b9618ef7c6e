"""The main date of an action, and when it was in force: examples of each rule of decision 26."""

import pytest

from policy.documents.facets import iter_time_facets
from policy.documents.periods import (
    IN_FORCE,
    MAIN_PERIOD,
    POSSIBLY_IN_FORCE,
    iter_periods,
    main_date,
    sort_date,
)

UNLIMITED = (None, None)


def dated(kind, earliest, latest, part=""):
    return {"kind": kind, "part": part, "earliest": earliest, "latest": latest}


def on(kind, day, part=""):
    return dated(kind, day, day, part)


def action(status, *dates):
    return {"kind": "action", "schema_version": 2, "status": status, "dates": list(dates)}


def force(status, *dates):
    """Return the periods in which an action surely, and in which it possibly was in force."""
    found = {IN_FORCE: [], POSSIBLY_IN_FORCE: []}
    for kind, earliest, latest in iter_periods(action(status, *dates)):
        if kind in found:
            found[kind].append((earliest, latest))
    return found[IN_FORCE], found[POSSIBLY_IN_FORCE]


ADOPTED = on("adopted", "2021-06-10")
BY_10_JUNE = dated("announced", None, "2021-06-10")
IN_MAY = dated("adopted", "2021-05-01", "2021-05-31")


@pytest.mark.parametrize(
    ("status", "dates", "surely", "possibly"),
    [
        ("planned", [ADOPTED], [], []),
        ("dropped", [ADOPTED], [], []),
        # not known to have ended
        ("in_force", [ADOPTED], [("2021-06-10", None)], [("2021-06-10", None)]),
        ("in_force", [BY_10_JUNE], [("2021-06-10", None)], [(None, None)]),
        ("adopted", [IN_MAY], [("2021-05-31", None)], [("2021-05-01", None)]),
        ("in_force", [dated("adopted", "2021-05-01", None)], [], [("2021-05-01", None)]),
        ("in_force", [], [], [UNLIMITED]),
        ("in_force", [on("reported", "2021-06-10")], [], [UNLIMITED]),
        # effective before adopted before occurred
        (
            "in_force",
            [ADOPTED, on("effective", "2021-09-07")],
            [("2021-09-07", None)],
            [("2021-09-07", None)],
        ),
        # ended
        (
            "ended",
            [IN_MAY, dated("ended", "2021-06-01", "2021-06-30")],
            [("2021-05-31", "2021-06-01")],
            [("2021-05-01", "2021-06-30")],
        ),
        ("ended", [IN_MAY, dated("ended", None, "2021-06-30")], [], [("2021-05-01", "2021-06-30")]),
        ("ended", [IN_MAY], [], [("2021-05-01", None)]),
        ("ended", [ADOPTED, on("ended", "2021-05-01")], [], []),
        # a one-off holds on its day
        (
            "completed",
            [on("occurred", "2021-06-09")],
            [("2021-06-09", "2021-06-09")],
            [("2021-06-09", "2021-06-09")],
        ),
        ("completed", [IN_MAY], [], [("2021-05-01", "2021-05-31")]),
        # seen on one day
        ("under_way", [IN_MAY], [("2021-05-31", "2021-05-31")], [("2021-05-01", None)]),
        (
            "under_way",
            [on("observed", "2021-06-09")],
            [("2021-06-09", "2021-06-09")],
            [("2021-06-09", None)],
        ),
        (
            "under_way",
            [dated("observed", "2021-06-01", "2021-06-09")],
            [],
            [("2021-06-01", None)],
        ),
        (None, [on("observed", "2021-06-09")], [("2021-06-09",) * 2], [("2021-06-09", None)]),
        (None, [ADOPTED], [], [("2021-06-10", None)]),
        ("suspended", [ADOPTED], [], [("2021-06-10", None)]),
    ],
)
def test_when_an_action_is_in_force(status, dates, surely, possibly):
    assert force(status, *dates) == (surely, possibly)


def test_each_part_begins_and_ends_by_itself():
    stages = [
        ADOPTED,
        on("effective", "2025-02-02", "prohibitions"),
        on("effective", "2026-08-02", "general"),
        on("ended", "2027-01-01", "general"),
    ]
    assert force("in_force", *stages) == (
        [("2021-06-10", None), ("2025-02-02", None), ("2026-08-02", "2027-01-01")],
        [("2021-06-10", None), ("2025-02-02", None), ("2026-08-02", "2027-01-01")],
    )


def test_a_part_without_a_beginning_or_an_end_takes_that_of_the_whole_act():
    dates = [ADOPTED, on("ended", "2022-01-01"), on("ended", "2021-09-01", "list-1")]
    surely, _ = force("repealed", *dates)
    assert surely == [("2021-06-10", "2022-01-01"), ("2021-06-10", "2021-09-01")]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        # a known day outranks an open deadline
        ([BY_10_JUNE, on("ended", "2021-09-01")], "ended"),
        ([dated("adopted", None, "2021-06-10"), on("announced", "2021-05-21")], "announced"),
        # the narrowest interval
        ([IN_MAY, on("announced", "2021-05-21")], "announced"),
        ([dated("occurred", "2017-01-01", "2021-05-31"), IN_MAY], "adopted"),
        # seen or ended is not done
        ([IN_MAY, on("observed", "2021-09-24")], "adopted"),
        # two days: in the order of kinds
        ([on("announced", "2021-06-01"), on("occurred", "2021-06-02")], "occurred"),
        # a report is not the act
        ([BY_10_JUNE, on("reported", "2021-06-10")], "announced"),
        ([on("reported", "2021-06-10")], "reported"),
        # the whole act before its parts
        ([on("effective", "2021-06-01", "a"), on("announced", "2021-06-02")], "announced"),
    ],
)
def test_the_main_date(dates, expected):
    assert main_date(dates, 2)["kind"] == expected
    assert main_date(dates[::-1], 2)["kind"] == expected


def test_an_action_without_dates_has_no_main_date():
    assert main_date([], 2) is None
    assert sort_date([], 2) is None
    assert list(iter_time_facets(action(None))) == []


def test_an_older_document_keeps_the_rule_of_its_time():
    dates = [dated("adopted", None, "2021-06-10"), on("announced", "2021-05-21")]
    assert sort_date(dates, 1) == "2021-06-10"
    assert sort_date(dates, 2) == "2021-05-21"


@pytest.mark.parametrize(
    ("date", "periods"),
    [
        (on("occurred", "2021-06-09"), [("year", "2021"), ("month", "2021-06")]),
        (IN_MAY, [("year", "2021"), ("month", "2021-05")]),
        (dated("adopted", "2021-05-31", "2021-06-01"), [("year", "2021")]),
        (dated("adopted", "2020-12-31", "2021-01-01"), []),
        (BY_10_JUNE, []),
        (on("occurred", "0987-01-05"), [("year", "987"), ("month", "0987-01")]),
    ],
)
def test_an_action_counts_in_the_period_in_which_it_surely_lies(date, periods):
    assert list(iter_time_facets(action("adopted", date))) == periods


def test_the_main_date_is_a_period():
    found = [row for row in iter_periods(action("planned", BY_10_JUNE)) if row.kind == MAIN_PERIOD]
    assert found == [(MAIN_PERIOD, None, "2021-06-10")]
