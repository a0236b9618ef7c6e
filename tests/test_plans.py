"""Flat at any size: what a page touches does not grow with the dataset.

Counts rows, never time: EXPLAIN of the very statements that the list view runs.
"""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.core import signing
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.query import search
from api.query.pagination import CURSOR_SALT, DEFAULT_PAGE_SIZE, STREAM_BATCH_SIZE, Cursor
from bench import generate
from config.middleware.database_errors import DESK_LIMITS, READER_LIMITS
from config.postgres.timeouts import PLANNER_PARAMETERS, UNLIMITED
from policy.hashes import sha256_hex
from policy.models import Facet, FacetValue, Revision
from policy.models.index import facet_value_id
from policy.models.sql import SqlFragment, fetch_all
from policy.publishing import restore
from policy.search import ranking
from policy.search.counts import count_scan
from policy.search.query import CSV_ROW_TEXT, DOCUMENT_TEXT, Selection
from policy.search.ranking import RankedScan
from policy.versions import EMPTY_VERSION

ACTIONS = 100_000
BASE, HELD = 2_000, 5  # actions that are generated, and those that hold the rare value
COPIES = ACTIONS // BASE
DERIVED = ("policy_facet", "policy_interval", "policy_searchentry", "policy_csvrow")
TABLES = (*DERIVED, "policy_revision")
WORD = "monsoon"  # all copies have it, and those that were generated hardly
ENDED = models.Index(
    fields=["superseded_by"], condition=models.Q(superseded_by__isnull=False), name="facet_ended"
)
# Two values of which the rarer decides the walk: 101 rows of each to learn which that is, some
# 100 rows walked for 51 that have the other one too, a probe for each, and 50 documents.
MOST = 500


pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def dataset(django_db_setup, django_db_blocker):
    """The synthetic dataset, restored in a transaction that is rolled back in the end."""
    with django_db_blocker.unblock():
        assert connection.settings_dict["NAME"].startswith("test_")
        with transaction.atomic():
            fill()
            yield
            transaction.set_rollback(True)
        give_space_back()


def fill():
    with indexed_afterwards():
        restore.restore(generate.revisions(BASE))
        multiply()
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def multiply():
    """Each action again under other ids and days: the same facets in the same proportions.

    Sources come along, so that a source stands among many.
    """
    version = Revision.objects.version().number
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO policy_revision (id, kind, record, number, event, published_at,
                superseded_at, reason, document, digest, merged_into, review, seal,
                leaf, redacted, changed)
            SELECT id + k * %(version)s, kind, record || '-' || k, number, event,
                published_at + k * interval '2 days', superseded_at + k * interval '2 days',
                reason, text, encode(sha256(text::bytea), 'hex'), merged_into, review, seal,
                leaf, redacted, changed
            FROM policy_revision, generate_series(1, %(copies)s - 1) k,
                format('{"kind": "%%s"}', kind) text
            WHERE kind IN ('action', 'source')
            """,
            {"version": version, "copies": COPIES},
        )
        cursor.execute(
            """
            INSERT INTO policy_facet (value_id, date, record, revision_id, superseded_by)
            SELECT value_id,
                CASE WHEN date > '0001-02-01' THEN date - k %% 28 ELSE date END,
                record || '-' || k, revision_id + k * %(version)s, superseded_by + k * %(version)s
            FROM policy_facet JOIN policy_facetvalue v ON v.id = value_id,
                generate_series(1, %(copies)s - 1) k
            WHERE kind = 'action' AND (k < %(held)s OR value_id <> %(rare)s)
            """,
            {
                "version": version,
                "copies": COPIES,
                "held": HELD,
                "rare": facet_value_id("action", *generate.RARE),
            },
        )
        cursor.execute(
            """
            INSERT INTO policy_searchentry (revision_id, words)
            SELECT id, to_tsvector('simple', %s) FROM policy_revision
            WHERE id > %s AND kind = 'action' AND event IN ('publish', 'revise')
            """,
            [WORD, version],
        )
        cursor.execute(
            """
            INSERT INTO policy_csvrow (revision_id, text)
            SELECT revision_id + k * %(version)s, text
            FROM policy_csvrow JOIN policy_revision r ON r.id = revision_id,
                generate_series(1, %(copies)s - 1) k
            WHERE kind = 'action'
            """,
            {"version": version, "copies": COPIES},
        )
        cursor.execute(
            """
            UPDATE policy_facetvalue v SET records = counted.number FROM (
                SELECT value_id, count(*) AS number FROM policy_facet
                WHERE superseded_by IS NULL GROUP BY value_id
            ) counted WHERE v.id = counted.value_id
            """
        )


@contextmanager
def indexed_afterwards():
    """Do without foreign keys, and index facets when all of them are there: it is faster.

    Rows that were updated in place would keep new indexes from being used in this transaction.
    Any index on what changes prevents that.
    """
    with connection.cursor() as cursor, connection.schema_editor() as editor:
        for table in DERIVED:
            constraints = connection.introspection.get_constraints(cursor, table)
            for name, found in constraints.items():
                if found["foreign_key"]:
                    editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for index in Facet._meta.indexes:
            editor.remove_index(Facet, index)
        editor.add_index(Facet, ENDED)
    yield
    with connection.cursor() as cursor, connection.schema_editor() as editor:
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        editor.remove_index(Facet, ENDED)
        for index in Facet._meta.indexes:
            editor.add_index(Facet, index)


def give_space_back():
    """A rollback leaves dead rows; only an emptied table is as small as before."""
    with connection.cursor() as cursor:
        if not Revision.objects.exists():
            cursor.execute(f"TRUNCATE {', '.join(TABLES)}, policy_release RESTART IDENTITY")


def get(query, path="actions"):
    return Client().get(f"/api/v1/{path}/", query).json()


def statements(query, path="actions"):
    """The page, and what the view asked of the tables that grow."""
    with CaptureQueriesContext(connection) as captured:
        page = get(query, path)
    asked = [row["sql"] for row in captured.captured_queries]
    return page, [sql for sql in asked if any(table in sql for table in TABLES)]


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def explained(sql):
    """The nodes of the plan that ran."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, BUFFERS OFF, TIMING OFF) {sql}")
        (found,) = cursor.fetchone()
    plans = json.loads(found) if isinstance(found, str) else found
    return [node for node in nodes(plans[0]["Plan"]) if node["Actual Loops"]]


