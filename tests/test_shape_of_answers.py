"""`fields`, `omit` and `include` give exactly what was asked for, or else the stored bytes."""

import json

import pytest

from api.query import include, sparse_fields
from api.views import records
from policy import audit
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.models import Action, Agency, Credit, Revision
from policy.models.action_parts import Relation
from policy.publishing import publish
from tests import factories as make
from tests import folders
from tests.conftest import FIXTURES

pytestmark = pytest.mark.django_db
PLURALS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}


@pytest.fixture(scope="module")
def seed_dataset(shared):
    """The seed, published, and a title on every draft that nobody reviewed."""
    folders.load_folder(FIXTURES)
    Action.objects.update(title="Never reviewed")
    Agency.objects.update(name="Never reviewed")


def listed(api, plural="actions", **query):
    return api(f"{plural}/", page_size=1000, **query)["results"]


# fields and omit


@pytest.mark.parametrize(("kind", "plural"), PLURALS.items())
def test_every_field_can_be_asked_for_alone_or_left_out(api, seed_dataset, kind, plural):
    documents = listed(api, plural)
    for name in DOCUMENT_SCHEMAS[kind].model_fields:
        assert listed(api, plural, fields=name) == [{name: body[name]} for body in documents]
        rest = [{n: v for n, v in body.items() if n != name} for body in documents]
        assert listed(api, plural, omit=name) == rest


def taken(value, way):
    """What lies at the end of a way, spelled out again."""
    if isinstance(value, list):
        return [taken(item, way) for item in value]
    if not way or value is None:
        return value
    return {name: taken(part, way[1:]) for name, part in value.items() if name == way[0]}


DOTTED = [name for name in sparse_fields.get_field_names("action") if "." in name]


@pytest.fixture
def fullest_action(api, seed_dataset):
    """An action with what no action of the seed has: targets, identifiers, a curator's name."""
    curator, row = make.curator(), make.action("fullest")
    Credit.objects.create(user=curator, public_name="Ada Example")
    row.targets.create(role_id="target_role.destination", jurisdiction_id="US")
    row.identifiers, row.classifications = ["celex:32024R1689"], ["isic:6419"]
    row.edited_by = curator
    row.save()
    source = row.citations.get().source
    row.citations.all().delete()
    make.cite(row, source)
    audit.write_edit_event(row, curator, changes=[["summary", "", row.summary]])
    publish.publish([row.agencies.get().agency, source, row], make.reviewer())


@pytest.mark.parametrize("name", DOTTED)
def test_dots_lead_into_rows_and_objects(api, fullest_action, name):
    documents, way = listed(api), name.split(".")
    assert listed(api, fields=name) == [taken(body, way) for body in documents]
    left = json.dumps(listed(api, omit=name))
    assert len(left) < len(json.dumps(documents))
    assert json.loads(left) == [without(body, way) for body in documents]


def without(value, way):
    if isinstance(value, list):
        return [without(item, way) for item in value]
    if value is None:
        return None
    kept = value.items() if len(way) > 1 else [(n, v) for n, v in value.items() if n != way[0]]
    return {n: without(v, way[1:]) if n == way[0] else v for n, v in kept}


def test_names_are_many_and_keep_the_documents_order(api, seed_dataset):
    body = api("actions/qinghai-mining-ban/")
    asked = "dates.kind,title,id,dates.earliest,agencies.agency.id"
    found = api("actions/qinghai-mining-ban/", fields=asked)
    assert found == {
        "id": body["id"],
        "title": body["title"],
        "agencies": [taken(row, ["agency", "id"]) for row in body["agencies"]],
        "dates": [{"kind": d["kind"], "earliest": d["earliest"]} for d in body["dates"]],
    }
    assert list(found) == ["id", "title", "agencies", "dates"]
    assert list(api("actions/qinghai-mining-ban/", omit="kind,id")) == [
        name for name in body if name not in ("kind", "id")
    ]


def test_the_whole_of_a_field_outdoes_its_parts(api, seed_dataset):
    body = api("actions/qinghai-mining-ban/")
    for asked in ("dates,dates.kind", "dates.kind,dates"):
        assert api("actions/qinghai-mining-ban/", fields=asked) == {"dates": body["dates"]}
        assert "dates" not in api("actions/qinghai-mining-ban/", omit=asked)


def test_the_id_comes_only_if_it_is_asked_for(api, seed_dataset):
    assert list(listed(api, fields="title")[0]) == ["title"]


def test_everything_may_be_left_out(api, seed_dataset):
    every = ",".join(DOCUMENT_SCHEMAS["agency"].model_fields)
    assert listed(api, "agencies", omit=every) == [{} for _ in listed(api, "agencies")]


