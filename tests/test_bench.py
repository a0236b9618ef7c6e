"""The benchmark is fair: everybody holds the same facts, and what it measured is what it says."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from random import Random
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from bench import generate, load, measure, report, tables
from bench.__main__ import arguments
from bench.calls import CALLS, Ask, Facts
from bench.contestants import KNOWN, SERVICE
from bench.load_product import indexed_afterwards
from bench.report import Results
from bench.rounds import Differs, Outcome, Round, compare
from bench.store import Dataset
from policy.models import Revision
from policy.publishing import restore

pytestmark = pytest.mark.slow

FEW = 300
DERIVED = (
    *("policy_revision", "policy_facet", "policy_facetvalue", "policy_interval"),
    *("policy_searchentry", "policy_csvrow", "policy_coverage"),
)


@pytest.mark.parametrize("module", ["bench", "bench.generate"])
def test_commands_start_without_settings(module):
    environment = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", module, "--help"]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert told.stdout.startswith("usage: ")


@pytest.fixture(scope="module")
def documents():
    """What stands of every action, by id."""
    found = {}
    for line, document, _ in generate.history(FEW):
        if line["kind"] == "action":
            found[document["id"]] = document
    return found


@pytest.fixture(scope="module")
def rows(documents):
    """Each table's rows, as columns."""
    found = {table: [] for table in tables.COLUMNS}
    for document in documents.values():
        for table, row in tables.rows(document):
            found[table].append(dict(zip(tables.COLUMNS[table], row, strict=True)))
    return found


def count(documents, field):
    return sum(len(document[field]) for document in documents.values())


LISTS = {
    "action_jurisdiction": "jurisdictions",
    "action_agency": "agencies",
    "action_entity": "entities",
    "action_date": "dates",
    "figure": "figures",
    "relation": "relations",
    "note": "notes",
    "citation": "citations",
}


def test_the_peers_tables_hold_what_the_documents_say(documents, rows):
    assert len(rows["action"]) == FEW
    assert {table: len(rows[table]) for table in LISTS} == {
        table: count(documents, field) for table, field in LISTS.items()
    }
    for row in rows["citation"]:
        passages = documents[row["action_id"]]["citations"]
        found = [p for p in passages if p["source"]["id"] == row["source_id"]]
        assert json.loads(row["supports"]) in [p["supports"] for p in found]


def test_no_field_of_an_action_is_kept_from_the_peers(documents):
    held = {*tables.PLAIN, *tables.LISTS, *LISTS.values()}
    assert set(next(iter(documents.values()))) - held == {"schema_version", "kind"}


@pytest.mark.parametrize("table", [name for name in LISTS if name != "action_jurisdiction"])
def test_no_field_of_a_row_is_kept_from_the_peers(documents, table):
    rows = [row for document in documents.values() for row in document[LISTS[table]]]
    _, *columns = tables.COLUMNS[table]
    held = {{"target_id": "action"}.get(name, name.removesuffix("_id")) for name in columns}
    assert {frozenset(row) for row in rows} == {frozenset(held)}


def test_everybody_is_filled_alike(committed, tmp_path):
    """PostgreSQL's tables, the limit's and SQLite's, all from what the product published."""
    restore.restore(generate.revisions(FEW))
    address = connection.get_connection_params()
    named = ("host", "port", "user", "dbname", "password")
    options = {name: address[name] for name in named if address.get(name)}
    with psycopg.connect(**options) as product, psycopg.connect(**options) as peers:
        peers.execute("CREATE SCHEMA peers")
        peers.execute("SET search_path = peers")
        tables.write(product, peers, tmp_path / "flat.sqlite", lambda rows: rows)
        flat = sqlite3.connect(tmp_path / "flat.sqlite")
        for table in tables.COLUMNS:
            (number,) = peers.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            assert flat.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (number,)
        ours = [(r.record, r.document) for r in Revision.objects.current("action")]
        limit = peers.execute("SELECT record, document FROM bare.document").fetchall()
        assert sorted(limit) == sorted(ours)
        ids = "SELECT id FROM action ORDER BY id"
        assert peers.execute(ids).fetchall() == flat.execute(ids).fetchall()
        (unfound,) = peers.execute("SELECT count(*) FROM action WHERE words IS NULL").fetchone()
        assert unfound == 0
        flat.close()
        peers.rollback()


