"""Whatever is wrong with a folder is named by file, record and field, all at once, and nothing
is written: the database refuses nothing that the checks let through."""

import os
from pathlib import Path

import pytest

from policy.exchange import folder as dataset_folder
from policy.exchange import load, validate
from policy.exchange.folder import BadDataset
from policy.models import Citation, Source
from tests import factories as make
from tests import folders
from tests.folders import edit_file, get_load_errors, write_file

pytestmark = pytest.mark.django_db

BAN, RAID = "actions/ban.json", "actions/raid.json"
MINISTRY, WIRE = "agencies/ministry.json", "sources/wire.json"
NO_CODE = "The vocabulary {} has no term {}."


@pytest.fixture
def folder(tmp_path):
    return folders.write_small_dataset(tmp_path / "little")


def edit(**fields):
    return lambda record: record.update(fields)


def part(name, position, **fields):
    return lambda record: record[name][position].update(fields)


def drop(name):
    return lambda record: record.pop(name) and None


def again(name, **fields):
    return lambda record: record[name].append({**record[name][0], **fields})


def raw(data):
    return lambda record: data


RECORDS = {
    # what the bytes are
    "empty file": (BAN, raw(b""), "ban: not JSON at line 1, column 1: Expecting value."),
    "cut off": (
        BAN,
        raw(b'{"id": "ban"'),
        "ban: not JSON at line 1, column 13: Expecting ',' delimiter.",
    ),
    "not UTF-8": (BAN, raw(b'{"id": "\xff"}'), "ban: not UTF-8 at byte 8. Save the file as UTF-8."),
    "byte order mark": (
        BAN,
        raw(b"\xef\xbb\xbf{}"),
        "ban: starts with a byte order mark. Save the file as UTF-8 without one.",
    ),
    "NUL": (BAN, edit(title="a\0b"), "ban: title: contains NUL or half of a surrogate pair."),
    "surrogate": (
        BAN,
        edit(summary="\ud800"),
        "ban: summary: contains NUL or half of a surrogate pair.",
    ),
    "NUL in a key": (
        BAN,
        edit(**{"a\0": 1}),
        "ban: the key 'a\\x00' contains NUL or half of a surrogate pair.",
    ),
    "NaN": (
        RAID,
        part("figures", 0, value=float("nan")),
        "raid: figures[0].value: is not a finite number.",
    ),
    "infinity": (
        RAID,
        part("figures", 0, value=float("inf")),
        "raid: figures[0].value: is not a finite number.",
    ),
    "huge integer": (
        WIRE,
        edit(characters=10**400),
        "wire: characters: the integer 10000000000000000000… is too large to be exact.",
    ),
    "twice the same key": (
        BAN,
        raw(b'{"id": "ban", "id": "ban"}'),
        "ban: the key 'id' is duplicated.",
    ),
    "deep": (BAN, raw(b"[" * 100_000), "ban: nested deeper than 32 levels."),
    "array": (BAN, raw(b"[]"), "ban: must contain one JSON object."),
    "null": (BAN, raw(b"null"), "ban: must contain one JSON object."),
    "string": (BAN, raw(b'"ban"'), "ban: must contain one JSON object."),
    # whose file it is
    "another id": (
        MINISTRY,
        edit(id="other"),
        "ministry: id: Is 'other', but the file is named ministry.json.",
    ),
    "id with a line end": (
        MINISTRY,
        edit(id="ministry\n"),
        "ministry: id: Remove the white space before and after the text.",
        "ministry: id: Is 'ministry\\n', but the file is named ministry.json.",
    ),
    "another kind": (
        MINISTRY,
        edit(kind="entity"),
        "ministry: kind: Is 'entity', but the folder is for the kind agency.",
    ),
    "another schema": (
        MINISTRY,
        edit(schema_version=3),
        "ministry: schema_version: Is 3; this software reads 1 to 2.",
    ),
    # what the fields hold
    "field missing": (BAN, drop("summary"), "ban: summary: This field is required."),
    "field misspelled": (
        BAN,
        edit(stauts="in_force"),
        "ban: stauts: Unknown field. Did you mean status?",
    ),
    "field unheard of": (BAN, edit(zzz=1), "ban: zzz: Unknown field."),
    "field too long": (
        BAN,
        edit(title="x" * 301),
        "ban: title: Use at most 300 characters.",
    ),
    "field empty": (BAN, edit(title=""), "ban: title: Must not be empty."),
    "field null": (BAN, edit(unit=None), "ban: unit: Must not be null."),
    "identifier with white space": (
        MINISTRY,
        edit(identifiers=[{"scheme": "docket", "value": "83 FR 28710"}]),
        "ministry: identifiers[0].value: Must not contain white space.",
    ),
    "number for a string": (BAN, edit(title=5), "ban: title: Must be a string, not 5."),
    "string for a number": (
        WIRE,
        edit(characters="88"),
        'wire: characters: Must be a whole number, not "88".',
    ),
    "string for a list": (
        BAN,
        edit(dates="2021"),
        'ban: dates: Must be a list, not "2021".',
    ),
    "list for a record": (
        BAN,
        edit(agencies=["x"]),
        'ban: agencies[0]: Must be an object, not "x".',
    ),
    "not an address": (WIRE, edit(url="wire"), "wire: url: Enter a valid URL."),
    "not a digest": (
        WIRE,
        edit(sha256="F" * 64),
        "wire: sha256: Enter 64 lower-case hexadecimal digits.",
    ),
    "an address for an id": (
        BAN,
        edit(id="count"),
        "ban: id: The id count is reserved. Choose another id.",
        "ban: id: Is 'count', but the file is named ban.json.",
    ),
    "unknown term": (
        BAN,
        edit(status="in_forse"),
        f"ban: status: {NO_CODE.format('status', 'in_forse')} Did you mean in_force?",
    ),
    "heading for a term": (
        BAN,
        edit(type="rule_making"),
        f"ban: type: {NO_CODE.format('type', 'rule_making')}",
    ),
    "term in a set": (
        BAN,
        edit(activities=["minning"]),
        f"ban: activities[0]: {NO_CODE.format('activity', 'minning')} Did you mean mining?",
    ),
    "term twice": (
        BAN,
        edit(activities=["mining"] * 2),
        "ban: activities: A value occurs twice. Remove the duplicate.",
    ),
    # what they refer to
    "unknown place": (
        MINISTRY,
        edit(jurisdiction={"id": "XX"}),
        "ministry: jurisdiction: There is no jurisdiction XX.",
    ),
    "unknown agency": (
        BAN,
        part("agencies", 0, agency={"id": "minstry"}),
        "ban: agencies[0].agency: There is no agency minstry. Did you mean ministry?",
    ),
    "unknown source": (
        BAN,
        part("citations", 1, source={"id": "x"}),
        "ban: citations[1].source: There is no source x.",
    ),
    "unknown action": (
        RAID,
        part("relations", 0, action={"id": "zzz"}),
        "raid: relations[0].action: There is no action zzz.",
    ),
    "an id of another kind": (
        BAN,
        part("agencies", 0, agency={"id": "exchange"}),
        "ban: agencies[0].agency: There is no agency exchange.",
    ),
    "its own parent": (
        MINISTRY,
        edit(parent={"id": "ministry"}),
        "ministry: parent: It cannot be its own ancestor.",
    ),
    "its own source": (
        WIRE,
        edit(derived_from={"id": "wire"}),
        "wire: derived_from: It cannot be its own ancestor.",
    ),
    "related to itself": (
        RAID,
        part("relations", 0, action={"id": "raid"}),
        "raid: relations[0].action: An action cannot be related to itself.",
    ),
    # intervals, passages, words
    "days out of order": (
        BAN,
        part("dates", 0, earliest="2021-06-10", precision="range"),
        "ban: dates[0]: The earliest day 2021-06-10 is after the latest day 2021-06-09.",
    ),
    "no such day": (
        BAN,
        part("dates", 0, latest="2021-06-31"),
        "ban: dates[0].latest: There is no day 2021-06-31.",
    ),
    "passage outside": (
        BAN,
        part("citations", 1, end=89),
        "ban: citations[1].end: Is 89, but the source has only 88 characters.",
    ),
    "passage backwards": (
        BAN,
        part("citations", 1, end=39),
        "ban: citations[1]: The end of the passage must be after its start.",
    ),
    "passage before the text": (
        BAN,
        part("citations", 0, start=-1),
        "ban: citations[0].start: Must be at least 0.",
    ),
    "quote too long": (
        BAN,
        part("citations", 0, quote="a b c d e f g h i"),
        "ban: citations[0].quote: Enter at most eight words.",
    ),
    "supports nothing there": (
        BAN,
        lambda record: record["citations"][0]["supports"].append(
            {"field": "penalty/fine", "basis": "stated"}
        ),
        "ban: citations[0].supports: This record has no value with the key penalty/fine.",
    ),
    "supports nothing": (
        BAN,
        part("citations", 0, supports=[]),
        "ban: citations[0].supports: Must not be empty.",
    ),
    "inferred without a reason": (
        BAN,
        part("citations", 0, supports=[{"field": "unit", "basis": "inferred"}]),
        "ban: citations[0].supports[0].reason: Required if the basis is inferred.",
    ),
    "value without a passage": (
        BAN,
        edit(penalty=["fine"], unknowns={}),
        "ban: penalty/fine: No citation supports this value. Add one.",
    ),
    "silent": (
        BAN,
        edit(unknowns={}),
        "ban: penalty: The field is empty. Give the reason under unknowns.",
    ),
    "known and unknown": (
        BAN,
        edit(unknowns={"penalty": "?", "status": "?"}),
        "ban: unknowns/status: The field has a value, so it is not unknown.",
    ),
    "unknown beyond measure": (
        BAN,
        edit(unknowns={"penalty": "?", "figures/" + "x" * 133: "?"}),
        f"ban: unknowns.figures/{'x' * 133}: There is no such field.",
    ),
    "nobody": (
        BAN,
        again("agencies", agency=None, described_as="警察"),
        "ban: agencies[1]: Refer to a record or fill in described_as.",
    ),
    "nobody in plain letters": (
        BAN,
        again("agencies", agency=None, described_as="é"),
        "ban: agencies[1].described_as: Must contain a letter from A to Z or a digit.",
    ),
    "another key": (
        BAN,
        part("agencies", 0, key="police"),
        "ban: agencies[0].key: The key of this row must be ministry.",
    ),
    # what a list holds once
    "agency twice": (
        BAN,
        again("agencies"),
        "ban: agencies[1]: This action already has this agency in this role.",
    ),
    "entity twice": (
        RAID,
        again("entities"),
        "raid: entities[1]: This action already has this entity in this role.",
    ),
    "date twice": (
        BAN,
        again("dates", latest="2021-06-30", precision="range"),
        "ban: dates[1]: This action already has a date of this kind for this part.",
    ),
    "figure twice": (
        RAID,
        again("figures", value=21),
        "raid: figures[1]: This action already has a figure of this kind for this part.",
    ),
    "relation twice": (
        RAID,
        again("relations", reason="Surely."),
        "raid: relations[1]: This action already has this relation.",
    ),
    "citation twice": (
        BAN,
        again("citations", note="!"),
        "ban: citations[2]: This action already cites this passage.",
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_record_is_named(folder, name):
    file, spoil, *messages = RECORDS[name]
    edit_file(folder, file, spoil)
    assert get_load_errors(folder) == [f"{file}: {message}" for message in messages]


TERM = {
    "vocabulary": "penalty",
    "code": "exile",
    "label": "Exile",
    "definition": "Sent abroad.",
    "includes": "",
    "excludes": "",
    "parent": None,
    "abstract": False,
    "crosswalk": {},
}
PLACE = {
    "code": "XA",
    "name": "Somewhere",
    "native_name": "",
    "kind": "country",
    "local_kind": "",
    "parent": None,
    "aliases": [],
}
TERMS = {
    "no array": ({}, "must contain one JSON array."),
    "no objects": ([[], TERM, 5], "row 1: must be a JSON object.", "row 3: must be a JSON object."),
    "nothing in it": (
        [{}],
        *(f"None.None: {name}: This field is required." for name in TERM),
    ),
    "twice": ([TERM, TERM], "penalty.exile: Occurs twice in this file."),
    "no code": ([TERM | {"code": ["x"]}], "penalty.['x']: code: Must be a string, not [\"x\"]."),
    "bad code": (
        [TERM | {"code": "Exile!"}],
        "penalty.Exile!: code: Use lower-case letters, digits and underscores.",
    ),
    "spaced code": (
        [TERM, TERM | {"code": "exile\n"}],
        "penalty.exile\\n: code: Remove the white space before and after the text.",
    ),
    "no truth": (
        [TERM | {"abstract": "yes"}],
        'penalty.exile: abstract: Must be true or false, not "yes".',
    ),
    "no parent": (
        [TERM | {"parent": "ban"}],
        "penalty.exile: parent: There is no term penalty.ban.",
    ),
    "its own parent": (
        [TERM | {"parent": "exile"}],
        "penalty.exile: parent: It cannot be its own ancestor.",
    ),
    "in a circle": (
        [TERM | {"parent": "jail"}, TERM | {"code": "jail", "parent": "exile"}],
        "penalty.exile: parent: It cannot be its own ancestor.",
        "penalty.jail: parent: It cannot be its own ancestor.",
    ),
    "a position": (
        [TERM | {"position": 3}],
        "penalty.exile: position: Unknown field. Terms have the order of their rows.",
    ),
    "misspelled": (
        [TERM | {"lable": "x"}],
        "penalty.exile: lable: Unknown field. Did you mean label?",
    ),
}
PLACES = {
    "twice": ([PLACE, PLACE], "XA: Occurs twice in this file."),
    "no code": ([PLACE | {"code": ["XA"]}], "['XA']: code: Must be a string, not [\"XA\"]."),
    "bad code": (
        [PLACE | {"code": "xa"}],
        "xa: code: Enter a code of ISO 3166-1 or ISO 3166-2, for example CN or CN-SC.",
    ),
    "spaced code": (
        [PLACE, PLACE | {"code": "XA "}],
        "XA : code: Remove the white space before and after the text.",
    ),
    "no parent": ([PLACE | {"parent": "XX"}], "XA: parent: There is no jurisdiction XX."),
    "no kind": (
        [PLACE | {"kind": "planet", "parent": "XX"}],
        "XA: parent: There is no jurisdiction XX.",
        "XA: kind: The vocabulary jurisdiction_kind has no term planet.",
    ),
    "in a circle": (
        [PLACE | {"parent": "XB"}, PLACE | {"code": "XB", "parent": "XA"}],
        "XA: parent: It cannot be its own ancestor.",
        "XB: parent: It cannot be its own ancestor.",
    ),
    "a circle through the database": (
        [PLACE | {"code": "CN", "parent": "CN-QH"}],
        "CN: parent: It cannot be its own ancestor.",
    ),
    "no names": ([PLACE | {"aliases": [5]}], "XA: aliases[0]: Must be a string, not 5."),
}


@pytest.mark.parametrize("name", TERMS)
def test_bad_terms_are_named(folder, name):
    rows, *messages = TERMS[name]
    write_file(folder, "terms.json", rows)
    assert get_load_errors(folder) == [f"terms.json: {message}" for message in messages]


@pytest.mark.parametrize("name", PLACES)
def test_bad_places_are_named(folder, name):
    rows, *messages = PLACES[name]
    write_file(folder, "jurisdictions.json", rows)
    assert get_load_errors(folder) == [f"jurisdictions.json: {message}" for message in messages]


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"schema_version": 3}, "schema_version: Is 3; this software reads 1 to 2."),
        ({"schema_version": "1"}, 'schema_version: Must be a whole number, not "1".'),
        ({"schema_version": True}, "schema_version: Must be a whole number, not true."),
        ({"name": ["little"]}, 'name: Must be a string, not ["little"].'),
        ({"version": 7}, "version: Must be a string, not 7."),
        ({"nmae": "little"}, "nmae: Unknown field. Did you mean name?"),
        ([], "must contain one JSON object."),
        (b"", "not JSON at line 1, column 1: Expecting value."),
    ],
)
def test_a_bad_dataset_json_is_named(folder, about, message):
    write_file(folder, "dataset.json", about)
    assert get_load_errors(folder) == [f"dataset.json: {message}"]


