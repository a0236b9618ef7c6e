"""What a court forbids leaves every stored place, by one way that only the tables' owner may go."""

import json
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from policy import audit
from policy.documents import csv_rows
from policy.exchange.dump import dump_dataset
from policy.models import (
    Action,
    AuditEvent,
    CsvRow,
    Entity,
    FacetValue,
    Note,
    Relation,
    Revision,
    Source,
)
from policy.publishing import publish, review
from policy.publishing.publish import PublishingError
from policy.publishing.takedown import take_down, take_down_passages
from policy.publishing.word_search import LIST_TABLES_SQL
from tests import factories as make
from tests import folders
from tests.sentinel import write_sentinel

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
POISON = "zqtakenqz"
REASON = "A court ordered it."


def relate(row, to):
    Relation.objects.create(action=row, target=to, type_id="relation.part_of", reason=POISON)
    citation = row.citations.get()
    citation.supports = [*citation.supports, support(f"relations/part_of/{to.slug}")]
    citation.save()


def unrelate(row):
    row.relations.all().delete()
    citation = row.citations.get()
    citation.supports = [s for s in citation.supports if "relations/" not in s["field"]]
    citation.save()


def support(field):
    return {"field": field, "basis": "stated", "reason": ""}


@pytest.fixture(scope="module")
def history(shared):
    """A person and an action that names her, each with a past; others that named them once."""
    jane = make.entity("jane", name=f"Jane {POISON}", aliases=[f"J. {POISON} “Q”"])
    wire = make.source("wire", publisher="Wire")
    raid = make.action("raid", source=wire, title=f"Raid on {POISON}", summary=POISON)
    raid.entities.create(
        entity=jane,
        role_id="entity_role.affected",
        naming_id="naming.named",
        described_as=f"one {POISON}",
    )
    Note.objects.create(action=raid, kind_id="note.context", text=POISON)
    citation = raid.citations.get()
    citation.supports = [
        *citation.supports,
        *map(support, ("entities/jane", "entities/jane/affected")),
    ]
    citation.note = POISON
    citation.save()
    old = make.action("old", source=wire, title="Old")
    relate(old, raid)
    make.publish_all(raid, old)
    raid.title = f"{POISON} raided"
    raid.save()
    unrelate(old)
    publish.publish([raid, old], by=make.reviewer(), reason=f"About {POISON}.")
    make.publish_new_action("other", title="Other", source=wire)
    gossip(raid, old)
    connection.check_constraints()


@pytest.fixture
def world(history):
    """The person and the action."""
    return [Action.objects.get(slug="raid"), Entity.objects.get(slug="jane")]


def gossip(raid, old):
    """Whatever curators write of it besides."""
    curator, reviewer = make.curator(), make.reviewer()
    raid.refresh_from_db()
    raid.summary, raid.note = f"More {POISON}", POISON
    raid.save()
    audit.write_edit_event(raid, curator, changes=[["summary", POISON, f"More {POISON}"]])
    review.request_review(raid, curator, POISON)
    review.add_comments(raid, curator, [(f"entities/{POISON}", POISON)])
    review.return_to_editor(raid, reviewer, [("", POISON)])
    audit.write_edit_event(
        old, curator, changes=[["relations/part_of/raid", f"{POISON} raided", None]]
    )
    draft = make.action("draft", source=Source.objects.get(slug="wire"))
    relate(draft, raid)
    for row in (raid, old):
        LogEntry.objects.create(
            user=curator,
            content_type=ContentType.objects.get_for_model(Action),
            object_id=str(row.pk),
            object_repr=f"{POISON} raided",
            action_flag=CHANGE,
            change_message=f"Changed {POISON} raided.",
        )


def holding(word):
    """The tables that hold a word: whole rows as text, and what the planner sampled of them."""
    with connection.cursor() as cursor:
        cursor.execute(LIST_TABLES_SQL)
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in [*names, "pg_stats"]:
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text ILIKE %s", [f"%{word}%"])
            found[name] = cursor.fetchone()[0]
    return {name for name, rows in found.items() if rows}


def lexemes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM ts_stat('SELECT words FROM policy_searchentry')")
        return {word for (word,) in cursor.fetchall()}


