"""Files of drafts: awkward words survive, and what is no such file says why."""

import io
import zipfile

import pytest

from desk.exchange import csv_format, zip_format
from policy.documents.csv_safe import FORMULA, guarded, unguarded
from tests import factories as make
from tests.drafts import (
    MOST,
    archive,
    bring,
    marks,
    packed,
    problems,
    rows_of,
    sheet,
    table,
    three_actions,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(db):
    three_actions()


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
        outcomes = bring(table(kind), kind) + bring(archive(kind), kind)
        assert set(marks(outcomes)) == {"unchanged"}


@pytest.mark.parametrize("words", [*AWKWARD, "", "'", "plain"])
def test_a_guard_is_taken_off_as_it_was_put_on(words):
    assert unguarded(guarded(words)) == words
    assert not guarded(words).startswith(FORMULA)


def test_no_cell_is_a_formula():
    make.action("ban", title="=HYPERLINK(1)", note="@x")
    assert [cell for row in rows_of(table()) for cell in row.values() if cell.startswith("=")] == []


def test_an_empty_draft_comes_back_as_it_went():
    make.RECORDS["action"].objects.create(
        slug="bare", title="Bare", summary="…", unit_id="unit.act"
    )
    assert marks(bring(table())) == ["unchanged"]


def test_drafts_carry_no_text_of_a_source():
    source = make.source("article", text="Nobody's business at all.")
    make.attach(source, "Nobody's business at all.")
    assert b"business" not in table("source") + table() + archive("source")


# Files that are none


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "It holds no records: a line of names, then a line a record."),
        (b"id,title\n", "It holds no records: a line of names, then a line a record."),
        (b"id,titel\nx,y\n", "There is no column 'titel'. Did you mean title?"),
        (b"id,title,title\nx,y,z\n", "The column title stands twice."),
        (b"title\ny\n", "The column id is missing."),
        (b"id,title\nx,\xff\n", "Not UTF-8 in line 2. Save it as “CSV UTF-8”."),
        ("id,title\nx,y\n".encode("utf-16"), "It is UTF-16. Save it as “CSV UTF-8”."),
        (b"id,title\nx,\0\n", "It holds NUL: this is no table of text."),
        (b'id,title\nx,"y\n', "Not CSV in line 2: unexpected end of data."),
        (b"id\n" + b"x\n" * 1001, "More than 1000 rows. Import it in parts."),
    ],
)
def test_tables_that_are_none_say_why(raw, why):
    with pytest.raises(csv_format.BadFile) as refused:
        csv_format.entries("action", raw, MOST)
    assert str(refused.value) == why


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_part_cells_as_they_like(three, delimiter, end, mark):
    raw = mark.encode() + sheet(rows_of(table()), delimiter).replace(b"\r\n", end)
    assert marks(bring(raw)) == ["unchanged"] * 3


def test_rows_of_another_length_are_faulty(three):
    raw = table() + b"raid,too short\r\n"
    assert problems(bring(raw)) == [
        ("row 5", "", "Has 2 cells, where the first row has 22."),
        ("row 5", "id", "raid stands at row 4 already."),
    ]


BAD_ARCHIVES = {
    "not a zip": (b"PK but no zip", "It is no .zip that can be read: File is not a zip file."),
    "empty": (
        packed({}),
        "It holds no records: agencies/<id>.json, actions/<id>.json and so on.",
    ),
    "escapes": (
        packed({"../actions/x.json": "{}", "actions/y.json": "{}"}),
        "../actions/x.json is no part of a dataset: records are agencies/<id>.json and so on.",
    ),
    "deep": (
        packed({"actions/a/x.json": "{}"}),
        "actions/a/x.json is no part of a dataset: records are agencies/<id>.json and so on.",
    ),
    "reference": (
        packed({"terms.json": "[]"}),
        "terms.json is not imported here, only drafts are: take it out.",
    ),
    "history": (
        packed({"revisions.ndjson": "", "actions/x.json": "{}"}),
        "revisions.ndjson is not imported here, only drafts are: take it out.",
    ),
    "bomb": (None, "Unpacked it is larger than 20 MB. Import it in parts."),
    "many": (
        packed({f"actions/a{n}.json": "{}" for n in range(1010)}),
        "More than 1000 records. Import it in parts.",
    ),
    "another schema": (
        packed({"dataset.json": '{"schema_version": 9}', "actions/x.json": "{}"}),
        "dataset.json: schema_version Is 9; this software reads 1.",
    ),
    "bad side": (
        packed({"drafts.csv": "kind,id\nx,y\n", "actions/x.json": "{}"}),
        "drafts.csv must have the columns kind, id, edition, note.",
    ),
}


def bomb() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("actions/x.json", b" " * (zip_format.LARGEST + 1))
    return found.getvalue()


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_archives_that_are_none_say_why(name):
    raw, why = BAD_ARCHIVES[name]
    with pytest.raises(csv_format.BadFile) as refused:
        zip_format.entries(raw or bomb(), MOST)
    assert str(refused.value) == why


def readable(raw: bytes) -> bool:
    try:
        return bool(zip_format.entries(raw, MOST))
    except csv_format.BadFile:
        return False


def test_broken_archives_are_refused_and_nothing_worse(three):
    raw = archive()
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
    with pytest.raises(csv_format.BadFile, match=r"^actions/x\.json is packed in an unusual way"):
        zip_format.entries(found.getvalue(), MOST)


def test_records_that_are_no_json_are_faulty():
    files = {
        "actions/a.json": b'{"id": "a", "id": "b"}',
        "actions/b.json": b"[]",
        "actions/c.json": b"\xff",
        "actions/d.json": b'{"id": "e"}',
        "actions/e.json": b'{"title": 5, "text": "An article"}',
    }
    found = {place: (field, why) for place, field, why in problems(bring(packed(files)))}
    assert {name: found[name] for name in list(files)[:3]} == {
        "actions/a.json": ("", "the key 'id' stands twice."),
        "actions/b.json": ("", "Must hold one JSON object."),
        "actions/c.json": ("", "not UTF-8 at byte 0: save the file as UTF-8."),
    }
    assert set(found) == set(files)


def test_what_a_packer_adds_is_no_part(three):
    raw = {"drafts/__MACOSX/._x": b"", "drafts/.DS_Store": b""}
    with zipfile.ZipFile(io.BytesIO(archive())) as files:
        raw |= {f"drafts/{name}": files.read(name) for name in files.namelist()}
    assert marks(bring(packed(raw))) == ["unchanged"] * 3