RELEASE = {
    "version": "2026.1",
    "as_of": "2026-01-01T00:00:00.000000Z",
    "revision": 1,
    "checksums": {},
    "notes": "",
}


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        ([RELEASE], ["2026.1: revision: There is no version 1. The last one is 0."]),
        (
            [RELEASE | {"as_of": "2026-01-01T00:00:00"}],
            ["2026.1: as_of: Write this time as 2026-01-01T00:00:00.000000Z."],
        ),
        ([RELEASE | {"as_of": "soon", "revision": 0}], ["2026.1: as_of: …", "2026.1: revision: …"]),
        (
            [RELEASE | {"checksums": {"a": 1}}],
            ["2026.1: checksums.a: Must be a string, not 1."],
        ),
        ([{}], [f"None: {name}: This field is required." for name in RELEASE]),
        ("x", ["must contain one JSON array."]),
    ],
)
def test_bad_releases_are_named(folder, rows, messages):
    write_file(folder, "releases.json", rows)
    found = [line.partition("releases.json: ")[2] for line in get_load_errors(folder)]
    assert [a if "…" not in b else b for a, b in zip(found, messages, strict=True)] == messages


# what folders hold

KNOWN = (
    "Allowed: dataset.json, terms.json, jurisdictions.json, releases.json, revisions.ndjson, "
    "agencies, entities, sources, actions."
)


