"""Schemathesis: whatever is asked, well or badly, is answered as the schema promises.

CASES=1000 asks so many random questions of each route, beside all that cover the edges of each
parameter; SEED=7 asks others.
"""

import os
from pathlib import Path
from unittest.mock import patch

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from django.test import override_settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from config.wsgi import application
from contract import values

SCHEMA = Path(__file__).resolve().parent.parent / "tests" / "openapi.yml"
SEED, CASES = int(os.environ.get("SEED", "20211125")), int(os.environ.get("CASES", "100"))
PLAIN = {"Accept-Encoding": "identity"}  # in process nobody unpacks what is compressed

pytestmark = pytest.mark.django_db
schema = schemathesis.openapi.from_path(
    SCHEMA,
    config=SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "generation": {"max-examples": CASES, "database": "none", "mode": "all"},
            "phases": {"coverage": {"generate-duplicate-query-parameters": True}},
            **values.config(),
        }
    ),
)
schema.app = application
CHECKED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "allow_header_conformance",
    ]
)


@pytest.fixture(scope="module", autouse=True)
def served(dataset):
    """Requests share the test's connection: nothing may close it between them."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    with override_settings(ALLOWED_HOSTS=["localhost"]), patch("django.db.close_old_connections"):
        yield
    for signal in ends:
        signal.connect(close_old_connections)


@schema.parametrize()
def test_answers_are_as_promised(case, answers):
    query = case.query or {}
    if query.get("version") == values.EMPTY and "as_of" in query:
        del query["version"]  # each is asked for alone: both together are an error
    response = case.call(headers=PLAIN)
    answers[response.status_code] += 1
    # what was cut away is missing from what the schema requires of a whole document
    cut = {"fields", "omit"} & set(case.query or {})
    excluded = CHECKS.get_by_names(["response_schema_conformance"]) if cut else []
    case.validate_response(response, checks=CHECKED, excluded_checks=excluded)
