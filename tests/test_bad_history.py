"""A history is restored as it was or not at all: every line that cannot be is named."""

import errno
import os
import shutil
from unittest.mock import Mock

import pytest
from django.db import transaction

from policy.exchange import folder as dataset_folder
from policy.exchange import history, load, spool
from policy.exchange.dump import dump_dataset
from policy.models import Agency, Entity
from tests import factories as make
from tests import folders
from tests.folders import (
    get_load_errors,
    read_history,
    with_valid_digest,
    write_file,
    write_history,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
RAID, BAN, TWIN, COPY, WIRE, EXCHANGE, BUREAU, MINISTRY = range(8)
REVISE, MERGE, WITHDRAW, REPUBLISH, OTHER, OTHER_GONE = range(8, 14)


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker, tmp_path_factory):
    """The dump of a story, told and forgotten."""
    folder = tmp_path_factory.mktemp("told")
    with django_db_blocker.unblock(), transaction.atomic():
        folders.make_full_history()
        dump_dataset(folder)
        transaction.set_rollback(True)
    for name in ("terms.json", "jurisdictions.json"):
        (folder / name).unlink()
    return folder


@pytest.fixture
def folder(told, tmp_path):
    return shutil.copytree(told, tmp_path / "story")


def spoil(folder, position, **changes):
    """Rewrite a line; a changed document gets a digest that fits."""
    lines = read_history(folder)
    document = lines[position]["document"]
    lines[position].update(changes)
    if lines[position]["document"] != document:
        lines[position] = with_valid_digest(lines[position])
    write_history(folder, lines)


def of_history(folder):
    return [line.removeprefix("revisions.ndjson: ") for line in get_load_errors(folder)]


def test_the_story_loads(folder):
    assert folders.load_folder(folder).startswith("0 records published, 0 unchanged, 14 revisions")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "not JSON at line 2, column 1: Expecting value."),
        (b"nonsense", "not JSON at line 1, column 1: Expecting value."),
        (b'{"version": 4', "not JSON at line 2, column 1: Expecting ',' delimiter."),
        (b"[1]", "must contain one JSON object per line."),
        (b"null", "must contain one JSON object per line."),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7. Save the file as UTF-8."),
        (b'{"reason": "\\u0000"}', "reason: contains NUL or half of a surrogate pair."),
        (b'{"document": {"a": 1, "a": 1}}', "document: the key 'a' is duplicated."),
    ],
)
def test_a_line_that_cannot_be_read(folder, line, message):
    lines = read_history(folder)
    write_history(folder, [*lines[:OTHER], line, lines[OTHER_GONE]])
    assert of_history(folder) == [f"line 13: {message}"]


def test_a_line_without_anything(folder):
    write_history(folder, [*read_history(folder), {}])
    names = ["version", "kind", "record", "revision", "event", "published_at", "reason"]
    names += ["merged_into", "review", "digest", "document"]
    assert of_history(folder) == [f"line 15: {name}: This field is required." for name in names]


def test_a_line_may_not_be_endless(folder, monkeypatch):
    monkeypatch.setattr(dataset_folder, "MAX_JSON_BYTES", 5000)
    write_history(folder, [*read_history(folder), b"[" + b" " * 12_000 + b"]"])
    assert [line.partition(": ")[0] for line in of_history(folder)] == [
        "line 15",
        "line 16",
        "line 17",
    ]