def analyze():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_nothing_of_it_is_stored_anywhere(world):
    analyze()
    before = holding(POISON)
    assert {
        *("django_admin_log", "policy_action", "policy_actionentity", "policy_citation"),
        *("policy_comment", "policy_auditevent", "policy_entity", "policy_note", "policy_relation"),
        *("policy_csvrow", "policy_renamed", "policy_review", "policy_revision"),
        *("policy_searchentry", "pg_stats"),
    } == before
    old = Revision.objects.filter(record="old")
    with pytest.raises(PublishingError) as refused, transaction.atomic():
        take_down(world, make.reviewer(), REASON, words=[POISON])
    # its reason, in our own words
    assert refused.value.messages == [
        "A word that must be removed is still in the table policy_revision: old@2."
    ]
    assert holding(POISON) == before
    went = take_down(world, make.reviewer(), REASON, order="3 O 17/26")
    assert dict(went) == {
        "revisions": 3,
        "revisions of other records": 1,
        "drafts": 2,
        "remarks": 1,
        "comments": 2,
        "admin log entries": 2,
        "audit events": 6,
    }
    assert holding(POISON) == {"policy_revision"}
    assert [r.number for r in old if POISON in r.reason] == [2]
    assert not any(POISON in word for word in lexemes())
    assert list(audit.audit_faults()) == []


def test_with_whoever_still_says_a_word_it_stands_nowhere(world):
    old = Action.objects.get(slug="old")
    take_down([*world, old], make.reviewer(), REASON, words=[POISON])
    assert holding(POISON) == set()
    assert not any(POISON in word for word in lexemes())


@pytest.fixture
def forgotten(world):
    """Taken down; and the one reason that names it is what it is."""
    take_down(world, make.reviewer(), REASON, order="3 O 17/26")
    return world


def test_every_revision_is_a_tombstone_in_its_place(world):
    before = list(Revision.objects.filter(record__in=["raid", "jane"]).order_by("id"))
    take_down(world, make.reviewer(), REASON)
    *past, raid, jane = Revision.objects.filter(record__in=["raid", "jane"]).order_by("id")
    same = ("id", "kind", "record", "number", "published_at")
    for old, new in zip(before, past, strict=True):
        assert [getattr(old, name) for name in same] == [getattr(new, name) for name in same]
        assert old.digest != new.digest
    assert [(r.record, r.number, r.superseded_at) for r in (raid, jane)] == [
        ("raid", 3, None),
        ("jane", 2, None),
    ]
    at = json.loads(raid.document)["taken_down_at"]
    for revision in [*past, raid, jane]:
        assert (revision.event, revision.reason) == ("takedown", REASON)
        assert json.loads(revision.document) == {
            "schema_version": 2,
            "kind": revision.kind,
            "id": revision.record,
            "revision": revision.number,
            "published_at": revision.published_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "event": "takedown",
            "reason": REASON,
            "merged_into": None,
            "licence": "CC-BY-4.0",
            "taken_down_at": at,
        }


def test_what_others_said_of_it_keeps_its_id_alone(forgotten):
    first, second = Revision.objects.of_record("action", "old")
    assert (first.event, second.event) == ("publish", "revise")
    assert json.loads(first.document)["relations"] == [
        {"type": "part_of", "action": {"id": "raid", "name": "Taken down"}, "reason": ""}
    ]
    assert second.document == Revision.objects.get(record="old", number=2).document
    assert Relation.objects.count() == 0  # the draft's too


def test_counts_and_values_are_those_of_what_stands(forgotten):
    assert FacetValue.objects.totals() == {"agency": 3, "entity": 0, "source": 1, "action": 2}
    assert not FacetValue.objects.filter(value__contains="jane").exists()


def test_csv_rows_are_those_of_what_is_left(forgotten):
    assert_lines_are_of_documents()
    assert not CsvRow.objects.filter(revision__record__in=["raid", "jane"]).exists()


def assert_lines_are_of_documents():
    live = Revision.objects.filter(event__in=["publish", "revise"])
    wanted = {r.pk: csv_rows.csv_row(json.loads(r.document)) for r in live}
    assert dict(CsvRow.objects.values_list("revision", "text")) == wanted


def told(client, address):
    response = client.get(address)
    body = b"".join(response) if response.streaming else response.content
    return response.status_code, body.decode()


@pytest.mark.parametrize("query", ["", "?as_of={before}", "?include=sources", "?fields=id"])
def test_its_address_says_that_it_was_taken_down(client, world, query):
    before = Revision.objects.get(record="raid", number=1).published_at.isoformat()
    take_down(world, make.reviewer(), REASON)
    at = json.loads(stone("raid"))["taken_down_at"]
    address = "/api/v1/actions/raid/" + query.format(before=before.replace("+00:00", "Z"))
    status, body = told(client, address)
    found = json.loads(body)
    assert (status, found["type"], found["title"]) == (
        451,
        "/api/problems/taken-down/",
        "Taken down",
    )
    assert found["detail"] == f"Taken down on {at[:10]}: {REASON}"
    assert (found["reason"], found["taken_down_at"]) == (REASON, at)


