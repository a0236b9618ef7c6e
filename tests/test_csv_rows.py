"""A file of CSV sends stored lines: each one is the cells of its document, however it came."""

import csv
import itertools
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import override_script_prefix
from django.urls import reverse

from api.query import csv_files, pagination
from policy.documents import csv_rows, csv_safe
from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.stored import read_document
from policy.exchange.dump import dump_dataset
from policy.models import RECORD_MODELS, CsvRow, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing import publish, reindex
from tests import factories as make
from tests import folders
from tests.conftest import FIXTURES
from tests.test_exports import KINDS, download

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
# After a change of the columns, add one to policy.publishing.reindex.INDEX_VERSION.
HEADINGS = {
    "agency": (
        "id,name,native_name,aliases,description,type,jurisdiction,parent,identifiers,"
        "classifications,review,revision,published_at,licence,page_url,document_url\r\n"
    ),
    "entity": (
        "id,name,native_name,aliases,description,type,jurisdiction,identifiers,classifications,"
        "review,revision,published_at,licence,page_url,document_url\r\n"
    ),
    "source": (
        "id,title,publisher,authors,url,published_earliest,published_latest,retrieved_at,language,"
        "source_class,sha256,bytes,text_sha256,characters,derived_from,identifiers,"
        "classifications,review,revision,published_at,licence,page_url,document_url\r\n"
    ),
    "action": (
        "id,title,summary,unit,type,status,legal_force,stance,attribution,sort_date,"
        "occurred_earliest,occurred_latest,adopted_earliest,adopted_latest,"
        "effective_earliest,effective_latest,announced_earliest,announced_latest,"
        "observed_earliest,observed_latest,ended_earliest,ended_latest,"
        "reported_earliest,reported_latest,jurisdictions,activities,penalty,agencies,entities,"
        "sources,figures,figure_comparators,figure_units,relations,targets,instrument,provision,"
        "identifiers,classifications,unknowns,evidence,reported_claim,disputed,review,revision,"
        "published_at,licence,page_url,document_url\r\n"
    ),
}
# The cells that are not empty.
BAN = {
    "id": "ban",
    "title": "A wider ban\n“with” quotes, 中文 and \\ ",
    "summary": "What ban did.",
    "unit": "act",
    "type": "regulate",
    "status": "in_force",
    "legal_force": "binding_rule",
    "stance": "prohibit",
    "attribution": "government",
    "sort_date": "2021-06-09",
    "occurred_earliest": "2021-06-09",
    "occurred_latest": "2021-06-09",
    "jurisdictions": "CN",
    "activities": "mining",
    "agencies": "issuer=ministry",
    "sources": "wire",
    "unknowns": "penalty",
    "evidence": "single_source",
    "reported_claim": "false",
    "disputed": "false",
    "review": "self_reviewed",
    "revision": "2",
    "licence": "CC-BY-4.0",
    "page_url": "ban/",
    "document_url": "ban/revisions/2/",
}
RAID = {
    **BAN,
    "id": "raid",
    "title": "Raid",
    "summary": "What raid did.",
    "sort_date": "2021-07-01",
    "occurred_earliest": "2021-07-01",
    "occurred_latest": "2021-07-01",
    "announced_earliest": "2021-07-02",
    "announced_latest": "2021-07-09",
    "penalty": "fine",
    "agencies": 'issuer=bureau; announcer="Chinese police"',
    "entities": "claimed=exchange",
    "sources": "copy; wire",
    "figures": "persons_arrested=20.5",
    "figure_comparators": "persons_arrested=more_than",
    "figure_units": "persons_arrested=persons",
    "relations": "enforces=ban",
    "unknowns": "dates/effective",
    "reported_claim": "true",
    "review": "released",
    "revision": "3",
    "page_url": "raid/",
    "document_url": "raid/revisions/3/",
}
NASTY = ["=1+1", "'=1", "\tx", "\rx", "＝1", "a,b", 'a "b", c\nd', "'a", "a\r\nb", '"', "", " =1"]


@pytest.fixture(scope="module")
def story(shared):
    folders.make_full_history()


def stored():
    return dict(CsvRow.objects.values_list("revision", "text"))


def of_documents():
    live = Revision.objects.filter(event__in=LIVE_EVENTS)
    return {revision.pk: csv_rows.csv_row(read_document(revision.document)) for revision in live}


@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_headings(kind):
    assert f"{csv_rows.csv_header(CSV_COLUMNS[kind])}\r\n" == HEADINGS[kind]


@pytest.mark.parametrize(("slug", "number", "expected"), [("ban", 2, BAN), ("raid", 3, RAID)])
def test_a_csv_row_spelled_out(story, slug, number, expected):
    revision = Revision.objects.get(kind="action", record=slug, number=number)
    at = read_document(revision.document)["published_at"]
    (cells,) = csv.DictReader(StringIO(HEADINGS["action"] + revision.csvrow.text))
    assert {name: cell for name, cell in cells.items() if cell} == {**expected, "published_at": at}


def test_every_live_revision_has_the_csv_row_of_its_document(story):
    assert {r.kind for r in Revision.objects.all()} == set(RECORD_MODELS)
    assert {r.event for r in Revision.objects.all()} == {"publish", "revise", "withdraw", "merge"}
    assert stored() == of_documents()


