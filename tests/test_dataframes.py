"""Exports load into what analysts use: pandas and R from the address, DuckDB from the file."""

import json
import os
import re
import shutil
import subprocess
from urllib.request import urlopen

import duckdb
import pandas
import pytest
from django.core.management import call_command

from policy.models import Revision
from tests.conftest import FIXTURES

pytestmark = pytest.mark.slow

GUIDE = FIXTURES.parent / "docs" / "api.md"


@pytest.fixture
def actions(address):
    call_command("load_dataset", FIXTURES, verbosity=0)
    return f"{address}/api/v1/actions/"


def published() -> set[str]:
    return set(Revision.objects.current("action").values_list("record", flat=True))


def written_agencies(actions: str) -> list[tuple[str, str]]:
    """The role and the agency of each row of agencies, in the default order of the list."""
    return [
        (row["role"], row["agency"]["id"] if row["agency"] else f'"{row["described_as"]}"')
        for line in urlopen(f"{actions}?format=ndjson")
        for row in json.loads(line)["agencies"]
    ]


def test_pandas_reads_a_safe_file_with_labels(actions):
    plain = pandas.read_csv(f"{actions}?format=csv", keep_default_na=False)
    labelled = pandas.read_csv(f"{actions}?format=csv&safe=true&labels=true", keep_default_na=False)
    assert labelled[list(plain.columns)].equals(plain)
    assert set(labelled.loc[labelled["status"] == "in_force", "status_label"]) == {"In force"}


def test_pandas_reads_both_from_the_address(actions):
    table = pandas.read_csv(f"{actions}?format=csv", keep_default_na=False)
    lines = pandas.read_json(f"{actions}?format=ndjson", lines=True)
    assert set(table["id"]) == set(lines["id"]) == published()
    assert table["title"].tolist() == lines["title"].tolist()
    assert table.set_index("id").loc["qinghai-mining-ban", "jurisdictions"] == "CN-QH"


@pytest.mark.parametrize(("format", "reader"), [("csv", "read_csv"), ("ndjson", "read_json")])
def test_duckdb_reads_both_from_a_file(actions, tmp_path, format, reader):
    file = tmp_path / f"actions.{format}"
    with urlopen(f"{actions}?format={format}") as response:
        file.write_bytes(response.read())
        rows = int(response.headers["Row-Count"])
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT id FROM {reader}('{file}')").fetchall()
    assert len(found) == rows
    assert {id for (id,) in found} == published()


def test_the_guides_example_runs(actions, tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(code.replace("http://127.0.0.1:8000/api/v1/actions/", actions), found)
    assert len(found["table"]) == len(found["documents"]) == len(published())
    assert list(found["agencies"].itertuples(index=False, name=None)) == written_agencies(actions)
    counted = [number for _, number in found.pop("types").fetchall()]
    assert sum(counted) == len(published())


@pytest.fixture
def r(tmp_path):
    """Runs a script in R. Skips loudly without R; fails where every test has to run."""
    if not shutil.which("Rscript") and not os.environ.get("ALL_TESTS"):
        pytest.skip("NO R: install it to run this test (apt install r-base-core r-cran-jsonlite)")

    def run(script: str) -> str:
        command = ["Rscript", "-e", script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_guides_example_runs_in_r(actions, r):
    (code,) = re.findall(r"```r\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    here = code.replace("http://127.0.0.1:8000/api/v1/actions/", actions)
    told = r(
        f"{here}\nwriteLines(unlist(agencies)); writeLines(rows$id);"
        "cat(nrow(documents), sum(types), anyNA(rows$title))"
    )
    *lines, counted = told.splitlines()
    named = [f"{role}={agency}" for role, agency in written_agencies(actions)]
    assert lines[: len(named)] == named
    assert set(lines[len(named) :]) == published()
    assert counted == f"{len(published())} {len(published())} FALSE"
