"""The notebook docs/questions.ipynb gives the answers that were counted by hand."""

import ast
import json
from io import BytesIO
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests import folders
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

NOTEBOOK = json.loads((settings.BASE_DIR / "docs/questions.ipynb").read_bytes())
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def names(shared):
    """Load both datasets, and return the names that the first cell defines."""
    folders.load_folder(FIXTURES)
    folders.load_folder(settings.BASE_DIR / "tests/data/other-topics")
    defined = {}
    run(CELLS[0], defined)
    defined["urlopen"] = open_url
    return defined


def open_url(url):
    parts = urlsplit(url)
    answer = Client().get(f"{parts.path}?{parts.query}")
    if answer.status_code >= 400:
        raise HTTPError(url, answer.status_code, answer.reason_phrase, answer.headers, None)
    return BytesIO(answer.content)


def run(cell, names):
    """Run a cell and return the value of its last expression."""
    *statements, last = ast.parse("".join(cell["source"])).body
    if not isinstance(last, ast.Expr):
        statements, last = [*statements, last], None
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_there_are_25_questions():
    assert len([cell for cell in CELLS if cell["outputs"]]) == 25


@pytest.mark.parametrize("cell", CELLS[1:], ids=lambda cell: cell["id"])
def test_the_answer_is_the_one_counted_by_hand(names, cell):
    (output,) = cell["outputs"]
    assert repr(run(cell, names)) == "".join(output["data"]["text/plain"])