def test_rows_of_a_file_are_cut_alike(client, api, seed_dataset):
    for query in ({"fields": "id,dates.kind"}, {"omit": "citations"}):
        response = client.get("/api/v1/actions/", query | {"format": "ndjson"})
        lines = b"".join(response).decode().splitlines()
        assert [json.loads(line) for line in lines] == listed(api, **query)


def test_pages_and_counts_are_those_of_the_whole(client, seed_dataset):
    query = {"fields": "id", "page_size": 20, "activity": "mining"}
    page = client.get("/api/v1/actions/", query).json()
    assert page["count"] == "http://testserver/api/v1/actions/count/?activity=mining"
    rows = page["results"]
    while page["next"]:
        page = client.get(page["next"]).json()
        rows += page["results"]
    assert len(rows) == client.get(page["count"]).json()["count"] > 0
    assert all(list(row) == ["id"] for row in rows)


def test_the_past_is_cut_too(api, story):
    first = Revision.objects.get(record="ban", number=1)
    found = api("actions/ban/", fields="title", as_of=first.published_at.isoformat())
    assert found == {"title": "Ban"}


def test_a_merged_record_passes_the_question_on(client, story):
    response = client.get("/api/v1/actions/twin/?fields=id,title")
    assert response.status_code == 301
    assert response["Location"] == "http://testserver/api/v1/actions/ban/?fields=id,title"


# nothing asked


def test_documents_are_served_as_stored_and_never_parsed(client, seed_dataset, monkeypatch):
    """Without any of these the texts go through as they are."""

    def parse(text):
        raise AssertionError("a document was parsed")

    for module in (sparse_fields, include, records):
        monkeypatch.setattr(module.orjson, "loads", parse)
    for kind, plural in PLURALS.items():
        stored = list(Revision.objects.current(kind).order_by("record"))
        page = client.get(f"/api/v1/{plural}/", {"ordering": "id", "page_size": 1000})
        texts = ",".join(revision.document for revision in stored)
        assert page.content.decode().startswith(f'{{"results":[{texts}],')
        one = client.get(f"/api/v1/{plural}/{stored[0].record}/")
        assert one.content.decode() == stored[0].document
        assert one["Repr-Digest"] == records.format_repr_digest(stored[0].digest)


def test_a_part_carries_no_digest_of_the_whole(client, seed_dataset):
    for query in ({"fields": "id"}, {"omit": "title"}, {"include": "agencies"}):
        assert "Repr-Digest" not in client.get("/api/v1/actions/qinghai-mining-ban/", query)


# include


@pytest.fixture
def story(db):
    """raid enforces ban; other actions follow up ban. twin and other are no more."""
    folders.make_full_history()


@pytest.mark.parametrize("name", ["agencies", "entities", "sources"])
def test_referred_records_come_whole(client, api, seed_dataset, name):
    kind = include.INCLUDE_KINDS[name]
    for body in listed(api):
        rows = body["citations"] if name == "sources" else body[name]
        ids = {row[kind]["id"] for row in rows if row[kind]}
        found = api(f"actions/{body['id']}/", include=name)
        assert found.pop("included") == {name: {id: api(f"{name}/{id}/") for id in sorted(ids)}}
        assert found == body


def test_related_actions_come_both_ways(api, seed_dataset):
    documents = {body["id"]: body for body in listed(api)}
    pairs = {(a, r["action"]["id"]) for a, body in documents.items() for r in body["relations"]}
    assert pairs
    for id in documents:
        ids = {b for a, b in pairs if a == id} | {a for a, b in pairs if b == id}
        assert related(api, id) == {other: documents[other] for other in sorted(ids)}


def test_a_page_includes_what_its_rows_refer_to_once(api, seed_dataset):
    names = "agencies,entities,sources,related"
    page = api("actions/", include=names, page_size=7)
    assert list(page["included"]) == names.split(",")
    for name in include.INCLUDE_DESCRIPTIONS:
        merged = {}
        for row in page["results"]:
            merged |= api(f"actions/{row['id']}/", include=name)["included"][name]
        assert page["included"][name] == dict(sorted(merged.items()))
    assert api("actions/", page_size=7)["results"] == page["results"]
    assert "included" not in api("actions/", page_size=7)


def test_fields_cut_the_rows_and_not_what_is_included(api, seed_dataset):
    found = api("actions/qinghai-mining-ban/", include="sources", fields="title")
    assert list(found) == ["title", "included"]
    (source,) = found["included"]["sources"].values()
    assert source == api(f"sources/{source['id']}/")


def test_nothing_found_includes_nothing(api, seed_dataset):
    page = api("actions/", include="agencies,related", jurisdiction="FR")
    assert page["included"] == {"agencies": {}, "related": {}}


