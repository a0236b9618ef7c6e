"""A folder loads whole, once; loading never undoes what people did since."""

import gc
import json
from datetime import datetime

import pytest

from policy.exchange import load as loading
from policy.exchange.folder import read_dataset
from policy.models import (
    RECORD_MODELS,
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
from tests.folders import edit_file, get_load_errors, load_folder, write_file

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
BAN, MINISTRY, WIRE = "actions/ban.json", "agencies/ministry.json", "sources/wire.json"


@pytest.fixture
def folder(tmp_path):
    return folders.write_small_dataset(tmp_path / "little")


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
    return [(r.number, r.event, r.review) for r in Revision.objects.of_record(kind, slug)]


def test_a_folder_is_published_as_it_loads(folder):
    assert load_folder(folder) == said(published=5)
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
    load_folder(folder)
    review = json.loads(Agency.objects.get().current.document)["review"]
    assert review["released_by"] == "little@0"
    assert read_dataset(folder / ".." / folder.name / ".").label == "little@0"


def test_what_a_file_says_is_what_is_served(folder):
    load_folder(folder)
    document = json.loads(Action.objects.get(slug="raid").current.document)
    for name, value in folders.RAID_DOCUMENT.items():
        if name in ("agencies", "entities", "relations", "jurisdictions", "citations", "dates"):
            assert len(document[name]) == len(value)
        elif name != "figures":
            assert document[name] == value
    assert document["relations"] == [
        {"type": "enforces", "action": {"id": "ban", "name": "Ban"}, "reason": ""}
    ]
    assert document["figures"] == [
        {**folders.RAID_DOCUMENT["figures"][0], "part": "", "claimed_by": ""}
    ]
    assert [c["start"] for c in document["citations"]] == [0, 39]


def test_a_published_document_is_a_file_too(folder):
    """What the API serves of a record can be put into the folder as it is."""
    load_folder(folder)
    for kind, plural in (("agency", "agencies"), ("action", "actions"), ("source", "sources")):
        for record in RECORD_MODELS[kind].objects.all():
            document = json.loads(record.current.document)
            write_file(folder, f"{plural}/{record.slug}.json", document)
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=5)
    assert folders.table_digests() == before


def test_loading_twice_changes_nothing_not_even_a_time(folder):
    load_folder(folder)
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=5)
    assert folders.table_digests() == before


def test_a_changed_file_publishes_the_next_revision_of_that_record_alone(folder):
    load_folder(folder)
    edit_file(folder, "dataset.json", lambda about: about.update(version="8"))
    edit_file(folder, BAN, lambda ban: ban.update(title="A wider ban"))
    untouched = dict(Action.objects.exclude(slug="ban").values_list("slug", "edited_at"))
    assert load_folder(folder) == said(published=1, unchanged=4)
    assert history("action", "ban") == [(1, "publish", "released"), (2, "revise", "released")]
    assert Revision.objects.count() == 6
    assert dict(Action.objects.exclude(slug="ban").values_list("slug", "edited_at")) == untouched
    document = json.loads(Action.objects.get(slug="ban").current.document)
    assert (document["title"], document["review"]["released_by"]) == ("A wider ban", "little@8")
    assert Citation.objects.filter(action__slug="ban").count() == 2
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=5)
    assert folders.table_digests() == before


@pytest.mark.parametrize("file", [MINISTRY, "entities/exchange.json"])
def test_order_of_keys_and_white_space_are_no_change(folder, file):
    load_folder(folder)
    value = json.loads((folder / file).read_bytes())
    write_file(folder, file, json.dumps(dict(reversed(value.items())), indent=3).encode() + b"\n\n")
    assert load_folder(folder) == said(unchanged=5)


def test_an_unpublished_edit_is_never_overwritten(folder):
    load_folder(folder)
    edit(Action.objects.get(slug="ban"), title="My ban")
    assert load_folder(folder) == said(unchanged=5)
    edit_file(folder, BAN, lambda ban: ban.update(title="Their ban"))
    assert get_load_errors(folder) == [
        "actions/ban.json: ban: The record has unpublished edits. "
        "Publish or undo them, then load again."
    ]
    assert Action.objects.get(slug="ban").title == "My ban"
    edit(Action.objects.get(slug="ban"), title="Ban")
    assert load_folder(folder) == said(published=1, unchanged=4)


def test_an_edit_of_a_part_is_an_edit(folder):
    load_folder(folder)
    note = {"kind_id": "note.doubt", "field": "status", "text": "Is it?"}
    Action.objects.get(slug="ban").notes.create(**note)
    edit_file(folder, BAN, lambda ban: ban.update(title="Their ban"))
    assert [line.partition(".")[0] for line in get_load_errors(folder)] == ["actions/ban"]


