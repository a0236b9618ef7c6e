"""`updated_since` finds the records whose standing content is as new as asked, and no others."""

from datetime import timedelta

import pytest

from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
PATHS = ("agencies", "entities", "sources", "actions")
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def story(shared):
    folders.make_full_history()


def ids(api, path="actions", **query):
    return [row["id"] for row in api(f"{path}/", ordering="id", **query)["results"]]


def test_every_instant_of_the_story(api, story):
    """Whatever the instant: what was published then or later, of what stands."""
    for revision in Revision.objects.all():
        for moment in (revision.published_at, revision.published_at + TICK):
            since = moment.isoformat()
            for path in PATHS:
                stands = api(f"{path}/")["results"]
                newer = [row["id"] for row in stands if row["published_at"] >= instant(moment)]
                assert ids(api, path, updated_since=since) == sorted(newer)
                assert api(f"{path}/count/", updated_since=since)["count"] == len(newer)


def instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def at(**which):
    return Revision.objects.get(**which).published_at.isoformat()


def test_publishing_what_did_not_change_is_no_update(api, story):
    since = (Revision.objects.latest("id").published_at + TICK).isoformat()
    publish.publish_loaded(list(Action.objects.filter(slug="ban")), "again@1")
    assert ids(api, updated_since=since) == []


def test_groups_and_files_take_it_too(client, api, story):
    since = at(record="ban", number=2)
    assert ids(api, updated_since=since) == ["ban", "raid"]
    groups = api("actions/aggregate/", group_by="type", updated_since=since)
    assert groups["total"] == 2
    response = client.get("/api/v1/actions/", {"format": "ndjson", "updated_since": since})
    assert (response["Row-Count"], b"".join(response).count(b"\n")) == ("2", 2)


def test_with_as_of_it_asks_what_stood_then(api, story):
    then = at(record="twin", number=1)
    assert ids(api, updated_since=then, as_of=then) == ["twin"]
    later = at(record="ban", number=2)
    assert ids(api, updated_since=later, as_of=later) == ["ban"]
    assert ids(api, updated_since=later, as_of=then) == []


def test_pages_hold_one_version_of_it(client, story):
    since = at(record="raid", number=1)
    page = client.get("/api/v1/actions/", {"updated_since": since, "page_size": 1}).json()
    make.publish_new_action("later")
    rest = client.get(page["next"]).json()
    assert [row["id"] for row in page["results"] + rest["results"]] == ["raid", "ban"]
    assert rest["next"] is None


def test_a_date_is_the_beginning_of_its_day(api, story):
    day = Revision.objects.earliest("id").published_at.date().isoformat()
    assert ids(api, updated_since=day) == ["ban", "raid"]
    assert ids(api, updated_since=f"{day}T00:00:00Z") == ["ban", "raid"]


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00:00Z", "2020-02-29"])
def test_long_ago_finds_everything(api, story, since):
    assert ids(api, updated_since=since) == ["ban", "raid"]


FORM = "Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z)."


@pytest.mark.parametrize(
    ("since", "detail"),
    [
        ("yesterday", FORM),
        ("2021", FORM),
        ("2021-02-30", FORM),
        ("2021-06-09T10:00:00", FORM),
        ("0001-01-01T00:00:00+14:00", FORM),
        ("2999-01-01", "Use a time that is not in the future."),
        ("9999-12-31T23:59:59Z", "Use a time that is not in the future."),
    ],
)
@pytest.mark.parametrize("path", ["actions/", "sources/count/"])
def test_what_is_no_moment_of_the_past_is_refused(api, db, path, since, detail):
    problem = api(path, status=400, updated_since=since)
    assert problem["detail"] == f"updated_since: {detail}"


def test_histories_and_records_do_not_take_it(api, db):
    for path in ("actions/ban/", "actions/ban/revisions/", "terms/"):
        assert api(path, status=400, updated_since="2020-01-01")["title"] == "Unknown parameter"