def test_a_folder_that_is_missing_or_a_file_or_empty(tmp_path):
    assert get_load_errors(tmp_path / "none") == [
        "FOLDER: cannot be opened: No such file or directory."
    ]
    write_file(tmp_path, "file", b"")
    assert get_load_errors(tmp_path / "file") == ["FOLDER: cannot be opened: Not a directory."]
    (tmp_path / "empty").mkdir()
    assert get_load_errors(tmp_path / "empty") == [f"FOLDER: contains no dataset. {KNOWN}"]
    write_file(tmp_path / "empty", "README.md", b"Nothing yet.")
    assert get_load_errors(tmp_path / "empty") == [f"FOLDER: contains no dataset. {KNOWN}"]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("term.json", f"term.json: is not part of a dataset. Did you mean terms.json? {KNOWN}"),
        ("revisions.jsonl", f"is not part of a dataset. Did you mean revisions.ndjson? {KNOWN}"),
        ("TERMS.JSON", f"TERMS.JSON: is not part of a dataset. {KNOWN}"),
        ("action/x.json", f"action: is not part of a dataset. Did you mean actions? {KNOWN}"),
        ("actions/x.JSON", "actions/x.JSON: is not a record. Name the file of a record <id>.json."),
        ("actions/x.ndjson", "is not a record. Name the file of a record <id>.json."),
        (
            "actions/2021/x.json",
            "actions/2021: is not a record. Name the file of a record <id>.json.",
        ),
    ],
)
def test_what_somebody_meant_to_load_is_not_passed_over(folder, file, message):
    write_file(folder, file, {})
    assert [line.removeprefix(f"{file}: ") for line in get_load_errors(folder)] == [
        message.removeprefix(f"{file}: ")
    ]


