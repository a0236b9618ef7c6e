"""A client that has the answer is told so, and never while the answer is another one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils.http import http_date, parse_http_date

from api.http import conditional
from api.http.conditional import CacheValidator, Deprecation
from api.views.index import Index
from policy.models import Term
from policy.publishing import publish
from tests import factories as make

pytestmark = pytest.mark.django_db

ROUTES = [
    "",
    "actions/",
    "actions/?jurisdiction=CN&page_size=1",
    "actions/?format=csv",
    "actions/?format=ndjson",
    "actions/count/",
    "actions/aggregate/?group_by=type",
    "actions/ban/",
    "actions/ban/revisions/",
    "actions/ban/revisions/1/",
    "agencies/",
    "jurisdictions/",
    "jurisdictions/CN/",
    "terms/",
    "terms/unit.act/",
]


@pytest.fixture(scope="module")
def ban(shared):
    return make.publish_new_action("ban")


def publish_another():
    make.publish_new_action("another", place="FR")


def relabel_a_term():
    Term.objects.filter(pk="unit.act").update(label="One act")


def again(client, route, **headers):
    return client.get(f"/api/v1/{route}", headers=headers)


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("route", ROUTES)
def test_nothing_new_is_304_without_a_body(client, ban, route, method):
    first = again(client, route)
    answer = getattr(client, method)(f"/api/v1/{route}", headers={"if-none-match": first["ETag"]})
    assert (answer.status_code, b"".join(answer)) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert answer.get(name) == first.get(name)


@pytest.mark.parametrize("change", [publish_another, relabel_a_term])
@pytest.mark.parametrize("route", ROUTES)
def test_after_a_change_the_validator_is_another(client, ban, route, change):
    first = again(client, route)
    change()
    second = again(client, route, **{"if-none-match": first["ETag"]})
    assert second.status_code == 200
    assert second["ETag"] != first["ETag"]


def test_304_is_decided_before_the_work(client, ban, django_assert_num_queries):
    first = again(client, "actions/aggregate/?group_by=type,agency")
    with django_assert_num_queries(1):  # the state of the database
        again(client, "actions/aggregate/?group_by=type,agency", **{"if-none-match": first["ETag"]})


def test_validators_differ_by_address_and_format(client, ban):
    paths = ["actions/", "actions/?page_size=1", "actions/?format=csv", "agencies/"]
    assert len({again(client, path)["ETag"] for path in paths}) == 4
    accept = again(client, "actions/", accept="text/csv")
    assert accept["ETag"] not in (again(client, "actions/")["ETag"],)


def test_a_bad_question_is_refused_whatever_the_client_has(client, ban):
    first = again(client, "actions/")
    answer = again(client, "actions/?nosuch=1", **{"if-none-match": "*"})
    assert answer.status_code == 400
    assert "ETag" not in answer
    assert first["ETag"].startswith('W/"')


def test_last_modified_waits_until_its_second_is_over(client, ban, monkeypatch):
    at = CacheValidator.load().changed_at.timestamp()
    monkeypatch.setattr(conditional.time, "time", lambda: at)
    assert "Last-Modified" not in again(client, "actions/")
    monkeypatch.setattr(conditional.time, "time", lambda: at + 2)
    first = again(client, "actions/")
    said = parse_http_date(first["Last-Modified"])
    assert 0 <= said - at < 1
    same = again(client, "actions/", **{"if-modified-since": first["Last-Modified"]})
    assert same.status_code == 304
    row = make.action("late")
    make.publish_all(row)
    monkeypatch.setattr(
        conditional.time, "time", lambda: CacheValidator.load().changed_at.timestamp() + 2
    )
    earlier = http_date(at - 86_400)
    assert again(client, "actions/", **{"if-modified-since": earlier}).status_code == 200


def test_another_version_of_the_software_may_answer_otherwise(client, ban, settings):
    tag = {"if-none-match": again(client, "actions/ban/")["ETag"]}
    assert again(client, "actions/ban/", **tag).status_code == 304
    settings.SOFTWARE_VERSION += ".1"
    assert again(client, "actions/ban/", **tag).status_code == 200


def test_a_condition_that_fails_is_a_problem(client, ban):
    answer = again(client, "actions/", **{"if-match": '"other"'})
    assert answer.status_code == 412
    assert answer.json()["type"] == "/api/problems/precondition-failed/"


def test_what_can_never_change_may_be_kept_for_ever(client, ban):
    assert again(client, "actions/ban/revisions/1/")["Cache-Control"] == (
        "public, max-age=31536000, immutable"
    )
    assert again(client, "actions/ban/")["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_errors_and_other_methods_carry_no_validator(client, ban):
    assert "ETag" not in again(client, "actions/nosuch/")
    assert "ETag" not in client.options("/api/v1/actions/")


def test_long_answers_travel_compressed(client):
    answer = again(client, "terms/", **{"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert len(answer.content) < len(again(client, "terms/").content) / 3
    same = again(client, "terms/", **{"accept-encoding": "gzip", "if-none-match": answer["ETag"]})
    assert same.status_code == 304


def test_an_address_can_announce_its_end(monkeypatch):
    since = datetime(2027, 1, 1, tzinfo=UTC)
    notice = Deprecation(since, since + timedelta(days=365), "https://example.org/why")
    monkeypatch.setattr(Index, "deprecation", notice)
    response = Index.as_view()(RequestFactory().get("/api/v1/"))
    assert response["Deprecation"] == "@1798761600"
    assert response["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert response["Link"] == '<https://example.org/why>; rel="deprecation"; type="text/html"'


def test_a_withdrawal_is_a_change(client, ban):
    first = again(client, "actions/ban/")
    publish.withdraw(ban, by=make.reviewer(), reason="Misread.")
    answer = again(client, "actions/ban/", **{"if-none-match": first["ETag"]})
    assert answer.status_code == 410
