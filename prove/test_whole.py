"""The judge of the crashes can find fault: with every part of a half-written act."""

import pytest
from django.db import connection

from policy.models import Revision, Source
from policy.sources import article
from prove import integrity
from tests import folders

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def story(shared):
    folders.make_full_history()
    row = Source(slug="kept", title="Kept", language="en", source_class_id="source_class.wire")
    article.save_article(article.parse_article(b"Some words that were kept."), row)


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount


LAST = "(SELECT max(revision_id) FROM policy_searchentry)"
PLANTED = [
    (
        f"DELETE FROM policy_facet WHERE revision_id = {LAST} AND value_id ="
        f" (SELECT min(value_id) FROM policy_facet WHERE revision_id = {LAST})",
        "facets, not its",
    ),
    (
        "UPDATE policy_facet SET superseded_by = NULL WHERE revision_id = (SELECT min(id)"
        " FROM policy_revision WHERE superseded_at IS NOT NULL AND kind = 'action')",
        "facets, not its",
    ),
    (
        "DELETE FROM policy_interval WHERE id = (SELECT min(id) FROM policy_interval)",
        "other intervals",
    ),
    (f"DELETE FROM policy_searchentry WHERE revision_id = {LAST}", "found by other words"),
    (f"UPDATE policy_searchentry SET words = '' WHERE revision_id = {LAST}", "by other words"),
    (f"DELETE FROM policy_csvrow WHERE revision_id = {LAST}", "another CSV row than"),
    (
        f"UPDATE policy_csvrow SET text = text || 'x' WHERE revision_id = {LAST}",
        "another CSV row than",
    ),
    (
        "INSERT INTO policy_csvrow SELECT id, '' FROM policy_revision WHERE event = 'merge'",
        "another CSV row than",
    ),
    (
        "UPDATE policy_facetvalue SET records = records + 1 WHERE facet = 'all'"
        " AND kind = 'action'",
        "records, not",
    ),
    (
        "UPDATE policy_coverage SET number = number + 1"
        " WHERE id = (SELECT min(id) FROM policy_coverage)",
        "coverage counts other values",
    ),
    (
        "DELETE FROM policy_citation WHERE action_id ="
        " (SELECT id FROM policy_action WHERE slug = 'ban')",
        "has lost citations",
    ),
    ("UPDATE policy_sourcetext SET text = 'Other.'", "the text of kept is not"),
]
HALF = """
    INSERT INTO policy_revision (id, kind, record, number, event, published_at, reason, document,
        digest, merged_into, review, seal, leaf, redacted, changed)
    SELECT {id}, kind, record || {name}, {number}, 'publish', clock_timestamp() + {later}, reason,
        document, digest, merged_into, review, seal, leaf, redacted, changed
    FROM policy_revision WHERE kind = 'entity' AND event = 'publish' ORDER BY id LIMIT 1
"""


def half(id="(SELECT max(id) + 1 FROM policy_revision)", number="1", later="interval '0'"):
    return HALF.format(id=id, name="'-half'", number=number, later=later)


def test_a_good_history_has_no_faults(story):
    assert integrity.find_integrity_faults() == []


@pytest.mark.parametrize(("statement", "said"), PLANTED)
def test_what_is_half_written_is_found(story, statement, said):
    sql(statement)
    found = integrity.find_integrity_faults()
    assert found
    assert [fault for fault in found if said not in fault and "records, not" not in fault] == []
    assert [fault for fault in found if said in fault]


def test_a_revision_without_all_that_finds_it_is_found_in_every_way(story):
    """A publish that stopped after its first statement."""
    sql(half())
    last = Revision.objects.order_by("-id")[0]
    found = integrity.find_integrity_faults()
    facets = [fault for fault in found if fault.startswith(f"{last} has 0 facets, not its ")]
    assert (len(facets), found[1:]) == (
        1,
        [
            f"version {last.id} is found by other words than its document's",
            f"version {last.id} has another CSV row than its document's",
            f"{last} has no row to edit",
        ],
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": "(SELECT max(id) + 2 FROM policy_revision)"}, "in place"),
        ({"number": "2"}, "should be number 1"),
        ({"later": "interval '-10 years'"}, "is not later than"),
    ],
)
def test_a_history_out_of_order_is_found(story, wrong, said):
    sql(half(**wrong))
    assert [fault for fault in integrity.find_integrity_faults() if said in fault]