def test_a_published_edit_survives_the_old_files(folder):
    load_folder(folder)
    ban = Action.objects.get(slug="ban")
    edit(ban, title="My ban")
    publish.publish([ban], by=make.reviewer())
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=5)
    assert folders.table_digests() == before


def test_a_new_file_revises_even_what_people_revised(folder):
    load_folder(folder)
    ban = Action.objects.get(slug="ban")
    edit(ban, title="My ban")
    publish.publish([ban], by=make.reviewer())
    edit_file(folder, BAN, lambda record: record.update(title="Their ban"))
    assert load_folder(folder) == said(published=1, unchanged=4)
    assert history("action", "ban")[1:] == [(2, "revise", "reviewed"), (3, "revise", "released")]


def test_another_name_of_an_agency_is_no_edit_of_its_actions(folder):
    load_folder(folder)
    ministry = Agency.objects.get()
    edit(ministry, name="Renamed")
    publish.publish([ministry], by=make.reviewer())
    edit_file(folder, BAN, lambda record: record.update(title="Their ban"))
    assert load_folder(folder) == said(published=1, unchanged=4)
    assert Agency.objects.get().name == "Renamed"


def withdrawn(slug="raid"):
    publish.withdraw(Action.objects.get(slug=slug), by=make.reviewer(), reason="Not so.")


def test_a_withdrawn_record_stays_withdrawn(folder):
    load_folder(folder)
    withdrawn()
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=5)
    assert folders.table_digests() == before
    edit_file(folder, "actions/raid.json", lambda raid: raid.update(title="A raid"))
    assert get_load_errors(folder) == [
        "actions/raid.json: raid: The record was withdrawn in this database. "
        "Remove the file, or publish the record again first."
    ]


def test_a_merged_record_stays_merged(folder):
    write_file(folder, "agencies/twin.json", folders.AGENCY_DOCUMENT | {"id": "twin"})
    load_folder(folder)
    twin, ministry = Agency.objects.get(slug="twin"), Agency.objects.get(slug="ministry")
    publish.merge(twin, ministry, by=make.reviewer(), reason="The same.")
    before = folders.table_digests()
    assert load_folder(folder) == said(unchanged=6)
    assert folders.table_digests() == before
    edit_file(folder, "agencies/twin.json", lambda twin: twin.update(name="Twin"))
    assert get_load_errors(folder) == [
        "agencies/twin.json: twin: The record was merged into ministry in this database. "
        "Remove the file."
    ]


def test_a_new_record_does_not_refer_to_what_was_withdrawn(folder):
    load_folder(folder)
    withdrawn("raid")
    third = folders.action_document(
        "third", relations=[{"type": "enforces", "action": {"id": "raid"}}]
    )
    write_file(folder, "actions/third.json", third)
    assert get_load_errors(folder) == [
        "actions/third.json: third: relations[0].action: The action raid is not published."
    ]


def test_old_files_may_refer_to_what_was_merged(folder):
    write_file(folder, "agencies/other.json", folders.AGENCY_DOCUMENT | {"id": "other"})
    load_folder(folder)
    old, new = Agency.objects.get(slug="ministry"), Agency.objects.get(slug="other")
    publish.merge(old, new, by=make.reviewer(), reason="The same.")
    assert load_folder(folder) == said(unchanged=6)


def test_a_draft_of_the_same_id_is_not_clobbered(folder):
    make.agency("ministry", name="My draft")
    assert get_load_errors(folder) == [
        "agencies/ministry.json: ministry: The record has unpublished edits. "
        "Publish or undo them, then load again."
    ]
    assert Agency.objects.get().name == "My draft"


def test_all_conflicts_are_named_at_once(folder):
    make.agency("ministry")
    make.entity("exchange")
    edit_file(folder, BAN, lambda ban: ban.update(title=""))
    assert [line.partition(": ")[0] for line in get_load_errors(folder)] == [
        "actions/ban.json",
        "agencies/ministry.json",
        "entities/exchange.json",
    ]


def test_a_record_leaves_its_folder_and_stays_published(folder):
    load_folder(folder)
    (folder / "actions/raid.json").unlink()
    assert load_folder(folder) == said(unchanged=4)
    assert history("action", "raid") == [(1, "publish", "released")]