@pytest.mark.parametrize("file", ["README.md", "actions/notes.md", ".gitignore", "docs/index.html"])
def test_what_nobody_meant_to_load_is(folder, file):
    write_file(folder, file, b"{")
    assert folders.load_folder(folder).startswith("5 records published")


def test_a_part_that_is_no_file_or_no_folder(folder):
    (folder / "terms.json").mkdir()
    (folder / "revisions.ndjson").mkdir()
    (folder / "agencies/other.json").mkdir()
    (folder / "entities/exchange.json").unlink()
    (folder / "entities").rmdir()
    write_file(folder, "entities", b"")
    found = get_load_errors(folder)
    assert [line for line in found if "raid" not in line] == [
        "agencies/other.json: other: cannot be read: it is not a file.",
        "entities: cannot be opened: Not a directory.",
        "revisions.ndjson: cannot be read: it is not a file.",
        "terms.json: cannot be read: it is not a file.",
    ]


def test_links_are_followed_and_those_that_lead_nowhere_are_named(folder, tmp_path):
    write_file(tmp_path, "elsewhere.json", {**folders.AGENCY_DOCUMENT, "id": "other"})
    (folder / "agencies/other.json").symlink_to(tmp_path / "elsewhere.json")
    assert folders.load_folder(folder).startswith("6 records published")
    (folder / "agencies/gone.json").symlink_to(tmp_path / "gone.json")
    (folder / "agencies/zero.json").symlink_to("/dev/zero")
    (folder / "terms.json").symlink_to(folder / "terms.json")
    assert get_load_errors(folder) == [
        "agencies/gone.json: gone: cannot be read: No such file or directory.",
        "agencies/zero.json: zero: cannot be read: it is not a file.",
        "terms.json: cannot be read: Too many levels of symbolic links.",
    ]


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "agencies/pipe.json")
    assert get_load_errors(folder) == [
        "agencies/pipe.json: pipe: cannot be read: it is not a file."
    ]


