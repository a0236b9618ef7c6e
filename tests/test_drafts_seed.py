"""The seed goes out as drafts and comes back, in both formats, without a difference."""

import io
import zipfile

import pytest

from policy.models import RECORDS
from tests import folders
from tests.conftest import FIXTURES
from tests.drafts import archive, bring, edited, marks, nothing_written, packed, rows_of, table

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(shared):
    folders.load(FIXTURES)


@pytest.mark.parametrize("out", [table, archive])
@pytest.mark.parametrize("kind", RECORDS)
def test_what_was_exported_changes_nothing(loaded, kind, out):
    with nothing_written():
        outcomes = bring(out(kind), kind)
    assert marks(outcomes) == ["unchanged"] * RECORDS[kind].objects.count()


def test_the_seed_itself_changes_nothing(loaded):
    """Files that leave out what is empty say the same."""
    files = {
        f"{FIXTURES.name}/{path.relative_to(FIXTURES)}": path.read_bytes()
        for path in FIXTURES.glob("*/*.json")
    }
    assert marks(bring(packed(files))) == ["unchanged"] * 44


def test_no_cell_of_the_seed_needs_json(loaded):
    cells = [cell for kind in RECORDS for row in rows_of(table(kind)) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("[", "{"))] == []


def test_an_archive_is_a_dataset_that_loads(loaded, tmp_path):
    """Published as it stands, it says what is public already."""
    with zipfile.ZipFile(io.BytesIO(archive("action"))) as files:
        files.extractall(tmp_path)
    assert folders.load(tmp_path).startswith("0 records published, 29 unchanged, ")


def test_one_cell_is_one_difference_and_is_written(loaded):
    slug = "el-salvador-bitcoin-legal-tender"
    raw = edited(el_salvador_bitcoin_legal_tender={"stance": "neutral"})
    outcomes = bring(raw)
    found = [one for one in outcomes if one.mark == "changed"]
    assert [
        (one.entry.slug, d.field, d.before, d.after) for one in found for d in one.differences
    ] == [(slug, "stance", "promote", "neutral")]
    rows = rows_of(table())
    assert [row["stance"] for row in rows if row["id"] == slug] == ["neutral"]
    kept = [{**row, "stance": "", "edition": ""} for row in rows]
    assert kept == [{**row, "stance": "", "edition": ""} for row in rows_of(raw)]