FORM = {
    "version as text": ({"version": "4"}, 'version: Must be a whole number, not "4".'),
    "no kind": ({"kind": "law"}, "kind: Must be one of agency, entity, source, action."),
    "kind of another type": ({"kind": ["action"]}, 'kind: Must be a string, not ["action"].'),
    "no id": ({"record": "No id"}, "record: Use lower-case letters, digits and single hyphens."),
    "id with a line end": (
        {"record": "other\n"},
        "record: Use lower-case letters, digits and single hyphens.",
    ),
    "no event": (
        {"event": "change"},
        "event: Must be one of publish, revise, withdraw, merge, takedown.",
    ),
    "no review": (
        {"review": "unseen"},
        "review: Must be one of reviewed, self_reviewed, released.",
    ),
    "no number": ({"revision": 0}, "revision: Must be at least 1."),
    "unheard of": ({"reviewer": "me"}, "reviewer: Unknown field. Did you mean review?"),
    "wrong digest": ({"digest": "0" * 64}, "digest: Does not match the SHA-256 of the document."),
    "no instant": (
        {"published_at": "yesterday"},
        "published_at: Write the time as in 2026-11-22T09:30:00.000000Z.",
    ),
    "an instant without a zone": (
        {"published_at": "2026-01-01T00:00:00"},
        "published_at: Write this time as 2026-01-01T00:00:00.000000Z.",
    ),
    "an instant in another zone": (
        {"published_at": "2026-01-01T00:00:00.000000+01:00"},
        "published_at: Write this time as 2025-12-31T23:00:00.000000Z.",
    ),
    "a publication that names a target": (
        {"merged_into": "wire"},
        "merged_into: Required for a merge, and not allowed otherwise.",
    ),
}


@pytest.mark.parametrize("name", FORM)
def test_a_line_of_bad_form(folder, name):
    changes, message = FORM[name]
    spoil(folder, OTHER, **changes)
    assert of_history(folder) == [f"line 13: {message}"]


def test_one_changed_character_of_a_document_breaks_its_digest(folder):
    path = folder / "revisions.ndjson"
    path.write_bytes(path.read_bytes().replace(b"A wider ban", b"A wilder ban", 1))
    assert of_history(folder) == ["line 9: digest: Does not match the SHA-256 of the document."]


def test_one_changed_digit_of_an_offset_breaks_its_digest(folder):
    path = folder / "revisions.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"start":39', b'"start":38', 1))
    assert of_history(folder) == ["line 1: digest: Does not match the SHA-256 of the document."]


PLACE = {
    "merge without a target": (
        MERGE,
        {"merged_into": ""},
        ["merged_into: Required for a merge, and not allowed otherwise."],
    ),
    "no reason": (
        MERGE,
        {"reason": " "},
        ["reason: Enter the reason why the record was withdrawn, merged or taken down."],
    ),
    "merged into nobody": (
        MERGE,
        {"merged_into": "nobody"},
        [
            "document.merged_into: Is 'ban', but must be 'nobody'.",
            "merged_into: There is no published action nobody.",
        ],
    ),
    "merged into itself": (
        MERGE,
        {"merged_into": "twin"},
        ["merged_into: A record cannot be merged into itself."],
    ),
    "instant goes back": (
        COPY,
        {"published_at": "2001-01-01T00:00:00.000000Z"},
        [
            "document.published_at: Is '…', but must be '2001-01-01T00:00:00.000000Z'.",
            "published_at: Must be later than …, the time of the version before.",
        ],
    ),
    "number out of turn": (
        REVISE,
        {"revision": 3},
        [
            "document.revision: Is 2, but must be 3.",
            "revision: Must be 2, the next revision of the record.",
        ],
    ),
    "published twice": (
        REVISE,
        {"event": "publish"},
        ["event: The record is already published at this version."],
    ),
    "revised before it was published": (
        COPY,
        {"event": "revise"},
        ["event: The record is not published at this version."],
    ),
    "another record": (
        WIRE,
        {"record": "other-wire"},
        ["document.id: Is 'wire', but must be 'other-wire'."],
    ),
    "another review": (
        WIRE,
        {"review": "released"},
        ["document.review.state: Is 'reviewed', but must be 'released'."],
    ),
    "another reason": (
        WITHDRAW,
        {"reason": "Because."},
        ["document.reason: Is 'It may not have happened.', but must be 'Because.'."],
    ),
}


