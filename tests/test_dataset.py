"""A folder loads whole, once; loading never undoes what people did since."""

import gc
import json
from datetime import datetime

import pytest

from policy.exchange import load as loading
from policy.exchange.folder import read
from policy.models import (
    RECORDS,
    Action,
    Agency,
    Citation,
    Jurisdiction,
    Release,
    Revision,
    Source,
    SourceText,
    Term,
)
from policy.publishing import publish
from tests import factories as make
from tests import folders
from tests.folders import change, complaints, load, put

pytestmark = pytest.mark.django_db
BAN, MINISTRY, WIRE = "actions/ban.json", "agencies/ministry.json", "sources/wire.json"


@pytest.fixture
def folder(tmp_path):
    return folders.little(tmp_path / "little")


def said(published=0, unchanged=0, restored=0, terms=0, places=0):
    return (
        f"{published} records published, {unchanged} unchanged, {restored} revisions restored, "
        f"{terms} terms and {places} jurisdictions written."
    )


def edit(record, **fields):
    for name, value in fields.items():
        setattr(record, name, value)
    record.edited_by = make.curator()
    record.save()


def history(kind, slug):
    return [(r.number, r.event, r.review) for r in Revision.objects.of(kind, slug)]


def test_a_folder_is_published_as_it_loads(folder):
    assert load(folder) == said(published=5)
    assert {(r.kind, r.record, r.number, r.event) for r in Revision.objects.all()} == {
        ("agency", "ministry", 1, "publish"),
        ("entity", "exchange", 1, "publish"),
        ("source", "wire", 1, "publish"),
        ("action", "ban", 1, "publish"),
        ("action", "raid", 1, "publish"),
    }
    review = json.loads(Action.objects.get(slug="ban").current.document)["review"]
    assert review == {
        "state": "released",
        "reviewers": 0,
        "reviewed_at": None,
        "released_by": "little@7",
    }


def test_a_folder_without_dataset_json_lends_its_name(folder):
    (folder / "dataset.json").unlink()
    load(folder)
    review = json.loads(Agency.objects.get().current.document)["review"]
    assert review["released_by"] == "little@0"
    assert read(folder / ".." / folder.name / ".").label == "little@0"


def test_what_a_file_says_is_what_is_served(folder):
    load(folder)
    document = json.loads(Action.objects.get(slug="raid").current.document)
    for name, value in folders.RAID.items():
        if name in ("agencies", "entities", "relations", "jurisdictions", "citations", "dates"):
            assert len(document[name]) == len(value)
        elif name != "figures":
            assert document[name] == value
    assert document["relations"] == [
        {"type": "enforces", "action": {"id": "ban", "name": "Ban"}, "reason": ""}
    ]
    assert document["figures"] == [{**folders.RAID["figures"][0], "claimed_by": ""}]
    assert [c["start"] for c in document["citations"]] == [0, 39]


def test_a_published_document_is_a_file_too(folder):
    """What the API serves of a record can be put into the folder as it is."""
    load(folder)
    for kind, plural in (("agency", "agencies"), ("action", "actions"), ("source", "sources")):
        for record in RECORDS[kind].objects.all():
            document = json.loads(record.current.document)
            put(folder, f"{plural}/{record.slug}.json", document)
    before = folders.snapshot()
    assert load(folder) == said(unchanged=5)
    assert folders.snapshot() == before


def test_loading_twice_changes_nothing_not_even_a_time(folder):
    load(folder)
    before = folders.snapshot()
    assert load(folder) == said(unchanged=5)
    assert folders.snapshot() == before


