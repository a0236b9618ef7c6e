"""One database with the reference tables and the groups, shared by all tests."""

import gc
import logging

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from pytest_django.live_server_helper import LiveServer

from api.http import problems
from api.http.conditional import CacheValidator
from policy.models import Jurisdiction, ReferenceVersion, Term

FIXTURES = settings.BASE_DIR / "fixtures"
REFERENCE_MODELS = (
    *(Term, Jurisdiction, ReferenceVersion),
    *(Group, Permission, Group.permissions.through, ContentType),
)


def pytest_collection_finish():
    """What was imported stays: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    gc.unfreeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Tests need no disk behind their commits."""
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_modify_db_settings, django_db_blocker, tmp_path_factory
):
    """A database for tests, whichever of them run, with terms and places and without records."""
    folder = tmp_path_factory.mktemp("reference")
    for name in ("terms.json", "jurisdictions.json"):
        (folder / name).write_bytes((FIXTURES / name).read_bytes())
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        assert connection.settings_dict["NAME"].startswith("test_")
        call_command("load_dataset", folder, verbosity=0)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="module")
def shared(django_db_setup, django_db_blocker):
    """What a module's fixtures write here, all its tests see. It is forgotten in the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """For tests that commit. Whatever they wrote is emptied out behind them."""
    grown = set(apps.get_models(include_auto_created=True)) - set(REFERENCE_MODELS)
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            tables = ", ".join(sorted(model._meta.db_table for model in grown))
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY")


@pytest.fixture
def address(committed, settings):
    """Of a server that answers real requests."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


class FastPasswordHasher(Argon2PasswordHasher):
    """Argon2 with next to no work."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@pytest.fixture
def quickly(settings):
    """Passwords are hashed slowly on purpose, which is not what is tried here."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{FastPasswordHasher.__name__}"]


@pytest.fixture(autouse=True)
def alerts():
    """What only the last net caught: nothing, in any test that is not about the net itself."""
    caught = []
    handler = logging.Handler()
    handler.emit = caught.append
    problems.alert_logger.addHandler(handler)
    yield caught
    problems.alert_logger.removeHandler(handler)
    assert [record.getMessage() for record in caught] == []


@pytest.fixture
def settled(monkeypatch):
    """As a second after the last publication, from when on answers say when that was."""
    monkeypatch.setattr(CacheValidator, "last_modified", 1_700_000_000)


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
