"""The docs do not lag: their commands run, and everything that exists is in them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands

from api.http import problems
from api.query import aggregate, changes, diff, export, filtersets, include, sparse_fields
from desk.exchange import csv_cells, csv_format
from policy.documents.csv_columns import CSV_COLUMNS
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
    assert index["counts"]["action"] == 24
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


def missing(names: Iterable[str], text: str, form: str = "`{}`") -> list[str]:
    """The names that the text does not have in this form."""
    return [name for name in sorted(names) if form.format(name) not in text]


def test_parameters_are_in_the_guide():
    assert missing(missing(PARAMETERS, API), API, "{}=") == []


def test_what_can_be_included_is_in_the_guide():
    fields = API.split("## Select fields")[1].split("## CSV and NDJSON")[0]
    assert missing(include.INCLUDE_DESCRIPTIONS, fields) == []


def test_fields_to_group_by_are_in_the_guide():
    counts = API.split("## Counts")[1].split("- Records")[0]
    assert missing(aggregate.GROUP_BY_FACETS, counts) == []


PLAIN = {name for schema in DOCUMENT_SCHEMAS.values() for name in schema.model_fields} | {
    "published"
}
DATES = re.compile("_(earliest|latest)$")


def test_columns_that_no_field_is_named_after_are_in_the_guide():
    files = API.split("## CSV and NDJSON")[1].split("## Past versions")[0]
    columns = {DATES.sub("", name) for kind in CSV_COLUMNS.values() for name in kind}
    assert missing(columns - PLAIN - set(filtersets.DATE_KINDS), files) == []


def examples() -> list[tuple[str, str]]:
    """The guide's commands and the answers that it shows."""
    return re.findall(r"```sh\n(.*?)\n```\n```json\n(.*?)\n```", API, re.DOTALL)


def test_examples_in_the_guide_answer_as_shown(seed, client):
    assert len(examples()) == 2
    for command, answer in examples():
        (address,) = re.findall(r"http://127.0.0.1:8000([^']*)", command)
        shown, found = json.loads(answer), client.get(address).json()
        # Each instance publishes the seed at another time, so the seals differ.
        assert shown["version"].split(".")[0] == found["version"].split(".")[0]
        assert found == shown | {"version": found["version"]}


def test_date_kinds_are_in_the_guide():
    assert missing(filtersets.DATE_KINDS, API) == []


def test_problems_are_in_the_guide():
    rows = [f"| `{kind}` | {problem.status} |" for kind, problem in problems.PROBLEM_TYPES.items()]
    assert missing(rows, API, "{}") == []


def test_fields_of_an_action_are_in_the_data_model():
    assert missing(DOCUMENT_SCHEMAS["action"].model_fields, MODEL) == []


RECORDED = [m.__name__ for m in apps.get_app_config("policy").get_models()]
PARTS = {
    *("ActionAgency", "ActionEntity", "ActionTarget", "ActionDate", "Figure"),
    *("Relation", "Unknown", "Note"),
}


def test_models_are_in_the_data_model():
    others = missing(set(RECORDED) - PARTS, MODEL, "**{}**")
    assert missing(others, MODEL.split("## Editable tables")[0], "{}") == []


SOURCES = [ROOT / "config" / "settings.py", ROOT / "config" / "environment.py"]
VARIABLES = {
    name
    for path in SOURCES
    for name in re.findall(r'get_(?:str|bool|int|list)\(\s*"([A-Z_]+)"', path.read_text())
}


def test_settings_read_the_environment_only_through_one_module():
    assert "os.environ" not in SOURCES[0].read_text()
    assert len(VARIABLES) > 8


def test_variables_are_described():
    assert missing(VARIABLES, f"\n{ENVIRONMENT}", "\n{}=") == []
    assert missing(VARIABLES, HOSTING, "{}") == []


OURS = sorted(name for name, app in get_commands().items() if app in {"policy", "config"})


def test_commands_are_in_the_docs():
    told = README + API + MODEL + HOSTING + (ROOT / "Makefile").read_text()
    assert [n for n in missing(OURS, told, "manage.py {}") if f"`{n}" not in told] == []


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