def test_a_changed_file_publishes_the_next_revision_of_that_record_alone(folder):
    load(folder)
    change(folder, "dataset.json", lambda about: about.update(version="8"))
    change(folder, BAN, lambda ban: ban.update(title="A wider ban"))
    untouched = dict(Action.objects.exclude(slug="ban").values_list("slug", "edited_at"))
    assert load(folder) == said(published=1, unchanged=4)
    assert history("action", "ban") == [(1, "publish", "released"), (2, "revise", "released")]
    assert Revision.objects.count() == 6
    assert dict(Action.objects.exclude(slug="ban").values_list("slug", "edited_at")) == untouched
    document = json.loads(Action.objects.get(slug="ban").current.document)
    assert (document["title"], document["review"]["released_by"]) == ("A wider ban", "little@8")
    assert Citation.objects.filter(action__slug="ban").count() == 2
    before = folders.snapshot()
    assert load(folder) == said(unchanged=5)
    assert folders.snapshot() == before


@pytest.mark.parametrize("file", [MINISTRY, "entities/exchange.json"])
def test_order_of_keys_and_white_space_are_no_change(folder, file):
    load(folder)
    value = json.loads((folder / file).read_bytes())
    put(folder, file, json.dumps(dict(reversed(value.items())), indent=3).encode() + b"\n\n")
    assert load(folder) == said(unchanged=5)


def test_an_unpublished_edit_is_never_overwritten(folder):
    load(folder)
    edit(Action.objects.get(slug="ban"), title="My ban")
    assert load(folder) == said(unchanged=5)
    change(folder, BAN, lambda ban: ban.update(title="Their ban"))
    assert complaints(folder) == [
        "actions/ban.json: ban: Has edits that were not published. "
        "Publish or undo them, then load again."
    ]
    assert Action.objects.get(slug="ban").title == "My ban"
    edit(Action.objects.get(slug="ban"), title="Ban")
    assert load(folder) == said(published=1, unchanged=4)


def test_an_edit_of_a_part_is_an_edit(folder):
    load(folder)
    note = {"kind_id": "note.doubt", "field": "status", "text": "Is it?"}
    Action.objects.get(slug="ban").notes.create(**note)
    change(folder, BAN, lambda ban: ban.update(title="Their ban"))
    assert [line.partition(".")[0] for line in complaints(folder)] == ["actions/ban"]


def test_a_published_edit_survives_the_old_files(folder):
    load(folder)
    ban = Action.objects.get(slug="ban")
    edit(ban, title="My ban")
    publish.publish([ban], by=make.reviewer())
    before = folders.snapshot()
    assert load(folder) == said(unchanged=5)
    assert folders.snapshot() == before


def test_a_new_file_revises_even_what_people_revised(folder):
    load(folder)
    ban = Action.objects.get(slug="ban")
    edit(ban, title="My ban")
    publish.publish([ban], by=make.reviewer())
    change(folder, BAN, lambda record: record.update(title="Their ban"))
    assert load(folder) == said(published=1, unchanged=4)
    assert history("action", "ban")[1:] == [(2, "revise", "reviewed"), (3, "revise", "released")]


def test_another_name_of_an_agency_is_no_edit_of_its_actions(folder):
    load(folder)
    ministry = Agency.objects.get()
    edit(ministry, name="Renamed")
    publish.publish([ministry], by=make.reviewer())
    change(folder, BAN, lambda record: record.update(title="Their ban"))
    assert load(folder) == said(published=1, unchanged=4)
    assert Agency.objects.get().name == "Renamed"


def withdrawn(slug="raid"):
    publish.withdraw(Action.objects.get(slug=slug), by=make.reviewer(), reason="Not so.")


def test_a_withdrawn_record_stays_withdrawn(folder):
    load(folder)
    withdrawn()
    before = folders.snapshot()
    assert load(folder) == said(unchanged=5)
    assert folders.snapshot() == before
    change(folder, "actions/raid.json", lambda raid: raid.update(title="A raid"))
    assert complaints(folder) == [
        "actions/raid.json: raid: Was withdrawn here: "
        "take the file out, or publish the record again first."
    ]


