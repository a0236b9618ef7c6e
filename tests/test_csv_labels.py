"""With labels, a CSV file has the English labels after each column of codes."""

import csv

import pytest

from policy.documents.csv_labels import CellLabeller, labelled_columns
from policy.documents.csv_rows import csv_row
from policy.documents.stored import read_document
from policy.models import ActionTarget, Revision, Term
from tests import factories as make
from tests import folders
from tests.test_exports import KINDS, download, table

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
LABELLED = {
    "action": {
        *("unit", "type", "status", "legal_force", "stance", "attribution", "penalty"),
        *("jurisdictions", "activities", "targets", "evidence"),
    },
    "agency": {"type", "jurisdiction"},
    "entity": {"type", "jurisdiction"},
    "source": {"source_class"},
}


@pytest.fixture(scope="module")
def story(shared):
    folders.make_full_history()
    row = make.action("tariff", place="US", legal_force_id=None)
    row.unknowns.create(field="legal_force", reason="The source does not say.")
    row.activities.add("activity.trading")
    row.jurisdictions.add("CN-QH")
    row.citations.all().delete()
    for place in ("CN", "RU"):
        ActionTarget.objects.create(action=row, jurisdiction_id=place, role_id="target_role.target")
    make.cite(row, make.source())
    make.publish_all(row)


@pytest.mark.parametrize("name", KINDS)
def test_labels_follow_their_column_and_nothing_else_changes(client, story, name):
    _, plain = download(client, f"{name}/", format="csv")
    response, text = download(client, f"{name}/", format="csv", labels="true")
    kind = KINDS[name]
    columns = text.partition("\r\n")[0].split(",")
    assert columns == [*labelled_columns(kind), "page_url", "document_url"]
    labels = {column for column in columns if column.endswith("_label")}
    assert labels == {f"{column}_label" for column in LABELLED[kind]}
    for column in LABELLED[kind]:
        assert columns.index(f"{column}_label") == columns.index(column) + 1
    rows = table(text)
    assert int(response["Row-Count"]) == len(rows) > 0
    for row in rows:
        for column in labels:
            row.pop(column)
    assert rows == table(plain)


def test_a_row_with_labels(client, story):
    _, text = download(client, "actions/", format="csv", labels="true")
    (row,) = (row for row in table(text) if row["id"] == "tariff")
    names = [name for name in row if f"{name}_label" in row]
    assert {name: (row[name], row[f"{name}_label"]) for name in names} == {
        "unit": ("act", "Act"),
        "type": ("regulate", "Regulate"),
        "status": ("in_force", "In force"),
        "legal_force": ("", ""),
        "stance": ("prohibit", "Prohibit"),
        "attribution": ("government", "Government"),
        "penalty": ("", ""),
        "jurisdictions": ("CN-QH; US", "Qinghai; United States"),
        "activities": ("mining; trading", "Mining; Trading"),
        "targets": ("target=CN; target=RU", "China; Russia"),
        "evidence": ("single_source", "Single source"),
    }


@pytest.mark.parametrize("name", KINDS)
def test_every_label_is_that_of_the_codebook(client, story, name):
    labels = set(Term.objects.values_list("label", flat=True))
    _, text = download(client, f"{name}/", format="csv", labels="true")
    places = ("jurisdiction_label", "jurisdictions_label", "targets_label")
    for row in table(text):
        for column in row:
            if column.endswith("_label") and column not in places:
                assert set(filter(None, row[column].split("; "))) <= labels


def test_labels_are_those_of_now_and_are_escaped(client, story):
    Term.objects.filter(pk="status.in_force").update(label='=1+1, "x"')
    _, text = download(client, "actions/", format="csv", labels="true", safe="true")
    assert text.startswith("\ufeffid,")
    assert {row["status_label"] for row in table(text)} == {'\'=1+1, "x"'}


def test_a_code_without_a_term_is_its_own_label(story):
    revision = Revision.objects.get(kind="action", record="tariff")
    stored = csv_row(read_document(revision.document))
    (cells,) = CellLabeller("action", {"stance.prohibit": "Forbids"}).label_rows([stored])
    (row,) = csv.DictReader([",".join(labelled_columns("action")), cells])
    assert (row["stance_label"], row["activities_label"]) == ("Forbids", "mining; trading")


def test_the_past_has_labels_too(client, story):
    _, now = download(client, "actions/", format="csv", labels="true")
    moment = max(row["published_at"] for row in table(now))
    _, then = download(client, "actions/", format="csv", labels="true", as_of=moment)
    assert then == now
