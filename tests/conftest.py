"""One database with the reference tables and the groups, shared by all tests."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from pytest_django.plugin import blocking_manager_key

from policy.models import Jurisdiction, Term
from policy.roles import ensure_groups

REFERENCE: dict = {}
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def load_reference(folder: Path) -> None:
    """The terms and places, without the records."""
    for name in ("terms.json", "jurisdictions.json"):
        (folder / name).write_bytes((FIXTURES / name).read_bytes())
    call_command("load_dataset", folder, verbosity=0)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Tests need no disk behind their commits."""
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        load_reference(tmp_path_factory.mktemp("reference"))
        REFERENCE.update({model: list(model.objects.all()) for model in (Term, Jurisdiction)})


@pytest.fixture
def seed(db):
    """The seed dataset, loaded as a newcomer's first start loads it."""
    call_command("load_dataset", FIXTURES, verbosity=0)


@pytest.fixture
def api(client: Client):
    """GET an address under /api/v1/ and decode its JSON."""

    def get(path: str, query: dict | None = None, /, status: int = 200, **more):
        response = client.get(f"/api/v1/{path}", (query or {}) | more)
        assert response.status_code == status, response.content
        return response.json()

    return get


@pytest.fixture
def committed(transactional_db):
    """For tests that commit."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Load again what the flush behind a committing test took away."""
    result = yield
    if "transactional_db" in item.fixturenames:
        with item.config.stash[blocking_manager_key].unblock():
            ensure_groups()
            for model, rows in REFERENCE.items():
                model.objects.bulk_create(rows, ignore_conflicts=True)
    return result
