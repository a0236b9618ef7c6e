"""An answer is given again from memory only while the database stands where it stood."""

import zlib

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api import memory, views
from api.memory import Kept, Memory
from api.validators import Stamp
from policy.models import Action, Term
from policy.takedown import take_down
from tests import factories as make
from tests.test_caching import ROUTES

pytestmark = pytest.mark.django_db
PASSING = ("X-Request-ID",)
WHOLE = [route for route in ROUTES if "format=" not in route]  # files stream, and are not kept


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """As a second after the last publication."""
    monkeypatch.setattr(Stamp, "last_modified", 1_700_000_000)


@pytest.fixture
def ban():
    return make.published("ban")


def told(client, route, **headers):
    """An answer, and how many statements it took."""
    with CaptureQueriesContext(connection) as asked:
        response = client.get(f"/api/v1/{route}", headers=headers)
    kept = {k: v for k, v in response.headers.items() if k not in PASSING}
    body = b"".join(response).replace(response["X-Request-ID"].encode(), b"")
    return (response.status_code, kept, body), len(asked)


@pytest.mark.parametrize("route", WHOLE)
def test_what_is_asked_again_costs_the_question_whether_it_still_stands(client, ban, route):
    first, work = told(client, route)
    again, less = told(client, route)
    assert again == first
    assert (less, work > 1 or route == "") == (1, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda: make.published("another", place="FR"),
        lambda: Term.objects.filter(pk="unit.act").update(label="One act"),
        lambda: take_down([Action.objects.get(slug="ban")], make.reviewer(), "An order."),
    ],
    ids=["published", "renamed", "taken down"],
)
@pytest.mark.parametrize("route", WHOLE)
def test_after_any_change_it_is_asked_of_the_database(client, ban, route, change):
    told(client, route)
    change()
    assert told(client, route)[0] == told(Client(), route)[0]


def test_what_was_published_while_an_answer_was_made_is_in_the_next(client, ban, monkeypatch):
    listing = views.listing

    def published_meanwhile(*args, **options):
        answer = listing(*args, **options)
        make.published("late")
        return answer

    monkeypatch.setattr(views, "listing", published_meanwhile)
    first, _ = told(client, "actions/")
    monkeypatch.setattr(views, "listing", listing)
    assert (b'"late"' in first[2], b'"late"' in told(client, "actions/")[0][2]) == (False, True)


def test_a_client_that_has_it_is_told_so_from_memory(client, ban):
    first, _ = told(client, "actions/")
    tag = first[1]["ETag"]
    (status, headers, body), asked = told(client, "actions/", **{"if-none-match": tag})
    assert (status, body, headers["ETag"], asked) == (304, b"", tag, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost"},
        {"accept": "text/csv"},
        {"accept": ""},  # takes nothing: other than not saying what it takes
        {"accept-encoding": "gzip"},
        {"if-match": 'W/"other"'},
    ],
)
def test_asked_otherwise_the_answer_is_another(client, ban, headers):
    told(client, "actions/")
    assert told(client, "actions/", **headers)[0] == told(Client(), "actions/", **headers)[0]


def test_what_is_kept_packed_is_unpacked_the_same(client, ban):
    plain, _ = told(client, "actions/")
    for _ in range(2):
        packed, _ = told(client, "actions/", **{"accept-encoding": "gzip"})
        assert zlib.decompress(packed[2], wbits=31) == plain[2]


@pytest.mark.parametrize("route", ["actions/?format=csv", "actions/?nosuch=1", "actions/none/"])
def test_files_and_refusals_are_not_kept(client, ban, route, monkeypatch):
    kept = []
    monkeypatch.setattr(Memory, "keep", lambda self, *found: kept.append(found))
    told(client, route)
    assert kept == []
    told(client, "actions/")
    assert len(kept) == 1


def test_within_the_second_of_a_publication_nothing_is_kept(client, ban, monkeypatch):
    monkeypatch.setattr(Stamp, "last_modified", None)
    assert told(client, "actions/")[1] == told(client, "actions/")[1] == 2


def test_memory_can_be_switched_off(ban, settings):
    settings.MEMORY = 0
    client = Client()
    assert told(client, "actions/")[1] == told(client, "actions/")[1] == 2


def test_answers_from_memory_count_against_the_limit(ban, settings):
    settings.RATE_LIMIT = "2/3600"
    client = Client()
    assert [told(client, "actions/")[0][0] for _ in range(3)] == [200, 200, 429]


def kept(size):
    return Kept(Stamp(1, 1, None), b"x" * size, {})


def test_memory_holds_what_was_asked_for_last():
    found = Memory(room=10)
    for name in "abc":
        found.keep((name,), kept(4))
        found.recall(("a",))
    assert [list(found.answers), found.held] == [[("c",), ("a",)], 8]
    found.keep(("a",), kept(1))
    assert found.held == 5
    found.keep(("d",), kept(10))
    assert [list(found.answers), found.held] == [[("d",)], 10]


def test_an_answer_or_a_question_beyond_measure_is_not_kept(client, ban, monkeypatch):
    monkeypatch.setattr(memory, "LARGEST", 100)
    assert told(client, "actions/")[1] == told(client, "actions/")[1] == 2
    monkeypatch.undo()
    monkeypatch.setattr(Stamp, "last_modified", 1_700_000_000)
    long = {"accept": ", ".join(["application/json"] * memory.LONGEST)}
    assert told(client, "actions/", **long)[1] == told(client, "actions/", **long)[1] == 2
