"""Files while others publish: one version; cells as they are, or safe for a spreadsheet."""

from queue import Queue
from threading import active_count, get_ident

import pytest
from django.db import OperationalError, connection

from api.query import export, pagination
from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.csv_rows import URL_COLUMNS
from policy.models import Action, Revision
from policy.publishing import publish
from tests import factories as make
from tests.test_exports import download, table

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAYS = {"e": "2021-06-09", "d": "2021-06-09", "c": "2021-06-08", "b": "2021-06-02", "a": None}
ORDERED = {
    "-date": "edcba",
    "date": "abcde",
    "id": "abcde",
    "published_at": "edcba",
    "-published_at": "abcde",
}


def write(slug, day):
    row = make.action(slug, day=day or "2021-01-01")
    if day is None:
        row.dates.all().delete()
        row.unknowns.create(field="dates", reason="The source gives no day.")
        where = row.citations.get().source
        row.citations.all().delete()
        make.cite(row, where)
    make.publish_all(row)


def change_everything():
    """One leaves, one moves to the other end, one is changed where it is, one comes."""
    publish.withdraw(Action.objects.get(slug="c"), make.reviewer(), "Misread.")
    moved, changed = Action.objects.get(slug="b"), Action.objects.get(slug="a")
    moved.dates.update(earliest="2022-01-01", latest="2022-01-01")
    changed.title = "Changed"
    changed.save()
    publish.publish([moved, changed], by=make.reviewer())
    write("bb", "2021-06-05")


@pytest.mark.parametrize("ordering", ORDERED)
@pytest.mark.parametrize("seen", [0, 1, 3])
def test_rows_are_of_one_version_whatever_is_published_meanwhile(
    client, db, monkeypatch, ordering, seen
):
    """`seen` rows were sent already when it happens."""
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", 1)
    for slug, day in DAYS.items():
        write(slug, day)
    version = Revision.objects.version()
    stood = dict(Revision.objects.current("action").values_list("record", "document"))
    response = client.get("/api/v1/actions/", {"format": "ndjson", "ordering": ordering})
    chunks = iter(response)
    lines = [next(chunks).decode() for _ in range(seen)]
    change_everything()
    lines += [chunk.decode() for chunk in chunks]
    assert lines == [f"{stood[slug]}\n" for slug in ORDERED[ordering]]
    assert (response["Row-Count"], response["Dataset-Version"]) == ("5", str(version))


def test_a_file_that_is_filtered_holds_one_version_too(client, db, monkeypatch):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", 1)
    for slug, day in DAYS.items():
        write(slug, day)
    query = {"format": "csv", "jurisdiction": "CN", "year": "2021", "q": "what"}
    response = client.get("/api/v1/actions/", query)
    chunks = iter(response)
    text = next(chunks) + next(chunks)
    change_everything()
    text += b"".join(chunks)
    assert [row["id"] for row in table(text.decode())] == list("edcb")


NASTY = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "'=1"]  # the last may be one guarded before
PLAIN = ["a=1", "“=1”", 'a "b", c\nd', "'a", " =1", "公安部"]


def test_cells_are_written_as_they_are(client, db):
    nasty(client, "false", [*NASTY, *PLAIN])


def test_cells_are_guarded_on_request(client, db):
    nasty(client, "true", [*(f"'{text}" for text in NASTY), *PLAIN])


def nasty(client, safe, expected):
    for number, text in enumerate([*NASTY, *PLAIN]):
        publish.publish([make.agency(f"agency-{number:03}", native_name=text)], by=make.reviewer())
    _, text = download(client, "agencies/", format="csv", safe=safe, ordering="published_at")
    assert [row["native_name"] for row in table(text)] == expected


def test_nothing_is_a_line_of_names(client, db):
    response, text = download(client, "actions/", format="csv")
    assert text == ",".join([*CSV_COLUMNS["action"], *URL_COLUMNS]) + "\r\n"
    assert (response["Row-Count"], response["Dataset-Version"]) == ("0", "0.00000000")
    response, text = download(client, "actions/", format="ndjson")
    assert (response["Row-Count"], text) == ("0", "")


def test_the_next_rows_are_read_while_the_last_are_sent(db):
    """By another thread, on the same connection."""
    read, threads = Queue(), set()

    def batches():
        for number in range(3):
            threads.add(get_ident())
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                read.put(number)
                yield cursor.fetchone()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()
    rows = export.read_ahead(batches())
    assert (next(rows), read.get(timeout=9), read.get(timeout=9)) == (mine, 0, 1)
    assert list(rows) == [mine, mine]
    assert (len(threads), get_ident() in threads) == (1, False)


@pytest.mark.parametrize("sent", [0, 1, 3])
def test_a_client_that_leaves_leaves_no_thread_and_nothing_lent(db, sent):
    before = active_count()
    rows = export.read_ahead(iter("abcdef"))
    assert [next(rows) for _ in range(sent)] == list("abcdef")[:sent]
    rows.close()
    assert (active_count(), connection.allow_thread_sharing) == (before, False)


@pytest.mark.parametrize("format", ["csv", "ndjson"])
@pytest.mark.parametrize("sent", [0, 2])
def test_the_end_of_a_request_is_the_end_of_its_reading(client, db, monkeypatch, format, sent):
    monkeypatch.setattr(pagination, "STREAM_BATCH_SIZE", 1)
    for slug in "abcde":
        make.publish_new_action(slug)
    before = active_count()
    response = client.get("/api/v1/actions/", {"format": format})
    rows = iter(response)
    assert [len(next(rows)) > 0 for _ in range(sent)] == [True] * sent
    assert active_count() == before + 1
    response.close()
    assert (active_count(), connection.allow_thread_sharing) == (before, False)


def test_what_fails_while_others_are_sent_fails_where_it_would_have(db):
    def batches():
        yield "a"
        raise OperationalError("it is gone")

    rows = export.read_ahead(batches())
    assert next(rows) == "a"
    with pytest.raises(OperationalError, match="it is gone"):
        next(rows)
    assert connection.allow_thread_sharing is False
