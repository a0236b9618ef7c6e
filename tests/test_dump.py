"""What is dumped loads anywhere as the same history: byte for byte, and in every table."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from policy.documents.build import build_draft
from policy.exchange import dump as dumping
from policy.exchange import load, validate_changes
from policy.exchange.dump import dump_dataset
from policy.models import (
    RECORD_MODELS,
    CsvRow,
    Facet,
    FacetValue,
    Interval,
    Release,
    Revision,
    SearchEntry,
    Source,
    Term,
)
from policy.publishing import publish, restore
from policy.versions import Version
from tests import factories as make
from tests import folders
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

PRIVATE = ("edited_by_id", "published_by_id", "seal")  # which covers both


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def drafts() -> dict:
    """What every row of the workbench asserts."""
    rows = [row for model in RECORD_MODELS.values() for row in model.objects.all()]
    return {(row.KIND, row.slug): build_draft(row) for row in rows}


def rows(model) -> list:
    """A table's rows, bar surrogate keys and people."""
    hidden = {*PRIVATE} if model is Revision else {"id"}
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in hidden]
    return sorted(model.objects.values_list(*names), key=repr)


def tables() -> dict:
    served = (Revision, Facet, FacetValue, Interval, SearchEntry, CsvRow, Release)
    return {model.__name__: rows(model) for model in served}


def moved(tmp_path, *kept: str) -> SimpleNamespace:
    """Dump, lose everything, load, dump: what there was before and after."""
    before = SimpleNamespace(drafts=drafts(), tables=tables())
    dump_dataset(tmp_path / "first")
    folders.truncate_records(*kept)
    said = folders.load_folder(tmp_path / "first")
    dump_dataset(tmp_path / "second")
    assert bytes_of(tmp_path / "second") == bytes_of(tmp_path / "first")
    assert tables() == before.tables
    assert drafts() == before.drafts
    return SimpleNamespace(said=said)


def test_a_story_comes_back_as_it_was(tmp_path):
    folders.make_full_history()
    assert {r.event for r in Revision.objects.all()} == {"publish", "revise", "withdraw", "merge"}
    assert {r.review for r in Revision.objects.all()} == {"reviewed", "self_reviewed", "released"}
    assert moved(tmp_path, *folders.REFERENCE_TABLES).said == (
        "0 records published, 0 unchanged, 14 revisions restored, "
        "0 terms and 0 jurisdictions written."
    )


def test_everything_comes_back_even_into_an_empty_database(tmp_path, seed):
    assert moved(tmp_path).said == (
        "0 records published, 0 unchanged, 39 revisions restored, "
        "220 terms and 5266 jurisdictions written."
    )
    assert folders.load_folder(FIXTURES) == (
        "0 records published, 39 unchanged, 0 revisions restored, "
        "0 terms and 0 jurisdictions written."
    )
    assert Revision.objects.version().number == 39


def test_an_empty_database_comes_back_empty(tmp_path):
    moved(tmp_path, *folders.REFERENCE_TABLES)
    assert json.loads((tmp_path / "first/dataset.json").read_bytes()) == {
        "name": "policy-events",
        "title": "Policy Events",
        "version": "0.00000000",
        "schema_version": 2,
        "licence": "CC-BY-4.0",
    }
    assert (tmp_path / "first/revisions.ndjson").read_bytes() == b""
    assert (tmp_path / "first/releases.json").read_bytes() == b"[\n\n]\n"


def test_records_may_refer_to_records_of_a_later_batch(tmp_path, monkeypatch):
    """In the story children come before their parents, and actions before their targets."""
    monkeypatch.setattr(load, "VALIDATION_BATCH_SIZE", 1)
    monkeypatch.setattr(validate_changes, "VALIDATION_BATCH_SIZE", 1)
    monkeypatch.setattr("policy.exchange.history.HISTORY_BATCH_SIZE", 1)
    folders.make_full_history()
    moved(tmp_path, *folders.REFERENCE_TABLES)


def test_no_row_of_a_history_is_written_twice(tmp_path, monkeypatch):
    """Revisions know beforehand which one takes over, even one of a later batch."""
    monkeypatch.setattr(restore, "RESTORE_BATCH_SIZE", 1)
    folders.make_full_history()
    before = tables()
    dump_dataset(tmp_path)
    folders.truncate_records(*folders.REFERENCE_TABLES)
    changed = []

    def spied(execute, sql, params, many, context):
        if many and sql.startswith("UPDATE"):
            changed.extend(params)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(spied):
        folders.load_folder(tmp_path)
    assert (changed, tables()) == ([], before)


def test_renamed_records_come_back_under_both_names(tmp_path):
    ban = make.publish_new_action("ban", agency=make.agency("ministry"))
    ministry = RECORD_MODELS["agency"].objects.get()
    ministry.name = "Renamed"
    ministry.save()
    publish.publish([ministry], by=make.reviewer(), reason="It was renamed.")
    moved(tmp_path, *folders.REFERENCE_TABLES)
    assert '"name":"Ministry"' in ban.current.document
    assert (
        build_draft(RECORD_MODELS["action"].objects.get())["agencies"][0]["agency"]["name"]
        == "Renamed"
    )


def test_a_term_that_is_retired_stays_in_the_history(tmp_path):
    make.publish_new_action("ban")
    Term.objects.filter(pk="stance.prohibit").update(abstract=True)
    moved(tmp_path, *folders.REFERENCE_TABLES)