def test_a_merged_record_stays_merged(folder):
    put(folder, "agencies/twin.json", folders.AGENCY | {"id": "twin"})
    load(folder)
    twin, ministry = Agency.objects.get(slug="twin"), Agency.objects.get(slug="ministry")
    publish.merge(twin, ministry, by=make.reviewer(), reason="The same.")
    before = folders.snapshot()
    assert load(folder) == said(unchanged=6)
    assert folders.snapshot() == before
    change(folder, "agencies/twin.json", lambda twin: twin.update(name="Twin"))
    assert complaints(folder) == [
        "agencies/twin.json: twin: Was merged into ministry here: take the file out."
    ]


def test_a_new_record_does_not_refer_to_what_was_withdrawn(folder):
    load(folder)
    withdrawn("raid")
    third = folders.action("third", relations=[{"type": "enforces", "action": {"id": "raid"}}])
    put(folder, "actions/third.json", third)
    assert complaints(folder) == [
        "actions/third.json: third: relations[0].action: The action raid is not published."
    ]


def test_old_files_may_refer_to_what_was_merged(folder):
    put(folder, "agencies/other.json", folders.AGENCY | {"id": "other"})
    load(folder)
    old, new = Agency.objects.get(slug="ministry"), Agency.objects.get(slug="other")
    publish.merge(old, new, by=make.reviewer(), reason="The same.")
    assert load(folder) == said(unchanged=6)


def test_a_draft_of_the_same_id_is_not_clobbered(folder):
    make.agency("ministry", name="My draft")
    assert complaints(folder) == [
        "agencies/ministry.json: ministry: Has edits that were not published. "
        "Publish or undo them, then load again."
    ]
    assert Agency.objects.get().name == "My draft"


def test_all_conflicts_are_named_at_once(folder):
    make.agency("ministry")
    make.entity("exchange")
    change(folder, BAN, lambda ban: ban.update(title=""))
    assert [line.partition(": ")[0] for line in complaints(folder)] == [
        "actions/ban.json",
        "agencies/ministry.json",
        "entities/exchange.json",
    ]


def test_a_record_leaves_its_folder_and_stays_published(folder):
    load(folder)
    (folder / "actions/raid.json").unlink()
    assert load(folder) == said(unchanged=4)
    assert history("action", "raid") == [(1, "publish", "released")]


def test_agencies_and_sources_may_lie_inside_later_ones(folder):
    put(folder, MINISTRY, folders.AGENCY | {"parent": {"id": "state-council"}})
    put(folder, "agencies/state-council.json", folders.AGENCY | {"id": "state-council"})
    origin = folders.SOURCE | {"id": "zz-origin", "sha256": "0" * 64}
    put(folder, "sources/zz-origin.json", origin)
    put(folder, WIRE, folders.SOURCE | {"derived_from": {"id": "zz-origin"}})
    assert load(folder) == said(published=7)
    assert Agency.objects.get(slug="ministry").parent.slug == "state-council"
    assert Source.objects.get(slug="wire").derived_from.slug == "zz-origin"
    change(folder, MINISTRY, lambda record: record.update(parent=None))
    assert load(folder) == said(published=1, unchanged=6)
    assert Agency.objects.get(slug="ministry").parent is None


def test_a_source_keeps_its_date_and_may_lose_it(folder):
    on = folders.day("published", "2021-06-10")
    del on["kind"]
    change(folder, WIRE, lambda wire: wire.update(published=on))
    load(folder)
    assert str(Source.objects.get().published_earliest) == "2021-06-10"
    change(folder, WIRE, lambda wire: wire.update(published=None))
    assert load(folder) == said(published=1, unchanged=4)
    assert Source.objects.get().published is None


