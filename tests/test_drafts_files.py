"""Files of drafts: awkward words survive, and what is no such file says why."""

import io
import zipfile

import pytest

from desk.exchange import csv_format, zip_format
from policy.documents.csv_safe import FORMULA_PREFIXES, escape_formula, unescape_formula
from tests import factories as make
from tests.drafts import (
    MAX_DRAFT_ENTRIES,
    export_csv,
    export_zip,
    format_csv,
    get_marks,
    get_problems,
    import_draft_file,
    make_three_actions,
    make_zip,
    parse_csv,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def three(db):
    make_three_actions()


AWKWARD = [
    "=1+1",
    "'=1+1",
    "''-x",
    "-5 people",
    "@home",
    "'quoted'",
    "a | b",
    "a; b",
    "[not JSON",
    "{",
    'He said "no", twice',
    "one\ntwo",
    "one\r\ntwo",
    "公安部",
    "＝x",
]


@pytest.mark.parametrize("words", AWKWARD)
def test_awkward_words_come_back_as_they_went(words):
    row = make.action("ban", title=words, summary=words, note=words)
    row.notes.create(kind_id="note.doubt", text=words)
    row.unknowns.create(field="status", reason=words)
    row.dates.update(resolution=words)
    row.citations.update(note=words)
    make.agency("body", aliases=[words, "Other"])
    for kind in ("action", "agency"):
        outcomes = import_draft_file(export_csv(kind), kind) + import_draft_file(
            export_zip(kind), kind
        )
        assert set(get_marks(outcomes)) == {"unchanged"}


@pytest.mark.parametrize("words", [*AWKWARD, "", "'", "plain"])
def test_a_guard_is_taken_off_as_it_was_put_on(words):
    assert unescape_formula(escape_formula(words)) == words
    assert not escape_formula(words).startswith(FORMULA_PREFIXES)


def test_no_cell_is_a_formula():
    make.action("ban", title="=HYPERLINK(1)", note="@x")
    assert [
        cell for row in parse_csv(export_csv()) for cell in row.values() if cell.startswith("=")
    ] == []


def test_an_empty_draft_comes_back_as_it_went():
    make.RECORD_MODELS["action"].objects.create(
        slug="bare", title="Bare", summary="…", unit_id="unit.act"
    )
    assert get_marks(import_draft_file(export_csv())) == ["unchanged"]


def test_drafts_carry_no_text_of_a_source():
    source = make.source("article", text="Nobody's business at all.")
    make.attach_source_text(source, "Nobody's business at all.")
    assert b"business" not in export_csv("source") + export_csv() + export_zip("source")


# Files that are none

NO_RECORDS = (
    "The file contains no records. It needs a row with the column names, then one row for each "
    "record."
)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", NO_RECORDS),
        (b"id,title\n", NO_RECORDS),
        (b"id,titel\nx,y\n", "There is no column 'titel'. Did you mean title?"),
        (b"id,title,title\nx,y,z\n", "The column title occurs more than once."),
        (b"title\ny\n", "The column id is missing."),
        (b"id,title\nx,\xff\n", "The file is not UTF-8: see line 2. Save it as “CSV UTF-8”."),
        ("id,title\nx,y\n".encode("utf-16"), "The file is in UTF-16. Save it as “CSV UTF-8”."),
        (b"id,title\nx,\0\n", "The file contains the NUL character, so it is not a CSV table."),
        (b'id,title\nx,"y\n', "The file is not valid CSV: line 2: unexpected end of data."),
        (
            b"id\n" + b"x\n" * 1001,
            "The file has more than 1000 rows. Split it and import the parts.",
        ),
    ],
)
def test_tables_that_are_none_say_why(raw, why):
    with pytest.raises(csv_format.BadFile) as refused:
        csv_format.parse_csv_entries("action", raw, MAX_DRAFT_ENTRIES)
    assert str(refused.value) == why


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_part_cells_as_they_like(three, delimiter, end, mark):
    raw = mark.encode() + format_csv(parse_csv(export_csv()), delimiter).replace(b"\r\n", end)
    assert get_marks(import_draft_file(raw)) == ["unchanged"] * 3


def test_rows_of_another_length_are_faulty(three):
    raw = export_csv() + b"raid,too short\r\n"
    assert get_problems(import_draft_file(raw)) == [
        ("row 5", "", "This row has 2 cells, but the first row has 27."),
        ("row 5", "id", "raid is already at row 4."),
    ]