def test_what_may_not_be_read_is_named(folder, monkeypatch):
    write_file(folder, "revisions.ndjson", b"")

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert get_load_errors(folder) == [
        "actions/ban.json: ban: cannot be read: Permission denied.",
        "actions/raid.json: raid: cannot be read: Permission denied.",
        "agencies/ministry.json: ministry: cannot be read: Permission denied.",
        "dataset.json: cannot be read: Permission denied.",
        "entities/exchange.json: exchange: cannot be read: Permission denied.",
        "revisions.ndjson: cannot be read: Permission denied.",
        "sources/wire.json: wire: cannot be read: Permission denied.",
    ]


def test_a_folder_that_may_not_be_opened_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert get_load_errors(folder) == ["FOLDER: cannot be opened: Permission denied."]


def test_a_file_is_not_read_when_it_is_too_large(folder, monkeypatch):
    monkeypatch.setattr(dataset_folder, "MAX_JSON_BYTES", 3 * 2**20)
    write_file(folder, "terms.json", b" " * (3 * 2**20 + 1))
    assert get_load_errors(folder) == ["terms.json: cannot be read: it is larger than 3 MB."]


# what only the whole can show


def test_records_may_not_lie_inside_each_other(folder):
    write_file(
        folder, "agencies/ministry.json", {**folders.AGENCY_DOCUMENT, "parent": {"id": "bureau"}}
    )
    write_file(
        folder,
        "agencies/bureau.json",
        {**folders.AGENCY_DOCUMENT, "id": "bureau", "parent": {"id": "ministry"}},
    )
    copy = {
        **folders.SOURCE_DOCUMENT,
        "id": "copy",
        "sha256": "0" * 64,
        "derived_from": {"id": "wire"},
    }
    write_file(folder, "sources/copy.json", copy)
    write_file(
        folder, "sources/wire.json", {**folders.SOURCE_DOCUMENT, "derived_from": {"id": "copy"}}
    )
    assert get_load_errors(folder) == [
        "agencies/bureau.json: bureau: parent: It cannot be its own ancestor.",
        "agencies/ministry.json: ministry: parent: It cannot be its own ancestor.",
        "sources/copy.json: copy: derived_from: It cannot be its own ancestor.",
        "sources/wire.json: wire: derived_from: It cannot be its own ancestor.",
    ]