def test_included_documents_are_the_stored_bytes(client, seed_dataset):
    body = client.get("/api/v1/actions/", {"include": "sources"}).content.decode()
    for revision in Revision.objects.current("source"):
        assert f'"{revision.record}":{revision.document}' in body


def related(api, id, **query):
    return api(f"actions/{id}/", include="related", **query)["included"]["related"]


def test_withdrawn_records_are_left_out(api, story):
    assert list(related(api, "ban")) == ["raid"]
    publish.withdraw(Action.objects.get(slug="raid"), make.reviewer(), "Misread.")
    assert related(api, "ban") == {}


def test_merged_records_are_left_out_and_stand_in_the_past(api, story):
    ban, chief = Action.objects.get(slug="ban"), make.user("chief", "Reviewer")
    assert related(api, "raid")["ban"]["title"] == ban.title
    publish.merge(ban, make.publish_new_action("other-ban"), chief, "Told twice.")
    assert related(api, "raid") == {}
    titles = {1: "Ban", 2: ban.title}
    for number, title in titles.items():
        moment = Revision.objects.get(record="ban", number=number).published_at.isoformat()
        assert related(api, "raid", as_of=moment)["ban"]["title"] == title
    first = Revision.objects.get(record="raid", number=1).published_at.isoformat()
    assert related(api, "raid", as_of=first) == {}  # the ban came a moment later


def test_included_documents_are_of_the_pages_version(client, story):
    make.publish_new_action("later-ban")
    page = client.get("/api/v1/actions/", {"include": "agencies", "page_size": 1}).json()
    ministry = Agency.objects.get(slug="ministry")
    ministry.name = "Another name"
    ministry.save()
    publish.publish([ministry], by=make.reviewer())
    seen = page["included"]["agencies"]
    while page["next"]:
        page = client.get(page["next"]).json()
        seen |= page["included"]["agencies"]
    assert seen["ministry"]["name"] == "Ministry"
    fresh = client.get("/api/v1/actions/ban/", {"include": "agencies"}).json()
    assert fresh["included"]["agencies"]["ministry"]["name"] == "Another name"


def test_the_newest_of_those_that_name_it_are_included(api, story, monkeypatch):
    monkeypatch.setattr(include, "MAX_RELATED_ACTIONS", 2)
    ban = Action.objects.get(slug="ban")
    for number in (1, 2, 3):
        row = make.action(f"echo-{number}")
        Relation.objects.create(action=row, target=ban, type_id="relation.follows_up")
        where = row.citations.get().source
        row.citations.all().delete()
        make.cite(row, where)
        make.publish_all(row)
    assert list(related(api, "ban")) == ["echo-2", "echo-3"]
    assert list(related(api, "echo-1")) == ["ban"]


# what is refused


REFUSED = [
    ("actions/?fields=titel", "fields: There is no titel. Did you mean title?"),
    ("actions/?omit=dates.knd", "omit: There is no dates.knd. Did you mean dates.kind?"),
    ("actions/?fields=unknowns.penalty", "fields: There is no unknowns.penalty."),
    ("agencies/?fields=summary", "fields: There is no summary."),
    ("actions/?fields=id,,title", "fields: There is no empty name."),
    ("actions/?fields=id,id", "fields: Use each name only once."),
    ("actions/?fields=", "fields: The value is empty. Enter a value or remove the parameter."),
    (
        "actions/?fields=id&omit=title",
        "fields: Use either fields or omit, not both. omit: Use either fields or omit, not both.",
    ),
    ("actions/qinghai-mining-ban/?fields=titel", "fields: There is no titel."),
    (
        "actions/?format=csv&fields=id",
        "fields: The columns of CSV are fixed; remove this parameter.",
    ),
    ("actions/?format=csv&omit=id", "omit: The columns of CSV are fixed; remove this parameter."),
    ("actions/?include=agency", "include: There is no agency. Did you mean agencies?"),
    ("actions/?include=agencies,agencies", "include: Use each name only once."),
    (
        "actions/?include=sources&format=ndjson",
        "include: `include` is only valid with format=json.",
    ),
    ("actions/?include=sources&format=csv", "include: `include` is only valid with format=json."),
    ("sources/?include=sources", "include: Unknown parameter."),
    ("actions/count/?fields=id", "fields: Unknown parameter."),
    ("actions/qinghai-mining-ban/revisions/?fields=event", "fields: Unknown parameter."),
    ("terms/?fields=id", "fields: Unknown parameter."),
]


@pytest.mark.parametrize(("address", "detail"), REFUSED)
def test_what_is_not_understood_is_refused(client, db, address, detail):
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 400
    assert response.json()["detail"].startswith(detail)