BAD_ARCHIVES = {
    "not a zip": (b"PK but no zip", "The .zip file cannot be read: File is not a zip file."),
    "empty": (
        make_zip({}),
        "The file contains no records, such as agencies/<id>.json or actions/<id>.json.",
    ),
    "escapes": (
        make_zip({"../actions/x.json": "{}", "actions/y.json": "{}"}),
        "../actions/x.json does not belong to a dataset. Records are files such as "
        "agencies/<id>.json.",
    ),
    "deep": (
        make_zip({"actions/a/x.json": "{}"}),
        "actions/a/x.json does not belong to a dataset. Records are files such as "
        "agencies/<id>.json.",
    ),
    "reference": (
        make_zip({"terms.json": "[]"}),
        "terms.json cannot be imported here, only drafts can. Remove it.",
    ),
    "history": (
        make_zip({"revisions.ndjson": "", "actions/x.json": "{}"}),
        "revisions.ndjson cannot be imported here, only drafts can. Remove it.",
    ),
    "bomb": (
        None,
        "The unpacked files are larger than 20 MB. Split the file and import the parts.",
    ),
    "many": (
        make_zip({f"actions/a{n}.json": "{}" for n in range(1010)}),
        "The file has more than 1000 records. Split it and import the parts.",
    ),
    "another schema": (
        make_zip({"dataset.json": '{"schema_version": 9}', "actions/x.json": "{}"}),
        "dataset.json: schema_version Is 9; this software reads 1 to 2.",
    ),
    "bad side": (
        make_zip({"drafts.csv": "kind,id\nx,y\n", "actions/x.json": "{}"}),
        "drafts.csv must have the columns kind, id, edition, note.",
    ),
}


def bomb() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("actions/x.json", b" " * (zip_format.MAX_UNPACKED_SIZE + 1))
    return found.getvalue()


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_archives_that_are_none_say_why(name):
    raw, why = BAD_ARCHIVES[name]
    with pytest.raises(csv_format.BadFile) as refused:
        zip_format.parse_zip_entries(raw or bomb(), MAX_DRAFT_ENTRIES)
    assert str(refused.value) == why


def readable(raw: bytes) -> bool:
    try:
        return bool(zip_format.parse_zip_entries(raw, MAX_DRAFT_ENTRIES))
    except csv_format.BadFile:
        return False


def test_broken_archives_are_refused_and_nothing_worse(three):
    raw = export_zip()
    assert readable(raw)
    for place in range(len(raw)):
        broken = bytearray(raw)
        broken[place] ^= 0xFF
        readable(bytes(broken))
        assert not readable(raw[:place]), place


def test_archives_are_packed_in_the_plain_way():
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_LZMA) as into:
        into.writestr("actions/x.json", "{}")
    with pytest.raises(
        csv_format.BadFile,
        match=r"^actions/x\.json uses a compression method that is not supported",
    ):
        zip_format.parse_zip_entries(found.getvalue(), MAX_DRAFT_ENTRIES)


def test_records_that_are_no_json_are_faulty():
    files = {
        "actions/a.json": b'{"id": "a", "id": "b"}',
        "actions/b.json": b"[]",
        "actions/c.json": b"\xff",
        "actions/d.json": b'{"id": "e"}',
        "actions/e.json": b'{"title": 5, "text": "An article"}',
    }
    found = {
        place: (field, why)
        for place, field, why in get_problems(import_draft_file(make_zip(files)))
    }
    assert {name: found[name] for name in list(files)[:3]} == {
        "actions/a.json": ("", "the key 'id' is duplicated."),
        "actions/b.json": ("", "The file must contain one JSON object."),
        "actions/c.json": ("", "not UTF-8 at byte 0. Save the file as UTF-8."),
    }
    assert set(found) == set(files)


def test_what_a_packer_adds_is_no_part(three):
    raw = {"drafts/__MACOSX/._x": b"", "drafts/.DS_Store": b""}
    with zipfile.ZipFile(io.BytesIO(export_zip())) as files:
        raw |= {f"drafts/{name}": files.read(name) for name in files.namelist()}
    assert get_marks(import_draft_file(make_zip(raw))) == ["unchanged"] * 3
