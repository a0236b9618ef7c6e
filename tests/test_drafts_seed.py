"""The seed goes out as drafts and comes back, in both formats, without a difference."""

import io
import zipfile

import pytest

from policy.models import RECORD_MODELS
from tests import folders
from tests.conftest import FIXTURES
from tests.drafts import (
    assert_nothing_written,
    export_csv,
    export_edited_csv,
    export_zip,
    get_marks,
    import_draft_file,
    make_zip,
    parse_csv,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(shared):
    folders.load_folder(FIXTURES)


@pytest.mark.parametrize("out", [export_csv, export_zip])
@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_what_was_exported_changes_nothing(loaded, kind, out):
    with assert_nothing_written():
        outcomes = import_draft_file(out(kind), kind)
    assert get_marks(outcomes) == ["unchanged"] * RECORD_MODELS[kind].objects.count()


def test_the_seed_itself_changes_nothing(loaded):
    """Files that leave out what is empty say the same."""
    files = {
        f"{FIXTURES.name}/{path.relative_to(FIXTURES)}": path.read_bytes()
        for path in FIXTURES.glob("*/*.json")
    }
    assert get_marks(import_draft_file(make_zip(files))) == ["unchanged"] * 39


def test_no_cell_of_the_seed_needs_json(loaded):
    cells = [
        cell
        for kind in RECORD_MODELS
        for row in parse_csv(export_csv(kind))
        for cell in row.values()
    ]
    assert [cell for cell in cells if cell.startswith(("[", "{"))] == []


def test_an_archive_is_a_dataset_that_loads(loaded, tmp_path):
    """Published as it stands, it says what is public already."""
    with zipfile.ZipFile(io.BytesIO(export_zip("action"))) as files:
        files.extractall(tmp_path)
    assert folders.load_folder(tmp_path).startswith("0 records published, 24 unchanged, ")


def test_one_cell_is_one_difference_and_is_written(loaded):
    slug = "el-salvador-bitcoin-legal-tender"
    raw = export_edited_csv(el_salvador_bitcoin_legal_tender={"stance": "neutral"})
    outcomes = import_draft_file(raw)
    found = [one for one in outcomes if one.status == "changed"]
    assert [
        (one.entry.slug, d.field, d.before, d.after) for one in found for d in one.differences
    ] == [(slug, "stance", "promote", "neutral")]
    rows = parse_csv(export_csv())
    assert [row["stance"] for row in rows if row["id"] == slug] == ["neutral"]
    kept = [{**row, "stance": "", "edition": ""} for row in rows]
    assert kept == [{**row, "stance": "", "edition": ""} for row in parse_csv(raw)]
