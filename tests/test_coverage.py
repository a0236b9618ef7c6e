"""Every published value has a citation; what rests on what is counted, and the counts are true."""

from collections import Counter
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command

from policy.documents.coverage import count_coverage, coverage_totals
from policy.models import Action, Coverage, Revision
from policy.publishing import publish
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def printed() -> list[list[str]]:
    out = StringIO()
    call_command("coverage", stdout=out)
    return [line.split() for line in out.getvalue().splitlines()]


def test_a_value_counts_by_its_strongest_basis():
    row = make.action("ban")
    first = row.citations.get()
    second = make.cite(row, first.source, 0, 10)
    first.supports = [s | {"basis": "inferred", "reason": "Known."} for s in first.supports]
    second.supports = [s | {"basis": "derived"} for s in second.supports if s["field"] == "type"]
    first.save(), second.save()
    make.publish_all(row)
    assert coverage_totals(Coverage.objects.to_counts()) == {
        "stated": 0,
        "derived": 1,
        "inferred": 9,
        "unbacked": 0,
        "unknown": 1,
        "unexplained": 0,
    }


def test_counts_follow_whatever_is_published():
    folders.make_full_history()
    make.publish_new_action("gone")
    publish.withdraw(Action.objects.get(slug="gone"), make.reviewer(), "Misread.")
    standing = Revision.objects.current("action").values_list("document", flat=True)
    counted = sum((count_coverage(orjson.loads(document)) for document in standing), Counter())
    assert {key: n for key, n in Coverage.objects.to_counts().items() if n} == counted
    assert sum(counted.values()) > 20


def test_silence_and_values_without_a_passage_are_counted():
    document = {
        "citations": [],
        "unknowns": {"penalty": "None is named."},
        "type": "arrest",
        "dates": [],
    }
    counts = count_coverage(document)
    assert counts["type", "unbacked"] == 1
    assert counts["penalty", "unknown"] == 1
    assert {field for field, how in counts if how == "unexplained"} == {
        "unit",
        "status",
        "legal_force",
        "stance",
        "attribution",
        "jurisdictions",
        "activities",
        "agencies",
        "dates",
    }


def test_the_seed_is_covered_whole(seed, api):
    head, *rows, everything, last = printed()
    assert head == ["field", "stated", "derived", "inferred", "unbacked", "unknown", "unexplained"]
    assert [row[0] for row in rows] == [
        *("unit", "type", "status", "legal_force", "stance", "attribution", "instrument"),
        *("provision", "penalty", "jurisdictions", "targets", "activities", "agencies", "entities"),
        *("dates", "figures", "identifiers", "classifications", "relations"),
    ]
    assert {(row[4], row[6]) for row in [*rows, everything]} == {("0", "0")}
    assert " ".join(last) == "Every value has a citation, and every empty core field has a reason."
    counts = dict(zip(head[1:], map(int, everything[1:]), strict=True))
    assert api("")["coverage"] == counts
    assert counts["stated"] + counts["derived"] + counts["inferred"] == 270


def test_a_gap_fails_the_command(db):
    Coverage.objects.create(field="type", how="unbacked", number=2)
    with pytest.raises(CommandError, match=r"^2 values have no citation, and 0 empty core fields"):
        printed()


def test_before_anything_is_published_all_is_nought():
    assert {cell for row in printed()[1:-1] for cell in row[1:]} == {"0"}