@pytest.mark.parametrize("name", PLACE)
def test_a_line_that_cannot_stand_where_it_stands(folder, name):
    position, changes, messages = PLACE[name]
    spoil(folder, position, **changes)
    found = [line for line in of_history(folder) if line.startswith(f"line {position + 1}: ")]
    for line, message in zip(found, messages, strict=True):
        begin, _, end = f"line {position + 1}: {message}".partition("…")
        assert line.startswith(begin)
        assert line.endswith(end)


def with_document(folder, position, **changes):
    """A line whose document was changed, with a digest that fits."""
    document = read_history(folder)[position]["document"]
    spoil(folder, position, document={**document, **changes})


BAD_DOCUMENTS = {
    "no object": (RAID, [], ["document: Must be an object, not []."]),
    "unknown term": (
        RAID,
        {"status": "in_forse", "title": ""},
        [
            "document.title: Must not be empty.",
            "document.status: The vocabulary status has no term in_forse. Did you mean in_force?",
        ],
    ),
    "unknown place": (
        MINISTRY,
        {"jurisdiction": {"id": "XX", "name": "X"}},
        ["document.jurisdiction: There is no jurisdiction XX."],
    ),
    "unknown agency": (
        BUREAU,
        {"parent": {"id": "minstry", "name": "M"}},
        ["document.parent: There is no agency minstry. Did you mean ministry?"],
    ),
    "number for a string": (
        BUREAU,
        {"name": 5},
        ["document.name: Must be a string, not 5."],
    ),
    "nameless reference": (
        BUREAU,
        {"parent": {"id": "ministry"}},
        ["document.parent.name: Required: a published document must have every field."],
    ),
    "a later schema": (
        BUREAU,
        {"schema_version": 3},
        ["document.schema_version: Is 3, but must be 2."],
    ),
    "no review": (
        BUREAU,
        {"review": None},
        ["document.review: Must not be null."],
    ),
    "another day to sort by": (
        RAID,
        {"sort_date": "2020-01-01"},
        ["document.sort_date: Is '2020-01-01', but must be '2021-07-01'."],
    ),
    "evidence of no known level": (
        RAID,
        {
            "evidence": {
                "level": "rumour",
                "reported_claim": True,
                "claimed_by": ["entities/exchange"],
                "disputed": False,
            }
        },
        ["document.evidence.level: The vocabulary evidence has no term rumour."],
    ),
    "a tombstone with flowers": (
        MERGE,
        {"flowers": 5},
        ["document.flowers: Unknown field."],
    ),
    "another grave": (
        MERGE,
        {"event": "withdraw"},
        ["document.event: Is 'withdraw', but must be 'merge'."],
    ),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_document_that_is_not_what_was_published(folder, name):
    position, changes, messages = BAD_DOCUMENTS[name]
    if isinstance(changes, dict):
        with_document(folder, position, **changes)
    else:
        spoil(folder, position, document=changes)
    assert of_history(folder) == [f"line {position + 1}: {message}" for message in messages]


@pytest.mark.parametrize("name", ["parent", "description", "review", "licence", "kind"])
def test_a_document_without_one_of_its_fields(folder, name):
    document = read_history(folder)[BUREAU]["document"]
    del document[name]
    spoil(folder, BUREAU, document=document)
    missing = "Required: a published document must have every field."
    assert of_history(folder) == [f"line 7: document.{name}: {missing}"]


def test_parts_that_the_database_holds_once(folder):
    document = read_history(folder)[RAID]["document"]
    for name in ("dates", "figures", "relations", "citations", "agencies", "entities"):
        document[name] = [*document[name], document[name][0]]
    document["relations"][0] = {**document["relations"][0], "action": {"id": "raid", "name": "R"}}
    document["unknowns"]["figures/" + "x" * 200] = "?"
    spoil(folder, RAID, document=document)
    assert of_history(folder) == [
        "line 1: document.dates[2]: This action already has a date of this kind for this part.",
        "line 1: document.figures[1]: This action already has a figure of this kind for this part.",
        "line 1: document.agencies[2]: This action already has this agency in this role.",
        "line 1: document.entities[1]: This action already has this entity in this role.",
        "line 1: document.citations[2]: This action already cites this passage.",
        "line 1: document.relations[0].action: An action cannot be related to itself.",
        f"line 1: document.unknowns.figures/{'x' * 200}: There is no such field.",
    ]


def test_passages_lie_inside_their_sources(folder):
    for name, position in (("wire", WIRE), ("copy", COPY)):
        assert read_history(folder)[position]["record"] == name
        with_document(folder, position, characters=37)
    outside = "A passage ends at 71, but wire has only 37 characters."
    assert of_history(folder) == [f"line 12: document.citations: {outside}"]


def test_a_gap_is_named_once(folder):
    lines = read_history(folder)
    write_history(folder, lines[:MERGE] + lines[WITHDRAW:])
    (folder / "releases.json").unlink()
    assert of_history(folder) == ["line 10: version: Must be 10, the next version, not 11."]


def test_two_lines_that_changed_places(folder):
    lines = read_history(folder)
    lines[COPY], lines[WIRE] = lines[WIRE], lines[COPY]
    write_history(folder, lines)
    found = [line.rpartition(": ")[0].removesuffix(": It") for line in of_history(folder)]
    assert found[0] == "line 4: version"
    assert "line 5: version" in found
    assert any(line.startswith("line 5: published_at: ") for line in of_history(folder))


def test_a_line_twice(folder):
    lines = read_history(folder)
    write_history(folder, [*lines, lines[-1]])
    assert [line.split(": ")[1] for line in of_history(folder)] == [
        "version",
        "published_at",
        "revision",
        "event",
    ]


def test_after_a_merge_nothing_comes(folder):
    lines = read_history(folder)
    later = "2101-01-01T00:00:00.000000Z"
    document = {**lines[TWIN]["document"], "revision": 3, "published_at": later}
    again = {"version": 15, "revision": 3, "published_at": later, "document": document}
    write_history(folder, [*lines, with_valid_digest({**lines[TWIN], **again})])
    assert of_history(folder) == ["line 15: event: The record was merged into ban."]


def test_bad_lines_are_named_all_at_once(folder):
    spoil(folder, RAID, digest="0" * 64)
    with_document(folder, BUREAU, type="minister")
    spoil(folder, WITHDRAW, reason="")
    write_history(folder, [*read_history(folder), b"{"])
    write_file(folder, "releases.json", [{}])
    lines = of_history(folder)
    assert [line for line in lines if line.startswith("line")] == [
        "line 1: digest: Does not match the SHA-256 of the document.",
        "line 7: document.type: The vocabulary agency_kind has no term minister. "
        "Did you mean ministry?",
        "line 11: reason: Enter the reason why the record was withdrawn, merged or taken down.",
        "line 15: not JSON at line 2, column 1: Expecting property name enclosed in double quotes.",
    ]
    assert len(lines) == 9


# what the database already holds


def test_a_version_that_the_database_holds_otherwise(folder):
    folders.load_folder(folder)
    spoil(folder, WIRE, reason="Other words.")
    assert of_history(folder) == ["line 5: reason: Differs from version 5 in this database."]
    with_document(folder, COPY, publisher="Somebody")
    assert of_history(folder) == [
        "line 4: digest: Differs from version 4 in this database.",
        "line 5: reason: Differs from version 5 in this database.",
    ]


def test_the_history_of_another_database(folder):
    make.publish_all(make.entity("fund"))
    other = "Differs from version 1 in this database."
    fields = ("kind", "record", "published_at", "digest")
    assert of_history(folder)[:4] == [f"line 1: {name}: {other}" for name in fields]


def test_a_history_that_begins_too_late(folder):
    write_history(folder, read_history(folder)[OTHER:])
    assert of_history(folder) == ["line 1: version: Must be 1, the next version, not 13."]


def test_a_draft_is_not_overwritten(folder):
    make.agency("ministry", name="My ministry")
    assert of_history(folder) == [
        "agency ministry: The record has unpublished edits. Publish or undo them, then load again."
    ]
    assert Agency.objects.get().name == "My ministry"


def test_edits_are_not_overwritten_by_a_longer_history(folder):
    lines = read_history(folder)
    write_history(folder, lines[:REVISE])
    (folder / "releases.json").unlink()
    folders.load_folder(folder)
    write_history(folder, lines)
    ban = make.RECORD_MODELS["action"].objects.get(slug="ban")
    ban.title = "My ban"
    ban.save()
    assert of_history(folder) == [
        "action ban: The record has unpublished edits. Publish or undo them, then load again."
    ]
    ban.title = "Ban"
    ban.save()
    assert folders.load_folder(folder).startswith("0 records published, 0 unchanged, 6 revisions")


def test_a_release_points_at_a_version_that_exists(folder):
    write_history(folder, read_history(folder)[:REVISE])
    folders.edit_file(folder, "releases.json", lambda rows: rows[1].update(revision=9))
    assert of_history(folder) == [
        "releases.json: 2021.2: revision: There is no version 9. The last one is 8."
    ]


def test_a_release_is_not_rewritten(folder):
    folders.load_folder(folder)
    folders.edit_file(folder, "releases.json", lambda rows: rows[0].update(notes="!", revision=2))
    assert of_history(folder) == [
        "releases.json: 2021.1: revision: Differs from the release 2021.1 in the database.",
        "releases.json: 2021.1: notes: Differs from the release 2021.1 in the database.",
    ]


def test_a_release_stands_once(folder):
    folders.edit_file(folder, "releases.json", lambda rows: rows.append(rows[0]))
    assert of_history(folder) == ["releases.json: 2021.1: version: Occurs twice in this file."]


def test_references_lead_to_what_the_history_publishes(folder):
    """A record in a file of its own comes later: a revision cannot have referred to it."""
    lines = read_history(folder)
    entity = lines[OTHER]["document"] | {"id": "fresh", "jurisdiction": None}
    write_file(folder, "entities/fresh.json", entity)
    raid = lines[RAID]["document"]
    raid["entities"][0]["entity"] = {"id": "fresh", "name": "F"}
    raid["entities"][0]["key"] = "fresh"
    spoil(folder, RAID, document=raid)
    assert of_history(folder)[0] == "line 1: document.entities[0].entity: There is no entity fresh."
    assert not Entity.objects.exists()


def test_no_two_sources_of_a_history_are_the_same_bytes(folder):
    wire = read_history(folder)[WIRE]["document"]["sha256"]
    with_document(folder, COPY, sha256=wire)
    assert of_history(folder) == [
        "copy: sha256: The source wire has the same bytes.",
        "wire: sha256: The source copy has the same bytes.",
    ]


def test_a_file_that_changes_while_it_loads(folder, monkeypatch):
    """What was checked is written, or nothing is."""
    revisions = history.iter_new_revisions

    def shortened(past):
        write_history(folder, read_history(folder)[:-1])
        return revisions(past)

    monkeypatch.setattr(load, "iter_new_revisions", shortened)
    assert of_history(folder) == ["revisions.ndjson changed while it was loaded."]


def test_a_line_that_is_another_when_it_is_written(folder, monkeypatch):
    revisions = history.iter_new_revisions

    def swapped(past):
        spoil(folder, RAID, reason="Another.")
        return revisions(past)

    monkeypatch.setattr(load, "iter_new_revisions", swapped)
    assert of_history(folder) == ["revisions.ndjson changed while it was loaded."]


def test_a_full_disk_while_it_is_checked(folder, monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(spool.pickle, "dump", Mock(side_effect=full))
    assert get_load_errors(folder) == [
        "Validated records could not be written to a temporary file: No space left on device. "
        "Set TMPDIR to another folder."
    ]
