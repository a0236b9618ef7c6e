"""The docs do not lag: their commands run, and everything that exists is in them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands

from api.http import problems
from api.query import aggregate, changes, diff, export, filtersets, include, sparse_fields
from desk.exchange import csv_cells, csv_format
from policy.documents.csv_rows import CSV_COLUMNS
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.models.revision import PLURAL_BY_KIND
from tests.conftest import FIXTURES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
MODEL = (ROOT / "docs" / "data-model.md").read_text()
CURATING = (ROOT / "docs" / "curating.md").read_text()
HOSTING = (ROOT / "docs" / "self-hosting.md").read_text()
ENVIRONMENT = (ROOT / ".env.example").read_text()


def tour() -> list[str]:
    """The commands of README's tour, as they stand there."""
    (block,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for line in block.splitlines() if line.startswith("curl")]


def test_tour_works_as_pasted(address):
    call_command("load_dataset", FIXTURES, verbosity=0)
    assert shutil.which("curl"), "curl is needed to try the tour"
    commands = tour()
    assert len(commands) == 9
    answers = []
    for command in commands:
        here = command.replace("http://127.0.0.1:8000", address)
        done = subprocess.run(here, shell=True, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    index, china, raid, may, mining, words, history, first, wrong = answers
    assert index["counts"]["action"] == 29
    assert len(china["results"]) == 2
    assert china["next"]
    assert {figure["kind"] for figure in raid["figures"]} >= {"persons_arrested"}
    assert [row["id"] for row in may["results"]].count("inner-mongolia-draft-mining-rules") == 1
    assert mining["results"]
    assert all("penalty" in row["unknowns"] for row in mining["results"])
    assert words["results"]
    assert [row["event"] for row in history["results"]] == ["publish"]
    assert first["id"] == "qinghai-mining-ban"
    assert wrong["detail"].endswith("Did you mean jurisdiction?")


PARAMETERS = {name for name in filtersets.ActionFilters.base_filters if "__" not in name} | {
    "as_of",
    "page_size",
    "ordering",
    "cursor",
    *export.EXPORT_PARAMETERS,
    *aggregate.AGGREGATE_PARAMETERS,
    *changes.CHANGES_PARAMETERS,
    *diff.DIFF_PARAMETERS,
    *sparse_fields.SPARSE_FIELDS_PARAMETERS,
}


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_parameter_is_in_the_guide(name):
    assert f"`{name}`" in API or f"{name}=" in API or name == "cursor"


@pytest.mark.parametrize("name", include.INCLUDE_DESCRIPTIONS)
def test_what_can_be_included_is_in_the_guide(name):
    assert f"`{name}`" in API.split("## Select fields")[1].split("## CSV and NDJSON")[0]


@pytest.mark.parametrize("name", aggregate.GROUP_BY_FACETS)
def test_field_to_group_by_is_in_the_guide(name):
    assert f"`{name}`" in API.split("## Counts")[1].split("- Records")[0]


PLAIN = {name for schema in DOCUMENT_SCHEMAS.values() for name in schema.model_fields} | {
    "published"
}
DATES = re.compile("_(earliest|latest)$")


@pytest.mark.parametrize("kind", CSV_COLUMNS)
def test_column_that_no_field_is_named_after_is_in_the_guide(kind):
    files = API.split("## CSV and NDJSON")[1].split("## Past versions")[0]
    columns = {DATES.sub("", name) for name in CSV_COLUMNS[kind]} - PLAIN
    assert {
        name for name in columns - set(filtersets.DATE_KINDS) if f"`{name}`" not in files
    } == set()


def examples() -> list[tuple[str, str]]:
    """The guide's commands and the answers that it shows."""
    return re.findall(r"```sh\n(.*?)\n```\n```json\n(.*?)\n```", API, re.DOTALL)


def test_examples_in_the_guide_answer_as_shown(seed, client):
    assert len(examples()) == 2
    for command, answer in examples():
        (address,) = re.findall(r"http://127.0.0.1:8000([^']*)", command)
        assert client.get(address).json() == json.loads(answer)


@pytest.mark.parametrize("kind", filtersets.DATE_KINDS)
def test_date_kind_is_in_the_guide(kind):
    assert f"`{kind}`" in API


@pytest.mark.parametrize("kind", problems.PROBLEM_TYPES)
def test_problem_is_in_the_guide(kind):
    assert f"| `{kind}` | {problems.PROBLEM_TYPES[kind].status} |" in API


@pytest.mark.parametrize("name", sorted(DOCUMENT_SCHEMAS["action"].model_fields))
def test_field_of_an_action_is_in_the_data_model(name):
    assert f"`{name}`" in MODEL


RECORDED = [m.__name__ for m in apps.get_app_config("policy").get_models()]
PARTS = {
    *("ActionAgency", "ActionEntity", "ActionTarget", "ActionDate", "Figure"),
    *("Relation", "Unknown", "Note"),
}


@pytest.mark.parametrize("name", sorted(set(RECORDED) - PARTS))
def test_model_is_in_the_data_model(name):
    assert f"**{name}**" in MODEL or name in MODEL.split("## Editable tables")[0]


SOURCES = [ROOT / "config" / "settings.py", ROOT / "config" / "environment.py"]
VARIABLES = {
    name
    for path in SOURCES
    for name in re.findall(r'get_(?:str|bool|int|list)\(\s*"([A-Z_]+)"', path.read_text())
}


def test_settings_read_the_environment_only_through_one_module():
    assert "os.environ" not in SOURCES[0].read_text()
    assert len(VARIABLES) > 8


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_variable_is_described(name):
    assert re.search(rf"^{name}=", ENVIRONMENT, re.MULTILINE)
    assert f"`{name}" in HOSTING or name in HOSTING


OURS = sorted(name for name, app in get_commands().items() if app in {"policy", "config"})


@pytest.mark.parametrize("name", OURS)
def test_command_is_in_the_docs(name):
    told = README + API + MODEL + HOSTING + (ROOT / "Makefile").read_text()
    assert f"manage.py {name}" in told or f"`{name}" in told


def test_links_between_documents_lead_somewhere():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(documents) > 10
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("kind", DOCUMENT_SCHEMAS)
def test_columns_of_drafts_are_documented(kind):
    (row,) = re.findall(rf"^\| {PLURAL_BY_KIND[kind]} \| (`.*) \|$", CURATING, re.MULTILINE)
    assert re.findall("`(.*?)`", row) == csv_format.draft_csv_header(kind)[3:]
    for name, line in csv_cells.describe_row_columns(kind).items():
        assert f"| `{name}` | `{line.replace('|', chr(92) + '|')}` |" in CURATING