def test_what_is_loaded_and_what_is_restored_has_its_csv_rows(tmp_path, story):
    folders.load_folder(FIXTURES)
    before = stored()
    assert before == of_documents()
    dump_dataset(tmp_path)
    folders.truncate_records(*folders.REFERENCE_TABLES)
    folders.load_folder(tmp_path)
    assert stored() == before


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_the_stored_csv_rows_at_its_address(client, story, name):
    for moment in (None, Revision.objects.get(pk=10).published_at):
        query = {"as_of": moment.isoformat()} if moment else {}
        _, text = download(client, f"{name}/", query, format="csv", ordering="id")
        stood = Revision.objects.as_of(moment).filter(kind=KINDS[name], event__in=LIVE_EVENTS)
        sent = [
            f"{cells},http://testserver/{name}/{page},http://testserver/api/v1/{name}/{path}\r\n"
            for row in stood.order_by("record")
            for cells, page, path in [row.csvrow.text.rsplit(",", 2)]
        ]
        assert text == "".join([HEADINGS[KINDS[name]], *sent])


@pytest.mark.parametrize("name", KINDS)
def test_urls_have_the_prefix_of_the_site(client, story, name):
    _, text = download(client, f"{name}/", format="csv")
    with override_script_prefix("/dataset/"):
        _, below = download(client, f"{name}/", format="csv")
    assert below == text.replace("http://testserver/", "http://testserver/dataset/")


@pytest.mark.parametrize("name", KINDS)
def test_the_page_of_every_row_is_there(client, story, name):
    _, text = download(client, f"{name}/", format="csv")
    rows = list(csv.DictReader(StringIO(text, newline="")))
    page = f"web:{KINDS[name]}"
    urls = [f"http://testserver{reverse(page, args=[row['id']])}" for row in rows]
    assert [row["page_url"] for row in rows] == urls
    assert {client.get(url).status_code for url in urls} == {200}


def test_a_safe_file_is_the_same_cells_guarded(client, db):
    for number, text in enumerate(NASTY):
        row = make.agency(f"agency-{number:03}", native_name=text, description=text)
        publish.publish([row], by=make.reviewer())
    plain, safe = (cells_of(client, asked) for asked in ("false", "true"))
    guard = [f"'{text}" for text in NASTY[:5]] + NASTY[5:]
    assert [(row.pop(4), row.pop(2)) for row in plain] == [(text, text) for text in NASTY]
    assert [(row.pop(4), row.pop(2)) for row in safe] == [(text, text) for text in guard]
    assert plain == safe


def cells_of(client, safe):
    _, text = download(client, "agencies/", format="csv", ordering="id", safe=safe)
    assert text.startswith("\ufeffid," if safe == "true" else "id,")
    text = text.removeprefix("\ufeff")
    written, rows = StringIO(newline=""), list(csv.reader(StringIO(text, newline="")))
    csv.writer(written).writerows(rows)
    assert text == written.getvalue()  # spelled as the csv module spells these cells
    return [row for row in rows if row[0].startswith("agency-")]


def test_a_cell_of_any_length_is_guarded(db):
    long = "=" + "x" * 200_000
    assert csv_rows.escape_csv_rows([csv_rows.format_csv_row(["a", long])]) == [f"a,'{long}"]


def test_the_search_for_formulas_finds_every_cell_that_is_escaped():
    pieces = [*csv_safe.FORMULA_PREFIXES, "'", '"', ",", "a", " ", "\n", "\r\n", ""]
    for parts in itertools.product(pieces, repeat=3):
        for cells in (["".join(parts)], ["x", "".join(parts)], ["".join(parts), "y, z"]):
            row = csv_rows.format_csv_row(cells)
            wanted = csv_rows.format_csv_row(map(csv_safe.escape_formula, cells))
            assert csv_rows.escape_csv_rows([row]) == [wanted]


# Made again


def write(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


@pytest.mark.parametrize("batch", [1, 1000])
def test_csv_rows_are_rebuilt(story, monkeypatch, batch):
    monkeypatch.setattr(reindex, "REINDEX_BATCH_SIZE", batch)
    before = stored()
    assert write("UPDATE policy_csvrow SET text = 'old,x'") > 10
    assert write("DELETE FROM policy_csvrow WHERE revision_id = %s", min(stored())) == 1
    reindex.reindex()
    assert stored() == before


@pytest.fixture
def lost(story):
    last = Revision.objects.current("agency").order_by("record").last()
    write("DELETE FROM policy_csvrow WHERE revision_id = %s", last.pk)


def test_a_file_that_lacks_a_csv_row_fails_and_says_why(client, lost, caplog):
    assert client.get("/api/v1/agencies/?format=csv").status_code == 500
    assert csv_files.MISSING_CSV_ROW_MESSAGE in caplog.text
    assert client.get("/api/v1/agencies/?format=ndjson").status_code == 200


def test_a_file_that_comes_to_a_missing_csv_row_breaks_off(client, lost, monkeypatch):
    """It must not look whole."""
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", 1)
    chunks = iter(client.get("/api/v1/agencies/?format=csv&ordering=id"))
    assert [next(chunks)[:6] for _ in range(2)] == [b"id,nam", b"bureau"]
    with pytest.raises(RuntimeError, match="A revision has no CSV row"):
        next(chunks)