def stone(slug):
    return Revision.objects.get(record=slug, superseded_at=None).document


def test_its_history_its_diff_and_its_pages(client, forgotten):
    rows = json.loads(told(client, "/api/v1/actions/raid/revisions/")[1])["results"]
    assert [(row["revision"], row["event"], row["reason"]) for row in rows] == [
        (number, "takedown", REASON) for number in (1, 2, 3)
    ]
    first = Revision.objects.get(record="raid", number=1)
    assert told(client, "/api/v1/actions/raid/revisions/1/") == (200, first.document)
    assert told(client, "/api/v1/actions/raid/diff/")[0] == 451
    assert told(client, "/api/v1/actions/raid/diff/?from=1&to=2")[0] == 451
    for page in ("/actions/raid/", "/actions/raid/revisions/1/", "/entities/jane/"):
        status, body = told(client, page)
        assert (status, "This record was taken down" in body, REASON in body) == (451, True, True)
    status, body = told(client, "/actions/raid/revisions/")
    assert (status, body.count("Taken down"), POISON in body) == (200, 3, False)
    assert told(client, "/actions/raid/revisions/1/citation.txt")[0] == 404


def test_lists_files_and_the_past_are_without_it(client, forgotten):
    moment = Revision.objects.get(record="other").published_at.isoformat().replace("+00:00", "Z")
    for query in ("", "&format=csv", "&format=ndjson", f"&as_of={moment}", "&include=related"):
        status, body = told(client, f"/api/v1/actions/?ordering=id{query}")
        assert (status, POISON in body, '"id":"raid"' in body) == (200, False, False)
        assert "other" in body


def test_the_feed_tells_copies_to_delete_it(client, forgotten):
    rows = json.loads(told(client, "/api/v1/changes/?include=document&page_size=1000")[1])[
        "results"
    ]
    raid = [row for row in rows if row["id"] == "raid"]
    assert [(row["event"], row["changed"]) for row in raid] == [("takedown", [])] * 3
    numbers = [int(row["version"].partition(".")[0]) for row in rows]
    assert numbers == [*range(1, len(rows) + 1)]
    assert raid[-1] == rows[-2]


def test_it_is_never_published_again(forgotten):
    raid = Action.objects.get(slug="raid")
    assert (raid.title, raid.summary, raid.note) == ("Taken down", "", "")
    with pytest.raises(PublishingError, match=r"was taken down\. It cannot be published again"):
        publish.publish([raid], by=make.reviewer())
    with pytest.raises(PublishingError, match="was taken down"):
        review.request_review(raid, make.curator())
    with pytest.raises(PublishingError, match="raid is already taken down"):
        take_down([raid], make.reviewer(), REASON)


def test_the_audit_log_says_who_and_why_and_not_what(forgotten):
    audit_events = AuditEvent.objects.filter(what="takedown")
    assert [
        (audit_event.record, audit_event.by, audit_event.detail["reason"])
        for audit_event in audit_events
    ] == [
        ("raid", make.reviewer(), REASON),
        ("jane", make.reviewer(), REASON),
    ]
    assert {audit_event.detail["order"] for audit_event in audit_events} == {"3 O 17/26"}
    assert list(audit.audit_faults()) == []


def test_a_audit_event_that_is_changed_after_its_take_down_is_named(forgotten):
    changed = min(
        map(int, AuditEvent.objects.filter(what="takedown")[0].detail["redacted"]["audit_events"])
    )
    with connection.cursor() as cursor:
        connection.check_constraints()
        cursor.execute("ALTER TABLE policy_auditevent DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE policy_auditevent SET detail = detail || '{\"a\": 1}' WHERE id = %s", [changed]
        )
        connection.check_constraints()
        cursor.execute("ALTER TABLE policy_auditevent ENABLE TRIGGER USER")
    assert list(audit.audit_faults()) == [f"Audit event {changed} was changed."]


def test_a_revision_that_is_changed_after_its_take_down_is_named(forgotten):
    raid = Revision.objects.get(record="raid", number=1)
    with connection.cursor() as cursor:
        connection.check_constraints()
        cursor.execute("ALTER TABLE policy_revision DISABLE TRIGGER USER")
        cursor.execute("UPDATE policy_revision SET reason = 'x' WHERE id = %s", [raid.pk])
        connection.check_constraints()
        cursor.execute("ALTER TABLE policy_revision ENABLE TRIGGER USER")
    assert list(audit.audit_faults()) == [f"Revision {raid.pk} (action raid@1) was changed."]