def test_a_dump_changes_nothing_where_it_was_made(tmp_path):
    folders.make_full_history()
    dump_dataset(tmp_path)
    before = folders.table_digests()
    assert folders.load_folder(tmp_path).startswith("0 records published, 0 unchanged, 0 revisions")
    assert folders.table_digests() == before


def test_a_dump_continues_an_earlier_one(tmp_path):
    folders.make_full_history()
    dump_dataset(tmp_path)
    before, lines = tables(), folders.read_history(tmp_path)
    folders.truncate_records(*folders.REFERENCE_TABLES)
    folders.write_history(tmp_path, lines[:11])
    assert "11 revisions restored" in folders.load_folder(tmp_path)
    folders.write_history(tmp_path, lines)
    assert "3 revisions restored" in folders.load_folder(tmp_path)
    assert tables() == before


def test_people_drafts_notes_and_texts_stay_here(tmp_path):
    wire = make.source("wire", note="private remark")
    make.attach_source_text(wire, make.SOURCE_TEXT)
    make.publish_new_action("ban", source=wire)
    make.action("draft", title="Never published", source=wire)
    dump_dataset(tmp_path)
    everything = b"".join(bytes_of(tmp_path).values())
    for private in (b'reviewer"', b"private remark", b"Never published", b"Police arrested"):
        assert private not in everything
    assert list(folders.read_history(tmp_path)[0]) == [
        "version",
        "kind",
        "record",
        "revision",
        "event",
        "published_at",
        "reason",
        "merged_into",
        "review",
        "digest",
        "leaf",
        "seal",
        "document",
    ]


def test_a_dump_takes_the_place_of_the_one_before(tmp_path):
    make.publish_new_action("ban")
    dump_dataset(tmp_path)
    make.publish_new_action("raid")
    dump_dataset(tmp_path)
    assert len(folders.read_history(tmp_path)) == Revision.objects.version().number
    assert sorted(bytes_of(tmp_path)) == [
        "dataset.json",
        "jurisdictions.json",
        "releases.json",
        "revisions.ndjson",
        "terms.json",
    ]


def test_what_is_published_while_a_dump_runs_is_not_in_it(tmp_path, monkeypatch):
    folders.make_full_history()
    monkeypatch.setattr(dumping.Revision.objects, "version", lambda: Version(7, "0" * 8))
    dump_dataset(tmp_path)
    assert [line["version"] for line in folders.read_history(tmp_path)] == list(range(1, 8))
    assert json.loads((tmp_path / "releases.json").read_bytes()) == []


def test_a_dump_that_breaks_off_leaves_the_file_before_it(tmp_path, monkeypatch):
    make.publish_new_action("ban")
    dump_dataset(tmp_path)
    before = bytes_of(tmp_path)

    def broken(version):
        yield b"{"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dumping, "iter_revision_lines", broken)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("dump_dataset", tmp_path)
    assert bytes_of(tmp_path) == before


def test_dump_says_what_it_wrote(tmp_path, capsys):
    make.publish_new_action("ban")
    call_command("dump_dataset", tmp_path / "new" / "folder")
    version = Revision.objects.version()
    assert capsys.readouterr().out == f"{tmp_path / 'new' / 'folder'}: version {version}.\n"


def test_a_folder_that_cannot_take_a_dump(tmp_path):
    folders.write_file(tmp_path, "file", b"")
    with pytest.raises(CommandError, match="File exists"):
        call_command("dump_dataset", tmp_path / "file")
    folders.write_small_dataset(tmp_path / "little")
    before = sorted(path.name for path in (tmp_path / "little").rglob("*"))
    with pytest.raises(CommandError, match="contains agencies/, which is not part of a dump"):
        call_command("dump_dataset", tmp_path / "little")
    assert sorted(path.name for path in (tmp_path / "little").rglob("*")) == before


def test_places_come_after_what_they_lie_in_and_files_are_one_row_a_line(tmp_path):
    dump_dataset(tmp_path)
    lines = (tmp_path / "jurisdictions.json").read_text().splitlines()
    codes = [json.loads(line.rstrip(","))["code"] for line in lines[1:-1]]
    assert len(codes) == len(set(codes)) == 5266
    assert codes.index("CN") < codes.index("CN-QH")
    assert codes.index("AD") == 0
    terms = json.loads((tmp_path / "terms.json").read_bytes())
    assert terms == json.loads((FIXTURES / "terms.json").read_bytes())


def test_a_history_and_new_files_load_together(tmp_path):
    """The file is the record's next revision, not its first."""
    folders.write_small_dataset(tmp_path / "little")
    folders.load_folder(tmp_path / "little")
    dump_dataset(tmp_path / "both")
    folders.truncate_records(*folders.REFERENCE_TABLES)
    folders.write_file(
        tmp_path / "both", "agencies/ministry.json", folders.AGENCY_DOCUMENT | {"name": "Bureau"}
    )
    folders.write_file(tmp_path / "both", "sources/wire.json", folders.SOURCE_DOCUMENT)
    assert folders.load_folder(tmp_path / "both").startswith(
        "1 records published, 1 unchanged, 5 revisions restored"
    )
    ministry = Revision.objects.of_record("agency", "ministry")
    assert [(r.number, r.event) for r in ministry] == [(1, "publish"), (2, "revise")]
    assert Source.objects.get().edited_by is None
