"""Versions are named by their seal: who names one that the history lost is told, and recovers."""

import json

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from api.query import positions
from policy import audit
from policy.exchange.dump import dump_dataset
from policy.exchange.load import load_dataset
from policy.models import Action, Agency, Revision, Source
from policy.publishing import publish
from policy.publishing.takedown import take_down, take_down_passages
from policy.versions import Version
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
PLURALS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}
CONDITIONAL = (
    "/api/v1/",
    "/api/v1/head/",
    "/api/v1/agencies/police/",
    "/api/v1/agencies/",
    "/api/v1/agencies/count/",
    "/api/v1/agencies/police/revisions/",
    "/api/v1/agencies/police/revisions/2/",
    "/api/v1/changes/",
    "/api/v1/actions/aggregate/?group_by=agency",
    "/api/v1/terms/",
)


def current():
    return str(Revision.objects.version())


def rename(slug, name):
    row = Agency.objects.get(slug=slug)
    row.name = name
    row.save()
    publish.publish([row], make.reviewer())


@pytest.fixture
def lost(client):
    """What a client held of a history that was then restored to a moment before its end.

    Its last version has the same number in both histories.
    """
    make.publish_all(make.agency("police", name="Police"), make.agency("court", name="Court"))
    with transaction.atomic():
        rename("police", "Police B")
        seen = {path: client.get(path) for path in CONDITIONAL}
        seen["next"] = client.get("/api/v1/agencies/", {"page_size": 1})
        version = current()
        transaction.set_rollback(True)
    rename("police", "Police C")
    assert version.split(".")[0] == current().split(".")[0]
    assert version != current()
    return seen | {"version": version}


def test_a_validator_of_a_lost_history_validates_nothing(client, lost):
    for path in CONDITIONAL:
        answer = client.get(path, headers={"if-none-match": lost[path]["ETag"]})
        assert answer.status_code == 200, path
        assert answer["ETag"] != lost[path]["ETag"], path
    assert client.get("/api/v1/agencies/police/").json()["name"] == "Police C"


def test_a_later_time_than_that_of_the_dataset_validates_nothing(client, monkeypatch):
    make.publish_new_action("ban")
    later = timezone.now() + timezone.timedelta(seconds=100)
    monkeypatch.setattr("api.http.conditional.time.time", later.timestamp)
    answer = client.get("/api/v1/actions/")
    same = client.get("/api/v1/actions/", headers={"if-modified-since": answer["Last-Modified"]})
    assert same.status_code == 304
    for year in ("2020", "2199"):
        other = answer["Last-Modified"].replace(str(later.year), year)
        answer_then = client.get("/api/v1/actions/", headers={"if-modified-since": other})
        assert answer_then.status_code == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/changes/", "after"),
        ("/api/v1/agencies/", "version"),
        ("/api/v1/agencies/?format=csv", "version"),
        ("/api/v1/agencies/count/", "version"),
        ("/api/v1/agencies/police/", "version"),
        ("/api/v1/actions/aggregate/?group_by=type", "version"),
    ],
)
def test_a_lost_version_is_gone(client, lost, path, name):
    for version in (lost["version"], "9999.73d53380", "0.73d53380"):
        mark = "&" if "?" in path else "?"
        answer = client.get(f"{path}{mark}{name}={version}")
        problem = answer.json()
        assert (answer.status_code, problem["type"], problem["version"]) == (
            410,
            "/api/problems/version-not-held/",
            current(),
        )
        assert problem["detail"] == (
            f"The history of this instance has no version {version}. Its version is {current()}."
        )


def test_a_cursor_of_a_lost_version_is_gone(client, lost):
    answer = client.get(lost["next"].json()["next"])
    assert (answer.status_code, answer.json()["type"]) == (410, "/api/problems/version-not-held/")


@pytest.mark.parametrize("path", CONDITIONAL)
def test_nobody_who_has_seen_a_version_is_answered_from_another_history(client, lost, path):
    def status(version):
        return client.get(path, headers={"min-dataset-version": version}).status_code

    first = str(Revision.objects.get(pk=1).version)
    assert [status(v) for v in (current(), first, "0.00000000")] == [200] * 3
    assert [status(v) for v in (lost["version"], "9999.73d53380")] == [410] * 2
    assert [status(v) for v in ("3", "", "x", "3.73D53380", "03.73d53380")] == [400] * 5