def test_what_stands_keeps_what_it_rests_on(world):
    raid, jane = world
    with pytest.raises(PublishingError) as refused:
        take_down([jane], make.reviewer(), REASON)
    assert refused.value.messages == [
        "The action raid refers to jane. Revise it first, or take it down, too."
    ]
    with pytest.raises(PublishingError) as refused:
        take_down([Source.objects.get(slug="wire")], make.reviewer(), " ")
    assert refused.value.messages == ["Enter a reason. It is shown to everyone."]


def test_what_was_withdrawn_and_would_still_need_it_goes_too(world):
    raid, jane = world
    unrelated = make.publish_new_action("late", source=Source.objects.get(slug="wire"))
    relate(unrelated, raid)
    publish.publish([unrelated], make.reviewer())
    publish.withdraw(unrelated, make.reviewer(), "Wrong.")
    with pytest.raises(PublishingError) as refused, transaction.atomic():
        take_down(world, make.reviewer(), REASON)
    assert refused.value.messages == [
        "The action late refers to raid. Revise it first, or take it down, too."
    ]
    take_down([*world, unrelated], make.reviewer(), REASON)
    assert json.loads(stone("late"))["event"] == "takedown"


def test_a_draft_goes_without_a_word_to_the_public(world):
    version = Revision.objects.version()
    draft = Action.objects.get(slug="draft")
    write_sentinel(type(draft))
    take_down([draft], make.reviewer(), REASON)
    assert Revision.objects.version() == version
    assert Action.objects.get(slug="draft").title == "Taken down"
    assert set(AuditEvent.objects.last().detail) == {"reason", "redacted"}  # and no versions


@pytest.mark.parametrize(("name", "left"), [("Zhu", "As Zhu says."), ("Zhou", "")])
def test_names_of_four_characters_leave_what_is_said_of_others(name, left):
    """Shorter ones are parts of too many other words."""
    asked = review.request_review(make.entity("other"), make.curator(), f"As {name} says.")
    take_down([make.entity("one", name=name)], make.reviewer(), REASON)
    asked.refresh_from_db()
    assert asked.remark == left


@pytest.mark.parametrize(
    ("new_record", "field"),
    [(make.action, "title"), (make.source, "title"), (make.agency, "name"), (make.entity, "name")],
    ids=["action", "source", "agency", "entity"],
)
def test_names_of_the_past_leave_what_is_said_of_others(new_record, field):
    row = new_record("one", **{field: "Former"})
    make.publish_all(row)
    setattr(row, field, "Later")
    row.save()
    make.publish_all(row)
    asked = review.request_review(make.entity("other"), make.curator(), "It was named Former.")
    take_down([row], make.reviewer(), REASON)
    asked.refresh_from_db()
    assert asked.remark == ""