def test_a_circle_may_go_through_the_database(folder):
    ministry = make.agency("ministry")
    make.agency("bureau", parent=ministry)
    make.publish_all()
    edit_file(folder, MINISTRY, edit(parent={"id": "bureau"}))
    assert get_load_errors(folder) == [
        "agencies/ministry.json: ministry: parent: It cannot be its own ancestor."
    ]


def test_no_two_sources_are_the_same_bytes(folder):
    write_file(folder, "sources/copy.json", {**folders.SOURCE_DOCUMENT, "id": "copy"})
    make.source("third", sha256=folders.SOURCE_DOCUMENT["sha256"])
    assert get_load_errors(folder) == [
        "sources/copy.json: copy: sha256: The source third has the same bytes.",
        "sources/copy.json: copy: sha256: The source wire has the same bytes.",
        "sources/wire.json: wire: sha256: The source copy has the same bytes.",
        "sources/wire.json: wire: sha256: The source third has the same bytes.",
    ]


def test_an_unpublished_draft_cannot_be_referred_to(folder):
    make.agency("ministry")
    (folder / MINISTRY).unlink()
    assert get_load_errors(folder) == [
        "actions/ban.json: ban: agencies[0].agency: The agency ministry is not published.",
        "actions/raid.json: raid: agencies[0].agency: The agency ministry is not published.",
    ]


def test_a_source_stays_as_long_as_what_is_cited_of_it(folder):
    folders.load_folder(folder)
    for name in (BAN, RAID):
        (folder / name).unlink()
    edit_file(folder, WIRE, edit(characters=70))
    assert get_load_errors(folder) == [
        "sources/wire.json: wire: characters: Is 70, but ban cites the text up to 71.",
        "sources/wire.json: wire: characters: Is 70, but raid cites the text up to 71.",
    ]


