"""Paging, whatever the rows, the order, the size of a page and what is published meanwhile."""

import os
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from policy.models import Action, Agency, Source
from policy.publishing import publish
from policy.search import ranking
from tests import factories as make
from tests.api_requests import get_json, get_result_ids

EXAMPLES = int(os.environ.get("EXAMPLES", "20"))  # more by hand
ORDERINGS = ("-date", "date", "id", "-published_at", "published_at", "relevance")
PLACES = ("CN", "SV")

days = some.sampled_from([None, "2021-06-01", "2021-06-09", "2021-06-10"])
rows = some.lists(some.tuples(days, some.sampled_from(PLACES)), min_size=1, max_size=7)
queries = some.fixed_dictionaries(
    {"ordering": some.sampled_from(ORDERINGS), "page_size": some.integers(1, 4)},
    optional={"jurisdiction__in": some.sampled_from(["CN", "CN,SV"])},
)
events = some.lists(some.sampled_from(["publish", "revise", "withdraw", "nothing"]), max_size=4)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(scope="module", autouse=True)
def reference(shared):
    """What every action refers to, and who publishes it."""
    make.publish_all(make.agency("office"), make.source("article"))
    make.reviewer()


def test_every_row_of_a_version_comes_once_forwards_and_back():
    check()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # an example is small as it is, and costs too much to be made smaller
)
@given(rows=rows, query=queries, events=events, most=some.integers(1, 5))
def check(rows, query, events, most):
    """`most`: how many rows are ranked when the order is by relevance."""
    with transaction.atomic(), patch.object(ranking, "MAX_RANKED_ROWS", most):
        history = History(rows)
        if query["ordering"] == "relevance":
            query["q"] = "police OR mining"
        whole = get_json("/api/v1/actions/", query | {"page_size": 1000})["results"]
        expected = [row["id"] for row in whole]
        assert sorted(expected) == history.chosen(query.get("jurisdiction__in"))
        forward = list(follow("next", get_json("/api/v1/actions/", query), events, history))
        backward = list(follow("previous", forward[-1], events, history))
        assert [id for page in forward for id in get_result_ids(page)] == expected
        assert [get_result_ids(page) for page in reversed(backward)] == [
            get_result_ids(page) for page in forward
        ]
        transaction.set_rollback(True)


class History:
    """Actions that are published, and what may happen to them while somebody reads."""

    def __init__(self, rows):
        self.who = {"agency": Agency.objects.get(), "source": Source.objects.get()}
        self.places = {}
        for number, (day, place) in enumerate(rows):
            self.add(f"row-{number}", day, place, title="Mining" * (number % 2) or "Police")
        publish.publish(list(Action.objects.all()), by=make.reviewer())

    def add(self, slug, day, place, **changes):
        self.places[slug] = place
        row = make.action(slug, day=day or "2021-06-01", place=place, **self.who, **changes)
        if day is None:
            make.remove_date(row)
        return row

    def chosen(self, wanted):
        places = (wanted or ",".join(PLACES)).split(",")
        return sorted(slug for slug, place in self.places.items() if place in places)

    def publish(self):
        row = self.add(f"later-{len(self.places)}", "2021-06-09", "CN")
        publish.publish([row], by=make.reviewer())

    def revise(self):
        row = Action.objects.order_by("slug").last()
        row.jurisdictions.set(["SV" if row.jurisdictions.get().pk == "CN" else "CN"])
        row.dates.update(earliest="2021-06-08", latest="2021-06-12", precision="precision.range")
        row.citations.all().delete()
        make.cite(row, self.who["source"])
        publish.publish([row], by=make.reviewer(), reason="Read again.")

    def withdraw(self):
        row = Action.objects.order_by("slug").first()
        if row.current:
            publish.withdraw(row, make.reviewer(), "Misread.")

    def nothing(self):
        pass


def follow(link, page, events, history):
    """A page and all that lie beyond it, with an event before each."""
    happening = iter(events)
    while page:
        yield page
        getattr(history, next(happening, "nothing"))()
        page = page[link] and get_json(page[link])