def test_it_goes_into_dumps_and_loads_as_it_is(tmp_path, forgotten):
    dump_dataset(tmp_path / "first")
    before = [*Revision.objects.values_list("id", "event", "document").order_by("id")]
    assert "zqtaken" not in (tmp_path / "first/revisions.ndjson").read_text().replace(
        f"About {POISON}.", ""
    )
    folders.truncate_records(*folders.REFERENCE_TABLES)
    folders.load_folder(tmp_path / "first")
    assert [*Revision.objects.values_list("id", "event", "document").order_by("id")] == before
    assert not Entity.objects.exists()
    assert Action.objects.count() == 2
    dump_dataset(tmp_path / "second")
    for name in ("revisions.ndjson", "releases.json"):
        first, second = (tmp_path / f / name for f in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
    assert list(audit.audit_faults()) == []


def test_what_was_taken_down_comes_back_by_no_file(tmp_path, world):
    dump_dataset(tmp_path / "before")
    take_down(world, make.reviewer(), REASON)
    complaints = folders.get_load_errors(tmp_path / "before")
    assert "Differs from version 3 in this database." in " ".join(complaints)
    folders.write_small_dataset(tmp_path / "little")
    folders.write_file(tmp_path / "little", "actions/raid.json", folders.action_document("raid"))
    message = "The record was taken down in this database. Remove the file."
    complaints = folders.get_load_errors(tmp_path / "little")
    assert f"actions/raid.json: raid: {message}" in complaints


def test_a_source_goes_with_its_text_and_from_the_drafts_that_refer_to_it():
    paper = make.source("paper", title="The Nightingale paper")
    make.attach_source_text(paper, f"{make.SOURCE_TEXT} Nightingale")
    copied, draft = make.source("copy", derived_from=paper), make.action("memo", source=paper)
    publish.publish([paper], make.reviewer())
    take_down([paper], make.reviewer(), REASON, words=["Nightingale"])
    copied.refresh_from_db()
    assert (copied.derived_from, draft.citations.count()) == (None, 0)
    assert json.loads(stone("paper"))["event"] == "takedown"


# Passages


def test_passages_go_and_their_source_stays(client, world):
    wire = Source.objects.get(slug="wire")
    make.attach_source_text(wire, f"{make.SOURCE_TEXT} {POISON}")
    went = take_down_passages(wire, make.reviewer(), REASON)
    assert (went["texts"], went["revisions of other records"]) == (1, 5)
    assert holding("banned mining") == set()
    assert holding("Police arrested") == set()
    assert client.get("/api/v1/sources/wire/").status_code == 200
    body = json.loads(client.get("/api/v1/actions/other/").content)
    assert (body["revision"], [c["quote"] for c in body["citations"]]) == (2, [""])
    standing = Revision.objects.get(record="other", superseded_at=None)
    assert (standing.event, standing.reason) == ("revise", REASON)
    assert publish.publish([Action.objects.get(slug="other")], make.reviewer()) == []
    assert AuditEvent.objects.last().detail["passages"] is True
    assert_lines_are_of_documents()
    assert list(audit.audit_faults()) == []


# The way in


def test_nobody_goes_the_way_by_chance(world):
    def refused(sql):
        with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as c:
            c.execute(sql)
        return str(error.value).partition("\n")[0]

    assert "cannot be changed" in refused("UPDATE policy_revision SET document = '{}'")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL policy.take_down = 'on'")
    for column, value in {"record": "'x'", "number": "9", "published_by_id": "NULL"}.items():
        message = refused(f"UPDATE policy_revision SET {column} = {value} WHERE record = 'raid'")
        assert "cannot be changed or deleted" in message
    assert "cannot be changed" in refused("UPDATE policy_revision SET event = 'merge'")
    assert "cannot be changed" in refused("DELETE FROM policy_revision")
    assert "cannot be changed" in refused("UPDATE policy_auditevent SET what = 'created'")
    assert "cannot be changed" in refused("DELETE FROM policy_auditevent")
    assert "cannot be changed" in refused("UPDATE policy_review SET asked_by_id = NULL")


def command(*names, said=None, **options):
    given = {"reason": REASON, "by": make.reviewer().username} | options
    call_command("take_down", *names, stdout=said or StringIO(), **given)


def test_the_command_shows_what_goes_and_asks(world, monkeypatch):
    said, names = StringIO(), ("action/raid", "entity/jane")
    monkeypatch.setattr("sys.stdin", StringIO("no\n"))
    with pytest.raises(CommandError, match=r"Not confirmed. Nothing was taken down."):
        command(*names, said=said)
    assert said.getvalue().splitlines() == [
        "Will be removed:",
        "  revisions: 3",
        "  revisions of other records: 1",
        "  drafts: 2",
        "  remarks: 1",
        "  comments: 2",
        "  admin log entries: 2",
        "  audit events: 6",
        "This cannot be undone. Type raid to take down action/raid, entity/jane:",
    ]
    assert not Revision.objects.filter(event="takedown").exists()
    monkeypatch.setattr("sys.stdin", StringIO("raid\n"))
    command(*names, said=said)
    assert "Removed:\n  revisions: 3" in said.getvalue()
    assert Revision.objects.filter(event="takedown").count() == 5


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["raid"], {}, "raid: write KIND/ID, where KIND is one of agency, entity, source, action."),
        (["action/none"], {}, "There is no action none."),
        (["action/raid"], {"by": "nobody"}, "There is no active user nobody."),
        (
            ["action/raid"],
            {"passages": True},
            "--passages takes exactly one source. Write it as source/ID.",
        ),
        (
            ["entity/jane"],
            {},
            "The action raid refers to jane. Revise it first, or take it down, too.",
        ),
    ],
)
def test_the_command_refuses_and_takes_nothing_down(world, names, options, message):
    before = folders.table_digests()
    with pytest.raises(CommandError) as error:
        command(*names, yes=True, **options)
    assert message in str(error.value)
    assert folders.table_digests() == before
