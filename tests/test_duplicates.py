"""Whoever writes an action that may be here already is told which one, and why."""

from datetime import date

import pytest

from policy.models import Action
from policy.suggestions import duplicates
from policy.suggestions.duplicates import DraftSummary, find_duplicates
from tests import factories as make

TITLE = "Qinghai bans the mining of crypto-assets"
JUNE = (date(2021, 6, 1), date(2021, 6, 30))
pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def told(draft: DraftSummary) -> dict[str, str]:
    return {row.action.slug: str(row) for row in find_duplicates(draft)}


@pytest.fixture
def ban(db: None) -> Action:
    return make.action("ban", title=TITLE, agency=make.agency("province"), place="CN-QH")


def test_it_says_what_the_two_share(ban):
    agency = ban.agencies.get().agency_id
    draft = DraftSummary("Crypto-asset mining is banned in Qinghai", [agency], ["CN-QH"], [JUNE])
    assert told(draft) == {"ban": "same agency, about the same time, same place, title 73% similar"}


def test_the_title_alone_can_tell(ban):
    assert told(DraftSummary("Qinghai bans mining of crypto-assets")) == {
        "ban": "title 95% similar"
    }
    assert told(DraftSummary("Police arrest people in Sichuan")) == {}


def test_all_else_alike_is_not_enough(ban):
    agency = ban.agencies.get().agency_id
    assert told(DraftSummary("Officials visit a school", [agency], ["CN-QH"], [JUNE])) == {}


def test_half_a_title_needs_another_likeness(ban):
    words = "Mining of crypto-assets is stopped"
    assert told(DraftSummary(words, places=["SV"])) == {}
    found = told(DraftSummary(words, places=["CN-QH"], dates=[JUNE]))
    assert found == {"ban": "about the same time, same place, title 64% similar"}


def test_itself_and_what_it_is_related_to_are_left_out(ban):
    assert told(DraftSummary(TITLE, excluded=[ban.pk])) == {}


def test_nothing_written_is_like_nothing(ban):
    assert (told(DraftSummary("")), told(DraftSummary("!?"))) == ({}, {})


@pytest.mark.parametrize(
    ("span", "near"),
    [
        ((date(2021, 6, 9), date(2021, 6, 9)), True),
        ((date(2021, 6, 12), date(2021, 6, 12)), True),
        ((date(2021, 6, 13), date(2021, 6, 13)), False),
        ((date(2021, 1, 1), date(2021, 12, 31)), True),
        ((date(2021, 6, 10), None), True),
        ((None, date(2021, 6, 5)), False),
        ((None, date(2021, 7, 1)), True),
        ((None, date(2021, 9, 1)), False),
        ((date.min, date.max), True),
        ((None, None), False),
    ],
)
def test_reports_of_one_act_may_be_three_days_apart(ban, span, near):
    reasons = "about the same time, " if near else ""
    assert told(DraftSummary(TITLE, dates=[span])).get("ban") == f"{reasons}title 100% similar"


def test_an_end_that_is_open_reaches_a_month(ban):
    ban.dates.update(earliest=None)
    for day, near in ((date(2021, 5, 12), True), (date(2021, 4, 12), False)):
        reasons = "about the same time, " if near else ""
        found = told(DraftSummary(TITLE, dates=[(day, day)]))
        assert found == {"ban": f"{reasons}title 100% similar"}


def test_the_day_of_a_report_is_not_the_day_of_an_act(ban):
    ban.dates.update(kind="date.reported")
    assert told(DraftSummary(TITLE, dates=[JUNE])) == {"ban": "title 100% similar"}


def test_the_likeliest_come_first_and_no_more_than_five(db):
    for number in range(7):
        make.action(f"ban-{number}", title=TITLE, place="CN-QH" if number == 5 else "SV")
    assert list(told(DraftSummary(TITLE, places=["CN-QH"]))) == [
        "ban-5", "ban-0", "ban-1", "ban-2", "ban-3"
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_one_query_whatever_there_is(django_assert_num_queries, rows):
    for number in range(rows):
        make.action(f"ban-{number}", title=TITLE)
    with django_assert_num_queries(1):  # candidates, with what they share
        assert len(find_duplicates(DraftSummary(TITLE, [1], ["CN"], [JUNE]))) == rows


def test_those_that_share_most_are_compared_and_no_more(monkeypatch, ban):
    """At 100,000 actions no more titles are compared than here."""
    for number in range(3):
        make.action(f"ban-{number}", title=TITLE, place="SV")
    compared = []
    judge = duplicates.score_candidate
    monkeypatch.setattr(duplicates, "MAX_CANDIDATES", 2)
    monkeypatch.setattr(
        duplicates,
        "score_candidate",
        lambda row, *more: compared.append(row.slug) or judge(row, *more),
    )
    find_duplicates(DraftSummary(TITLE, places=["CN-QH"]))
    assert compared == ["ban", "ban-2"]


def test_a_title_of_signs_is_no_pattern(ban):
    assert told(DraftSummary("100%_%_ \\ %%%% ____")) == {}