def test_a_source_may_become_shorter_together_with_its_citations(folder):
    folders.load_folder(folder)
    edit_file(folder, WIRE, edit(characters=70))
    for name in (BAN, RAID):
        edit_file(folder, name, part("citations", 1, end=70))
    assert folders.load_folder(folder).startswith("3 records published, 2 unchanged")
    assert Source.objects.get().characters == 70
    assert set(Citation.objects.values_list("end", flat=True)) == {37, 70}


def test_passages_are_read_where_the_text_is_attached(folder):
    folders.load_folder(folder)
    make.attach_source_text(Source.objects.get(), make.SOURCE_TEXT)
    edit_file(folder, BAN, part("citations", 0, start=1, quote="", paragraph=2))
    edit_file(folder, RAID, part("citations", 1, quote="fewer than 20"))
    assert get_load_errors(folder) == [
        "actions/ban.json: ban: citations[0].sha256: "
        "the SHA-256 does not match the passage at 1-37.",
        "actions/ban.json: ban: citations[0].paragraph: offset 1 is in paragraph 1.",
        "actions/raid.json: raid: citations[1].quote: "
        "the quote does not occur in the passage at 39-71.",
    ]


def test_many_faults_are_reported_all_at_once(folder):
    write_file(folder, "terms.json", [TERM, TERM])
    write_file(folder, "jurisdictions.json", [PLACE | {"parent": "XX"}])
    write_file(folder, "releases.json", [RELEASE])
    write_file(folder, "dataset.json", {"nmae": "x"})
    write_file(folder, "revisions.ndjson", b"{}\n[]\n{\n")
    write_file(folder, "agencys.json", b"")
    write_file(folder, "entities/other.json", b"\xff")
    edit_file(folder, MINISTRY, edit(type="minister", id="x"))
    edit_file(folder, BAN, edit(status="forbidden"))
    edit_file(folder, RAID, edit(unknowns={}, title=""))
    found = get_load_errors(folder)
    assert {line.partition(": ")[0] for line in found} == {
        "actions/ban.json",
        "actions/raid.json",
        "agencies/ministry.json",
        "agencys.json",
        "dataset.json",
        "entities/other.json",
        "jurisdictions.json",
        "revisions.ndjson",
        "terms.json",
    }
    assert found == sorted(found, key=lambda line: line.partition(": ")[0])
    assert len(found) == 22


def test_faults_can_be_read_one_by_one(folder):
    edit_file(folder, BAN, edit(title=""))
    with pytest.raises(BadDataset) as bad:
        load.load_dataset(folder)
    fault = dataset_folder.DatasetFault(BAN, "ban", "title", "Must not be empty.")
    assert bad.value.faults == [fault]
    assert str(bad.value) == "actions/ban.json: ban: title: Must not be empty."


def wordy(folder):
    words = " ".join(str(number) for number in range(10**6, 10**6 + 200_000))
    edit_file(folder, BAN, edit(summary=words))


def test_a_record_is_not_longer_than_what_can_be_searched(folder):
    wordy(folder)
    assert get_load_errors(folder) == [
        "actions/ban.json: ban: Contains 1600633 bytes of text. The limit is 150000, so that all "
        "of it can be searched."
    ]


def test_as_much_as_is_allowed_can_be_searched(folder):
    words = " ".join(f"{number:x}s" for number in range(10**5, 10**5 + 21_000))
    edit_file(folder, BAN, edit(summary=words))
    assert folders.load_folder(folder).startswith("5 records published")


def test_what_the_database_alone_refuses_is_no_traceback_either(folder, monkeypatch):
    monkeypatch.setattr(validate, "MAX_RECORD_TEXT_BYTES", 10**9)
    wordy(folder)
    long = "string is too long for tsvector (2400000 bytes, max 1048575 bytes)"
    assert get_load_errors(folder) == [f"The database rejected the dataset: {long}."]


def test_a_refusal_of_publish_is_no_traceback_either(folder, monkeypatch):
    monkeypatch.setattr(validate, "check_published_references", lambda *_: None)
    make.agency("ministry")
    (folder / MINISTRY).unlink()
    assert get_load_errors(folder) == [
        f"{slug}: publish the agency ministry first, or both together." for slug in ("ban", "raid")
    ]