def test_the_text_of_a_former_retrieval_goes_that_of_this_one_stays(folder):
    load(folder)
    make.attach(Source.objects.get(), make.TEXT)
    change(folder, WIRE, lambda wire: wire.update(title="Another title"))
    assert load(folder) == said(published=1, unchanged=4)
    assert SourceText.objects.get().text == make.TEXT
    change(folder, WIRE, lambda wire: wire.update(sha256="0" * 64, text_sha256="1" * 64))
    change(folder, BAN, lambda ban: ban["citations"][0].update(sha256="2" * 64))
    assert load(folder) == said(published=2, unchanged=3)
    assert not SourceText.objects.exists()


TERM = {
    "vocabulary": "penalty",
    "code": "exile",
    "label": "Exile",
    "definition": "Sent abroad.",
    "includes": "",
    "excludes": "",
    "parent": None,
    "abstract": False,
    "crosswalk": {"dpa": {"code": "x", "match": "close"}},
}
PLACE = {
    "code": "XA-1",
    "name": "Part",
    "native_name": "",
    "kind": "subdivision",
    "local_kind": "",
    "parent": "XA",
    "aliases": ["P"],
}


def test_terms_and_places_are_written_where_they_changed(folder):
    heading = TERM | {"code": "removal", "abstract": True}
    put(folder, "terms.json", [TERM | {"parent": "removal"}, heading])
    country = PLACE | {"code": "XA", "kind": "country", "parent": None}
    put(folder, "jurisdictions.json", [PLACE, country])
    change(folder, BAN, lambda ban: ban.update(jurisdictions=[{"id": "XA-1"}]))
    change(
        folder,
        BAN,
        lambda ban: (
            [
                support.update(field="jurisdictions/XA-1")
                for citation in ban["citations"]
                for support in citation["supports"]
                if support["field"] == "jurisdictions/CN"
            ]
            and None
        ),
    )
    assert load(folder) == said(published=5, terms=2, places=2)
    assert Term.objects.get(pk="penalty.exile").parent_id == "penalty.removal"
    assert Jurisdiction.objects.get(pk="XA-1").parent_id == "XA"
    assert set(
        Action.objects.get(slug="ban")
        .current.facets.filter(value__facet="jurisdiction")
        .values_list("value__value", flat=True)
    ) == {"XA-1", "XA"}
    assert load(folder) == said(unchanged=5)
    put(folder, "terms.json", [TERM | {"parent": "removal"}, heading | {"label": "Removal"}])
    put(folder, "jurisdictions.json", [PLACE | {"aliases": []}, country])
    assert load(folder) == said(unchanged=5, terms=1, places=1)


def test_terms_keep_the_order_of_their_file(folder):
    put(folder, "terms.json", [TERM, TERM | {"code": "jail"}])
    load(folder)
    put(folder, "terms.json", [TERM | {"code": "jail"}, TERM])
    assert load(folder) == said(unchanged=5, terms=2)
    ordered = Term.objects.filter(code__in=["exile", "jail"]).order_by("position")
    assert [term.code for term in ordered] == ["jail", "exile"]


def test_releases_are_kept(folder):
    row = {
        "version": "2026.1",
        "as_of": "2026-01-01T00:00:00.000000Z",
        "revision": 3,
        "checksums": {"a.json": "1"},
        "notes": "",
    }
    load(folder)
    put(folder, "releases.json", [row])
    assert load(folder) == said(unchanged=5)
    assert Release.objects.get().as_of == datetime.fromisoformat(row["as_of"])
    before = folders.snapshot()
    load(folder)
    assert folders.snapshot() == before


def test_the_collector_is_as_it_was_however_a_load_ends(folder):
    usual = gc.get_threshold()
    load(folder)
    put(folder, "terms.json", {})
    assert complaints(folder)
    assert gc.get_threshold() == usual


def test_all_or_nothing(folder, monkeypatch):
    """A failure at the very end leaves nothing behind."""

    def fail(*_):
        raise publish.Refused("Not today.")

    put(folder, "terms.json", [TERM])
    monkeypatch.setattr(loading, "publish_files", fail)
    assert complaints(folder) == ["Not today."]