def contents():
    with connection.cursor() as cursor:
        found = {}
        for table in DERIVED:
            cursor.execute(f"SELECT (to_jsonb(t) - 'id')::text FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
        return found


def test_the_bulk_path_leaves_the_rows_that_load_dataset_leaves(committed, tmp_path):
    generate.write(tmp_path, 40, 1)
    call_command("load_dataset", tmp_path, verbosity=0)
    loaded = contents()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(DERIVED)} CASCADE")
    with indexed_afterwards():
        restore.restore(generate.revisions(40))
    assert contents() == loaded


def test_indexes_and_keys_are_made_again(committed):
    def named():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE tablename = ANY (%s)", [[*DERIVED]]
            )
            indexes = sorted(cursor.fetchall())
            cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint")
            return indexes, sorted(cursor.fetchall())

    before = named()
    with indexed_afterwards():
        assert named() != before
    assert named() == before


# The load generator

ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n" + b"x" * 300_000,
]


@pytest.fixture
def port():
    """Answers each request on a connection with the next of ANSWERS, in pieces."""

    def serve():
        client, _ = server.accept()
        with client:
            for answer in ANSWERS:
                client.recv(1000)
                for start in (0, 7, 60):
                    end = {0: 7, 7: 60, 60: len(answer)}[start]
                    client.sendall(answer[start:end])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_answers_are_read_whole_however_they_come(port):
    run = load.once(port, iter([b"GET / HTTP/1.1\r\n\r\n"] * len(ANSWERS)))
    assert len(run.latencies) == len(ANSWERS)
    assert run.failed == 1  # the one that was not modified
    assert run.size == sum(map(len, ANSWERS))


def test_quantiles():
    run = load.Run(seconds=2, latencies=[n / 1000 for n in range(100, 0, -1)])
    assert (run.rate, run.quantile(0.5), run.quantile(0.99)) == (50, 0.051, 0.1)


def test_cpu_of_processes_is_seen():
    before = measure.cpu([os.getpid()])
    while measure.cpu([os.getpid()]) == before:
        sum(range(10_000))
    assert measure.children(os.getppid())
    assert os.getpid() in measure.tree(os.getppid())


# Who is asked what


def contestant(name):
    kind = KNOWN[name]
    made = object.__new__(kind)
    made.dataset = Dataset(FEW)
    return made


ASKS = {
    "list": {"jurisdiction": "CN", "since": "2020-01-01", "until": "2021-01-01"},
    "deep": {
        "since": "2009-01-01",
        "offset": 100,
        "path": "/api/v1/actions/?cursor=x",
        "after_row": {"date": "2020-01-02", "record": "a"},
    },
    "one": {"id": "a"},
    "search_rare": {"q": "zeppelin", "since": "2009-01-01", "until": "2021-01-01"},
    "aggregate": {"group": "type,stance", "since": "2009-01-01", "until": "2021-01-01"},
}


@pytest.mark.parametrize("name", KNOWN)
def test_every_contestant_is_asked_for_the_whole_question(name):
    for call, given in ASKS.items():
        path = unquote_plus(contestant(name).path(Ask(call, given)))
        wanted = {v for k, v in given.items() if k in ("jurisdiction", "since", "until", "q", "id")}
        if call == "deep":
            wanted = set() if name == "ours" else {"2009-01-01"}
        assert [value for value in wanted if value not in path] == []


def test_questions_do_not_come_again_soon():
    facts = Facts([("CN", 900), ("US", 500), ("FR", 7)], [f"a-{n}" for n in range(900)], 1400, 2000)
    for name in ("list", "list_common", "search_common", "search_rare", "one", "changes"):
        asks = CALLS[name].asks(facts, Random(1), None)
        assert len({str(ask.given) for ask in asks}) > 0.9 * len(asks)


def test_ours_is_started_as_production_starts_it():
    made = contestant("ours")
    made.port, made.workers = 1234, 1
    _, *options = made.command()
    line = next(x for x in SERVICE.read_text().splitlines() if x.startswith("ExecStart="))
    assert options[-1] == line.split()[-1] == "config.wsgi:application"
    assert options[options.index("--port") + 1] == "1234"
    assert options[options.index("--workers") + 1] == "1"
    assert {k: v for k, v in made.environment().items() if "MALLOC" in k} == {
        "MALLOC_ARENA_MAX": "1"
    }


# Whether answers are the same