def test_agencies_and_sources_may_lie_inside_later_ones(folder):
    write_file(folder, MINISTRY, folders.AGENCY_DOCUMENT | {"parent": {"id": "state-council"}})
    write_file(
        folder, "agencies/state-council.json", folders.AGENCY_DOCUMENT | {"id": "state-council"}
    )
    origin = folders.SOURCE_DOCUMENT | {"id": "zz-origin", "sha256": "0" * 64}
    write_file(folder, "sources/zz-origin.json", origin)
    write_file(folder, WIRE, folders.SOURCE_DOCUMENT | {"derived_from": {"id": "zz-origin"}})
    assert load_folder(folder) == said(published=7)
    assert Agency.objects.get(slug="ministry").parent.slug == "state-council"
    assert Source.objects.get(slug="wire").derived_from.slug == "zz-origin"
    edit_file(folder, MINISTRY, lambda record: record.update(parent=None))
    assert load_folder(folder) == said(published=1, unchanged=6)
    assert Agency.objects.get(slug="ministry").parent is None


def test_a_source_keeps_its_date_and_may_lose_it(folder):
    on = folders.date_document("published", "2021-06-10")
    del on["kind"]
    edit_file(folder, WIRE, lambda wire: wire.update(published=on))
    load_folder(folder)
    assert str(Source.objects.get().published_earliest) == "2021-06-10"
    edit_file(folder, WIRE, lambda wire: wire.update(published=None))
    assert load_folder(folder) == said(published=1, unchanged=4)
    assert Source.objects.get().published is None


def test_the_text_of_a_former_retrieval_goes_that_of_this_one_stays(folder):
    load_folder(folder)
    make.attach_source_text(Source.objects.get(), make.SOURCE_TEXT)
    edit_file(folder, WIRE, lambda wire: wire.update(title="Another title"))
    assert load_folder(folder) == said(published=1, unchanged=4)
    assert SourceText.objects.get().text == make.SOURCE_TEXT
    edit_file(folder, WIRE, lambda wire: wire.update(sha256="0" * 64, text_sha256="1" * 64))
    edit_file(folder, BAN, lambda ban: ban["citations"][0].update(sha256="2" * 64))
    assert load_folder(folder) == said(published=2, unchanged=3)
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
    write_file(folder, "terms.json", [TERM | {"parent": "removal"}, heading])
    country = PLACE | {"code": "XA", "kind": "country", "parent": None}
    write_file(folder, "jurisdictions.json", [PLACE, country])
    edit_file(folder, BAN, lambda ban: ban.update(jurisdictions=[{"id": "XA-1"}]))
    edit_file(
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
    assert load_folder(folder) == said(published=5, terms=2, places=2)
    assert Term.objects.get(pk="penalty.exile").parent_id == "penalty.removal"
    assert Jurisdiction.objects.get(pk="XA-1").parent_id == "XA"
    assert set(
        Action.objects.get(slug="ban")
        .current.facets.filter(value__facet="jurisdiction")
        .values_list("value__value", flat=True)
    ) == {"XA-1", "XA"}
    assert load_folder(folder) == said(unchanged=5)
    write_file(folder, "terms.json", [TERM | {"parent": "removal"}, heading | {"label": "Removal"}])
    write_file(folder, "jurisdictions.json", [PLACE | {"aliases": []}, country])
    assert load_folder(folder) == said(unchanged=5, terms=1, places=1)


def test_terms_keep_the_order_of_their_file(folder):
    write_file(folder, "terms.json", [TERM, TERM | {"code": "jail"}])
    load_folder(folder)
    write_file(folder, "terms.json", [TERM | {"code": "jail"}, TERM])
    assert load_folder(folder) == said(unchanged=5, terms=2)
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
    load_folder(folder)
    write_file(folder, "releases.json", [row])
    assert load_folder(folder) == said(unchanged=5)
    assert Release.objects.get().as_of == datetime.fromisoformat(row["as_of"])
    before = folders.table_digests()
    load_folder(folder)
    assert folders.table_digests() == before


def test_the_collector_is_as_it_was_however_a_load_ends(folder):
    usual = gc.get_threshold()
    load_folder(folder)
    write_file(folder, "terms.json", {})
    assert get_load_errors(folder)
    assert gc.get_threshold() == usual


def test_all_or_nothing(folder, monkeypatch):
    """A failure at the very end leaves nothing behind."""

    def fail(*_):
        raise publish.PublishingError("Not today.")

    write_file(folder, "terms.json", [TERM])
    monkeypatch.setattr(loading, "publish_record_files", fail)
    assert get_load_errors(folder) == ["Not today."]
