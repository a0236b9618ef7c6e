"""The picture shows each action once, where its date allows, and never more exactly."""

from types import SimpleNamespace

import pytest

from web.timeline import BREAK_WIDTH, Timeline

pytestmark = pytest.mark.postgresql


def action(earliest, latest=None, kind="occurred", title="An act"):
    row = {"kind": kind, "earliest": earliest, "latest": latest}
    dated = earliest or latest
    return SimpleNamespace(main_date=row if dated else None, stance="restrict", title=title)


def test_acts_of_one_month_are_squares_piled_from_the_axis():
    picture = Timeline([action(f"2021-05-{n:02}", f"2021-05-{n:02}") for n in range(1, 6)])
    assert [(mark.x, mark.y) for mark in picture.marks] == [
        (0, 28),
        (28, 28),
        (56, 28),
        (0, 0),
        (28, 0),
    ]
    assert picture.axis == 56
    assert picture.bars == []


def test_longer_intervals_are_bars_over_every_month_they_touch():
    picture = Timeline([action("2021-05-31", "2021-06-06")])
    (bar,) = picture.bars
    assert (bar.x, bar.width, bar.open_end) == (0, 2 * picture.column - 8, "")
    assert picture.marks == []


@pytest.mark.parametrize(
    ("earliest", "latest", "opens"), [(None, "2021-06-10", "left"), ("2021-06-10", None, "right")]
)
def test_open_ends_reach_to_the_edge(earliest, latest, opens):
    acts = [action("2019-01-01", "2019-01-01"), action("2022-01-01", "2022-01-01")]
    picture = Timeline([*acts, action(earliest, latest)])
    (bar,) = picture.bars
    assert bar.open_end == opens
    assert (bar.x == 0) == (opens == "left")
    assert (bar.x + bar.width == picture.end) == (opens == "right")


def test_time_in_which_nothing_lies_is_a_break():
    picture = Timeline([action(day, day) for day in ("2019-03-01", "2021-05-01", "2021-06-01")])
    assert [(column.month, column.year, column.follows_gap) for column in picture.columns] == [
        ("Mar", "2019", True),
        ("May", "2021", True),
        ("Jun", "2021", False),
    ]
    first, second, third = (column.x for column in picture.columns)
    assert (second - first, third - second) == (picture.column + BREAK_WIDTH, picture.column)


def test_undated_acts_stand_apart():
    picture = Timeline([action("2021-05-01", "2021-05-01"), action(None)])
    dated, undated = picture.marks
    assert undated.x == picture.undated_x == picture.end + BREAK_WIDTH
    assert dated.x < picture.end
    assert picture.undated


def test_bars_share_a_row_where_they_do_not_meet():
    spans = [
        ("2021-01-01", "2021-02-01"),
        ("2021-03-01", "2021-04-01"),
        ("2021-01-01", "2021-04-01"),
    ]
    rows = {bar.y for bar in Timeline([action(*span) for span in spans]).bars}
    assert rows == {0, 28}


def test_nothing_makes_an_empty_picture():
    picture = Timeline([])
    assert (picture.marks, picture.bars, picture.columns) == ([], [], [])


@pytest.mark.parametrize("length", [1, 20, 300])
def test_labels_fit_their_bars(length):
    picture = Timeline([action("2021-01-01", "2021-02-01", title="x" * length)])
    assert len(picture.bars[0].label) <= picture.bars[0].width / 6.6