def rows(node):
    """The rows that a node read; a probe that finds nothing counts as one."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return max(each, 1) * node["Actual Loops"]


def touched(plan):
    return sum(rows(node) for node in plan if "Scan" in node["Node Type"])


def sorted_rows(plan):
    sorts = [node for node in plan if "Sort" in node["Node Type"]]
    return sum(rows(node["Plans"][0]) for node in sorts)


def scanned(plan):
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}


def check(query, results, path="actions", most=MOST):
    """The page holds so many rows, and finding them took no more than a few hundred."""
    page, asked = statements(query, path)
    assert len(page["results"]) == results
    plans = [explained(sql) for sql in asked]
    assert [scanned(plan) & set(TABLES) for plan in plans] == [set()] * len(plans)
    assert sum(map(sorted_rows, plans)) <= most
    assert sum(map(touched, plans)) <= most


WORK = {"a page": READER_LIMITS, "the desk": DESK_LIMITS, "a load": UNLIMITED}


def plans_of(work):
    work.apply(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"current_setting('{name}')" for name in PLANNER_PARAMETERS)
        )
        return dict(zip(PLANNER_PARAMETERS, cursor.fetchone(), strict=True))


def test_what_a_request_asks_is_planned_for_its_values():
    """What is prepared gets one plan for all values after five times: blind to the rare ones. A
    command that writes thousands of rows would plan for each of them."""
    planned = {name: plans_of(work)["plan_cache_mode"] for name, work in WORK.items()}
    assert planned == {
        "a page": "force_custom_plan",
        "the desk": "force_custom_plan",
        "a load": "auto",
    }


def test_a_request_keeps_to_one_process_of_the_server():
    """Of a million rows it planned three for a search by relevance: 44 ms instead of 14, most of
    them spent on starting two that found nothing to do."""
    processes = {
        name: plans_of(work)["max_parallel_workers_per_gather"] for name, work in WORK.items()
    }
    assert processes == {"a page": "0", "the desk": "0", "a load": "2"}


def test_nothing_is_compiled():
    assert {plans_of(work)["jit"] for work in WORK.values()} == {"off"}


def test_a_load_lets_the_planner_look_when_a_kind_comes_first(monkeypatch):
    """It expects no row of a kind that it knows nothing of: to find one by its id it read all."""
    looked = []

    def analyze_tables() -> None:
        looked.append(Revision.objects.version().number)

    monkeypatch.setattr(restore, "RESTORE_BATCH_SIZE", 1)
    monkeypatch.setattr(restore, "ANALYZE_AFTER_BATCHES", ())
    monkeypatch.setattr(restore, "analyze_tables", analyze_tables)
    at = Revision.objects.version().number
    kinds = ["agency", "agency", "source", "agency", "action", "action"]
    rows = [tombstone(kind, at + number) for number, kind in enumerate(kinds, 1)]
    restore.restore(rows)
    assert [version - at for version in looked] == [1, 3, 5, 6]


def tombstone(kind, version):
    last = Revision.objects.latest("id").published_at
    at = last + timedelta(seconds=version)
    revision = Revision(
        id=version,
        kind=kind,
        record=f"gone-{version}",
        number=1,
        event="withdraw",
        published_at=at,
        reason="An example.",
        review="released",
        document="{}",
        digest=sha256_hex("{}"),
    )
    return revision, {}


COMMON, RARE = dict([generate.COMMON]), dict([generate.RARE])
OLD, RETRACTED = dict([generate.OLD]), dict([generate.RETRACTED])
CASES = {
    "no filter": ({}, DEFAULT_PAGE_SIZE),
    "a common value": (COMMON, DEFAULT_PAGE_SIZE),
    "a rare value": (RARE, HELD),
    "a value of old records": (OLD, DEFAULT_PAGE_SIZE),
    "a value of superseded revisions": (RETRACTED, 0),
    "common and rare": (COMMON | RARE, HELD),
    "common and common": (COMMON | {"unit": "act"}, DEFAULT_PAGE_SIZE),
    "common and old": (COMMON | OLD, DEFAULT_PAGE_SIZE),
    "common and superseded": (COMMON | RETRACTED, 0),
    "either of two common": ({"unit__in": "act,series"}, DEFAULT_PAGE_SIZE),
    "either, and common": ({"unit__in": "act,series"} | COMMON, DEFAULT_PAGE_SIZE),
    "one of a rare list": ({f"{generate.RARE[0]}__in": generate.RARE[1]}, HELD),
    "common, of an old year": (COMMON | {"year": "2010"}, DEFAULT_PAGE_SIZE),
    "common, of an old month": (COMMON | {"month": "2010-06"}, DEFAULT_PAGE_SIZE),
    "all but one": ({"unit__ne": "state"}, DEFAULT_PAGE_SIZE),
    "an agency": ({"agency": "ministry-of-digital-affairs-0"}, DEFAULT_PAGE_SIZE),
}


@pytest.mark.parametrize(("query", "results"), CASES.values(), ids=CASES)
def test_a_first_page(query, results):
    check(query, results)


@pytest.mark.parametrize("ordering", ["date", "id", "published_at", "-published_at"])
@pytest.mark.parametrize("query", [COMMON, {"naming": "named", "reported_claim": "false"}])
def test_other_orders(query, ordering):
    check(query | {"ordering": ordering}, DEFAULT_PAGE_SIZE)


def test_a_source_among_many():
    cited = FacetValue.objects.filter(kind="action", facet="source").first().value
    held = count_scan(Selection("action").filter("source", cited).to_scan()).records
    check({"source": cited}, min(held, DEFAULT_PAGE_SIZE))


@pytest.mark.parametrize("share", [0.5, 0.9998])
@pytest.mark.parametrize("query", [{}, COMMON], ids=["no filter", "a common value"])
def test_what_is_new(query, share):
    standing = Selection("action")
    row = standing.to_scan().fetch_rows(["revision_id"], False, (), int(ACTIONS * share) + 1)[-1]
    chosen = standing.filter(*generate.COMMON) if query else standing
    later = chosen.where(SqlFragment("f.revision_id >= %s", (row.revision_id,)))
    held = count_scan(later.to_scan()).records
    since = Revision.objects.get(pk=row.revision_id).published_at.isoformat()
    check(query | {"updated_since": since}, min(held, DEFAULT_PAGE_SIZE))


@pytest.mark.parametrize(("text", "table"), [(CSV_ROW_TEXT, "csvrow"), (DOCUMENT_TEXT, "revision")])
def test_a_batch_of_a_file(text, table):
    """Its rows, and of each one the text that the file sends: no table is read whole."""
    walk = replace(Selection("action").filter(*generate.COMMON).to_scan(), text=text)
    with CaptureQueriesContext(connection) as captured:
        rows = walk.fetch_rows(["date", "record"], True, (), STREAM_BATCH_SIZE + 1)
    (asked,) = [row["sql"] for row in captured.captured_queries if "LIMIT" in row["sql"]]
    assert len(rows) == STREAM_BATCH_SIZE + 1
    assert all(row.text for row in rows)
    plan = explained(asked)
    assert f"policy_{table}" in {node.get("Relation Name") for node in plan}
    assert scanned(plan) & set(TABLES) == set()
    assert sorted_rows(plan) <= STREAM_BATCH_SIZE + 1
    assert touched(plan) <= 2 * (STREAM_BATCH_SIZE + 1) + 10


def version_at(share):
    """The version before which this share of all revisions was published."""
    number = int(Revision.objects.version().number * share)
    return Revision.objects.get(pk=number).version if number else EMPTY_VERSION


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_a_page_of_changes(share):
    after = version_at(share)
    check({"after": str(after)}, DEFAULT_PAGE_SIZE, "changes")


@pytest.mark.parametrize(
    ("kind", "share"), [("action", 0.9), ("source", 0.5), ("agency", 0), ("agency", 0.5)]
)
def test_a_page_of_changes_of_one_kind(kind, share):
    after = version_at(share)
    held = Revision.objects.filter(kind=kind, id__gt=after.number).count()
    check({"after": str(after), "kind": kind}, min(held, DEFAULT_PAGE_SIZE), "changes")


@pytest.mark.parametrize("query", [{}, COMMON], ids=["no filter", "a common value"])
def test_a_deep_page(query):
    check(query | {"cursor": cursor_at(0.9, query)}, DEFAULT_PAGE_SIZE)


RANKED = 80  # rows that are ranked in these tests: a page and a half
SAMPLED = 20
# Each of them is walked, probed, passed on and ranked; and read again for the order, the number
# and the border. A page's rows are walked, probed, passed on, put together and fetched.
MOST_RANKED = 8 * RANKED + 5 * DEFAULT_PAGE_SIZE + 4 * SAMPLED
FOUND = {"q": WORD, "ordering": "relevance"}


@pytest.fixture
def ranked(monkeypatch):
    monkeypatch.setattr(ranking, "MAX_RANKED_ROWS", RANKED)
    monkeypatch.setattr(ranking, "RANKING_SAMPLE_SIZE", SAMPLED)


@pytest.mark.parametrize("query", [{}, COMMON], ids=["no filter", "a common value"])
def test_a_common_word_by_relevance(ranked, query):
    check(FOUND | query, DEFAULT_PAGE_SIZE, most=MOST_RANKED)


def test_a_common_word_of_older_dates_by_relevance(ranked):
    """Whether it is common is asked of the newest rows within the dates, not of all."""
    newest = Facet.objects.filter(superseded_by=None).latest("date").date
    before = {"sort_date__lte": str(newest - timedelta(days=1000))}
    check(FOUND | before, DEFAULT_PAGE_SIZE, most=MOST_RANKED)


def test_a_rare_word_by_relevance(ranked):
    held = len(get({"q": generate.RARE_WORD})["results"])
    assert 0 < held < DEFAULT_PAGE_SIZE
    check({"q": generate.RARE_WORD, "ordering": "relevance"}, held, most=MOST_RANKED)


@pytest.mark.parametrize(
    ("word", "common"), [(WORD, True), (generate.RARE_WORD, False), ("nowhere", False)]
)
def test_matches_are_walked_to_where_they_are_common(ranked, word, common):
    walk = Selection("action").where(search.matches_words(word)).to_scan()
    found = RankedScan(
        walk.condition, walk.driving_condition, walk.value, rank=search.rank_expression(word)
    ).is_common_sql()
    assert fetch_all(*found) == [(common,)]


def test_pages_by_relevance(ranked):
    """All ranked; some of them; none. Each page knows the way back."""
    page = get(FOUND)
    for _ in range(3):
        further = asked_by(page["next"])
        check(further, DEFAULT_PAGE_SIZE, most=MOST_RANKED)
        page = get(further)
        check(asked_by(page["previous"]), DEFAULT_PAGE_SIZE, most=MOST_RANKED)


def asked_by(link):
    return dict(parse_qsl(urlsplit(link).query))


def test_so_many_rows_are_ranked_and_no_more(ranked):
    """On the page behind the border, none."""
    page, numbers = get(FOUND), [numbers_ranked(FOUND)]
    while len(numbers) < 3:
        query = asked_by(page["next"])
        page, numbers = get(query), [*numbers, numbers_ranked(query)]
    assert numbers == [[RANKED], [RANKED], []]


def numbers_ranked(query):
    plan = [node for sql in statements(query)[1] for node in explained(sql)]
    ranks = [node for node in plan if "SubPlan" in node.get("Subplan Name", "")]
    return [node["Actual Loops"] for node in ranks]


def cursor_at(share, query):
    """The cursor of a page that begins after this share of all rows."""
    token = parse_qs(urlsplit(get(query)["next"]).query)["cursor"][0]
    first = signing.Signer(salt=CURSOR_SALT).unsign_object(token)
    walk = Selection("action").to_scan()
    row = walk.fetch_rows(["date", "record"], True, (), int(ACTIONS * share) + 1)[-1]
    return Cursor([str(row.date), row.record], first["v"]).to_token(first["q"])


def test_a_common_value_as_of_an_old_version():
    # A walk passes over what was published later, so it is as long as history after it is: the
    # synthetic history is not in the order of its dates, a third of it stands in every third row.
    old = Revision.objects.get(pk=Revision.objects.version().number // 3)
    check(COMMON | {"as_of": old.published_at.isoformat()}, DEFAULT_PAGE_SIZE)