def test_a_standby_that_is_behind_asks_to_try_again(client, lost, monkeypatch):
    monkeypatch.setattr(positions, "is_in_recovery", lambda: True)
    answer = client.get("/api/v1/changes/", {"after": "9999.73d53380"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    # another history is another history there, too
    assert client.get("/api/v1/changes/", {"after": lost["version"]}).status_code == 410


def test_every_answer_from_the_database_names_its_version(client):
    make.publish_new_action("ban")
    paths = [*CONDITIONAL[3:5], "/api/v1/actions/none/", "/api/v1/actions/?format=csv"]
    for path in paths:
        assert client.get(path)["Dataset-Version"] == current(), path
    old = Revision.objects.get(pk=1).version
    past = client.get("/api/v1/agencies/", {"version": str(old)})
    assert past["Dataset-Version"] == past.json()["meta"]["version"] == str(old)


def test_the_head_names_the_whole_history(api):
    assert api("head/") == {"version": "0.00000000", "seal": "0" * 64, "published_at": None}
    make.publish_new_action("ban")
    last = Revision.objects.latest("id")
    assert api("head/") == {
        "version": f"3.{last.seal[:8]}",
        "seal": last.seal,
        "published_at": json.loads(last.document)["published_at"],
    }


def test_a_version_shows_the_past_as_its_instant_does(client):
    folders.make_full_history()
    for row in Revision.objects.all():
        for path in ("actions/", "actions/count/", "agencies/", "actions/?format=ndjson&page"):
            path, _, query = path.partition("?")
            asked = {"format": "ndjson"} if query else {}
            by_version = client.get(f"/api/v1/{path}", asked | {"version": str(row.version)})
            by_time = client.get(f"/api/v1/{path}", asked | {"as_of": row.published_at.isoformat()})
            bodies = [
                b"".join(answer).replace(b"version=", b"as_of=") for answer in (by_version, by_time)
            ]
            if asked or path.endswith("count/"):
                assert bodies[0] == bodies[1]
            else:
                found, wanted = (json.loads(body) for body in bodies)
                assert found["results"] == wanted["results"]
                assert found["meta"] == wanted["meta"]
        for id in ("ban", "raid", "twin"):
            answers = [
                client.get(f"/api/v1/actions/{id}/", query)
                for query in (
                    {"version": str(row.version)},
                    {"as_of": row.published_at.isoformat()},
                )
            ]
            assert answers[0].status_code == answers[1].status_code
            if answers[0].status_code == 200:
                assert answers[0].content == answers[1].content


def test_a_time_and_a_version_exclude_each_other(api):
    problem = api("actions/", status=400, as_of="2021-01-01", version="0.00000000")
    assert problem["detail"] == "version: Use either `as_of` or `version`, not both."


@pytest.mark.parametrize("text", ["46", "46.", "46.73d5338", "x", "-1.73d53380", "46.73d533800"])
def test_a_version_has_one_form(api, text):
    problem = api("actions/", status=400, version=text)
    assert problem["detail"] == (
        "version: Use a version as `meta.version` states it, for example 46.73d53380."
    )
    assert Version.parse(text) is None


def test_a_loaded_copy_has_the_same_versions(tmp_path):
    folders.make_full_history()
    seals = list(Revision.objects.order_by("id").values_list("id", "leaf", "seal"))
    dump_dataset(tmp_path)
    folders.truncate_records(*folders.REFERENCE_TABLES)
    load_dataset(tmp_path)
    assert list(Revision.objects.order_by("id").values_list("id", "leaf", "seal")) == seals
    assert list(audit.audit_faults()) == []


def make_source_with_article(slug):
    source = make.source(slug)
    make.attach_source_text(source, make.SOURCE_TEXT)
    return source


def withdraw_all(*rows):
    for row in rows:
        publish.withdraw(row, make.reviewer(), "Not needed.")


TAKEDOWNS = {
    "a record": lambda ban, wire: take_down([ban], make.reviewer(), "By order."),
    "passages that a live record cites": lambda ban, wire: take_down_passages(
        wire, make.reviewer(), "By order."
    ),
    "passages that only a withdrawn record cites": lambda ban, wire: (
        withdraw_all(ban),
        take_down_passages(wire, make.reviewer(), "By order."),
    ),
    "passages of a withdrawn source": lambda ban, wire: (
        withdraw_all(ban, wire),
        take_down_passages(wire, make.reviewer(), "By order."),
    ),
}


@pytest.mark.parametrize("what", TAKEDOWNS)
def test_a_takedown_makes_a_version_and_keeps_the_seals_before_it(client, tmp_path, what):
    wire = make_source_with_article("wire")
    ban = make.publish_new_action("ban", source=wire)
    steps = []

    def note():
        steps.append(current())

    note()
    before = dict(Revision.objects.values_list("id", "seal"))
    etag = client.get("/api/v1/actions/ban/revisions/1/")["ETag"]
    TAKEDOWNS[what](ban, wire)
    events = list(Revision.objects.filter(pk__gt=len(before)).values_list("event", flat=True))
    withdrawn = events.count("withdraw") if "withdrawn" in what else 0
    assert len(events) > (withdrawn if what != "passages of a withdrawn source" else 2)
    assert current() not in steps
    assert {
        id: seal for id, seal in Revision.objects.values_list("id", "seal") if id in before
    } == before
    answer = client.get("/api/v1/actions/ban/revisions/1/", headers={"if-none-match": etag})
    assert answer.status_code != 304
    assert list(audit.audit_faults()) == []
    # a copy of what is left names the same versions
    seals = list(Revision.objects.order_by("id").values_list("id", "leaf", "seal", "redacted"))
    assert any(redacted for *_, redacted in seals)
    dump_dataset(tmp_path / "first")
    folders.truncate_records(*folders.REFERENCE_TABLES)
    load_dataset(tmp_path / "first")
    copied = Revision.objects.order_by("id").values_list("id", "leaf", "seal", "redacted")
    assert list(copied) == seals
    assert list(audit.audit_faults()) == []
    dump_dataset(tmp_path / "second")
    name = "revisions.ndjson"
    assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


class Mirror:
    """A copy of the dataset that does what docs/api.md says, and nothing else."""

    def __init__(self):
        self.client, self.records, self.log = Client(), {}, []

    def update(self):
        answer = self.ask(self.log[-1]["version"] if self.log else "0")
        if answer is None:
            self.recover()
        else:
            self.apply(answer)

    def ask(self, after):
        """Return the changes after a version; None if the history does not have it."""
        query = {"after": after, "include": "document", "page_size": 1000}
        answer = self.client.get("/api/v1/changes/", query)
        if answer.status_code == 410:
            assert answer.json()["type"] == "/api/problems/version-not-held/"
            return None
        assert (answer.status_code, answer.json()["next"]) == (200, None)
        return answer.json()["results"]

    def apply(self, entries):
        for entry in entries:
            key = (entry["kind"], entry["id"])
            self.log.append({"version": entry["version"], "key": key})
            if entry["event"] in ("publish", "revise"):
                self.records[key] = entry["document"]
            else:
                self.records.pop(key, None)

    def recover(self):
        step = 1
        while True:
            keep = max(0, len(self.log) - step)
            entries = self.ask(self.log[keep - 1]["version"] if keep else "0")
            if entries is not None:
                break
            step *= 2
        again = {entry["key"] for entry in self.log[keep:]}
        for key in again:
            self.records.pop(key, None)
        del self.log[keep:]
        self.apply(entries)
        for kind, id in again - {(entry["kind"], entry["id"]) for entry in entries}:
            answer = self.client.get(f"/api/v1/{PLURALS[kind]}/{id}/")
            if answer.status_code == 200:
                self.records[kind, id] = answer.json()
            else:
                assert answer.status_code in (404, 410)


def published():
    rows = Revision.objects.filter(superseded_at=None, event__in=("publish", "revise"))
    return {(row.kind, row.record): json.loads(row.document) for row in rows}


@pytest.mark.parametrize("lost_versions", [1, 2, 3, 7, 12])
def test_a_mirror_of_what_was_lost_recovers_by_itself(lost_versions):
    mirror = Mirror()
    for number in range(4):
        make.publish_new_action(f"act-{number}", source=Source.objects.first())
    mirror.update()
    with transaction.atomic():
        for number in range(lost_versions):
            if number % 3 == 2:
                publish.withdraw(
                    Action.objects.get(slug=f"act-{number % 4}"), make.reviewer(), "Misread."
                )
            else:
                rename(Agency.objects.first().slug, f"Lost {number}")
            mirror.update()
        make.publish_new_action("never")
        mirror.update()
        assert mirror.records == published()
        transaction.set_rollback(True)
    rename(Agency.objects.first().slug, "Kept")
    mirror.update()
    assert mirror.records == published()
    assert mirror.log[-1]["version"] == current()
    mirror.update()
    assert mirror.records == published()