ROWS = [("a", 2), ("b", 1)]


@pytest.mark.parametrize("other", [[("a", 2)], [("b", 1), ("a", 2)], [("a", 2), ("b", 0)]])
def test_other_rows_another_order_or_fewer_citations_are_told(other):
    with pytest.raises(Differs, match="plain DRF answers otherwise"):
        compare(ROWS, other, contestant("drf"), Ask("list", ASKS["list"]))


def test_flat_rows_are_compared_by_their_ids():
    compare(ROWS, [("a", None), ("b", None)], contestant("datasette"), Ask("list", ASKS["list"]))


def test_a_search_for_parts_of_words_has_as_many_rows():
    search = Ask("search_rare", ASKS["search_rare"])
    compare(ROWS, [("x", 2), ("y", 1)], contestant("directus"), search)
    with pytest.raises(Differs, match="1 rows for 2"):
        compare(ROWS, [("x", 2)], contestant("directus"), search)


# The report


def outcome(rate):
    return Outcome([Round(rate, 1.0, 2.0, 3.0, 4.0, 0.1, 120.0)] * 3)


@pytest.fixture
def results():
    calls = {
        "list": {"ours": outcome(500), "limit": outcome(600), "drf": outcome(10)},
        "one": {"ours": outcome(70), "drf": outcome(10), "directus": Outcome(note="failed: no")},
    }
    return Results({"date": "today"}, calls, [], {}, {"ours": (80, 120)}, {"ninja": "no"}, [])


def test_targets_say_what_was_met_missed_and_not_measured(results):
    text = report.markdown(results)
    assert "| list page of 50: 25x plain DRF (aim 50x) | 50.0x | met |" in text
    assert "| one record: 15x plain DRF (aim 45x) | 7.00x | **not met** |" in text
    assert "| worker after load: at most idle + 30 MB | 40.0 MB | **not met** |" in text
    assert "| one record: 8x FastAPI (aim 20x) | not measured | – |" in text


def test_who_is_missing_is_told_first(results):
    text = report.markdown(results)
    assert text.index("- Django Ninja: no") < text.index("## Targets")
    assert "- Directus is not here: failed: no" in text


def test_results_are_kept_whole(results):
    again = Results.from_data(json.loads(json.dumps(results.as_data())))
    assert report.markdown(again) == report.markdown(results)


def test_the_plot_is_well_formed_and_compares_with_drf(results):
    root = ElementTree.fromstring(report.svg(results))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert texts[:7] == [
        *("list page of 50: a place, a range of dates", "Policy Events", "50.0x"),
        *("physical limit", "60.0x", "plain DRF", "1.00x"),
    ]


def test_growth_is_the_largest_over_a_tenth_of_it(results):
    sizes = [(1000, 9.0), (10_000, 2.0), (100_000, 3.0)]
    results.growth = [
        {"actions": n, "warm": {"list": ms}, "cold": {}, "drf": {}, "clients": {}}
        for n, ms in sizes
    ]
    assert results.grown("list") == 1.5


def test_growth_says_what_postgresql_did(results):
    results.growth = [
        {"actions": 1000, "warm": {"list": 2.0}, "cold": {}, "drf": {}, "clients": {}},
        {
            **{"actions": 10_000, "warm": {"list": 3.0}, "cold": {}, "drf": {}, "clients": {}},
            **{"database": {"list": 0.5}, "pages": {"list": 40.4}},
        },
    ]
    text = "\n".join(report.of_growth(results))
    assert "| warm | 1,000 | 10,000 |\n|---|---:|---:|\n| list | 2.00 | 3.00 |" in text
    head = "| pages it reads from the system, of a request, warm | 1,000 | 10,000 |"
    assert f"{head}\n|---|---:|---:|\n| list | – | 40.4 |" in text


def test_pages_that_are_read_are_counted(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(1000 * measure.PAGE))
    before = measure.database_pages(os.getpid())
    file.read_bytes()
    assert 1000 <= measure.database_pages(os.getpid()) - before < 1010


def test_flags_are_checked(capsys):
    assert arguments(["--only", "list,exports"]).only == ["list", "exports"]
    assert arguments(["--growth", "100,10"]).growth == [10, 100]
    with pytest.raises(SystemExit):
        arguments(["--only", "lists"])
    assert "no lists; known: list, list_common" in capsys.readouterr().err
