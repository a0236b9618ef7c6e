"""Only so many rows are ranked: the newest. No match is lost by that, and none comes twice."""

import csv
import io
import json

import pytest

from api.query import pagination
from policy.models import Action, Agency, Revision, Source
from policy.publishing import publish
from policy.search import ranking
from tests import factories as make
from tests.api_requests import get_json, get_result_ids

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.slow]

# In the order of their dates, and of their ids where the date is the same. By title, then by
# summary, then by quote; the best and the worst stand among the newest and among the oldest.
ROWS = {
    "i": ("2021-06-10", "quote"),
    "h": ("2021-06-09", "title"),
    "g": ("2021-06-09", "summary"),
    "f": ("2021-06-09", "title"),
    "e": ("2021-06-08", "summary"),
    "d": ("2021-06-01", "title"),
    "c": ("2021-05-31", "quote"),
    "b": (None, "title"),
    "a": (None, "quote"),
}
BY_DATE = list(ROWS)
BY_RANK = [id for part in ("title", "summary", "quote") for id in ROWS if ROWS[id][1] == part]
WORDS = {"q": "zeppelin", "ordering": "relevance"}
TITLE, SUMMARY = "Ban on zeppelins", "It tells of a zeppelin over the town."


@pytest.fixture(scope="module", autouse=True)
def nine(shared):
    """Nine actions with a word in them, and one without."""
    who, where = make.agency("office"), make.source("article")
    rows = [
        add(id, day, part, agency=who, source=where, place="FR" if id in "adg" else "CN")
        for id, (day, part) in ROWS.items()
    ]
    make.publish_all(*rows, make.action("without", agency=who, source=where))


def add(id, day, part, **more):
    texts = {"title": {"title": TITLE}, "summary": {"summary": SUMMARY}, "quote": {}}[part]
    row = make.action(
        id, day=day or "2021-06-09", **{"title": "Ban", "summary": "A ban."} | texts | more
    )
    if part == "quote":
        row.citations.update(quote="zeppelin banned")
    if day is None:
        make.remove_date(row)
    return row


@pytest.fixture(params=[1, 300], ids=["walked", "found"])
def most(request, monkeypatch, settings):
    """How many are ranked. Nothing is remembered from when they were more or fewer.

    One row tells that a word is common if it has it; of 300 these few do not suffice.
    """
    settings.MEMORY = 0
    monkeypatch.setattr(ranking, "RANKING_SAMPLE_SIZE", request.param)
    return lambda number: monkeypatch.setattr(ranking, "MAX_RANKED_ROWS", number)


def expected(number, among=BY_DATE):
    """The newest by rank, then the others by date."""
    newest = [id for id in BY_DATE if id in among][:number]
    return [id for id in BY_RANK if id in newest] + [
        id for id in BY_DATE if id in among and id not in newest
    ]


def follow(page, link):
    """All pages, of which there are no more than rows."""
    for _ in range(len(ROWS)):
        yield page
        if not page[link]:
            return
        page = get_json(page[link])
    pytest.fail(f"There is a {link} page after all rows were seen.")


def listed(**query):
    return get_result_ids(get_json("/api/v1/actions/", WORDS | query))


def pages(size, **query):
    """What the pages hold on the way forward, having checked that the way back holds the same."""
    first = get_json("/api/v1/actions/", WORDS | {"page_size": size} | query)
    forward = list(follow(first, "next"))
    backward = list(follow(forward[-1], "previous"))
    assert [get_result_ids(page) for page in reversed(backward)] == [
        get_result_ids(page) for page in forward
    ]
    assert {len(page["results"]) for page in forward[:-1]} <= {size}
    return [id for page in forward for id in get_result_ids(page)]


def test_all_are_ranked_while_there_are_few():
    assert len(ROWS) < ranking.MAX_RANKED_ROWS
    assert listed() == BY_RANK == ["h", "f", "d", "b", "g", "e", "i", "c", "a"]


def test_of_many_the_newest_are_ranked_and_the_others_follow_by_date(most):
    most(4)
    assert listed() == ["h", "f", "g", "i", "e", "d", "c", "b", "a"]


def test_every_match_comes_once_forwards_and_back(most):
    for number in range(1, len(ROWS) + 2):
        most(number)
        found = {size: pages(size) for size in (1, 2, 3, 4, 8, 9, 1000)}
        assert (number, found) == (number, dict.fromkeys(found, expected(number)))


def test_of_those_that_a_filter_leaves_the_newest_are_ranked(most):
    for number in (1, 2, 3, 4):
        most(number)
        found = {size: pages(size, jurisdiction="FR") for size in (1, 2, 3)}
        left = expected(number, among=["a", "d", "g"])
        assert (number, found) == (number, dict.fromkeys(found, left))


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_files_hold_what_the_list_holds(client, most, monkeypatch, batch):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", batch)
    for number in (1, 4, 5, 8, 9, 10):
        most(number)
        lines = client.get("/api/v1/actions/", WORDS | {"format": "ndjson"})
        table = client.get("/api/v1/actions/", WORDS | {"format": "csv"})
        assert lines["Row-Count"] == table["Row-Count"] == str(len(ROWS))
        rows = [json.loads(row)["id"] for row in b"".join(lines).splitlines()]
        cells = csv.DictReader(io.StringIO(b"".join(table).decode(), newline=""))
        wanted = (number, expected(number))
        assert (number, rows) == wanted == (number, [row["id"] for row in cells])


AFTERWARDS = ["j", "i", "g", "f", "e", "d", "c", "k", "b", "a"]  # by date


def happen():
    """The border moves: a new one, an old one, a best one gone, and one in other words."""
    common = {"agency": Agency.objects.get(), "source": Source.objects.get(slug="article")}
    new = add("j", "2021-06-11", "title", **common)
    old = add("k", "2021-01-01", "title", **common)
    revised = Action.objects.get(slug="e")
    revised.title = TITLE
    revised.save()
    publish.publish([new, old, revised], by=make.reviewer(), reason="Read again.")
    publish.withdraw(Action.objects.get(slug="h"), make.reviewer(), "Misread.")


@pytest.mark.parametrize("number", [2, 4, 6])
@pytest.mark.parametrize("read", [1, 2, 4])
def test_pages_hold_one_version_whatever_is_published_meanwhile(most, number, read):
    most(number)
    forward = follow(get_json("/api/v1/actions/", WORDS | {"page_size": 2}), "next")
    seen = [next(forward) for _ in range(read)]
    happen()
    seen += forward
    assert [id for page in seen for id in get_result_ids(page)] == expected(number)
    backward = list(follow(seen[-1], "previous"))
    assert [get_result_ids(page) for page in reversed(backward)] == [
        get_result_ids(page) for page in seen
    ]


@pytest.mark.parametrize("number", [2, 4, 6])
def test_the_past_has_a_border_of_its_own(most, number):
    most(number)
    moment = Revision.objects.order_by("id").last().published_at.isoformat()
    happen()
    assert pages(2, as_of=moment) == expected(number)
    now = pages(2)
    assert sorted(now[:number]) == sorted(AFTERWARDS[:number])
    assert now[number:] == AFTERWARDS[number:]


def test_what_has_no_date_is_ordered_by_id(most):
    names = {"x": "Zeppelin Zeppelin Watch", "y": "Zeppelin Watch", "z": "Zeppelin Office"}
    make.publish_all(*(make.agency(id, name=name) for id, name in names.items()))
    for number in (1, 2, 3, 4):
        most(number)
        wanted = ["z", "y", "x"] if number < len(names) else ["x", "z", "y"]
        for size in (1, 2, 1000):
            first = get_json("/api/v1/agencies/", WORDS | {"page_size": size})
            found = [id for page in follow(first, "next") for id in get_result_ids(page)]
            assert (number, size, found) == (number, size, wanted)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_matches_without_a_word_comes_once_after_what_has_it(size):
    """Its rank is 0. Only the rows that are not ranked at all are below that."""
    names = {"w": "Zeppelin Office", "x": "Bureau", "y": "Zeppelin Watch", "z": "Watch"}
    make.publish_all(*(make.agency(id, name=name) for id, name in names.items()))
    asked = WORDS | {"q": "zeppelin OR -nowhere", "page_size": size}
    first = get_json("/api/v1/agencies/", asked)
    found = [id for page in follow(first, "next") for id in get_result_ids(page)]
    assert found == ["y", "w", "z", "x", "office"]


@pytest.mark.parametrize("number", [1, 4, 9])
@pytest.mark.parametrize("size", [1, 3])
def test_each_page_costs_two_queries(most, django_assert_num_queries, number, size):
    most(number)
    first = get_json("/api/v1/actions/", WORDS | {"page_size": size})
    for page in list(follow(first, "next")):
        for link in filter(None, (page["next"], page["previous"])):
            # 1 the state; 2 the rows with a rank and those without, and the documents
            with django_assert_num_queries(2):
                get_json(link)
